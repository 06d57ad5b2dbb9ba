"""What the pupil begins with."""

from zerek_robotics import Robot

with Robot() as robot:
    robot.forward(cm=10)
