"""Reads one YAML mapping key by key; whatever does not fit is written down as a fault and reading goes on."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from zerek.base.text import LANGUAGES, N_, Words
from zerek.content.faults import Fault, Report
from zerek.content.yamllines import Mapping, Node, Scalar
from zerek.content.yamllines import Sequence as Nodes

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
WHOLE = re.compile(r"[-+]?[0-9]{1,9}")
DECIMAL = re.compile(r"[-+]?[0-9]{1,15}(\.[0-9]{1,15})?")

Choice = TypeVar("Choice", bound=StrEnum)


@dataclass
class Sheet:
    """One file that is being read: its name, the languages it must speak, the faults found so far."""

    file: str
    languages: Sequence[str] = LANGUAGES
    faults: list[Fault] = field(default_factory=list)

    def fault(self, line: int, message: str, /, **values: object) -> None:
        self.faults.append(Fault(self.file, line, message, values))

    def told(self, line: int) -> Report:
        """A way for another reader to note a fault at this line."""

        def report(message: str, /, **values: object) -> None:
            self.fault(line, message, **values)

        return report

    def table(self, node: Node) -> Table:
        """The mapping at this node; an empty one, and a fault, when it is something else."""
        if not isinstance(node, Mapping):
            self.fault(node.line, N_("Here a list of keys and values is expected."))
            return Table(self, Mapping(node.line, {}, {}), known_broken=True)
        return Table(self, node)


class Table:
    """A mapping whose keys are asked for one by one; :meth:`close` then names the keys nobody asked for.

    A value that does not fit comes back as an empty one of the right type: it is never used, because
    a package with a fault is not read to the end.
    """

    def __init__(self, sheet: Sheet, node: Mapping, *, known_broken: bool = False) -> None:
        self.sheet = sheet
        self.node = node
        self.asked: set[str] = set()
        self.known_broken = known_broken

    def line(self, key: str = "") -> int:
        return self.node.key_lines.get(key, self.node.line)

    def fault(self, key: str, message: str, /, **values: object) -> None:
        self.sheet.fault(self.line(key), message, **values)

    def told(self, key: str) -> Report:
        """A way for another reader to note a fault at this key."""
        return self.sheet.told(self.line(key))

    def has(self, key: str) -> bool:
        return key in self.node.nodes

    def take(self, key: str, *, needed: bool = True) -> Node | None:
        self.asked.add(key)
        node = self.node.nodes.get(key)
        if node is None and needed and not self.known_broken:
            self.fault("", N_("The key “%(key)s” is missing."), key=key)
        return node

    def close(self) -> None:
        for key in self.node.nodes.keys() - self.asked:
            self.fault(key, N_("The key “%(key)s” is not known here."), key=key)

    def text(self, key: str, default: str | None = None) -> str:
        node = self.take(key, needed=default is None)
        if node is None:
            return default or ""
        if not isinstance(node, Scalar) or not node.text.strip():
            self.fault(key, N_("The value of “%(key)s” must be a text."), key=key)
            return ""
        return node.text.strip("\n")

    def name(self, key: str) -> str:
        """An id: small Latin letters, digits, dot, hyphen and underscore, at most 64."""
        text = self.text(key)
        if text and not NAME.fullmatch(text):
            self.fault(
                key,
                N_("The value of “%(key)s” may have small Latin letters, digits and hyphens only."),
                key=key,
            )
        return text

    def whole(self, key: str, default: int | None = None, *, low: int = 0, high: int = 10_000) -> int:
        node = self.take(key, needed=default is None)
        if node is None:
            return default or 0
        if not isinstance(node, Scalar) or not node.plain or not WHOLE.fullmatch(node.text):
            self.fault(key, N_("The value of “%(key)s” must be a whole number."), key=key)
            return 0
        if not low <= int(node.text) <= high:
            problem = N_("The value of “%(key)s” must lie between %(low)s and %(high)s.")
            self.fault(key, problem, key=key, low=low, high=high)
        return int(node.text)

    def decimal(self, key: str, default: float | None = None) -> float:
        node = self.take(key, needed=default is None)
        if node is None:
            return default or 0.0
        if not isinstance(node, Scalar) or not node.plain or not DECIMAL.fullmatch(node.text):
            self.fault(key, N_("The value of “%(key)s” must be a number with a decimal point."), key=key)
            return math.nan
        return float(node.text)

    def yes(self, key: str, default: bool) -> bool:
        node = self.take(key, needed=False)
        if node is None:
            return default
        if not isinstance(node, Scalar) or not node.plain or node.text not in ("true", "false"):
            self.fault(key, N_("The value of “%(key)s” must be true or false."), key=key)
            return default
        return node.text == "true"

    def choice(self, key: str, kinds: type[Choice]) -> Choice | None:
        text = self.text(key)
        if text in {kind.value for kind in kinds}:
            return kinds(text)
        if text:
            known = ", ".join(kind.value for kind in kinds)
            self.fault(key, N_("The value of “%(key)s” must be one of: %(known)s."), key=key, known=known)
        return None

    def words(self, key: str) -> Words:
        """One text in every language of the course."""
        node = self.take(key)
        if node is None:
            return Words(kk="")
        table = self.sheet.table(node)
        texts = {name: table.text(name) for name in self.sheet.languages if table.has(name)}
        for name in self.sheet.languages:
            table.asked.add(name)
            if name not in texts and not table.known_broken:
                self.fault(
                    key,
                    N_("“%(key)s” has no text in the language “%(language)s”."),
                    key=key,
                    language=name,
                )
        table.close()
        return Words.of(texts)

    def optional_words(self, key: str) -> Words | None:
        self.asked.add(key)
        return self.words(key) if self.has(key) else None

    def nodes(self, key: str, *, needed: bool = True) -> tuple[Node, ...]:
        """The items of a list; a needed list must not be empty."""
        node = self.take(key, needed=needed)
        if node is None:
            return ()
        if not isinstance(node, Nodes) or (needed and not node.nodes):
            self.fault(key, N_("The value of “%(key)s” must be a list with at least one item."), key=key)
            return ()
        return node.nodes

    def texts(self, key: str) -> tuple[str, ...]:
        found = []
        for node in self.nodes(key):
            if isinstance(node, Scalar) and node.text.strip():
                found.append(node.text.strip())
            else:
                self.sheet.fault(node.line, N_("The value of “%(key)s” must be a text."), key=key)
        return tuple(found)

    def tables(self, key: str, *, needed: bool = True) -> list[Table]:
        return [self.sheet.table(node) for node in self.nodes(key, needed=needed)]
