"""The door of course packages: the shapes of a course and :func:`read`, which gives one or says why not."""

from __future__ import annotations

import re
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
    "stated",
]


def read(folder: Path, notebooks: Path | None = None) -> Course:
    """The course in a folder, whole and without fault, else ``FaultyPackage`` with every fault.

    ``notebooks`` is where its notebook sources lie; the shipped ones when it is not given.
    """
    course, faults = read_course(folder, notebooks or shipped.notebooks())
    if course is None or faults:
        raise FaultyPackage(folder.name, faults)
    return course


_STATED = re.compile(r"""^(slug|version):[ ]*["']?([0-9A-Za-z.-]+)["']?[ ]*(?:#.*)?$""", re.MULTILINE)


def stated(folder: Path) -> tuple[str, str] | None:
    """The slug and version that course.yaml says on lines of their own, read in no time; None when it does not.

    Only :func:`read` knows whether they are true.
    """
    found = dict(_STATED.findall((folder / "course.yaml").read_text("utf-8", "replace")))
    return (found["slug"], found["version"]) if len(found) == 2 else None
