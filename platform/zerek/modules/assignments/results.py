"""What grading says about one submission; knows no grader."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

LONGEST_MESSAGE = 500


class Kind(StrEnum):
    """What a cell of an assignment is for."""

    TEST = "test"
    MANUAL = "manual"  # an answer in words or a free task: a teacher gives the points
    SOLUTION = "solution"  # the pupil's own code; it brings no points by itself


class Trouble(StrEnum):
    """Why a run did not come to its end; what it did not reach brings no points."""

    TIME = "time"  # it worked longer than it may
    MEMORY = "memory"
    OUTPUT = "output"  # it printed without end
    DIED = "died"  # the program ended itself, or fell
    ENGINE = "engine"  # the grader could not make sense of it


@dataclass(frozen=True)
class CellResult:
    """One cell of the assignment, in the author's order.

    `title` is the nearest heading above it. `message` is plain text of at most 500 characters for the
    pupil: what a failed test says, or the error of the pupil's own code; never the source of a test.
    `hidden`: some of its tests are not shown to pupils, and their messages are only those that the author
    wrote.
    """

    grade_id: str
    title: str
    kind: Kind
    points: float
    max_points: float
    passed: bool
    message: str
    hidden: bool
    needs_manual: bool


@dataclass(frozen=True)
class Result:
    """Points of one submission. `engine` names the grader and its version; `seconds` are of the clock."""

    points: float
    max_points: float
    cells: tuple[CellResult, ...]
    error: Trouble | None
    engine: str
    seconds: float

    @property
    def needs_manual(self) -> bool:
        return any(cell.needs_manual for cell in self.cells)


class Grader(Protocol):
    """The one door to grading: any engine behind it gives the same points for the same two notebooks."""

    def grade(self, source: bytes, submission: bytes, *, name: str) -> Result:
        """Grade a submission of the notebook called `name`; `source` is the author's, with answers and tests.

        A submission can only fail itself: whatever it does there is a Result. Raises Unavailable when the
        grader itself could not work, so that the job is tried again.
        """
        ...
