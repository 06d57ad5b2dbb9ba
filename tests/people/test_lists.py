"""A school's list from a table: looked through first, written whole or not at all, handed out safely."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zerek.__main__ import main
from zerek.base.text import Words
from zerek.modules.people.models import Account, Held, Person
from zerek.modules.schools import api as schools
from zerek.settings import Settings

HEAD = "name,login,role,place kind,place id\n"
Import = Callable[..., Result]


@pytest.fixture
def bring(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Import:
    """``bring("name,…", "--write")`` imports a table with that text."""
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)

    def run(table: str | bytes, *words: str) -> Result:
        path = tmp_path / "list.csv"
        path.write_bytes(table if isinstance(table, bytes) else table.encode())
        return CliRunner().invoke(main, ["people", "import", str(path), *words])

    return run


@pytest.fixture
def class_id(session: Session) -> int:
    district = schools.open_district(session, "d1", Words("Атырау"))
    school = schools.open_school(session, "s1", Words("№ 1 мектеп"), district=district, town=True)
    made = schools.open_class(session, school.id, year=2026, grade=7, letter="А").id
    session.commit()
    return made


def count(session: Session) -> int:
    session.rollback()
    return session.scalar(select(func.count(Person.id))) or 0


def test_a_table_is_only_looked_through_until_it_is_written(
    bring: Import, session: Session, class_id: int
) -> None:
    answer = bring(f"{HEAD}Әлия,aliya,pupil,class,{class_id}\n")
    assert answer.exit_code == 0, answer.output
    assert "Nothing is written yet" in answer.output
    assert count(session) == 0


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "kz1048"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_whole_class_is_written_and_signs_in_with_the_passwords_handed_out(
    bring: Import,
    session: Session,
    class_id: int,
    tmp_path: Path,
    client: FlaskClient,
    encoding: str,
    delimiter: str,
) -> None:
    table = f"{HEAD}Әлия Өмірқызы,aliya,pupil,class,{class_id}\r\nҚұралай,kuralai,Pupil,class,{class_id}\r\n"
    out = tmp_path / "out.csv"
    answer = bring(table.replace(",", delimiter).encode(encoding), "--write", "--out", str(out))
    assert answer.exit_code == 0, answer.output
    assert session.scalars(select(Person.name).order_by(Person.id)).all() == ["Әлия Өмірқызы", "Құралай"]
    assert session.scalars(select(Held.place_id)).all() == [class_id] * 2
    assert out.stat().st_mode & 0o077 == 0
    handed = list(csv.DictReader(io.StringIO(out.read_text("utf-8-sig")), delimiter=delimiter))
    for one in handed:
        entered = client.post("/people/sign-in", data={"name": one["login"], "password": one["password"]})
        assert entered.status_code == 303
        assert one["password"] not in answer.output


def test_every_faulty_line_is_named_and_nothing_is_written(
    bring: Import, session: Session, class_id: int, tmp_path: Path, new_person
) -> None:
    new_person("Бар")
    good = f"pupil,class,{class_id}"
    lines = [
        f"Әлия,aliya,{good}",  # 2: no fault
        f",empty,{good}",
        f"Дамир,,{good}",
        f"Ерлан,БАР,{good}",
        f"Айша,ALIYA,{good}",
        f"Жан,zhan,headmaster,class,{class_id}",
        "Жан,zhan2,pupil,class,seven",
        "Жан,zhan3,pupil,class,999",
        "Жан,zhan4,pupil,region,",
        "Жан,zhan5",
    ]
    out = tmp_path / "out.csv"
    answer = bring(HEAD + "\n".join(lines) + "\n", "--write", "--out", str(out))
    assert answer.exit_code == 2
    named = [int(line.split(":")[1]) for line in answer.output.splitlines() if line.startswith("list.csv:")]
    assert named == list(range(3, 12))
    assert "stands in line 2 too" in answer.output
    assert count(session) == 1
    assert not out.exists()


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("", "no line with a person"),
        ("name,login,role\nӘлия,aliya,pupil\n", "place kind, place id"),
        (HEAD, "no line with a person"),
        (HEAD + 'Әлия,"aliya,pupil,class,1\n', "list.csv:2"),
        (HEAD.encode("utf-16"), "first line"),
        (b"x" * (4 * 1024 * 1024 + 1), "larger than 4 MB"),
    ],
    ids=["empty", "columns", "nobody", "quote", "utf-16", "giant"],
)
def test_what_is_no_table_is_said_in_a_sentence(bring: Import, table: str | bytes, said: str) -> None:
    answer = bring(table)
    assert answer.exit_code == 2
    assert said in answer.output
    assert "Traceback" not in answer.output


def test_passwords_need_a_file_that_is_not_there_yet(
    bring: Import, session: Session, class_id: int, tmp_path: Path
) -> None:
    table = f"{HEAD}Әлия,aliya,pupil,class,{class_id}\n"
    out = tmp_path / "out.csv"
    out.write_text("older")
    assert "--out" in bring(table, "--write").output
    assert bring(table, "--write", "--out", str(out)).exit_code == 2
    assert bring(table, "--write", "--out", str(tmp_path / "no" / "out.csv")).exit_code == 2
    assert out.read_text() == "older"
    assert count(session) == 0


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_a_name_that_is_a_formula_is_text_in_the_handed_out_table(
    bring: Import, session: Session, class_id: int, tmp_path: Path, start: str
) -> None:
    name = f'{start}HYPERLINK(""http://evil"")'
    out = tmp_path / "out.csv"
    answer = bring(f'{HEAD}"{name}",{start}1,pupil,class,{class_id}\n', "--write", "--out", str(out))
    assert answer.exit_code == 0, answer.output
    row = list(csv.reader(io.StringIO(out.read_text("utf-8-sig"))))[1]
    assert row[0].startswith(f"'{start}")
    assert row[1] == f"'{start}1"
    assert session.scalars(select(Account.login)).all() == [f"{start}1"]
