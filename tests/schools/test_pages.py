"""What the region's office sees of its schools, and nobody else does."""

from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from zerek.base.permissions import Role, school_place
from zerek.base.text import Words
from zerek.modules.schools import api as schools


def test_the_office_finds_the_region_in_numbers_on_its_first_page_and_a_teacher_does_not(
    session: Session, new_person: Callable[..., int], sign_in: Callable[[str], FlaskClient]
) -> None:
    for number, code in enumerate(("atyrau", "inder"), start=1):
        district = schools.open_district(session, code, Words(code, code, code))
        school = schools.open_school(
            session, code, Words(code, code, code), district=district, town=number == 1
        )
        schools.open_class(session, school.id, year=2026, grade=7, letter="А")
    new_person("Айбек", Role.OPERATOR)
    new_person("Гүлнар", Role.TEACHER)
    page = sign_in("Айбек").get("/").text
    numbers = [piece.partition("</b>")[0] for piece in page.split("<b>")[1:5]]
    assert numbers == ["2", "1", "2", "2"]
    assert "/schools/" in page
    assert "/schools/" not in sign_in("Гүлнар").get("/").text


def test_a_schools_operator_does_not_see_the_region(
    session: Session, new_person: Callable[..., int], sign_in: Callable[[str], FlaskClient]
) -> None:
    district = schools.open_district(session, "atyrau", Words("Атырау"))
    own = schools.open_school(session, "s1", Words("№ 1 мектеп"), district=district, town=True)
    new_person("Мектеп Операторы", Role.OPERATOR, school_place(own.id))
    browser = sign_in("Мектеп Операторы")
    assert browser.get("/schools/").status_code == 403
    assert "№ 1 мектеп" not in browser.get("/").text
