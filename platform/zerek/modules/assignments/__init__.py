"""Notebooks of a lesson: hand out, hand in, grade, and tell what was right."""
