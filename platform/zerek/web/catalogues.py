"""Keeps the catalogues: extracts messages of each module into its own .po files, compiles them, names what is missing.

Imports Babel and the standard library alone: the build calls it before anything of ours is installed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

TRANSLATED = ("kk", "ru")  # English sentences are the message ids
METHODS = [
    ("**/migrations/**", "ignore"),
    ("**/static/**", "ignore"),
    ("**.py", "python"),
    ("**/templates/**.html", "jinja2"),
]
KEYWORDS = {"_": None, "N_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}
OPTIONS = {"**/templates/**.html": {"silent": "false", "trimmed": "true"}}


def homes(house: Path) -> list[Path]:
    """Folders with a catalogue of their own: every module, and ``web`` for all the rest."""
    folders = sorted(path for path in (house / "modules").iterdir() if (path / "__init__.py").exists())
    return [house / "web", *folders]


def po_file(home: Path, tag: str) -> Path:
    return home / "locale" / tag / "LC_MESSAGES" / "messages.po"


def extract(house: Path, home: Path) -> Catalog:
    """Every message of one home; ``web`` answers for all files that are no module's."""
    found = Catalog(project="zerek", charset="utf-8")
    mine = home.parent.name == "modules"
    root, methods = (home, METHODS) if mine else (house, [("modules/**", "ignore"), *METHODS])
    for name, line, message, comments, context in extract_from_dir(
        root, methods, OPTIONS, KEYWORDS, comment_tags=("Translators:",), strip_comment_tags=True
    ):
        found.add(message, None, [(name, line)], auto_comments=comments, context=context)
    return found


def update(house: Path) -> None:
    """Bring every .po file in step with the code; what is translated stays, what is gone goes."""
    for home in homes(house):
        found = extract(house, home)
        for tag in TRANSLATED:
            path = po_file(home, tag)
            if not len(found) and not path.exists():
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            catalog = _read(path, tag)
            catalog.update(found, no_fuzzy_matching=True, update_header_comment=False)
            catalog.obsolete.clear()
            with path.open("wb") as file:
                # Without a header nothing changes but words: its date would differ at every run.
                write_po(file, catalog, width=110, omit_header=True, sort_output=True, no_location=True)


def _read(path: Path, tag: str) -> Catalog:
    if not path.exists():
        return Catalog(locale=tag, project="zerek", charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=tag)


def compile_all(house: Path) -> None:
    """Write the .mo file beside each .po file."""
    for path in sorted(house.glob("**/locale/*/LC_MESSAGES/messages.po")):
        with path.with_suffix(".mo").open("wb") as target:
            write_mo(target, _read(path, path.parts[-3]))


def missing(house: Path) -> Iterator[str]:
    """``file: sentence`` for every message that kk or ru lacks, or whose values differ from the English ones."""
    for home in homes(house):
        found = extract(house, home)
        for tag in TRANSLATED:
            path = po_file(home, tag)
            catalog = _read(path, tag)
            for message in found:
                if message.id and not _is_good(catalog.get(message.id, message.context)):
                    yield f"{path.relative_to(house)}: {message.id}"


def _is_good(message: Message | None) -> bool:
    if message is None or message.fuzzy or not message.string:
        return False
    forms = [message.string] if isinstance(message.string, str) else list(message.string)
    return all(forms) and not list(message.check())
