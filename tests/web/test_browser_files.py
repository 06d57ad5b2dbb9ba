"""What the build makes for browsers: letters, icons, sizes, names, and nothing from another host."""

import gzip
import io
import json
import re
import shutil
from pathlib import Path

import brotli
import pytest
from fontTools.ttLib import TTFont

from zerek.web import browser_files, browser_icons, browser_npm
from zerek.web.browser_fonts import HEAVIEST, LIGHTEST

ROOT = Path(__file__).parents[2]
KAZAKH = "ӘәҒғҚқҢңӨөҰұҮүҺһІі"

pytestmark = pytest.mark.source


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the build reads, so that an editor's save in the middle of the tests changes nothing."""
    root = tmp_path_factory.mktemp("tree")
    for name in browser_npm.ORDERS:
        shutil.copy(ROOT / name, root)
    left_out = shutil.ignore_patterns("__pycache__", "*.mo", "*.gz", "*.br", "*.woff2", "*.ttf")
    shutil.copytree(ROOT / "platform/zerek", root / "platform/zerek", ignore=left_out)
    return root


@pytest.fixture(scope="module")
def built(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("browser") / "static"
    browser_files.build(tree, out)
    return out


@pytest.fixture(scope="module")
def manifest(built: Path) -> dict[str, str]:
    names: dict[str, str] = json.loads((built / "manifest.json").read_text())
    return names


@pytest.mark.parametrize("name", ["onest.woff2", "pdf/Onest-Regular.ttf", "pdf/Onest-Bold.ttf"])
def test_every_kazakh_and_russian_letter_can_be_read(
    built: Path, manifest: dict[str, str], name: str
) -> None:
    letters = {chr(code) for code in TTFont(built / manifest.get(name, name)).getBestCmap()}
    russian = "".join(map(chr, range(ord("А"), ord("я") + 1))) + "Ёё"
    assert set(KAZAKH + russian + "₸№«»—–…“”‘’°×·→ aZ09@~") <= letters


def test_the_page_font_has_all_weights_in_one_light_file(built: Path, manifest: dict[str, str]) -> None:
    content = (built / manifest["onest.woff2"]).read_bytes()
    assert len(content) <= 34_000
    axis = TTFont(io.BytesIO(content))["fvar"].axes[0]
    assert (axis.axisTag, axis.minValue, axis.maxValue) == ("wght", LIGHTEST, HEAVIEST)


def test_letters_of_the_page_font_grow_bolder_and_keep_their_kerning(
    built: Path, manifest: dict[str, str]
) -> None:
    font = TTFont(built / manifest["onest.woff2"])
    assert {"gvar", "HVAR", "GPOS"} <= set(font.keys())
    assert all(font["gvar"].variations[font.getBestCmap()[ord(letter)]] for letter in KAZAKH + "Aж7")
    assert any(record.FeatureTag == "kern" for record in font["GPOS"].table.FeatureList.FeatureRecord)


def test_print_fonts_differ_in_weight_and_say_their_names(built: Path) -> None:
    regular, bold = (TTFont(built / f"pdf/Onest-{style}.ttf") for style in ("Regular", "Bold"))
    assert regular["name"].getDebugName(6) == "Onest-Regular"
    assert bold["name"].getDebugName(6) == "Onest-Bold"
    letter = regular.getBestCmap()[ord("Ұ")]
    assert bold["hmtx"][letter] != regular["hmtx"][letter]


def test_the_sprite_holds_exactly_the_icons_that_pages_name(
    tree: Path, built: Path, manifest: dict[str, str]
) -> None:
    drawn = re.findall(r'<symbol id="([^"]+)"', (built / manifest["icons.svg"]).read_text())
    sources = [*(tree / "platform").rglob("templates/**/*.html"), *(tree / "platform").rglob("*.py")]
    assert drawn == sorted(browser_icons.icons_named_in(sources))
    assert {"check", "lock", "robot", "book-2"} <= set(drawn)


def test_an_icon_that_does_not_exist_is_named_with_its_file(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text('{{ icon("no-such-thing") }}')
    (tmp_path / "tabler-nodes-outline.json").write_text("{}")
    with pytest.raises(LookupError, match=r"no-such-thing \(in .*page\.html\)"):
        browser_icons.sprite(browser_icons.icons_named_in([page]), tmp_path)


def test_names_carry_the_content_s_hash_so_that_browsers_may_keep_them(
    built: Path, manifest: dict[str, str]
) -> None:
    for logical, name in manifest.items():
        stem, _, suffix = logical.rpartition(".")
        assert re.fullmatch(rf"{re.escape(stem)}\.[0-9a-f]{{10}}\.{suffix}", name)
        assert (built / name).is_file()


def test_a_second_build_from_the_same_sources_gives_the_same_names(
    tree: Path, tmp_path: Path, manifest: dict[str, str]
) -> None:
    browser_files.build(tree, tmp_path / "again")
    assert json.loads((tmp_path / "again/manifest.json").read_text()) == manifest


def test_a_build_with_nothing_new_writes_nothing(tree: Path, built: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in built.rglob("*")}
    browser_files.build(tree, built)
    assert {path: path.stat().st_mtime_ns for path in built.rglob("*")} == before


def test_compressed_copies_hold_the_same_bytes(built: Path, manifest: dict[str, str]) -> None:
    for logical in ("zerek.css", "zerek.js", "icons.svg"):
        path = built / manifest[logical]
        plain = path.read_bytes()
        assert gzip.decompress(path.with_name(path.name + ".gz").read_bytes()) == plain
        assert brotli.decompress(path.with_name(path.name + ".br").read_bytes()) == plain


def test_what_a_first_visit_loads_beside_the_page_stays_under_sixty_kilobytes(
    built: Path, manifest: dict[str, str]
) -> None:
    packed = sum(
        (built / f"{manifest[name]}.gz").stat().st_size for name in ("zerek.css", "zerek.js", "icons.svg")
    )
    assert packed + (built / manifest["onest.woff2"]).stat().st_size < 60_000


def test_nothing_asks_another_host(tree: Path, built: Path, manifest: dict[str, str]) -> None:
    style = (built / manifest["zerek.css"]).read_text()
    assert set(re.findall(r"url\(([^)]+)\)", style)) <= set(manifest.values())
    own = "".join(path.read_text() for path in (tree / browser_files.LOOK).glob("*.js"))
    assert not re.search(r"https?:|//cdn|@import", own + style)


def test_the_lock_pins_contents_and_names_no_registry() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    assert all("integrity" in entry and "resolved" not in entry for entry in packages.values())


def test_a_style_that_asks_for_a_missing_picture_stops_the_build(tmp_path: Path) -> None:
    root = tmp_path / "tree"
    shutil.copytree(ROOT / browser_files.LOOK, root / browser_files.LOOK)
    (root / "platform/zerek/modules").mkdir()
    for name in browser_npm.ORDERS:
        shutil.copy(ROOT / name, root)
    (root / browser_files.LOOK / "90-more.css").write_text("b { background: url(absent.svg) }")
    with pytest.raises(LookupError, match=r"absent\.svg"):
        browser_files.build(root, tmp_path / "out")
    assert not (tmp_path / "out").exists()
