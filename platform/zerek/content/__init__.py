"""Reads and checks course packages and notebook sources; knows no database, no web and no nbgrader."""
