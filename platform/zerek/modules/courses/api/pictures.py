"""Pictures of lessons: only what a publication has shown may be fetched by its digest."""

from __future__ import annotations

from sqlalchemy.orm import Session

from zerek.base.errors import NotFound
from zerek.base.text import N_
from zerek.modules.courses.models import Picture


def picture_kind(session: Session, digest: str) -> str:
    """The content type of a published picture, or NotFound."""
    found = session.get(Picture, digest)
    if found is None:
        raise NotFound(N_("There is no such picture."))
    return found.kind
