"""The agents' door: frames up, commands down, by the room's bearer token; every refusal is JSON with one sentence."""

from __future__ import annotations

import time

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from zerek.base import clock
from zerek.base.errors import Refused, ZerekError
from zerek.base.text import N_
from zerek.modules.kits import api, live
from zerek.web.errors import told
from zerek.web.shell import close_session, machine, session

pages = Blueprint("kits_agent", __name__, url_prefix="/kits/agent")

PAUSE = 1.0  # seconds to the next question of an agent whose question no thread can hold open
LOOK_EVERY = 2.0  # seconds: a command that another process was asked for is found in the rows
LONGEST_WAIT = 25.0  # seconds that an agent's question may stay open: less than any proxy's patience


@pages.errorhandler(ZerekError)
def refused(error: ZerekError) -> ResponseReturnValue:
    return jsonify(error=told(error)), error.status


def _token() -> str:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


@pages.post("/frames")
@machine
def frames() -> ResponseReturnValue:
    return jsonify(ack=api.hear(session(), _token(), request.get_data(), now=clock.now()))


@pages.get("/commands")
@machine
def commands() -> ResponseReturnValue:
    """Answers as soon as there is a command, at the latest after ``wait`` seconds.

    Where no thread is left for waiting the answer comes at once, with a ``pause`` to keep before the next question.
    """
    room = api.room_of_agent(session(), _token())
    agent_run, after = request.args.get("session", ""), _number("after")
    hub = live.hub(session())
    channel, room_id = hub.channel(room.id), room.id
    seen = channel.commands
    found = api.commands_after(session(), room, agent_run, after)
    until = time.monotonic() + min(_number("wait"), LONGEST_WAIT)
    if found or until <= time.monotonic():
        return jsonify(commands=found)
    if not hub.waiting.acquire(blocking=False):
        # An agent that is refused backs off, and a stop that comes late is no stop: it asks again soon instead.
        return jsonify(commands=[], pause=PAUSE)
    try:
        while not found and not channel.closed and (left := until - time.monotonic()) > 0:
            close_session()  # nobody holds a transaction while waiting
            channel.wait_for_command(seen, min(left, LOOK_EVERY))
            seen = channel.commands
            found = api.commands_after(session(), api.room_of(session(), room_id), agent_run, after)
    finally:
        hub.waiting.release()
    return jsonify(commands=found)


def _number(name: str) -> int:
    text = request.args.get(name, "0")
    if not (text.isascii() and text.isdigit() and len(text) < 11):
        raise Refused(N_("“%(name)s” in the address must be a number."), name=name)
    return int(text)
