"""The robotics room: kits on the desks, who may move them, runs of pupils' programs, live telemetry, the stop."""
