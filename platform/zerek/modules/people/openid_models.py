"""What the OpenID Connect provider remembers: one row for each sign-in of a person at another program."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from zerek.base.db import Model


class OpenidGrant(Model):
    """A code and, once the client has brought it, the access token it was exchanged for.

    It ends with the session it was given in: who signs out here is nowhere known by an old token.
    Code and token are kept as hashes: a copy of the database must not be a bunch of keys.
    """

    __tablename__ = "people_openid_grant"

    id: Mapped[int] = mapped_column(primary_key=True)
    signed_in_id: Mapped[int] = mapped_column(
        ForeignKey("people_signed_in.id", ondelete="CASCADE"), index=True
    )
    person_id: Mapped[int] = mapped_column(ForeignKey("people_person.id", ondelete="CASCADE"), index=True)
    client_id: Mapped[str] = mapped_column(String(40))
    redirect_uri: Mapped[str] = mapped_column(String(500))
    scope: Mapped[str] = mapped_column(String(200))
    nonce: Mapped[str | None] = mapped_column(String(200))
    challenge: Mapped[str] = mapped_column(String(128))
    authenticated_at: Mapped[datetime]
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    code_expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    token_expires_at: Mapped[datetime | None]
