"""The rules of signing in elsewhere with one's account here: clients, codes, tokens, and what is told of a person."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from zerek.base.errors import NotFound
from zerek.base.permissions import REGION, Grant
from zerek.base.text import N_
from zerek.modules.people import queries
from zerek.modules.people.models import Person, SignedIn
from zerek.modules.people.openid_models import OpenidGrant
from zerek.settings import Settings

CODE_LASTS = timedelta(seconds=60)
TOKEN_LASTS = timedelta(
    minutes=10
)  # our clients ask once who it is, at once; then they keep sessions of their own
KEPT = timedelta(days=1)
SCOPES = ("openid", "profile", "groups")


@dataclass(frozen=True)
class Client:
    """A program that may ask who somebody is. All are ours so far, so nobody is asked for consent."""

    id: str
    secret: str
    redirect_uris: tuple[str, ...]

    def has_secret(self, secret: str) -> bool:
        return hmac.compare_digest(self.secret.encode(), secret.encode())


def clients(settings: Settings) -> dict[str, Client]:
    """The programs of this installation by their id: the notebook Hub."""
    callback = f"{settings.base_url}/jupyter/hub/oauth_callback"
    return {"jupyterhub": Client("jupyterhub", settings.secrets["hub_client"], (callback,))}


def key_of(person_id: int) -> str:
    """The name other programs know a person by: it never changes and says nothing."""
    return f"p{person_id}"


def sign_in_time(session: Session, signed_in_id: int) -> datetime:
    """When the person gave the password; NotFound for a session that has ended."""
    found = session.scalar(select(SignedIn.began_at).where(SignedIn.id == signed_in_id))
    if found is None:
        raise NotFound(N_("This session has ended."))
    return found


def give_code(
    session: Session,
    code: str,
    *,
    signed_in_id: int,
    client_id: str,
    redirect_uri: str,
    scope: str,
    nonce: str | None,
    challenge: str,
    now: datetime,
) -> OpenidGrant:
    """Keep a code that the person's browser carries to the client; NotFound when the session ended meanwhile."""
    signed_in = session.get(SignedIn, signed_in_id)
    if signed_in is None:
        raise NotFound(N_("This session has ended."))
    session.execute(delete(OpenidGrant).where(OpenidGrant.code_expires_at < now - KEPT))
    grant = OpenidGrant(
        signed_in_id=signed_in_id,
        person_id=signed_in.person_id,
        client_id=client_id,
        redirect_uri=redirect_uri,
        scope=scope,
        nonce=nonce,
        challenge=challenge,
        authenticated_at=signed_in.began_at,
        code_hash=_hash(code),
        code_expires_at=now + CODE_LASTS,
    )
    session.add(grant)
    session.flush()
    return grant


def redeem(session: Session, code: str, client_id: str, now: datetime) -> OpenidGrant | None:
    """Take the code for its client, once: of two who bring it at the same moment one gets the grant.

    A code brought again has been stolen by one of the two, so its token ends (RFC 6749, 4.1.2).
    """
    own = (OpenidGrant.code_hash == _hash(code)) & (OpenidGrant.client_id == client_id)
    taken = session.execute(
        update(OpenidGrant)
        .where(own, OpenidGrant.used_at.is_(None), OpenidGrant.code_expires_at > now)
        .values(used_at=now)
        .returning(OpenidGrant.id)
    ).scalar()
    if taken is None:
        session.execute(update(OpenidGrant).where(own).values(token_hash=None, token_expires_at=None))
        return None
    return session.get(OpenidGrant, taken, populate_existing=True)


def give_token(session: Session, grant: OpenidGrant, token: str, now: datetime) -> None:
    """Keep the access token that the code was exchanged for."""
    grant.token_hash, grant.token_expires_at = _hash(token), now + TOKEN_LASTS
    session.flush()


def grant_of_token(session: Session, token: str, now: datetime) -> OpenidGrant | None:
    """The grant behind a token that is still good."""
    return session.scalar(
        select(OpenidGrant).where(OpenidGrant.token_hash == _hash(token), OpenidGrant.token_expires_at > now)
    )


def claims(session: Session, person_id: int, scope: str) -> dict[str, object]:
    """What a client with these scopes is told: a key always, a name to show and groups where it asked for them."""
    told: dict[str, object] = {"sub": key_of(person_id)}
    asked = scope.split()
    if "profile" in asked:
        told["name"] = session.scalar(select(Person.name).where(Person.id == person_id))
    if "groups" in asked:
        told["groups"] = groups(queries.grants(session, person_id))
    return told


def groups(grants: frozenset[Grant]) -> list[str]:
    """Roles and the places they are held in, as words: ``class-3``, ``pupil``."""
    places = {f"{grant.place.kind}-{grant.place.id}" for grant in grants if grant.place != REGION}
    return sorted(places | {grant.role.value for grant in grants})


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
