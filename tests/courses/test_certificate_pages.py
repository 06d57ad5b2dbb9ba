"""The public check of certificates, the document, and who may see what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO

import pypdf
import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from zerek.base.permissions import Actor
from zerek.modules.courses import api
from zerek.modules.courses.models import Version
from zerek.web.limits import limiter

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SignIn = Callable[[str], FlaskClient]


def words(answer: object) -> str:
    return " ".join(BeautifulSoup(answer.text, "html.parser").get_text(" ").split())  # type: ignore[attr-defined]


@pytest.fixture
def number(session: Session, learner: Actor, finish_course: Callable[[Actor], None]) -> str:
    """The number of a certificate that was issued to the learner."""
    finish_course(learner)
    enrolment = api.course(session, "small-course", by=learner).enrolment
    assert enrolment is not None
    made = api.issue(session, enrolment.id, by=learner, now=NOW)
    session.commit()
    return made.number


def test_the_public_check_tells_valid_revoked_and_not_found_and_no_more(
    client: FlaskClient, number: str, operator: Actor, sign_in: SignIn
) -> None:
    found = client.get("/certificates", query_string={"number": number.lower()}, follow_redirects=True)
    assert found.status_code == 200
    for fact in ("Сертификат жарамды", "Әлия Серікқызы", "Шағын курс", "2026 жылғы 23 қараша", number):
        assert fact in words(found)
    assert "noindex" in found.headers["X-Robots-Tag"]
    assert f"{number}.pdf" not in found.text, "the document is its holder's"
    assert client.get(f"/certificates/{number}.pdf", headers={"Accept": "text/html"}).status_code == 303
    assert client.post(f"/certificates/{number}/revocation", data={"reason": "mistake"}).status_code == 401
    assert "Сертификат жарамды" in words(client.get(f"/certificates/{number}"))
    revoked = sign_in("Оператор Оспан").post(
        f"/certificates/{number}/revocation", data={"reason": "wrong_data"}
    )
    assert revoked.status_code == 303
    again = client.get(f"/certificates/{number}")
    assert "Сертификаттың күші жойылған" in words(again)
    assert "сертификаттағы деректер қате" in words(again)
    wrong = client.get(f"/certificates/{number[:-1]}{'A' if number[-1] != 'A' else 'B'}")
    assert wrong.status_code == 404
    assert "қате терілген" in words(wrong)
    assert "Әлия" not in wrong.text


def test_who_guesses_numbers_is_slowed_down(client: FlaskClient, published: Version) -> None:
    limiter.enabled = True
    try:
        statuses = [client.get(f"/certificates/ZRK-2026-{n:06}-A").status_code for n in range(61)]
    finally:
        limiter.enabled = False
        limiter.reset()
    assert statuses[0] == 404
    assert statuses[-1] == 429


def test_the_certificate_comes_in_the_language_asked_for(number: str, sign_in: SignIn) -> None:
    browser = sign_in("Әлия Серікқызы")
    for language, fact in (
        ("kk", "10 академиялық сағат"),
        ("ru", "10 академических часов"),
        ("en", "10 academic hours"),
    ):
        answer = browser.get(f"/certificates/{number}.pdf?language={language}")
        text = " ".join(pypdf.PdfReader(BytesIO(answer.data)).pages[0].extract_text().split())
        assert fact in text
        assert "Әлия Серікқызы" in text
        assert f"http://127.0.0.1:8000/certificates/{number}" in text.replace(" ", "")
