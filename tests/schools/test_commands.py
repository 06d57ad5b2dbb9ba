"""The region at the terminal: a district, a school, its classes, each once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.orm import Session

from zerek.__main__ import main
from zerek.base import places
from zerek.base.permissions import REGION, Place, class_place, school_place
from zerek.modules.schools import api
from zerek.settings import Settings

Zerek = Callable[..., Result]


@pytest.fixture
def zerek(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Zerek:
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    return lambda *words: CliRunner().invoke(main, ["schools", *words])


@pytest.fixture
def a_school(zerek: Zerek) -> Zerek:
    """A terminal where the school s5 is added."""
    assert zerek("district", "atyrau", "--kk", "Атырау қаласы", "--ru", "город Атырау").exit_code == 0
    answer = zerek(
        "add", "s5", "--district", "atyrau", "--kk", "№ 5 мектеп", "--ru", "Школа № 5", "--village"
    )
    assert answer.exit_code == 0, answer.output
    return zerek


def test_a_school_with_a_class_stands_in_the_list(a_school: Zerek, session: Session) -> None:
    for _ in range(2):  # safe to repeat
        answer = a_school("class", "s5", "--grade", "7", "--letter", "а", "--year", "2026")
    class_id = int(answer.output.split()[0])
    row = api.class_row(session, class_id)
    assert row.title == "7 «А»"
    assert a_school("list").output == (
        f"school {row.school_id}\ts5\t№ 5 мектеп\n  class {class_id}\t2026\t7 «А»\n"
    )
    assert [school.town for district in api.by_district(session) for school in district.schools] == [False]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["add", "s5", "--district", "atyrau", "--kk", "Басқа"], "school with the code s5 already"),
        (["district", "atyrau", "--kk", "Басқа"], "district with the code atyrau already"),
        (["add", "s6", "--district", "nowhere", "--kk", "№ 6"], "no district with the code nowhere"),
        (["add", "s 6", "--district", "atyrau", "--kk", "№ 6"], "one word"),
        (["add", "s6", "--district", "atyrau", "--kk", " "], "in Kazakh at least"),
        (["add", "s6", "--district", "atyrau"], "--kk"),
        (["class", "s6", "--grade", "7", "--letter", "А", "--year", "2026"], "no school with the code s6"),
        (["class", "s5", "--grade", "12", "--letter", "А", "--year", "2026"], "12"),
        (["class", "s5", "--grade", "7", "--letter", " ", "--year", "2026"], "has a letter"),
    ],
)
def test_what_cannot_be_is_said_and_changes_nothing(
    a_school: Zerek, session: Session, words: list[str], said: str
) -> None:
    before = a_school("list").output
    answer = a_school(*words)
    assert answer.exit_code == 2
    assert said in answer.output
    assert a_school("list").output == before


def test_a_place_is_called_by_its_name_and_a_place_that_is_not_there_by_none(
    a_school: Zerek, session: Session
) -> None:
    a_school("class", "s5", "--grade", "7", "--letter", "А", "--year", "2026")
    asked = [REGION, school_place(1), class_place(1), class_place(2), school_place(2), Place("planet", 3)]
    named = places.names(session, asked)
    assert {place: name.ru for place, name in named.items()} == {
        REGION: "область",
        school_place(1): "Школа № 5",
        class_place(1): "7 «А», Школа № 5",
    }
