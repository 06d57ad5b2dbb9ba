"""Which files a cage shows: the system's libraries, the interpreter, and never Zerek itself."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ZEREK = Path(__file__).resolve().parents[1]

# Programs, libraries and what the C library, OpenSSL and fontconfig look up; nothing that names people or
# secrets (no passwd, hosts, machine-id) and nothing of /var, /home, /run.
SYSTEM = tuple(Path("/") / name for name in ("usr", "bin", "sbin", "lib", "lib32", "lib64")) + tuple(
    Path("/etc") / name
    for name in (
        "ld.so.cache",
        "ld.so.conf",
        "ld.so.conf.d",
        "alternatives",
        "localtime",
        "timezone",
        "fonts",
        "mime.types",
        "ssl/openssl.cnf",
    )
)
# Added where a cage has a network: names of hosts, and public certificates.
NETWORK = tuple(Path("/etc") / name for name in ("hosts", "host.conf", "nsswitch.conf", "ssl/certs"))
DEVICES = tuple(Path("/dev") / name for name in ("null", "zero", "full", "random", "urandom"))


def interpreter() -> tuple[Path, ...]:
    """This Python, its virtual environment with site-packages, and the Python that one was made from."""
    places = {Path(sys.prefix), Path(sys.base_prefix), Path(sys.exec_prefix), Path(sys.base_exec_prefix)}
    places |= {place.resolve() for place in places}
    program = Path(sys.executable).resolve()
    return tuple(sorted(places)) if any(map(program.is_relative_to, places)) else (*sorted(places), program)


def own_code() -> tuple[Path, ...]:
    """Zerek's package (in a wheel notebooks with answers lie in it), metadata; in a source tree, data.

    In an editable install the package lies in the repository and in no folder that a cage shows by itself;
    it is listed all the same, since someone may put a virtual environment above it.
    """
    packages = {Path(place) for place in sys.path if place.endswith("site-packages")} | {ZEREK.parent}
    metadata = {found for place in packages for found in place.glob("zerek-*.dist-info")}
    beside = {ZEREK.parents[1] / name for name in ("notebooks", "courses", "tests", ".git", "var")}
    shelf = beside if ZEREK.parent.name == "platform" else set()
    return tuple(sorted({ZEREK, *metadata, *shelf}))


def without(place: Path, hidden: Iterable[Path]) -> Iterator[tuple[Path, bool]]:
    """Pairs (path, whole) that cover `place` except what is hidden, for an allow-list that cannot subtract.

    `whole` is False for a folder that had to be split: it may be listed, for Python's import looks at
    names, but its files are allowed one by one. Names of hidden files can thus be seen; their contents
    cannot.
    """
    inside = [path for path in hidden if path.is_relative_to(place)]
    if not inside:
        yield place, True
    elif place not in inside and place.is_dir():
        yield place, False
        for child in sorted(place.iterdir()):
            # A rule on a link would be a rule on its target; where that may be read, it is listed by itself.
            if not child.is_symlink():
                yield from without(child, inside)


def links_on_the_way(path: Path) -> Iterator[tuple[Path, str]]:
    """The symbolic links that are met while walking to `path`, each with what it says."""
    for place in (*reversed(path.parents), path):
        if place.is_symlink():
            says = os.readlink(place)
            yield place, says
            target = Path(os.path.normpath(place.parent / says))
            yield from links_on_the_way(target / path.relative_to(place))
            return
