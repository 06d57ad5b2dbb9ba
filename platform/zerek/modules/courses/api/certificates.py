"""Certificates: issued when the ledger is full, checked by anybody, revoked by the operator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from zerek.base import clock
from zerek.base.errors import NotFound, Refused
from zerek.base.events import tell
from zerek.base.permissions import REGION, Actor, may, require, signed_in
from zerek.base.text import N_
from zerek.modules.courses.api import access, numbers
from zerek.modules.courses.api.events import CertificateIssued
from zerek.modules.courses.api.scoring import reaches
from zerek.modules.courses.models import Certificate, Counter, Enrolment, Reason, Version
from zerek.modules.courses.queries import learning
from zerek.modules.courses.queries.learning import Reached
from zerek.modules.people import api as people


@dataclass(frozen=True)
class Conditions:
    """What a course's certificate asks for, and how far the learner is."""

    reached: Reached
    hours_needed: int
    hours_percent: int
    test_percent: int
    task_asked: bool

    @property
    def hours_met(self) -> bool:
        return self.reached.hours >= self.hours_needed

    @property
    def best_test(self) -> int | None:
        """The weakest of the final tests, by its best attempt, in whole percent; None when one is not taken."""
        shares = [best and best[0] * 100 // best[1] for best in self.reached.tests.values()]
        return (
            min((share for share in shares if share is not None), default=None) if all_taken(shares) else None
        )

    @property
    def test_met(self) -> bool:
        best = self.reached.tests.values()
        return all(each is not None and reaches(*each, self.test_percent) for each in best)

    @property
    def task_met(self) -> bool:
        return not self.task_asked or self.reached.tasks_accepted == self.reached.tasks

    @property
    def met(self) -> bool:
        return self.hours_met and self.test_met and self.task_met


def all_taken(shares: list[int | None]) -> bool:
    return None not in shares


def conditions(session: Session, enrolment: Enrolment, version: Version) -> Conditions | None:
    """None for a course that gives no certificate."""
    rules = version.rules
    if rules is None:
        return None
    return Conditions(
        reached=learning.reached(session, enrolment),
        hours_needed=-(-version.hours * rules["hours_percent"] // 100),  # an hour begun is asked whole
        hours_percent=rules["hours_percent"],
        test_percent=rules["test_percent"],
        task_asked=rules["task_accepted"],
    )


def issue(session: Session, enrolment_id: int, *, by: Actor, now: datetime) -> Certificate:
    """The certificate of one's own course; pressing twice gives one. Refused while a condition is not met."""
    person_id = signed_in(by)
    found = session.get(Enrolment, enrolment_id)
    if found is None or found.person_id != person_id:
        raise NotFound(N_("You do not take this course."))
    enrolment = access.locked(session, enrolment_id)
    known = session.scalar(select(Certificate).where(Certificate.enrolment_id == enrolment.id))
    if known is not None:
        return known
    version = session.get_one(Version, enrolment.version_id)
    asked = conditions(session, enrolment, version)
    if asked is None or version.rules is None:
        raise Refused(N_("This course gives no certificate."))
    if not asked.met:
        raise Refused(N_("The certificate is issued when all its conditions are met."))
    certificate = _write(session, enrolment, version, now)
    tell(session, CertificateIssued(person_id, certificate.id))
    return certificate


def _write(session: Session, enrolment: Enrolment, version: Version, now: datetime) -> Certificate:
    today = now.astimezone(clock.LOCAL).date()
    years = (version.rules or {})["valid_years"]
    serial = next_serial(session, numbers.PREFIX, today.year)
    certificate = Certificate(
        enrolment_id=enrolment.id,
        person_id=enrolment.person_id,
        number=numbers.write(numbers.PREFIX, today.year, serial),
        name=people.names(session, [enrolment.person_id])[enrolment.person_id],
        title=version.title,
        hours=version.hours,
        began_on=enrolment.began_at.astimezone(clock.LOCAL).date(),
        ended_on=today,
        issued_at=now,
        valid_until=years_later(today, years),
    )
    session.add(certificate)
    session.flush()
    return certificate


def next_serial(session: Session, prefix: str, year: int) -> int:
    """The next number of that year; one that was given is never given again."""
    grown = (
        update(Counter)
        .where(Counter.prefix == prefix, Counter.year == year)
        .values(last=Counter.last + 1)
        .returning(Counter.last)
        .execution_options(synchronize_session=False)
    )
    serial = session.scalar(grown)
    if serial is not None:
        return serial
    try:
        with session.begin_nested():
            session.add(Counter(prefix=prefix, year=year, last=1))
    except IntegrityError:  # the year's first two certificates came together
        return session.scalars(grown).one()
    return 1


def years_later(day: date, years: int) -> date:
    """The same day so many years on; 29 February becomes 28 February."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


class Standing(StrEnum):
    VALID = "valid"
    EXPIRED = "expired"
    REVOKED = "revoked"


def standing(certificate: Certificate, today: date) -> Standing:
    if certificate.revoked_at is not None:
        return Standing.REVOKED
    return Standing.EXPIRED if today > certificate.valid_until else Standing.VALID


def check(session: Session, typed: str) -> Certificate:
    """The certificate of that number, for anybody; NotFound says when the number cannot be right at all."""
    number = numbers.tidy(typed)
    if number is None:
        raise NotFound(N_("This is not a certificate number. It looks like ZRK-2026-000123-K."))
    if not numbers.is_sound(number):
        raise NotFound(
            N_("No certificate has this number: a letter or digit is mistyped. Please compare it again.")
        )
    found = session.scalar(select(Certificate).where(Certificate.number == number))
    if found is None:
        raise NotFound(N_("No certificate with this number was issued."))
    return found


def to_print(session: Session, number: str, *, by: Actor) -> Certificate:
    """One's own certificate, to be drawn as a document; for others, except the operator, there is none."""
    person_id = signed_in(by)
    found = check(session, number)
    if found.person_id != person_id and not may(by, "courses.revoke", REGION):
        raise NotFound(N_("No certificate with this number was issued."))
    return found


def revoke(session: Session, number: str, reason: Reason, *, by: Actor, now: datetime) -> Certificate:
    """Take a certificate back for a reason that anybody may read; the first revocation stands."""
    require(by, "courses.revoke", REGION)
    found = check(session, number)
    query = select(Certificate).where(Certificate.id == found.id).with_for_update()
    held = session.scalars(query.execution_options(populate_existing=True)).one()
    if held.revoked_at is None:
        held.revoked_at, held.revoked_by, held.reason = now, by.person_id, reason.value
        session.flush()
    return held
