"""The rules about schools and classes; who belongs to a class is a role held there."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from zerek.base.errors import NotFound
from zerek.base.permissions import Actor, Grant, Place, Role, allow, class_place, school_place
from zerek.base.text import N_, Words, fold
from zerek.modules.people import api as people
from zerek.modules.schools.models import Class, District, School
from zerek.modules.schools.queries import (
    ClassRow,
    DistrictRow,
    SchoolRow,
    by_district,
    classes,
    classes_of_schools,
    school_names,
    school_of_class,
)

allow("schools.see_region", Role.OPERATOR)
allow("schools.see_class", Role.OPERATOR, Role.TEACHER, Role.ROBOTICS_TEACHER)


def open_district(session: Session, code: str, name: Words) -> District:
    """The district of that code, made if it is new."""
    found = session.scalar(select(District).where(District.code == code))
    if found is None:
        found = District(code=code, name=name.as_dict())
        session.add(found)
        session.flush()
    return found


def open_school(session: Session, code: str, name: Words, *, district: District, town: bool) -> School:
    """The school of that code, made if it is new."""
    found = session.scalar(select(School).where(School.code == code))
    if found is None:
        folded = fold(" ".join(name.as_dict().values()))[:300]
        found = School(code=code, district_id=district.id, name=name.as_dict(), folded=folded, town=town)
        session.add(found)
        session.flush()
    return found


def open_class(session: Session, school_id: int, *, year: int, grade: int, letter: str) -> Class:
    """The class, made if it is new."""
    found = session.scalar(
        select(Class).where(
            Class.school_id == school_id, Class.year == year, Class.grade == grade, Class.letter == letter
        )
    )
    if found is None:
        found = Class(school_id=school_id, year=year, grade=grade, letter=letter)
        session.add(found)
        session.flush()
    return found


def take_in(session: Session, person_id: int, class_id: int) -> None:
    """The pupil belongs to this class from now on; safe to repeat."""
    people.give_role(session, person_id, Grant(Role.PUPIL, class_place(class_id)))


def pupils(session: Session, class_id: int) -> dict[int, str]:
    """The pupils of a class: id → whole name, in the order of the Kazakh alphabet."""
    held = people.holders(session, Role.PUPIL, [class_place(class_id)])
    return dict(sorted(((number, name) for number, name, _ in held), key=lambda item: alphabetical(item[1])))


_ALPHABET = "аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя"
_ORDER = {letter: place for place, letter in enumerate(_ALPHABET, start=1)}


def alphabetical(text: str) -> tuple[int, ...]:
    """A sorting key: the 42 letters of the Kazakh alphabet in their order; code points put Ә and Қ after Я."""
    return tuple(
        _ORDER.get(letter, 100 + ord(letter) if letter.isalpha() else 0) for letter in text.casefold()
    )


def class_row(session: Session, class_id: int) -> ClassRow:
    """The class with its school, or NotFound."""
    found = classes(session, [class_id])
    if not found:
        raise NotFound(N_("There is no such class."))
    return found[0]


def places_of_class(session: Session, class_id: int) -> tuple[Place, ...]:
    """Where a role must be held to act on this class: the class itself, or its school."""
    school_id = school_of_class(session, class_id)
    return (class_place(class_id), *([school_place(school_id)] if school_id else []))


def own_classes(session: Session, actor: Actor) -> list[ClassRow]:
    """The classes that the actor learns in or teaches: by a role in the class or in its school."""
    held = [grant.place for grant in actor.grants]
    in_classes = [place.id for place in held if place.kind == "class" and place.id]
    of_schools = [place.id for place in actor.places(Role.TEACHER, Role.ROBOTICS_TEACHER) if place.id]
    found = {row.id: row for row in classes(session, in_classes)}
    found.update((row.id, row) for row in classes_of_schools(session, of_schools))
    return list(found.values())


def schools_of(actor: Actor, roles: Iterable[Role]) -> list[int]:
    """The schools where the actor holds one of the roles."""
    return sorted(place.id for place in actor.places(*roles) if place.kind == "school" and place.id)


__all__ = [
    "ClassRow",
    "District",
    "DistrictRow",
    "SchoolRow",
    "alphabetical",
    "by_district",
    "class_row",
    "classes",
    "classes_of_schools",
    "open_class",
    "open_district",
    "open_school",
    "own_classes",
    "places_of_class",
    "pupils",
    "school_names",
    "school_of_class",
    "schools_of",
    "take_in",
]
