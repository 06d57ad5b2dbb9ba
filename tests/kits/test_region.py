"""A region's many rooms on one page: by district, for there is a school No. 1 in every one."""

from __future__ import annotations

from collections.abc import Callable

from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from zerek.base.permissions import Role
from zerek.base.text import Words
from zerek.modules.kits import api
from zerek.modules.schools import api as schools


def test_an_operator_reads_many_rooms_by_district_under_the_names_of_their_schools(
    session: Session, new_person: Callable[..., int], sign_in: Callable[[str], FlaskClient]
) -> None:
    for district in ("Индер", "Мақат"):
        place = schools.open_district(session, district, Words(district))
        for number in range(1, 8):
            name = Words(f"№ {number} мектеп")
            code = f"{district}-{number}"
            school = schools.open_school(session, code, name, district=place, town=False)
            api.open_room(session, school.id, "Робототехника кабинеті", code * 10)
    schools.open_district(session, "empty", Words("Қызылқоға"))
    new_person("Айбек", Role.OPERATOR)
    page = BeautifulSoup(sign_in("Айбек").get("/kits/").text, "html.parser")
    told = [one.get_text(strip=True) for one in page.select("main summary")]
    assert [words.partition(" ·")[0] for words in told] == ["Индер", "Мақат"]
    assert [one.get_text(strip=True) for one in page.select("main .rows a")] == 2 * [
        f"№ {number} мектеп" for number in range(1, 8)
    ]
