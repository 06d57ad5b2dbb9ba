"""Makes what browsers load: one style, one script, one font, one sprite, each module's own files.

Written by the build, ignored by git, carried by the wheel; hashed names and compressed copies.
Beside `manifest.json` (logical name → hashed name) stand:

- `zerek.css`, from `look/*.css` in the order of their names; `zerek.js`, htmx and then `look/*.js`;
- `mark.svg` and what other pictures `look/*.svg` holds;
- `icons.svg`, the icons that templates and views name; `onest.woff2`, the letters of our languages;
- `kits/room.js`, from `modules/kits/static/room.js`, and so for every `.js`, `.css` and `.svg` of a module;
- `pdf/Onest-Regular.ttf`, `pdf/Onest-Bold.ttf`, for certificates: names unhashed, for no browser asks;
- `licences.txt`, what the people behind htmx, Onest and Tabler ask to be carried along.
"""

import gzip
import hashlib
import json
import re
from pathlib import Path

import brotli

from zerek.web import browser_fonts, browser_icons, browser_npm

LOOK = Path("platform/zerek/web/look")
PRINTED = {"pdf/Onest-Regular.ttf": (400, "Regular"), "pdf/Onest-Bold.ttf": (700, "Bold")}
COMPRESSED = {".css", ".js", ".svg"}
MODULE_FILES = {".css", ".js", ".svg"}
STAMP = "built-from.txt"


def build(root: Path, out: Path) -> None:
    """Fill `out` from the source tree at `root`; returns at once when nothing that matters has changed.

    Raises LookupError for an icon, letter or picture that is not there, RuntimeError when npm fails.
    """
    sources = _sources(root)
    icons = browser_icons.icons_named_in(_naming_icons(root))
    stamp = _stamp(root, sources, icons)
    if _is_fresh(out, stamp):
        return
    packages = browser_npm.packages(root)
    onest = packages / "@fontsource-variable/onest/files"
    files = {
        name: path.read_bytes() for name, path in sources.items() if not path.is_relative_to(root / LOOK)
    }
    files |= {path.name: path.read_bytes() for path in sorted((root / LOOK).glob("*.svg"))}
    files["onest.woff2"] = browser_fonts.page_font(onest)
    files["icons.svg"] = browser_icons.sprite(icons, packages / "@tabler/icons").encode()
    htmx = (packages / "htmx.org/dist/htmx.min.js").read_bytes()
    files["zerek.js"] = b";\n".join(
        [htmx, *(path.read_bytes() for path in sorted((root / LOOK).glob("*.js")))]
    )
    manifest = {name: _hashed(name, content) for name, content in files.items()}
    style = "".join(path.read_text("utf-8") for path in sorted((root / LOOK).glob("*.css")))
    files["zerek.css"] = _style(style, manifest).encode()
    manifest["zerek.css"] = _hashed("zerek.css", files["zerek.css"])
    plain = {name: browser_fonts.print_font(onest, *kind) for name, kind in PRINTED.items()}
    plain["licences.txt"] = _licences(packages)
    _write(out, {manifest[name]: content for name, content in files.items()} | plain, manifest, stamp)


def _sources(root: Path) -> dict[str, Path]:
    """Return what we wrote ourselves for browsers, by logical name."""
    found = {f"look/{path.name}": path for path in (root / LOOK).iterdir() if path.is_file()}
    for folder in (root / "platform/zerek/modules").glob("*/static"):
        for path in folder.rglob("*"):
            if path.suffix in MODULE_FILES:
                found[f"{folder.parent.name}/{path.relative_to(folder).as_posix()}"] = path
    return dict(sorted(found.items()))


def _naming_icons(root: Path) -> list[Path]:
    platform = root / "platform/zerek"
    return sorted([*platform.rglob("templates/**/*.html"), *platform.rglob("*.py")])


def _stamp(root: Path, sources: dict[str, Path], icons: dict[str, Path]) -> str:
    """Return a digest of all that the result depends on."""
    own_code = sorted(Path(__file__).parent.glob("browser_*.py"))
    inputs = [root / name for name in browser_npm.ORDERS] + own_code + list(sources.values())
    digest = hashlib.sha256("\n".join([*sources, *sorted(icons)]).encode())
    for path in inputs:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _is_fresh(out: Path, stamp: str) -> bool:
    kept = out / STAMP
    if not kept.is_file() or kept.read_text() != stamp:
        return False
    manifest: dict[str, str] = json.loads((out / "manifest.json").read_text())
    return all((out / name).is_file() for name in [*manifest.values(), *PRINTED])


def _hashed(name: str, content: bytes) -> str:
    stem, _, suffix = name.rpartition(".")
    return f"{stem}.{hashlib.sha256(content).hexdigest()[:10]}.{suffix}"


def _style(source: str, manifest: dict[str, str]) -> str:
    """Return the style without comments and idle space, its url(…) pointing at hashed names."""

    def address(match: re.Match[str]) -> str:
        if match[1] not in manifest:
            raise LookupError(f"The style asks for {match[1]}, which the build does not make.")
        return f"url({manifest[match[1]]})"

    text = re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL)
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r" ?([{};,]) ?", r"\1", text).replace(";}", "}").strip()
    text = re.sub(r"([{;][a-z-]+): ", r"\1:", text)
    return re.sub(r"url\(([^)]+)\)", address, text)


def _licences(packages: Path) -> bytes:
    found = sorted(packages.rglob("LICENSE"))
    return "\n\n".join(f"{path.parent.name}\n\n{path.read_text('utf-8')}" for path in found).encode()


def _write(out: Path, files: dict[str, bytes], manifest: dict[str, str], stamp: str) -> None:
    """Write files, then the manifest: a server that runs meanwhile never points at nothing."""
    written = {STAMP, "manifest.json"}
    for name, content in files.items():
        copies = {name: content}
        if Path(name).suffix in COMPRESSED:
            copies[f"{name}.gz"] = gzip.compress(content, 9, mtime=0)
            copies[f"{name}.br"] = brotli.compress(content)
        for copy, packed in copies.items():
            (out / copy).parent.mkdir(parents=True, exist_ok=True)
            (out / copy).write_bytes(packed)
        written |= copies.keys()
    fresh = out / "manifest.json.new"
    fresh.write_text(json.dumps(manifest, indent=1, sort_keys=True))
    fresh.replace(out / "manifest.json")
    (out / STAMP).write_text(stamp)
    for path in out.rglob("*"):
        if path.is_file() and path.relative_to(out).as_posix() not in written:
            path.unlink()
