"""YAML as a tree that knows its lines: no tags, no aliases, no key twice, no guessing of types."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

import yaml
from yaml.events import AliasEvent, CollectionStartEvent, MappingStartEvent, NodeEvent, ScalarEvent

from zerek.base.text import N_
from zerek.content.faults import Fault

DEEPEST = 12  # a course file needs 7
# Control characters and halves of surrogate pairs can be written as \x00 or \ud800 inside quotes.
UNFIT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True)
class Scalar:
    line: int
    text: str
    plain: bool  # written without quotes, so it may also mean a number or true


@dataclass(frozen=True)
class Sequence:
    line: int
    nodes: tuple[Node, ...]


@dataclass(frozen=True)
class Mapping:
    line: int
    nodes: dict[str, Node]
    key_lines: dict[str, int]


Node = Scalar | Sequence | Mapping


class BrokenYaml(Exception):
    """This text cannot be read at all; carries the one fault that says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


def load(text: str, file: str) -> Node:
    """The tree of one document; ``BrokenYaml`` says the line of the first thing that is not allowed."""
    try:
        return _Composer(text, file).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise BrokenYaml(
            Fault(
                file,
                mark.line + 1 if mark else 1,
                N_("This is not YAML: %(problem)s."),
                {"problem": error.problem or error.context or "?"},
            )
        ) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        values: dict[str, object] = {"code": f"U+{error.character:04X}"}
        raise BrokenYaml(
            Fault(file, line, N_("A character is not allowed here: %(code)s."), values)
        ) from error
    except (ValueError, OverflowError) as error:  # \UFFFFFFFF in quotes is no character
        raise BrokenYaml(
            Fault(file, 1, N_("This is not YAML: %(problem)s."), {"problem": str(error)})
        ) from error


class _Composer:
    """Builds our tree from PyYAML's events, so that a bomb stops before it costs anything."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.events = yaml.parse(text, Loader=yaml.SafeLoader)

    def document(self) -> Node:
        events = iter(self.events)
        for event in events:
            if isinstance(event, NodeEvent):
                node = self.node(event, 0)
                break
        else:
            self.refuse(1, N_("The file is empty."))
        for event in events:
            if isinstance(event, NodeEvent):
                self.refuse(_line(event), N_("A second document is not allowed in this file."))
        return node

    def node(self, event: NodeEvent, depth: int) -> Node:
        line = _line(event)
        if isinstance(event, AliasEvent) or event.anchor is not None:
            self.refuse(line, N_("Anchors (&) and aliases (*) are not allowed."))
        if isinstance(event, ScalarEvent | CollectionStartEvent) and event.tag is not None:
            self.refuse(line, N_("Tags (!) are not allowed."))
        if depth > DEEPEST:
            self.refuse(line, N_("The file is nested too deeply."))
        if isinstance(event, ScalarEvent):
            if UNFIT.search(event.value):
                self.refuse(line, N_("A text holds a control character."))
            return Scalar(line, event.value, plain=event.style is None)
        if isinstance(event, MappingStartEvent):
            return self.mapping(line, depth)
        return self.sequence(line, depth)

    def sequence(self, line: int, depth: int) -> Sequence:
        nodes = []
        while isinstance(event := next(self.events), NodeEvent):
            nodes.append(self.node(event, depth + 1))
        return Sequence(line, tuple(nodes))

    def mapping(self, line: int, depth: int) -> Mapping:
        nodes: dict[str, Node] = {}
        key_lines: dict[str, int] = {}
        while isinstance(event := next(self.events), NodeEvent):
            key = self.node(event, depth + 1)
            if not isinstance(key, Scalar):
                self.refuse(key.line, N_("A key must be a word."))
            if key.text in nodes:
                self.refuse(key.line, N_("The key “%(key)s” is written twice."), key=key.text)
            key_lines[key.text] = key.line
            if isinstance(
                value := next(self.events), NodeEvent
            ):  # after a key comes a value, if only an empty one
                nodes[key.text] = self.node(value, depth + 1)
        return Mapping(line, nodes, key_lines)

    def refuse(self, line: int, message: str, **values: object) -> NoReturn:
        raise BrokenYaml(Fault(self.file, line, message, values))


def _line(event: NodeEvent) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1
