# R7-06. Робот 50 см алға жүріп, тоқтайды.
from zerek_robotics import Robot

with Robot() as robot:
    robot.forward(cm=50)
    robot.stop()
