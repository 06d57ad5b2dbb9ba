"""The tables of the courses module: what is published, who learns it, what they hand in, what they get."""

from zerek.modules.courses.models.certificates import Certificate, Counter, Reason
from zerek.modules.courses.models.learning import Answer, Attempt, Enrolment, Form, Given, Hours
from zerek.modules.courses.models.published import Course, Item, Module, Picture, Text, TextPart, Version
from zerek.modules.courses.models.tasks import File, HandIn, Verdict, Work, WorkState

__all__ = [
    "Answer",
    "Attempt",
    "Certificate",
    "Counter",
    "Course",
    "Enrolment",
    "File",
    "Form",
    "Given",
    "HandIn",
    "Hours",
    "Item",
    "Module",
    "Picture",
    "Reason",
    "Text",
    "TextPart",
    "Verdict",
    "Version",
    "Work",
    "WorkState",
]
