"""Publishing: a checked course package becomes a version in the database that never changes again."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zerek.base.errors import Conflict
from zerek.base.events import tell
from zerek.base.files import Files
from zerek.base.permissions import Actor, require
from zerek.base.text import N_
from zerek.content import lessons, packages, shipped
from zerek.modules.courses.api import stored
from zerek.modules.courses.api.events import Published
from zerek.modules.courses.models import Course, Item, Module, Picture, Text, TextPart, Version

KINDS = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg"}
PICTURES = "/courses/pictures"


def publish(
    session: Session,
    files: Files,
    folder: Path,
    *,
    by: Actor | None = None,
    now: datetime,
    notebooks: Path | None = None,
) -> Version:
    """Take a package's version into the database; who learns an older one goes on with that.

    ``by`` is None on the command line, whose user owns the machine. The same version again changes nothing.
    Raises FaultyPackage (a Refused) with every fault, and Conflict when the version is already published
    with other content.
    """
    if by is not None:
        require(by, "courses.publish")
    package = packages.read(folder, notebooks)
    course = _course(session, package)
    known = session.scalar(
        select(Version).where(Version.course_id == course.id, Version.version == package.version)
    )
    if known is None:
        return _new_version(session, files, course, package, by, now)
    if known.digest != package.digest:
        raise Conflict(
            N_(
                "Version %(version)s of the course %(slug)s is published with other content: "
                "give the new content a new version."
            ),
            version=package.version,
            slug=package.slug,
        )
    return known


def unpublished(session: Session) -> list[Path]:
    """The shipped packages whose version is not published yet.

    Asked at every start: it reads two lines of each course and asks the database once.
    """
    rows = session.execute(select(Course.slug, Version.version).join(Version))
    known = {(slug, version) for slug, version in rows}
    return [folder for folder in shipped.courses() if packages.stated(folder) not in known]


def _course(session: Session, package: packages.Course) -> Course:
    """The course of that name, made if it is new."""
    course = session.scalar(select(Course).where(Course.slug == package.slug).with_for_update())
    if course is None:
        course = Course(slug=package.slug, audience=package.audience.value, grade=package.grade)
        session.add(course)
        session.flush()
    elif course.audience != package.audience:
        raise Conflict(N_("The course %(slug)s is published for other learners."), slug=package.slug)
    course.grade = package.grade
    return course


def _new_version(
    session: Session,
    files: Files,
    course: Course,
    package: packages.Course,
    by: Actor | None,
    now: datetime,
) -> Version:
    version = Version(
        course_id=course.id,
        version=package.version,
        digest=package.digest,
        title=package.title.as_dict(),
        summary=package.summary.as_dict(),
        licence=package.licence,
        languages=list(package.languages),
        hours=package.hours,
        rules=_rules(package),
        published_at=now,
        published_by=by.person_id if by else None,
    )
    session.add(version)
    session.flush()
    shown = _keep_pictures(session, files, package)
    position = 0
    for place, part in enumerate(package.modules, start=1):
        module = Module(
            version_id=version.id, position=place, slug=part.id, title=part.title.as_dict(), hours=part.hours
        )
        session.add(module)
        session.flush()
        for each in part.items:
            position += 1
            _add_item(session, _item(version, module, position, each), each, shown)
    tell(session, Published(version.id))
    return version


def _rules(package: packages.Course) -> dict[str, Any] | None:
    rules = package.certificate
    return None if rules is None else dict(vars(rules))


def _item(version: Version, module: Module, position: int, each: packages.Item) -> Item:
    asked = each.quiz or each.rubric
    return Item(
        version_id=version.id,
        module_id=module.id,
        position=position,
        slug=each.id,
        kind=each.kind.value,
        form=each.form.value,
        title=each.title.as_dict(),
        hours=each.hours,
        final=each.quiz is not None and each.quiz.final,
        max_points=each.quiz.points if each.quiz else each.max_points,
        accept_points=each.accept_points,
        data=stored.to_data(asked) if asked else None,
        notebook=each.notebook,
        program=each.program,
        program_text=each.program_text,
    )


def _add_item(session: Session, item: Item, each: packages.Item, shown: dict[str, packages.Picture]) -> None:
    """The row and its texts, rendered once, here."""
    session.add(item)
    session.flush()
    for part, words in ((TextPart.LESSON, each.text), (TextPart.TEACHER, each.teacher)):
        for language, markdown in (words.as_dict() if words else {}).items():
            html = lessons.to_html(markdown, shown.get)
            session.add(Text(item_id=item.id, part=part.value, language=language, html=html))
    session.flush()


def _keep_pictures(session: Session, files: Files, package: packages.Course) -> dict[str, packages.Picture]:
    """Path in the package → the picture under its address on our pages."""
    shown = {}
    for path, picture in package.pictures.items():
        place = Path(path)
        digest = files.put((package.folder / place).read_bytes())
        if session.get(Picture, digest) is None:
            session.add(Picture(digest=digest, kind=KINDS[place.suffix]))
            session.flush()
        shown[path] = packages.Picture(f"{PICTURES}/{digest}/{place.name}", picture.width, picture.height)
    return shown
