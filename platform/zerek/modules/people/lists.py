"""People from a table (CSV): read, checked line by line, written all or none, with passwords to hand out."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from zerek.base.errors import Refused, ZerekError
from zerek.base.permissions import REGION, Grant, Place, Role
from zerek.base.text import N_, fold
from zerek.modules.people import api, passwords

COLUMNS = ("name", "login", "role", "place kind", "place id")
LARGEST = 4 * 1024 * 1024  # bytes: tens of thousands of people
Fault = tuple[int, str]  # line of the file, sentence


@dataclass(frozen=True)
class Row:
    line: int
    name: str
    login: str
    grant: Grant


@dataclass(frozen=True)
class Table:
    rows: list[Row]
    faults: list[Fault]
    delimiter: str


@dataclass(frozen=True)
class Ready:
    """A person to be written, the password in words and as a hash."""

    row: Row
    password: str
    password_hash: str


def read(content: bytes) -> Table:
    """The table in UTF-8, with or without a mark, or in the old Kazakh encoding; Refused for what is no table."""
    if len(content) > LARGEST:
        raise Refused(N_("The table is larger than %(most)s MB."), most=LARGEST // 1024 // 1024)
    text = _text(content)
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    table = Table([], [], delimiter)
    places: list[int] = []
    try:
        for cells in reader:
            if not places:
                places = _columns(cells)
            elif any(cell.strip() for cell in cells):
                _read_line(table, reader.line_num, [cell.strip() for cell in cells], places)
    except csv.Error as error:
        table.faults.append((reader.line_num, str(error)))
    if not table.rows and not table.faults:
        raise Refused(N_("The table has no line with a person."))
    return table


def _text(content: bytes) -> str:
    for encoding in ("utf-8-sig", "kz1048"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refused(N_("The table is neither in UTF-8 nor in the encoding kz1048."))


def _columns(heads: list[str]) -> list[int]:
    """Where each of our columns stands."""
    found = [" ".join(head.replace("_", " ").casefold().split()) for head in heads]
    missing = [name for name in COLUMNS if found.count(name) != 1]
    if missing:
        raise Refused(
            N_("The first line must name each of these columns once: %(names)s."), names=", ".join(missing)
        )
    return [found.index(name) for name in COLUMNS]


def _read_line(table: Table, line: int, cells: list[str], places: list[int]) -> None:
    if len(cells) <= max(places):
        table.faults.append((line, f"{max(places) + 1} cells are needed, here are {len(cells)}."))
        return
    name, login, role, kind, number = (cells[place] for place in places)
    role, kind = role.casefold(), kind.casefold()
    faults = []
    if role not in list(Role):
        faults.append(f"the role {role!r} is none of: {', '.join(Role)}.")
    place = _place(kind, number)
    if place is None:
        faults.append(f"the place {kind!r} {number!r} is not: region; school or class with a number.")
    table.faults.extend((line, fault) for fault in faults)
    if place is not None and not faults:
        table.rows.append(Row(line, name, login, Grant(Role(role), place)))


def _place(kind: str, number: str) -> Place | None:
    if kind == REGION.kind and number in ("", "0"):
        return REGION
    whole = number.isascii() and number.isdigit() and len(number) < 10
    return Place(kind, int(number)) if whole and kind in ("school", "class") else None


def check(session: Session, rows: Iterable[Row]) -> list[Fault]:
    """Every line that could not be written, and why."""
    taken = api.taken_logins(session)
    known: dict[Grant, str] = {}
    lines: dict[str, int] = {}
    faults = []
    for row in rows:
        if row.grant not in known:
            known[row.grant] = _of_grant(session, row.grant)
        faults += [(row.line, sentence) for sentence in (_of_person(row), known[row.grant]) if sentence]
        folded = fold(row.login)
        if folded in taken:
            faults.append((row.line, f"The sign-in name {row.login} is taken."))
        elif folded and folded in lines:
            faults.append((row.line, f"The sign-in name {row.login} stands in line {lines[folded]} too."))
        lines.setdefault(folded, row.line)
    return faults


def _of_person(row: Row) -> str:
    try:
        api.whole_name(row.name)
        api.check_login(row.login)
    except ZerekError as error:
        return str(error)
    return ""


def _of_grant(session: Session, grant: Grant) -> str:
    try:
        api.check_grant(session, grant)
    except ZerekError as error:
        return str(error)
    return ""


def with_passwords(rows: Iterable[Row]) -> list[Ready]:
    """A made password for each. Takes 30 ms a person, so it is done while no transaction is open."""
    given = [(row, passwords.made()) for row in rows]
    return [Ready(row, password, passwords.hashed(password)) for row, password in given]


def write(session: Session, people: Iterable[Ready], now: datetime) -> None:
    """All of them in the caller's transaction; whatever is refused, refuses all."""
    for one in people:
        api.check_grant(session, one.row.grant)
        person = api.join(session, one.row.name, login=one.row.login, roles=[one.row.grant], now=now)
        api.keep_hash(session, person.id, one.password_hash)


def handout(people: Iterable[Ready], delimiter: str) -> bytes:
    """The table of passwords, as Excel opens it with Cyrillic letters whole."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(["name", "login", "password"])
    writer.writerows([plain(one.row.name), plain(one.row.login), one.password] for one in people)
    return out.getvalue().encode("utf-8-sig")


def plain(cell: str) -> str:
    """The cell as text: a name that begins like a formula would be one in Excel, on the teacher's computer."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


@contextmanager
def new_file(path: Path, content: bytes) -> Iterator[None]:
    """The file, for its owner's eyes, there before the block begins and gone again when the block fails."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise Refused(
            N_("The file %(path)s cannot be made: %(why)s."), path=path, why=error.strerror
        ) from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        yield
    except BaseException:
        path.unlink()
        raise
