"""The door of course packages: the shapes of a course and :func:`read`, which gives one or says why not."""

from __future__ import annotations

from pathlib import Path

from zerek.content import shipped
from zerek.content.faults import Fault, FaultyPackage
from zerek.content.reading import read_course
from zerek.content.shapes import (
    FORM_OF,
    Audience,
    CertificateRules,
    Course,
    Criterion,
    HoursForm,
    Item,
    ItemKind,
    Level,
    Module,
    Option,
    Picture,
    Question,
    QuestionKind,
    Quiz,
    Rubric,
)

__all__ = [
    "FORM_OF",
    "Audience",
    "CertificateRules",
    "Course",
    "Criterion",
    "Fault",
    "FaultyPackage",
    "HoursForm",
    "Item",
    "ItemKind",
    "Level",
    "Module",
    "Option",
    "Picture",
    "Question",
    "QuestionKind",
    "Quiz",
    "Rubric",
    "read",
]


def read(folder: Path, notebooks: Path | None = None) -> Course:
    """The course in a folder, whole and without fault, else ``FaultyPackage`` with every fault.

    ``notebooks`` is where its notebook sources lie; the shipped ones when it is not given.
    """
    course, faults = read_course(folder, notebooks or shipped.notebooks())
    if course is None or faults:
        raise FaultyPackage(folder.name, faults)
    return course
