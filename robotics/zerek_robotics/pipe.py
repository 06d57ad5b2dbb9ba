"""The way of a program that the classroom agent runs: one JSON line asks, one JSON line answers."""

import contextlib
import json
import os
import socket
import threading

from zerek_robotics.errors import LineLost, RobotError, ToldByAgent


class PipeWay:
    """Over an inherited socket, whose number the agent puts into ZEREK_KIT."""

    def __init__(self, number: int) -> None:
        self._socket = socket.socket(fileno=os.dup(number))
        self._answers = self._socket.makefile("r", encoding="utf-8")
        self._turn = threading.Lock()

    def call(self, verb: str, **arguments: object) -> float | bool | str | None:
        with self._turn:
            try:
                self._socket.sendall(
                    json.dumps({"do": verb, "with": arguments}, default=repr).encode() + b"\n"
                )
                answer = json.loads(self._answers.readline() or "null")
            except OSError as fault:
                raise LineLost(line="agent") from fault
        if not isinstance(answer, dict):
            raise LineLost(line="agent")
        if "error" in answer:
            raise ToldByAgent(sentence=answer["error"])
        value: float | bool | str | None = answer["value"]
        return value

    def close(self) -> None:
        with contextlib.suppress(RobotError):  # without a line the agent has stopped the kit itself
            self.call("stop")
        self._answers.close()
        self._socket.close()
