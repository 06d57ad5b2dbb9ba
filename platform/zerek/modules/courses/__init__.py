"""Courses: catalogue, enrolment, lessons, quizzes, tasks and their marking, the hours ledger, certificates."""
