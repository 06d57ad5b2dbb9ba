"""What the courses module tells the others, in the same transaction."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ItemDone:
    """An item was counted into the ledger, for the first and only time."""

    person_id: int
    item_id: int
    enrolment_id: int


@dataclass(frozen=True)
class CertificateIssued:
    person_id: int
    certificate_id: int


@dataclass(frozen=True)
class Published:
    """A version of a course is there, with all its items."""

    version_id: int
