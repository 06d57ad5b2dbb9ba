"""Checks pictures and measures them, so that a page keeps their place before they arrive."""

from __future__ import annotations

import re
import struct
from xml.parsers import expat

from zerek.base.text import N_
from zerek.content.faults import Fault
from zerek.content.shapes import Picture

LARGEST_SIDE = 4000
LENGTH = re.compile(r"\s*([0-9]{1,5}(?:\.[0-9]{1,6})?)(?:px)?\s*")
# A picture draws; it runs nothing, styles nothing by scripts and fetches nothing.
SVG_ELEMENTS = {
    *(
        "svg",
        "g",
        "defs",
        "title",
        "desc",
        "path",
        "rect",
        "circle",
        "ellipse",
        "line",
        "polyline",
        "polygon",
    ),
    *("text", "tspan", "use", "symbol", "marker", "linearGradient", "radialGradient", "stop", "clipPath"),
    *("mask", "pattern"),
}


NOT_A_PICTURE = N_("The file is not a picture of the kind that its name says.")
NO_ELEMENT = N_("The element “%(name)s” is not allowed in a picture.")
NO_ATTRIBUTE = N_("The attribute “%(name)s” is not allowed in a picture.")
OUTSIDE_URL = re.compile(r"url\(\s*[^#\s]", re.IGNORECASE)


class _Unfit(Exception):
    """Carries a message id, its values and a line of the picture's text."""

    def __init__(self, message: str, line: int = 1, **values: object) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.values = values


def measure(path: str, content: bytes) -> Picture | Fault:
    """The picture with its size in pixels, or what is wrong with it."""
    kind = {"svg": _svg, "png": _png, "jpg": _jpg}[path.rpartition(".")[2]]
    try:
        width, height = kind(content)
    except _Unfit as unfit:
        return Fault(path, unfit.line, unfit.message, unfit.values)
    if not (1 <= width <= LARGEST_SIDE and 1 <= height <= LARGEST_SIDE):
        return Fault(
            path, 1, N_("The picture has no size, or is larger than %(most)s pixels."), {"most": LARGEST_SIDE}
        )
    return Picture(path, width, height)


def _png(content: bytes) -> tuple[int, int]:
    if len(content) < 24 or content[:8] != b"\x89PNG\r\n\x1a\n" or content[12:16] != b"IHDR":
        raise _Unfit(NOT_A_PICTURE)
    width, height = struct.unpack(">II", content[16:24])
    return width, height


def _jpg(content: bytes) -> tuple[int, int]:
    position = 2
    while content[:2] == b"\xff\xd8" and position + 9 <= len(content) and content[position] == 0xFF:
        marker = content[position + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):  # a frame header: it has the size
            height, width = struct.unpack(">HH", content[position + 5 : position + 9])
            return width, height
        position += 2 + int.from_bytes(content[position + 2 : position + 4], "big")
    raise _Unfit(NOT_A_PICTURE)


def _svg(content: bytes) -> tuple[int, int]:
    sizes: list[tuple[int, int]] = []
    parser = expat.ParserCreate()

    def start(name: str, attributes: dict[str, str]) -> None:
        if name not in SVG_ELEMENTS or (not sizes and name != "svg"):
            raise _Unfit(NO_ELEMENT, parser.CurrentLineNumber, name=name)
        for key, value in attributes.items():
            outside = key.endswith("href") and not value.startswith("#")
            if key.lower().startswith("on") or outside or OUTSIDE_URL.search(value):
                raise _Unfit(NO_ATTRIBUTE, parser.CurrentLineNumber, name=key)
        if not sizes:
            sizes.append(_svg_size(attributes))

    def doctype(*_: object) -> None:
        raise _Unfit(NO_ELEMENT, parser.CurrentLineNumber, name="!DOCTYPE")

    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, LookupError, ValueError) as error:  # the last two: an encoding nobody knows
        raise _Unfit(NOT_A_PICTURE, parser.ErrorLineNumber) from error
    return sizes[0]


def _svg_size(attributes: dict[str, str]) -> tuple[int, int]:
    """From width and height, else from the view box; (0, 0) when neither says it."""
    sides = [LENGTH.fullmatch(attributes.get(name, "")) for name in ("width", "height")]
    box = attributes.get("viewBox", "").replace(",", " ").split()
    texts = [side.group(1) for side in sides if side] if all(sides) else box[2:4]
    try:
        width, height = (round(float(text)) for text in texts)
    except (ValueError, OverflowError):
        return 0, 0
    return width, height
