"""What a course package says, once it has been read and found without fault."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from zerek.base.text import Words


class Audience(StrEnum):
    TEACHERS = "teachers"
    PUPILS = "pupils"


class ItemKind(StrEnum):
    LESSON = "lesson"
    QUIZ = "quiz"
    TASK = "task"
    NOTEBOOK = "notebook"
    ROBOT = "robot"


class QuestionKind(StrEnum):
    SINGLE = "single"
    MULTIPLE = "multiple"
    NUMBER = "number"
    TEXT = "text"


class HoursForm(StrEnum):
    """The column of the hours ledger in which an item counts."""

    SELF_STUDY = "self_study"
    PRACTICE = "practice"
    ASSESSMENT = "assessment"


FORM_OF = {
    ItemKind.LESSON: HoursForm.SELF_STUDY,
    ItemKind.QUIZ: HoursForm.ASSESSMENT,
    ItemKind.TASK: HoursForm.PRACTICE,
    ItemKind.NOTEBOOK: HoursForm.PRACTICE,
    ItemKind.ROBOT: HoursForm.PRACTICE,
}


@dataclass(frozen=True)
class Option:
    id: str
    text: Words
    right: bool = False


@dataclass(frozen=True)
class Question:
    """One question; which of the answers' fields is filled depends on its kind."""

    id: str
    kind: QuestionKind
    text: Words
    points: int = 1
    code: str = ""  # a piece of Python shown under the text
    options: tuple[Option, ...] = ()  # single, multiple
    answer: float | None = None  # number
    tolerance: float = 0.0  # number: right when |given - answer| <= tolerance
    answers: dict[str, tuple[str, ...]] = field(default_factory=dict)  # text: by language
    why: Words | None = None  # shown after an attempt

    @property
    def right_ids(self) -> frozenset[str]:
        return frozenset(option.id for option in self.options if option.right)


@dataclass(frozen=True)
class Quiz:
    questions: tuple[Question, ...]
    pass_percent: int = 70
    final: bool = False  # "the test" in a certificate's rules
    attempts: int = 3  # 0 means as many as one likes

    @property
    def points(self) -> int:
        return sum(question.points for question in self.questions)


@dataclass(frozen=True)
class Level:
    """One step of a criterion: so many points when the work is like this."""

    points: int
    text: Words


@dataclass(frozen=True)
class Criterion:
    id: str
    title: Words
    points: int  # the most that it can bring
    levels: tuple[Level, ...] = ()


@dataclass(frozen=True)
class Rubric:
    criteria: tuple[Criterion, ...]

    @property
    def points(self) -> int:
        return sum(criterion.points for criterion in self.criteria)


@dataclass(frozen=True)
class Picture:
    """A picture of the package, by its path inside the folder; the size is in CSS pixels."""

    path: str
    width: int
    height: int


@dataclass(frozen=True)
class Item:
    id: str
    kind: ItemKind
    title: Words
    hours: int
    file: str  # as the package names it, without language and extension
    text: Words | None = None  # Markdown; a quiz has none
    quiz: Quiz | None = None
    rubric: Rubric | None = None
    max_points: int | None = None  # a task's, or the sum of a notebook's cells
    accept_points: int | None = None  # a task is accepted from here on
    notebook: str | None = None  # name of an nbgrader source, e.g. "python-and-robot/r7-02"
    program: str | None = None  # path of the starter program
    program_text: str = ""  # its Python
    teacher: Words | None = None  # Markdown for the teacher: plan of the lesson

    @property
    def form(self) -> HoursForm:
        return FORM_OF[self.kind]


@dataclass(frozen=True)
class Module:
    id: str
    title: Words
    hours: int
    items: tuple[Item, ...]


@dataclass(frozen=True)
class CertificateRules:
    """What must be reached before a certificate is issued."""

    hours_percent: int = 80
    test_percent: int = 70
    task_accepted: bool = True
    valid_years: int = 3


@dataclass(frozen=True)
class Course:
    slug: str
    version: str
    audience: Audience
    title: Words
    summary: Words
    licence: str
    languages: tuple[str, ...]
    hours: int  # academic hours
    modules: tuple[Module, ...]
    folder: Path
    digest: str  # sha256 over every file that was read: two readings are the same course or not
    grade: int | None = None  # pupils' courses only
    certificate: CertificateRules | None = None  # teachers' courses only
    pictures: dict[str, Picture] = field(default_factory=dict)

    @property
    def items(self) -> Iterator[Item]:
        """Every item in the order in which it is learned."""
        return (item for module in self.modules for item in module.items)

    def item(self, item_id: str) -> Item | None:
        return next((item for item in self.items if item.id == item_id), None)
