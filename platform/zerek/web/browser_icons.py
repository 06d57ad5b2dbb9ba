"""Draws one SVG sprite out of exactly those Tabler icons that templates and views name."""

import json
import re
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path

NAMED = re.compile(r"""\b(?:icon\(|icon=|empty\()\s*["']([a-z][a-z0-9-]*)["']""")


def icons_named_in(sources: Iterable[Path]) -> dict[str, Path]:
    """Return each name written as icon("…"), icon="…" or empty("…", with a file that names it."""
    return {name: source for source in sources for name in NAMED.findall(source.read_text("utf-8"))}


def sprite(named: Mapping[str, Path], folder: Path) -> str:
    """Return an SVG file with one <symbol> for each name; LookupError for a name Tabler does not have."""
    outline = json.loads((folder / "tabler-nodes-outline.json").read_text("utf-8"))
    strangers = [f"{name} (in {source})" for name, source in sorted(named.items()) if name not in outline]
    if strangers:
        raise LookupError("Tabler has no icon called " + ", ".join(strangers))
    symbols = "".join(_symbol(name, outline[name]) for name in sorted(named))
    return f'<svg xmlns="http://www.w3.org/2000/svg">{symbols}</svg>\n'


def _symbol(name: str, nodes: Iterable[tuple[str, Mapping[str, str]]]) -> str:
    shapes = ""
    for tag, attributes in nodes:
        shapes += (
            f"<{tag} " + " ".join(f'{key}="{escape(str(value))}"' for key, value in attributes.items()) + "/>"
        )
    return f'<symbol id="{name}" viewBox="0 0 24 24">{shapes}</symbol>'
