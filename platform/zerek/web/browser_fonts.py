"""Cuts the Onest type down to the letters of our languages: a variable font for pages, plain ones for print.

Fontsource ships Onest in pieces by script, each a variable font. fontTools cannot merge variable fonts, so
every piece is pinned at the two ends of the weights we use, the pinned pieces are merged, and the two wholes
become the masters of one new variable font.
"""

import copy
import io
import string
from pathlib import Path

from fontTools import varLib
from fontTools.designspaceLib import AxisDescriptor, DesignSpaceDocument, SourceDescriptor
from fontTools.merge import Merger
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

LIGHTEST, HEAVIEST = 400, 800
PIECES = ("latin", "cyrillic", "cyrillic-ext", "latin-ext", "math", "symbols")
RUSSIAN = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
KAZAKH = "әғқңөұүһі"
SIGNS = "\N{NO-BREAK SPACE}₸№«»‹›—–…“”‘’„°×÷·•±−≈≤≥→←↑↓✓§©²³½"
CYRILLIC = RUSSIAN + KAZAKH
LETTERS = frozenset(string.printable.strip() + " " + SIGNS + CYRILLIC + CYRILLIC.upper())


def page_font(folder: Path) -> bytes:
    """Return one WOFF2 with every letter of LETTERS and all weights from LIGHTEST to HEAVIEST."""
    pieces = _pieces(folder)
    space = DesignSpaceDocument()
    axis = AxisDescriptor(tag="wght", name="Weight", minimum=LIGHTEST, default=LIGHTEST, maximum=HEAVIEST)
    space.addAxis(axis)
    for weight in (LIGHTEST, HEAVIEST):
        space.addSource(SourceDescriptor(font=_at_weight(pieces, weight), location={"Weight": weight}))
    font = varLib.build(space)[0]
    return _saved(font, flavor="woff2")


def print_font(folder: Path, weight: int, style: str) -> bytes:
    """Return a plain TrueType font of one weight, for certificates and other printed matter."""
    font = _at_weight(_pieces(folder), weight)
    for number, words in {1: "Onest", 2: style, 4: f"Onest {style}", 6: f"Onest-{style}"}.items():
        font["name"].setName(words, number, 3, 1, 0x409)
    return _saved(font)


def _pieces(folder: Path) -> list[TTFont]:
    """Return the pieces of Onest, each cut to those of our letters that no earlier piece holds."""
    wanted, pieces = set(map(ord, LETTERS)), []
    for name in PIECES:
        font = TTFont(folder / f"onest-{name}-wght-normal.woff2", recalcTimestamp=False)
        mine = wanted & font.getBestCmap().keys()
        wanted -= mine
        if mine:
            options = Options(layout_features=["kern", "tnum"], name_IDs=[1, 2, 4, 6], hinting=False)
            options.drop_tables += ["STAT"]
            cutter = Subsetter(options)
            cutter.populate(unicodes=mine)
            cutter.subset(font)
            pieces.append(font)
    if wanted:
        raise LookupError("Onest has no glyph for " + " ".join(sorted(map(chr, wanted))))
    return pieces


def _at_weight(pieces: list[TTFont], weight: int) -> TTFont:
    streams = []
    for piece in pieces:
        pinned = instancer.instantiateVariableFont(copy.deepcopy(piece), {"wght": weight})
        pinned.flavor = None
        streams.append(io.BytesIO(_saved(pinned)))
    merged = Merger().merge(streams)
    merged["head"].created = merged["head"].modified = pieces[0]["head"].modified
    return TTFont(io.BytesIO(_saved(merged)), recalcTimestamp=False)


def _saved(font: TTFont, flavor: str | None = None) -> bytes:
    """Write a font without the time of day in it: the same letters must give the same bytes."""
    font.recalcTimestamp = False
    font.flavor = flavor
    stream = io.BytesIO()
    font.save(stream)
    return stream.getvalue()
