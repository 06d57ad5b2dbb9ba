"""`zerek-robot` as a technician starts it: it ends cleanly however it is told to, and says plainly what is wrong."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

TOKEN = "room-7"
ROBOT = "from zerek_robotics import Robot\nrobot = Robot()\n"
ON_AND_ON = "robot.forward()\nwhile True: pass"
Lms = Any  # SmallLms of conftest.py


def state(lms: Lms, key: str = "sim-7") -> str:
    return str(lms.kits.get(key, {}).get("state"))


def start_agent(lms: Lms, *words: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "ZEREK_AGENT_TOKEN": TOKEN}
    command = [sys.executable, "-m", "zerek_robotics", "--language", "en", "agent", "--lms", lms.url, *words]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)


def children_of(pid: int) -> set[int]:
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == pid:
                    found |= {int(entry.name), *children_of(int(entry.name))}
    return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_the_agents_end_leaves_no_process_however_it_comes(lms: Lms, number: signal.Signals) -> None:
    agent = start_agent(lms, "--kit", "sim://world?seed=7", "--kit", "sim://world?seed=8")
    try:
        lms.wait_for(lambda: state(lms) == state(lms, "sim-8") == "ready")
        lms.say("run", run="r1", kit="sim-7", source=ROBOT + ON_AND_ON, seconds=30)
        lms.wait_for(lambda: state(lms) == "running" and lms.kits["sim-7"]["telemetry"]["left"])
        children = children_of(agent.pid)
        assert len(children) >= 4
        agent.send_signal(number)
        started = time.monotonic()
        agent.wait(5)
        assert time.monotonic() - started < 1.5
        lms.wait_for(lambda: not [pid for pid in children if Path(f"/proc/{pid}").exists()], 3)
    finally:
        agent.kill()
        _, said = agent.communicate()
    if number != signal.SIGKILL:
        assert agent.returncode == 0
        assert "Traceback" not in said
        assert lms.wait_for_end("r1")["reason"] == "stopped"
        assert lms.events("stopped")[-1]["kit"] is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["agent", "--lms", "http://127.0.0.1:1", "--kit", "sim://world"], "needs its token"),
        (["agent"], "Name at least one kit"),
        (["agent", "--kit", "sim://world", "--profile", "tank"], "no such profile"),
        (["drive", "/dev/no-such-port"], "cannot be opened"),
    ],
)
def test_a_wrong_word_on_the_command_line_is_one_sentence_and_status_2(words: list[str], said: str) -> None:
    command = [sys.executable, "-m", "zerek_robotics", "--language", "en", *words]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert ended.returncode == 2
    assert said in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1


def test_a_technician_tries_one_kit_and_lists_the_ports() -> None:
    command = [sys.executable, "-m", "zerek_robotics", "drive", "sim://world?wall=100"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert ended.returncode == 0
    assert "StandardFirmata 2.5" in ended.stdout
    assert "10 cm there and back" in ended.stdout
    assert subprocess.run([*command[:3], "list"], capture_output=True, timeout=20).returncode == 0
