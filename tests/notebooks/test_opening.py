"""Opening a notebook, as far as it goes without a Hub: pressed once or twice, by whom, and when nobody answers."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from zerek.base import clock, jobs, passes
from zerek.base.errors import NotFound, Refused
from zerek.base.jobs import Job, Work
from zerek.base.permissions import Actor
from zerek.modules.notebooks import api
from zerek.modules.notebooks import jobs as notebook_jobs
from zerek.modules.notebooks.models import Opening, State
from zerek.settings import Settings

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PATH = "python-and-robot/r7-02.ipynb"
DIGEST = "0" * 64


@pytest.fixture
def pupil(new_person: Callable[..., int]) -> int:
    return new_person("Әлия")


def asked(session: Session, person_id: int, now: datetime = NOW) -> Opening:
    return api.request_opening(session, person_id, PATH, DIGEST, now)


def test_a_pupil_who_presses_twice_has_one_opening_and_one_job(session: Session, pupil: int) -> None:
    first, second = asked(session, pupil), asked(session, pupil)
    assert first.id == second.id
    by = Actor(pupil)
    api.begin(session, first.id, by=by, now=NOW)
    assert asked(session, pupil).state == State.STARTING  # pressing again does not begin again
    assert api.begin(session, first.id, by=by, now=NOW).state == State.STARTING
    assert len(session.scalars(select(Job)).all()) == 1


def test_an_opening_is_its_owners_alone(session: Session, pupil: int) -> None:
    made = asked(session, pupil)
    for other in (pupil + 1, 10**9):
        with pytest.raises(NotFound):
            api.begin(session, made.id, by=Actor(other), now=NOW)
    assert made.state == State.ASKED


@pytest.mark.parametrize(
    "path", ["../p8/x.ipynb", "/etc/passwd", "a//b", "", ".ssh/key", "a/./b", "a\\b", "a\n", "x" * 301]
)
def test_no_path_leads_out_of_the_home(session: Session, pupil: int, path: str) -> None:
    with pytest.raises(Refused):
        api.request_opening(session, pupil, path, DIGEST, NOW)
    assert session.scalars(select(Opening)).all() == []


def test_the_browser_is_sent_through_the_hubs_sign_in_and_back_to_the_page(
    session: Session, pupil: int
) -> None:
    made = asked(session, pupil)
    assert api.way_in(made) == f"/jupyter/hub/oauth_login?next=%2Fnotebooks%2Fopenings%2F{made.id}"
    assert api.lab_address(made) == f"/jupyter/user/p{pupil}/lab/tree/{PATH}"


def test_where_a_worker_died_the_pupil_may_begin_again(session: Session, pupil: int) -> None:
    made = asked(session, pupil)
    api.begin(session, made.id, by=Actor(pupil), now=NOW)
    late = NOW + api.TOO_LONG + timedelta(seconds=1)
    assert api.takes_too_long(made, late)
    assert asked(session, pupil, late).state == State.ASKED
    api.begin(session, made.id, by=Actor(pupil), now=late)
    assert len(session.scalars(select(Job)).all()) == 2


@pytest.fixture
def no_hub(work: Work) -> Iterator[Work]:
    """A worker whose Hub is down: its port is held, and nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield replace(work, settings=replace(work.settings, hub_port=held.getsockname()[1]))


def test_when_the_hub_is_down_the_page_says_so_and_offers_to_try_again(
    session: Session, pupil: int, no_hub: Work, sign_in: Callable[[str], FlaskClient]
) -> None:
    made = asked(session, pupil)
    session.commit()
    browser = sign_in("Әлия")
    address = f"/notebooks/openings/{made.id}"
    page = browser.get(address).text
    assert f'hx-post="{address}/begin"' in page
    part = browser.post(f"{address}/begin", headers={"HX-Request": "true"}).text
    assert f'hx-get="{address}/state"' in part
    job = session.scalars(select(Job)).one()
    session.commit()
    assert jobs.run(no_hub, job.id) is True  # told, not tried five times behind the pupil's back
    part = browser.get(f"{address}/state").text
    assert 'role="alert"' in part
    assert "hx-get" not in part
    again = re.search(r'action="([^"]+/again)"', part)
    assert again
    answer = browser.post(again[1])
    assert (answer.status_code, answer.headers["Location"]) == (303, api.way_in(made))
    session.refresh(made)
    assert made.state == State.ASKED


def test_the_hubs_token_goes_to_no_proxy_of_the_environment(
    session: Session, pupil: int, no_hub: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = asked(session, pupil)
    api.begin(session, made.id, by=Actor(pupil), now=NOW)
    session.commit()
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy.setblocking(False)
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.getsockname()[1]}")
        notebook_jobs.open_notebook(no_hub, made.id)
        with pytest.raises(BlockingIOError):
            proxy.accept()


def test_when_it_is_ready_the_browser_is_sent_to_the_notebook_but_not_by_going_back(
    session: Session, pupil: int, sign_in: Callable[[str], FlaskClient]
) -> None:
    made = asked(session, pupil)
    api.begin(session, made.id, by=Actor(pupil), now=NOW)
    api.settle(session, made.id, None, NOW)
    session.commit()
    browser = sign_in("Әлия")
    polled = browser.get(f"/notebooks/openings/{made.id}/state")
    assert polled.headers["HX-Redirect"] == api.lab_address(made)
    page = browser.get(f"/notebooks/openings/{made.id}")
    assert "HX-Redirect" not in page.headers
    assert f'href="{api.lab_address(made)}"' in page.text
    assert "hx-" not in page.text.partition('id="opening"')[2].partition("</main>")[0]


def test_another_pupils_opening_is_not_found(
    session: Session, pupil: int, new_person: Callable[..., int], sign_in: Callable[[str], FlaskClient]
) -> None:
    made = asked(session, pupil)
    session.commit()
    new_person("Болат")
    other = sign_in("Болат")
    for answer in (
        other.get(f"/notebooks/openings/{made.id}"),
        other.post(f"/notebooks/openings/{made.id}/begin"),
        other.get(f"/notebooks/openings/{made.id}/state"),
        other.post(f"/notebooks/openings/{made.id}/again"),
    ):
        assert answer.status_code == 404
    assert session.scalars(select(Job)).all() == []


def test_a_job_sent_twice_after_the_end_changes_nothing(session: Session, pupil: int, no_hub: Work) -> None:
    made = asked(session, pupil)
    api.begin(session, made.id, by=Actor(pupil), now=NOW)
    api.settle(session, made.id, None, NOW)
    session.commit()
    notebook_jobs.open_notebook(no_hub, made.id)
    session.refresh(made)
    assert made.state == State.READY


def test_who_signs_out_of_the_lms_is_signed_out_of_the_notebooks(
    pupil: int, sign_in: Callable[[str], FlaskClient]
) -> None:
    gone = sign_in("Әлия").post("/people/sign-out").headers.getlist("Set-Cookie")
    ended = {(cookie.partition("=")[0], cookie.partition("Path=")[2].partition(";")[0]) for cookie in gone}
    assert {
        ("jupyterhub-hub-login", "/jupyter/hub/"),
        ("jupyterhub-session-id", "/jupyter/"),
        (f"jupyterhub-user-p{pupil}", f"/jupyter/user/p{pupil}/"),
    } <= ended


def test_a_stranger_is_asked_to_sign_in(client: FlaskClient) -> None:
    answer = client.get("/notebooks/openings/1", headers={"Accept": "text/html"})
    assert answer.headers["Location"].startswith("/people/sign-in")


def test_the_door_lets_a_pupil_to_the_own_server_and_nowhere_else(
    pupil: int, settings: Settings, sign_in: Callable[[str], FlaskClient]
) -> None:
    browser = sign_in("Әлия")
    own = f"/jupyter/user/p{pupil}/lab/tree/{PATH}"
    answer = browser.get("/notebooks/door", query_string={"next": own})
    assert (answer.status_code, answer.headers["Location"]) == (303, own)
    token = browser.get_cookie("zerek")
    shown = browser.get_cookie(passes.PASS_COOKIE, path=f"/jupyter/user/p{pupil}/")
    assert token is not None
    assert shown is not None
    secret, left = settings.secrets["proxy"], passes.LASTS
    ends = passes.ends_at(secret, f"p{pupil}", token.value, shown.value)
    assert left - 60 < ends - clock.now().timestamp() <= left == 15 * 60
    assert passes.ends_at(secret, f"p{pupil}2", token.value, shown.value) == 0
    later = shown.value.replace(str(ends), str(ends + 1))
    assert passes.ends_at(secret, f"p{pupil}", token.value, later) == 0
    for other in (f"/jupyter/user/p{pupil}2/lab", "/jupyter/user/", "//thief.example/", "", "/people/me"):
        refused = browser.get("/notebooks/door", query_string={"next": other})
        assert refused.status_code == 403
        assert "Set-Cookie" not in refused.headers or passes.PASS_COOKIE not in refused.headers["Set-Cookie"]


def test_the_proxys_page_leads_back_to_no_other_host(client: FlaskClient) -> None:
    assert 'href="/jupyter/user/p1/lab"' in client.get("/notebooks/away/503?url=/jupyter/user/p1/lab").text
    assert 'href="//thief' not in client.get("/notebooks/away/503?url=//thief.example/").text
