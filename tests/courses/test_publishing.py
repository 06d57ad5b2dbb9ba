"""A package becomes a version that never changes under those who learn it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select
from sqlalchemy.orm import Session

from zerek.__main__ import main
from zerek.base.errors import Conflict, Forbidden, Refused
from zerek.base.files import Files
from zerek.base.permissions import Actor
from zerek.content import packages, shipped
from zerek.content.faults import FaultyPackage
from zerek.modules.courses import api
from zerek.modules.courses.models import Item, Module, Picture, Text, Version
from zerek.settings import Settings

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
Rows = Callable[[type], int]


def test_a_published_course_stands_in_the_database_with_rendered_lessons(
    session: Session, files: Files, published: Version
) -> None:
    items = session.scalars(select(Item).order_by(Item.position)).all()
    assert [item.slug for item in items] == ["m1-read", "m1-more", "m1-quiz", "m2-task", "m2-final"]
    assert [item.form for item in items] == [
        "self_study",
        "self_study",
        "assessment",
        "practice",
        "assessment",
    ]
    assert sum(item.hours for item in items) == published.hours == 10
    lesson = session.get_one(Text, (items[0].id, "lesson", "kk")).html
    picture = session.scalars(select(Picture)).one()
    assert f'src="/courses/pictures/{picture.digest}/box.svg"' in lesson
    assert files.get(picture.digest).startswith(b"<svg")
    assert "<h2" in lesson
    assert items[4].final
    assert not items[2].final


def test_publishing_the_same_version_again_changes_nothing(
    session: Session, files: Files, published: Version, teachers_package: Path, rows: Rows
) -> None:
    before = [rows(model) for model in (Version, Module, Item, Text, Picture)]
    again = api.publish(session, files, teachers_package, now=NOW)
    session.commit()
    assert again.id == published.id
    assert [rows(model) for model in (Version, Module, Item, Text, Picture)] == before


def test_a_start_finds_what_it_published_before_without_reading_it_again(
    session: Session, files: Files, monkeypatch: pytest.MonkeyPatch, teachers_package: Path
) -> None:
    monkeypatch.setattr(shipped, "courses", lambda: [teachers_package])
    assert api.unpublished(session) == [teachers_package]
    api.publish(session, files, teachers_package, now=NOW)
    assert api.unpublished(session) == []
    course = teachers_package / "course.yaml"
    course.write_text(course.read_text().replace('version: "', 'version: "9.', 1))
    assert api.unpublished(session) == [teachers_package]


def test_every_shipped_course_says_its_version_where_a_start_looks_for_it() -> None:
    for folder in shipped.courses():
        package = packages.read(folder)
        assert packages.stated(folder) == (package.slug, package.version)


def test_other_content_under_a_published_version_is_refused(
    session: Session, files: Files, published: Version, teachers_package: Path
) -> None:
    (teachers_package / "one/more.kk.md").write_text("Басқа мәтін.\n")
    with pytest.raises(Conflict, match="other content"):
        api.publish(session, files, teachers_package, now=NOW)


def test_a_faulty_package_is_refused_with_file_and_line_of_every_fault(
    session: Session, files: Files, teachers_package: Path, rows: Rows
) -> None:
    (teachers_package / "one/read.ru.md").unlink()
    lesson = teachers_package / "one/more.kk.md"
    lesson.write_text("Мәтін.\n\n<script>alert(1)</script>\n")
    with pytest.raises(Refused) as refusal:
        api.publish(session, files, teachers_package, now=NOW)
    assert isinstance(refusal.value, FaultyPackage)
    places = {(fault.file, fault.line) for fault in refusal.value.faults}
    assert ("one/more.kk.md", 3) in places
    assert any(file == "course.yaml" for file, _ in places)
    session.rollback()
    assert rows(Version) == 0


def test_a_teacher_does_not_publish_and_an_author_does(
    session: Session, files: Files, teachers_package: Path, teacher: Actor, operator: Actor
) -> None:
    with pytest.raises(Forbidden):
        api.publish(session, files, teachers_package, by=teacher, now=NOW)
    assert (
        api.publish(session, files, teachers_package, by=operator, now=NOW).published_by == operator.person_id
    )


def test_who_has_begun_a_version_goes_on_with_it_and_newcomers_get_the_newest(
    session: Session, files: Files, learner: Actor, tutor: Actor, published: Version, teachers_package: Path
) -> None:
    course = teachers_package / "course.yaml"
    course.write_text(course.read_text().replace("2026.1", "2026.2").replace("Шағын курс", "Жаңа курс"))
    newer = api.publish(session, files, teachers_package, now=NOW)
    assert newer.course_id == published.course_id
    assert api.course(session, "small-course", by=learner).version.id == published.id
    assert api.course(session, "small-course", by=tutor).title.kk == "Жаңа курс"
    assert api.enrol(session, published.course_id, by=learner, now=NOW).version_id == published.id
    assert api.enrol(session, published.course_id, by=tutor, now=NOW).version_id == newer.id


def test_the_command_publishes_and_lists_faults(
    settings: Settings, teachers_package: Path, monkeypatch: pytest.MonkeyPatch, rows: Rows
) -> None:
    monkeypatch.setenv("ZEREK_DATA", str(settings.data))
    monkeypatch.setenv("ZEREK_DATABASE", settings.database)
    done = CliRunner().invoke(main, ["courses", "publish", str(teachers_package)])
    assert (done.exit_code, done.output) == (0, "Шағын курс: 2026.1\n")
    assert rows(Version) == 1
    (teachers_package / "one/quiz.yaml").write_text("questions: []\n")
    done = CliRunner().invoke(main, ["courses", "publish", str(teachers_package)])
    assert done.exit_code == 2
    assert "one/quiz.yaml:1: " in done.output
    assert rows(Version) == 1
