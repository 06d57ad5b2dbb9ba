"""The demo region's people: teachers, pupils of IT classes, and six whom a visitor can be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from sqlalchemy.orm import Session

from zerek.base.permissions import REGION, Grant, Place, Role, class_place, school_place
from zerek.base.text import N_
from zerek.demo import names
from zerek.modules.people import api as people
from zerek.modules.schools import api as schools

PASSWORD = "zerek-demo"  # noqa: S105 - printed at every start of the demo, which listens to this machine alone
TEACHERS = 320
IT_CLASSES = 10
SCHOOL_YEAR = 2026


@dataclass(frozen=True)
class SignIn:
    login: str
    role: str  # a message id


SIGN_INS = (
    SignIn("author", N_("course author")),
    SignIn("tutor", N_("tutor")),
    SignIn("teacher", N_("teacher")),
    SignIn("pupil", N_("pupil")),
    SignIn("robotics", N_("robotics teacher")),
    SignIn("operator", N_("operator")),
)


@dataclass(frozen=True)
class Crowd:
    """Ids of those whom the rest of the demo needs."""

    home: int  # the school of the visitor's pupil and teachers
    classes: list[int]
    teachers: list[int]


class Register:
    """Joins people with names and identity numbers that the seed decides."""

    def __init__(self, session: Session, random: Random, now: datetime) -> None:
        self.session, self.random, self.now = session, random, now
        self.serial = 0

    def join(self, role: Role, place: Place, *, age: tuple[int, int], login: str | None = None) -> int:
        male = self.random.random() < 0.5
        days = self.random.randint(age[0] * 365, age[1] * 365 + 200)
        born = date(SCHOOL_YEAR, 9, 1) - timedelta(days=days)
        self.serial += 1
        return people.join(
            self.session,
            names.draw(self.random, male=male),
            login=login or f"d{self.serial:05}",
            password=PASSWORD if login else None,
            iin=people.demo_number(born, self.serial * 7, male=male),
            born=born,
            roles=[Grant(role, place)],
            demo=True,
            now=self.now,
        ).id


def gather(session: Session, random: Random, school_ids: list[int], now: datetime) -> Crowd:
    """Everybody; the visitor's pupil sits in the first IT class, her teachers work in that school."""
    register = Register(session, random, now)
    it_schools = [school_ids[number * len(school_ids) // IT_CLASSES] for number in range(IT_CLASSES)]
    home = it_schools[0]
    adult = (24, 60)
    register.join(Role.TEACHER, school_place(home), age=adult, login="teacher")
    register.join(Role.TUTOR, REGION, age=adult, login="tutor")
    register.join(Role.AUTHOR, REGION, age=adult, login="author")
    register.join(Role.ROBOTICS_TEACHER, school_place(home), age=adult, login="robotics")
    register.join(Role.OPERATOR, REGION, age=adult, login="operator")
    classes = [
        schools.open_class(session, school, year=SCHOOL_YEAR, grade=7, letter="А").id for school in it_schools
    ]
    register.join(Role.PUPIL, class_place(classes[0]), age=(12, 13), login="pupil")
    for number, class_id in enumerate(classes):
        for _ in range(random.randint(25, 30) - (number == 0)):
            register.join(Role.PUPIL, class_place(class_id), age=(12, 13))
    teachers = [
        register.join(Role.TEACHER, school_place(random.choice(school_ids)), age=adult)
        for _ in range(TEACHERS)
    ]
    return Crowd(home, classes, teachers)
