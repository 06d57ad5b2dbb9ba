"""A classroom robot in Python: one program for the simulated kit and for the real one."""

from zerek_robotics.errors import RobotError
from zerek_robotics.robot import Robot

__all__ = ["Robot", "RobotError"]
__version__ = "0.1.0"
