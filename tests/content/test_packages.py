"""A good package is read as it was written; a bad one is not read at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from zerek.base.text import Words
from zerek.content.check import check, report
from zerek.content.packages import FaultyPackage, HoursForm, ItemKind, Picture, QuestionKind, read

Spoil = Callable[[str, str, str], None]


def test_a_course_is_read_as_its_author_wrote_it(package: Path, sources_folder: Path) -> None:
    course = read(package, sources_folder)
    assert (course.slug, course.version, course.hours, course.grade) == ("small-course", "2026.1", 6, None)
    assert course.title == Words(kk="Шағын курс", ru="Малый курс", en="A small course")
    assert course.certificate
    assert course.certificate.hours_percent == 80
    assert [item.kind for item in course.items] == list(ItemKind)
    assert course.pictures == {"pictures/dot.svg": Picture("pictures/dot.svg", 30, 20)}


def test_every_hour_of_a_course_counts_in_one_form(package: Path, sources_folder: Path) -> None:
    hours = dict.fromkeys(HoursForm, 0)
    for item in read(package, sources_folder).items:
        hours[item.form] += item.hours
    assert hours == {HoursForm.SELF_STUDY: 1, HoursForm.PRACTICE: 4, HoursForm.ASSESSMENT: 1}


def test_a_quiz_knows_its_right_answers(package: Path, sources_folder: Path) -> None:
    item = read(package, sources_folder).item("test")
    assert item
    assert item.quiz
    single, number, text = item.quiz.questions
    assert (item.quiz.final, item.quiz.pass_percent, item.quiz.attempts, item.quiz.points) == (True, 60, 2, 4)
    assert single.right_ids == {"a"}
    assert single.options[0].text.kk == "4"
    assert (number.kind, number.answer, number.tolerance) == (QuestionKind.NUMBER, 0.5, 0.01)
    assert text.answers == {"kk": ("print",), "ru": ("print",), "en": ("print", "print()")}


def test_a_task_has_a_rubric_that_adds_up(package: Path, sources_folder: Path) -> None:
    item = read(package, sources_folder).item("work")
    assert item
    assert item.rubric
    assert (item.max_points, item.accept_points, item.rubric.points) == (5, 3, 5)
    assert [level.points for level in item.rubric.criteria[0].levels] == [0, 5]


def test_a_notebook_item_is_worth_what_its_cells_bring(package: Path, sources_folder: Path) -> None:
    item = read(package, sources_folder).item("book")
    assert item
    assert (item.notebook, item.max_points) == ("small-course/sum", 2)


def test_a_robot_item_carries_the_program_to_begin_with(package: Path, sources_folder: Path) -> None:
    item = read(package, sources_folder).item("go")
    assert item
    assert (item.program, item.program_text) == ("one/go.py", "from zerek_robotics import Robot\n")


def test_a_changed_file_makes_another_digest(package: Path, sources_folder: Path, spoil: Spoil) -> None:
    before = read(package, sources_folder).digest
    assert read(package, sources_folder).digest == before
    spoil("one/intro.ru.md", "Мәтін", "Текст")
    assert read(package, sources_folder).digest != before


def test_pupils_have_a_grade_and_one_hour_a_lesson(package: Path, sources_folder: Path, spoil: Spoil) -> None:
    spoil("course.yaml", "audience: teachers", "audience: pupils\ngrade: 7")
    certificate = "certificate: {hours_percent: 80, test_percent: 70, task_accepted: true, valid_years: 3}\n"
    spoil("course.yaml", certificate, "")
    spoil("course.yaml", "kind: lesson, hours: 1,", "kind: lesson,")
    course = read(package, sources_folder)
    assert (course.grade, course.certificate, next(course.items).hours) == (7, None, 1)


def test_a_package_with_a_fault_is_refused_with_all_of_them(
    package: Path, sources_folder: Path, spoil: Spoil
) -> None:
    spoil("course.yaml", "licence: CC-BY-4.0\n", "")
    spoil("one/quiz.yaml", "right: true", "right: false")
    with pytest.raises(FaultyPackage) as refusal:
        read(package, sources_folder)
    assert [fault.file for fault in refusal.value.faults] == ["course.yaml", "one/quiz.yaml"]
    assert refusal.value.status == 422
    assert "small-course" in str(refusal.value)


def test_the_report_has_one_line_for_each_fault_and_their_number(
    package: Path, sources_folder: Path, spoil: Spoil
) -> None:
    assert report(check(package, sources_folder)) == "No faults."
    spoil("course.yaml", "hours: 6", "hours: 7")
    assert report(check(package, sources_folder)).splitlines() == [
        "course.yaml:9: The course has 7 hours, its modules have 6 together.",
        "Faults: 1",
    ]


def test_an_empty_folder_is_no_course(tmp_path: Path) -> None:
    (fault,) = check(tmp_path, tmp_path)
    assert str(fault) == "course.yaml:1: The file “course.yaml” is missing."
