"""Pages of the courses module: a file for each of its sides."""

from zerek.modules.courses.views import catalogue, certificates, items, marking, quizzes, tasks
from zerek.modules.courses.views.blueprint import pages

__all__ = ["catalogue", "certificates", "items", "marking", "pages", "quizzes", "tasks"]
