"""From one press in the LMS to a notebook on the Hub and back, with everything really running."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import httpx
import pytest
import websocket

from zerek.base import clock, jobs
from zerek.base.errors import NotFound, Unavailable
from zerek.modules.notebooks import api, hub
from zerek.modules.people import api as people

NOTEBOOK = json.dumps(
    {"cells": [], "metadata": {"kernelspec": {"name": "python3"}}, "nbformat": 4, "nbformat_minor": 5}
).encode()
PATH = "python-and-robot/r7-02.ipynb"


def pressed(house: Any, person_id: int) -> int:
    with house.work.transaction() as session:
        digest = house.work.files.put(NOTEBOOK)
        return int(api.request_opening(session, person_id, PATH, digest, clock.now()).id)


def opened(house: Any, browser: httpx.Client, opening_id: int) -> str:
    """As the page does it, with a worker beside: returns where the browser is sent at the end."""
    page = browser.get(f"/jupyter/hub/oauth_login?next=%2Fnotebooks%2Fopenings%2F{opening_id}")
    assert page.url.path == f"/notebooks/openings/{opening_id}"
    assert "hx-post" in page.text
    token = re.search(r'name="csrf-token" content="([^"]+)"', page.text)
    assert token
    browser.post(f"/notebooks/openings/{opening_id}/begin", headers={"X-CSRFToken": token[1]})
    work(house)
    answer = browser.get(f"/notebooks/openings/{opening_id}/state")
    return answer.headers.get("HX-Redirect", answer.text)


def work(house: Any) -> None:
    with house.work.transaction() as session:
        waiting = [row.id for row in session.query(jobs.Job).filter(jobs.Job.state == "waiting")]
    for job_id in waiting:
        assert jobs.run(house.work, job_id)


def run_cell(house: Any, browser: httpx.Client, key: str, code: str) -> str:
    """What a cell of that pupil prints, or the error's name and words, by a kernel of their server."""
    server = f"{house.settings.base_url}/jupyter/user/{key}"
    xsrf = {"X-XSRFToken": browser.cookies.get("_xsrf", path=f"/jupyter/user/{key}/") or ""}
    kernel = browser.post(f"{server}/api/kernels", json={}, headers=xsrf).json()
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies.jar)
    address = server.replace("http", "ws") + f"/api/kernels/{kernel['id']}/channels"
    asked = {
        "channel": "shell",
        "header": {
            "msg_id": "m1",
            "msg_type": "execute_request",
            "session": "s",
            "username": "",
            "version": "5.3",
        },
        "parent_header": {},
        "metadata": {},
        "content": {"code": code, "silent": False, "allow_stdin": False, "stop_on_error": True},
    }
    line = websocket.create_connection(address, cookie=cookies, timeout=60)
    line.send(json.dumps(asked))
    printed, kind = "", ""
    while kind != "execute_reply":
        told = json.loads(line.recv())
        kind, content = told["msg_type"], told["content"]
        printed += content["text"] if kind == "stream" else ""
        printed += f"{content['ename']}: {content['evalue']}" if kind == "error" else ""
    line.close()
    browser.delete(f"{server}/api/kernels/{kernel['id']}", headers=xsrf)
    return printed.strip()


@pytest.fixture(scope="module")
def lesson(house: Any) -> tuple[int, httpx.Client, str]:
    """A pupil who has opened the notebook: id, browser, and the address where it stands open."""
    pupil = house.new_pupil("Арман")
    browser = house.browser("Арман")
    return pupil, browser, opened(house, browser, pressed(house, pupil))


@pytest.fixture(scope="module")
def neighbour(house: Any) -> tuple[int, httpx.Client, str]:
    """Another pupil of the class, whose server runs as well."""
    pupil = house.new_pupil("Болат")
    browser = house.browser("Болат")
    return pupil, browser, opened(house, browser, pressed(house, pupil))


def test_one_press_opens_the_notebook_without_a_second_sign_in(
    house: Any, lesson: tuple[int, httpx.Client, str]
) -> None:
    pupil, browser, address = lesson
    assert address == f"/jupyter/user/p{pupil}/lab/tree/{PATH}"
    lab = browser.get(address)
    assert (lab.status_code, lab.url.path) == (200, address)
    assert "jupyter-config-data" in lab.text
    assert browser.get(f"/jupyter/user/p{pupil}/api/status").status_code == 200
    found = browser.get(f"/jupyter/user/p{pupil}/api/contents/{PATH}").json()
    assert found["content"]["nbformat"] == 4


def test_the_pupils_work_is_fetched_and_never_written_over(
    house: Any, lesson: tuple[int, httpx.Client, str]
) -> None:
    pupil, browser, _ = lesson
    key = people.key_of(pupil)
    mine = json.loads(NOTEBOOK)
    mine["cells"].append({"cell_type": "markdown", "id": "c1", "metadata": {}, "source": "менің жауабым"})
    xsrf = {"X-XSRFToken": browser.cookies.get("_xsrf", path=f"/jupyter/user/{key}/") or ""}
    saved = browser.put(
        f"/jupyter/user/{key}/api/contents/{PATH}", json={"type": "notebook", "content": mine}, headers=xsrf
    )
    assert saved.status_code == 200
    assert opened(house, browser, pressed(house, pupil)).endswith(PATH)
    fetched = json.loads(api.read_file(house.settings, key, PATH))
    assert fetched["cells"][0]["source"] in ("менің жауабым", ["менің жауабым"])
    with pytest.raises(NotFound):
        api.read_file(house.settings, key, "python-and-robot/r7-03.ipynb")


@pytest.mark.parametrize(
    "code",
    [
        "open({data!r} + '/zerek.sqlite').read(1)",
        "open({data!r} + '/secrets.json').read(1)",
        "open({data!r} + '/hub.sqlite').read(1)",
        "__import__('os').listdir({data!r} + '/homes/p999')",
        "import zerek.settings",
        "open({zerek!r}).read(1)",
        "__import__('socket').create_connection(('127.0.0.1', {web}), 2)",
        "__import__('socket').create_connection(('127.0.0.1', {proxy}), 2)",
        "open('/etc/passwd').read(1)",
    ],
)
def test_a_cell_reaches_nothing_of_ours(house: Any, lesson: tuple[int, httpx.Client, str], code: str) -> None:
    pupil, browser, _ = lesson
    (house.settings.data / "homes" / "p999").mkdir(mode=0o755, exist_ok=True)
    values = {
        "data": str(house.settings.data),
        "zerek": people.__file__,
        "web": house.settings.web_port,
        "proxy": house.settings.proxy_api_port,
    }
    said = run_cell(house, browser, f"p{pupil}", code.format(**values) + "; print('reached')")
    assert re.match(
        r"(PermissionError|FileNotFoundError|ModuleNotFoundError|OSError|ConnectionRefused)", said
    ), said


def test_a_cell_computes_knows_the_robot_and_no_secret(
    house: Any, lesson: tuple[int, httpx.Client, str]
) -> None:
    pupil, browser, _ = lesson
    code = "import os, zerek_robotics; print(6 * 7, os.getcwd(), *os.environ.values())"
    said = run_cell(house, browser, f"p{pupil}", code)
    assert said.startswith(f"42 {house.settings.data}/homes/p{pupil}"), said
    assert not any(secret in said for secret in house.settings.secrets.values())


def test_the_token_a_pupils_server_is_shown_opens_no_other_server(
    house: Any, lesson: tuple[int, httpx.Client, str], neighbour: tuple[int, httpx.Client, str]
) -> None:
    pupil, _, _ = lesson
    other, _, _ = neighbour
    with hub.running_server(house.settings, people.key_of(pupil)) as server:
        token = {"Authorization": f"token {server.token}"}
        own = f"{house.settings.base_url}/jupyter/user/p{pupil}/api/contents"
        assert httpx.get(own, headers=token).status_code == 200
        assert httpx.get(own.replace(f"p{pupil}", f"p{other}"), headers=token).status_code in (403, 404)
        users = f"{house.settings.hub_api_url}/users"
        assert httpx.get(f"{users}/p{other}", headers=token).status_code in (403, 404)
        assert httpx.post(f"{users}/p{other}/tokens", headers=token, json={}).status_code == 403
    own_server = {"Authorization": f"token {house.settings.secrets['hub_service']}"}
    assert httpx.post(f"{users}/p12345", headers=own_server).status_code == 403  # nor does ours make users


def test_a_pupil_comes_into_no_other_pupils_server(
    house: Any, lesson: tuple[int, httpx.Client, str], neighbour: tuple[int, httpx.Client, str]
) -> None:
    assert neighbour[1].get(f"/jupyter/user/p{lesson[0]}/lab").status_code in (403, 404)


def test_the_next_pupil_at_the_same_computer_is_not_taken_for_the_one_before(
    house: Any, lesson: tuple[int, httpx.Client, str], neighbour: tuple[int, httpx.Client, str]
) -> None:
    browser = house.browser("Арман")
    assert opened(house, browser, pressed(house, lesson[0])) == lesson[2]
    house.sign_in(browser, "Болат")  # without signing Арман out: the browser was left as it was
    address = opened(house, browser, pressed(house, neighbour[0]))
    assert address == neighbour[2]
    assert browser.get(address).status_code == 200


def test_a_stopped_server_is_started_to_fetch_what_was_handed_in(
    house: Any, lesson: tuple[int, httpx.Client, str]
) -> None:
    pupil, _, _ = lesson
    own = {"Authorization": f"token {house.settings.secrets['hub_service']}"}
    server = f"{house.settings.hub_api_url}/users/p{pupil}/server"
    assert httpx.delete(server, headers=own, timeout=30).status_code in (202, 204)
    begun = time.monotonic()
    assert json.loads(api.read_file(house.settings, f"p{pupil}", PATH))["nbformat"] == 4
    assert time.monotonic() - begun < 30


def test_who_never_came_to_the_hub_is_told_what_to_do(house: Any) -> None:
    with pytest.raises(Unavailable, match="open the notebook once more"):
        api.read_file(house.settings, "p987654", PATH)
