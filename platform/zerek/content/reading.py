"""Reads a package from course.yaml down, noting faults as it goes: an author sees them all at once."""

from __future__ import annotations

import re
from pathlib import Path

from zerek.base.text import LANGUAGES, N_
from zerek.content.desk import COURSE_FILE, Desk
from zerek.content.faults import Fault
from zerek.content.items import item
from zerek.content.quizzes import no_twins
from zerek.content.shapes import Audience, CertificateRules, Course, ItemKind, Module
from zerek.content.tables import Table

FORMAT = 1
HOUR_OF_A_LESSON = 1  # pupils' items take one lesson unless they say otherwise
VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.-]{0,31}")


def read_course(root: Path, sources: Path) -> tuple[Course | None, list[Fault]]:
    """The course as far as it can be read, which may be used only when there are no faults."""
    desk = Desk(root, sources)
    desk.faults.extend(desk.folder.strangers())
    node = desk.tree(COURSE_FILE, desk.sheet.told(1))
    if node is None:
        return None, desk.faults
    course = _course(desk, desk.sheet.table(node))
    # A file that several items use was looked through several times: each of its faults is told once.
    return course, list({str(fault): fault for fault in desk.faults}.values())


def _course(desk: Desk, table: Table) -> Course:
    if table.whole("format") != FORMAT:
        table.fault("format", N_("This Zerek reads packages of the format %(format)s only."), format=FORMAT)
    desk.sheet.languages = _languages(table)
    audience = table.choice("audience", Audience)
    pupils = audience is Audience.PUPILS
    modules = table.tables("modules")
    course = Course(
        slug=_slug(desk, table),
        version=_version(table),
        audience=audience or Audience.TEACHERS,
        title=table.words("title"),
        summary=table.words("summary"),
        licence=table.text("licence"),
        languages=tuple(desk.sheet.languages),
        hours=table.whole("hours", low=1),
        modules=tuple(_module(desk, each, HOUR_OF_A_LESSON if pupils else None) for each in modules),
        folder=desk.folder.root,
        digest=desk.folder.digest(),  # after the modules, whose files it covers
        grade=table.whole("grade", low=1, high=11) if pupils else None,
        certificate=None if pupils else _certificate(table),
        pictures=desk.pictures,
    )
    if audience is None:  # its fault is told; the keys of either audience are not to be told on top
        table.asked.update(("grade", "certificate"))
    table.close()
    no_twins(modules, [module.id for module in course.modules])
    _check_hours(table, course)
    _check_certificate(table, course)
    return course


def _check_hours(table: Table, course: Course) -> None:
    hours = sum(module.hours for module in course.modules)
    if hours != course.hours:
        problem = N_("The course has %(hours)s hours, its modules have %(sum)s together.")
        table.fault("hours", problem, hours=course.hours, sum=hours)


def _check_certificate(table: Table, course: Course) -> None:
    """What the certificate asks for must be there to be done."""
    if course.certificate is None:
        return
    if not any(each.quiz and each.quiz.final for each in course.items):
        table.fault("certificate", N_("The certificate asks for a test, but no quiz is final."))
    if course.certificate.task_accepted and not any(each.kind is ItemKind.TASK for each in course.items):
        table.fault("certificate", N_("The certificate asks for an accepted task, but there is no task."))


def _languages(table: Table) -> tuple[str, ...]:
    names = table.texts("languages")
    for name in dict.fromkeys(names):
        if name not in LANGUAGES or names.count(name) > 1:
            problem = N_("The language “%(language)s” is not known, or is named twice.")
            table.fault("languages", problem, language=name)
    if names and LANGUAGES[0] not in names:
        table.fault("languages", N_("Every course is in Kazakh: add kk to its languages."))
    return tuple(name for name in LANGUAGES if name in names)


def _slug(desk: Desk, table: Table) -> str:
    slug = table.name("slug")
    if slug and slug != desk.folder.root.name:
        table.fault("slug", N_("The folder must have the name of the course: %(slug)s."), slug=slug)
    return slug


def _version(table: Table) -> str:
    version = table.text("version")
    if version and not VERSION.fullmatch(version):
        table.fault("version", N_("A version has Latin letters, digits, dots and hyphens only."))
    return version


def _certificate(table: Table) -> CertificateRules | None:
    node = table.take("certificate")
    if node is None:
        return None
    inner = table.sheet.table(node)
    rules = CertificateRules(
        hours_percent=inner.whole("hours_percent", 80, low=1, high=100),
        test_percent=inner.whole("test_percent", 70, low=1, high=100),
        task_accepted=inner.yes("task_accepted", default=True),
        valid_years=inner.whole("valid_years", 3, low=1, high=50),
    )
    inner.close()
    return rules


def _module(desk: Desk, table: Table, default_hours: int | None) -> Module:
    module = Module(
        id=table.name("id"),
        title=table.words("title"),
        hours=table.whole("hours", low=1),
        items=tuple(item(desk, each, default_hours) for each in table.tables("items")),
    )
    table.close()
    hours = sum(each.hours for each in module.items)
    if hours != module.hours:
        problem = N_("The module “%(id)s” has %(hours)s hours, its items have %(sum)s together.")
        table.fault("hours", problem, id=module.id, hours=module.hours, sum=hours)
    return module
