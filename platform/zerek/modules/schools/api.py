"""The rules about schools and classes; who belongs to a class is a role held there."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from zerek.base.errors import Conflict, NotFound, Refused
from zerek.base.permissions import Actor, Grant, Place, Role, allow, class_place, school_place
from zerek.base.places import names_of
from zerek.base.text import LANGUAGES, N_, Words, fold
from zerek.modules.people import api as people
from zerek.modules.schools.models import Class, District, School
from zerek.modules.schools.queries import (
    ClassRow,
    DistrictRow,
    SchoolRow,
    by_district,
    classes,
    classes_of_schools,
    district_of_code,
    register,
    school_names,
    school_of_class,
    school_of_code,
)

allow("schools.see_region", Role.OPERATOR)
allow("schools.see_class", Role.OPERATOR, Role.TEACHER, Role.ROBOTICS_TEACHER)

LONGEST_CODE, LONGEST_NAME, LONGEST_LETTER = 40, 200, 4

names_of("school")(school_names)


@names_of("class")
def class_names(session: Session, ids: Collection[int]) -> dict[int, Words]:
    """Class → what it is called outside of its school: 7 «А», № 5 мектеп."""
    return {
        row.id: Words(
            **{
                tag: f"{row.title}, {row.school.in_language(tag)}"
                for tag in LANGUAGES
                if vars(row.school)[tag]
            }
        )
        for row in classes(session, ids)
    }


def add_district(session: Session, code: str, name: Words) -> District:
    """A new district; Conflict where the code is another's."""
    _check_words(code, name)
    if district_of_code(session, code):
        raise Conflict(N_("There is a district with the code %(code)s already."), code=code)
    return open_district(session, code, name)


def add_school(session: Session, code: str, name: Words, *, district: str, town: bool) -> School:
    """A new school in the district of that code; Conflict where the school's code is another's."""
    _check_words(code, name)
    if school_of_code(session, code):
        raise Conflict(N_("There is a school with the code %(code)s already."), code=code)
    found = district_of_code(session, district)
    if found is None:
        raise NotFound(N_("There is no district with the code %(code)s."), code=district)
    return open_school(session, code, name, district=found, town=town)


def add_class(session: Session, school_code: str, *, year: int, grade: int, letter: str) -> Class:
    """The class of that school, made if it is new."""
    whole = letter.strip().upper()
    if not whole or not whole.isprintable() or len(whole) > LONGEST_LETTER:
        raise Refused(N_("A class has a letter, of at most %(n)s characters."), n=LONGEST_LETTER)
    return open_class(session, known_school(session, school_code).id, year=year, grade=grade, letter=whole)


def known_school(session: Session, code: str) -> School:
    """The school of that code, or NotFound."""
    found = school_of_code(session, code)
    if found is None:
        raise NotFound(N_("There is no school with the code %(code)s."), code=code)
    return found


def _check_words(code: str, name: Words) -> None:
    if not code.isprintable() or code.split() != [code] or len(code) > LONGEST_CODE:
        raise Refused(N_("A code is one word of at most %(n)s characters."), n=LONGEST_CODE)
    texts = name.as_dict().values()
    if not name.kk.strip() or any(not text.isprintable() or len(text) > LONGEST_NAME for text in texts):
        raise Refused(
            N_("A name is needed in Kazakh at least, of at most %(n)s characters in each language."),
            n=LONGEST_NAME,
        )


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
    "add_class",
    "add_district",
    "add_school",
    "alphabetical",
    "by_district",
    "class_row",
    "classes",
    "classes_of_schools",
    "known_school",
    "open_class",
    "open_district",
    "open_school",
    "own_classes",
    "places_of_class",
    "pupils",
    "register",
    "school_names",
    "school_of_class",
    "schools_of",
    "take_in",
]
