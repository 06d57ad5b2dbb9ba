"""Draws a certificate as a PDF: one landscape A4 page, its text can be searched and copied in all three languages."""

from __future__ import annotations

import io
from dataclasses import dataclass
from importlib.resources import files
from itertools import product
from typing import cast

import segno
from fpdf import FPDF
from fpdf.enums import WrapMode

WIDTH, HEIGHT = 297, 210  # mm
BAND = 74  # mm of colour at the left
LEFT, RIGHT = BAND + 16, WIDTH - 16
LEADING = 0.46  # mm of a line for every point of its type
FONTS = files("zerek") / "web" / "static" / "pdf"

SEA, SEA_DARK, SEA_PALE = (11, 85, 99), (8, 67, 80), (185, 218, 222)
INK, SOFT, LINE = (20, 36, 43), (70, 89, 98), (211, 221, 226)
ORNAMENT = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="96" height="96" viewBox="0 0 96 96">'
    b'<g fill="none" stroke="#1c5f6d" stroke-width="3" stroke-linecap="round">'
    b'<path d="M48 46V30M48 30c0-9-6-14-13-14s-12 5-12 11 4 9 8.5 9 7-3 7-6.5M48 30c0-9 6-14 13-14s12 5 12 11'
    b"-4 9-8.5 9-7-3-7-6.5M48 50v16M48 66c0 9-6 14-13 14s-12-5-12-11 4-9 8.5-9 7 3 7 6.5M48 66c0 9 6 14 13 14"
    b's12-5 12-11-4-9-8.5-9-7 3-7 6.5M0 40l8 8-8 8M96 40l-8 8 8 8M40 0l8 8 8-8M40 96l8-8 8 8"/></g></svg>'
)


@dataclass(frozen=True)
class Sheet:
    """Every word on the page, already in its language; ``address`` also goes into the QR code."""

    language: str
    heading: str
    number: str
    name_label: str
    name: str
    title_label: str
    title: str
    facts: tuple[tuple[str, str], ...]
    brand: str
    motto: str
    check: str
    address: str


def draw(sheet: Sheet) -> bytes:
    pdf = FPDF(orientation="landscape", unit="mm", format="A4")
    pdf.set_auto_page_break(False)
    pdf.set_margin(0)
    pdf.c_margin = 0
    pdf.set_lang(sheet.language)
    pdf.set_title(f"{sheet.heading} {sheet.number}")
    pdf.set_creator(sheet.brand)
    pdf.add_font("Onest", "", str(FONTS / "Onest-Regular.ttf"))
    pdf.add_font("Onest", "B", str(FONTS / "Onest-Bold.ttf"))
    pdf.add_page()
    _band(pdf, sheet)
    _body(pdf, sheet)
    return bytes(pdf.output())


def _band(pdf: FPDF, sheet: Sheet) -> None:
    """The coloured side: whose certificate it is, and how to check it."""
    pdf.set_fill_color(*SEA_DARK)
    pdf.rect(0, 0, BAND, HEIGHT, style="F")
    with pdf.rect_clip(0, 0, BAND, HEIGHT):
        for column, row in product(range(4), range(9)):
            pdf.image(io.BytesIO(ORNAMENT), x=column * 24 - 11, y=row * 24 - 3, w=24)
    pdf.set_fill_color(*SEA_DARK)
    pdf.rect(10, 14, BAND - 20, 42, style="F", round_corners=True, corner_radius=4)
    _write(pdf, 16, 20, sheet.brand, 26, bold=True, colour=(255, 255, 255))
    _lines(pdf, 16, 34, BAND - 32, sheet.motto, 9, colour=SEA_PALE)
    wide = BAND - 32
    words = _high(pdf, wide, sheet.check, 8) + 1 + _high(pdf, wide, sheet.address, 7.5)
    top = HEIGHT - 14 - words - wide - 15
    pdf.set_fill_color(255, 255, 255)
    pdf.rect(10, top, BAND - 20, HEIGHT - 14 - top, style="F", round_corners=True, corner_radius=4)
    _qr(pdf, sheet.address, 16, top + 6, wide)
    below = _lines(pdf, 16, top + 6 + wide + 4, wide, sheet.check, 8, colour=SOFT)
    _lines(pdf, 16, below + 1, wide, sheet.address, 7.5, colour=SEA)


def _body(pdf: FPDF, sheet: Sheet) -> None:
    _write(pdf, LEFT, 22, sheet.heading.upper(), 15, bold=True, colour=SEA, spacing=2.2)
    pdf.set_font("Onest", "", 12)
    _write(pdf, RIGHT - pdf.get_string_width(sheet.number), 23, sheet.number, 12, colour=INK)
    pdf.set_fill_color(*SEA)
    pdf.rect(LEFT, 34, RIGHT - LEFT, 0.7, style="F")
    _write(pdf, LEFT, 58, sheet.name_label, 10, colour=SOFT)
    below = _fitting(pdf, LEFT, 65, sheet.name, 32, most_lines=2)
    _write(pdf, LEFT, below + 10, sheet.title_label, 10, colour=SOFT)
    _fitting(pdf, LEFT, below + 17, sheet.title, 21, most_lines=4, colour=SEA)
    _facts(pdf, sheet.facts)


def _facts(pdf: FPDF, facts: tuple[tuple[str, str], ...]) -> None:
    """Columns as wide as what stands in them, the rest shared evenly."""
    pdf.set_fill_color(*LINE)
    pdf.rect(LEFT, 166, RIGHT - LEFT, 0.4, style="F")
    widths = [_widest(pdf, label, value) for label, value in facts]
    space = (RIGHT - LEFT - sum(widths)) / (len(facts) - 1)
    left: float = LEFT
    for (label, value), wide in zip(facts, widths, strict=True):
        _lines(pdf, left, 172, wide + 1, label, 8.5, colour=SOFT)
        _lines(pdf, left, 178, wide + 1, value, 10.5, bold=True, colour=INK)
        left += wide + space


def _widest(pdf: FPDF, label: str, value: str) -> float:
    pdf.set_font("Onest", "", 8.5)
    widths = [pdf.get_string_width(label)]
    pdf.set_font("Onest", "B", 10.5)
    widths += [pdf.get_string_width(line) for line in value.split("\n")]
    return float(max(widths))


def _write(
    pdf: FPDF,
    x: float,
    y: float,
    text: str,
    size: float,
    *,
    bold: bool = False,
    colour: tuple[int, int, int],
    spacing: float = 0,
) -> None:
    pdf.set_font("Onest", "B" if bold else "", size)
    pdf.set_char_spacing(spacing)
    pdf.set_text_color(*colour)
    pdf.set_xy(x, y)
    pdf.cell(text=text)
    pdf.set_char_spacing(0)


def _lines(
    pdf: FPDF,
    x: float,
    y: float,
    wide: float,
    text: str,
    size: float,
    *,
    bold: bool = False,
    colour: tuple[int, int, int],
) -> float:
    """Text in lines of at most that width; returns where it ends."""
    pdf.set_font("Onest", "B" if bold else "", size)
    pdf.set_text_color(*colour)
    pdf.set_xy(x, y)
    pdf.multi_cell(wide, size * LEADING, text, align="L", wrapmode=_wrap(text))
    return float(pdf.get_y())


def _high(pdf: FPDF, wide: float, text: str, size: float, *, bold: bool = False) -> float:
    """How high :func:`_lines` will be, in mm."""
    pdf.set_font("Onest", "B" if bold else "", size)
    high = pdf.multi_cell(
        wide, size * LEADING, text, align="L", wrapmode=_wrap(text), dry_run=True, output="HEIGHT"
    )
    return cast(float, high)


def _wrap(text: str) -> WrapMode:
    """An address has no spaces to break a line at."""
    return WrapMode.WORD if " " in text else WrapMode.CHAR


def _fitting(
    pdf: FPDF,
    x: float,
    y: float,
    text: str,
    size: float,
    *,
    most_lines: int,
    colour: tuple[int, int, int] = INK,
) -> float:
    """Bold text as large as it fits into so many lines, which are about as long as one another."""
    wide = RIGHT - x
    while size > 10:
        pdf.set_font("Onest", "B", size)
        widest = max(pdf.get_string_width(word) for word in text.split())
        if widest <= wide and _high(pdf, wide, text, size, bold=True) <= (most_lines + 0.1) * size * LEADING:
            break
        size -= 1
    return _lines(pdf, x, y, _even(pdf, wide, text, size), text, size, bold=True, colour=colour)


def _even(pdf: FPDF, wide: float, text: str, size: float) -> float:
    """The least width at which bold text takes no more lines: no last line of one word."""
    high = _high(pdf, wide, text, size, bold=True)
    widest = max(pdf.get_string_width(word) for word in text.split())
    while wide - 3 > widest and _high(pdf, wide - 3, text, size, bold=True) <= high:
        wide -= 3
    return wide


def _qr(pdf: FPDF, address: str, x: float, y: float, wide: float) -> None:
    """Squares, not a picture: sharp on any printer."""
    matrix = segno.make(address, error="m", micro=False).matrix
    step = wide / len(matrix)
    pdf.set_fill_color(*INK)
    for row, line in enumerate(matrix):
        start = None
        for column, dark in enumerate([*line, 0]):
            if dark and start is None:
                start = column
            elif not dark and start is not None:
                # A hair wider than its place: no white lines between neighbours on a screen.
                length = (column - start) * step
                pdf.rect(x + start * step, y + row * step, length + 0.02, step + 0.02, style="F")
                start = None
