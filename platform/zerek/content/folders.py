"""A package's folder as the only place that its files may come from: no way out, no links, no giants."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from zerek.base.text import N_
from zerek.content.faults import Fault, Report

INSIDE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")
KILOBYTE = 1024
LARGEST = {  # by the ending of the name
    ".yaml": 256 * KILOBYTE,
    ".md": 128 * KILOBYTE,
    ".svg": 256 * KILOBYTE,
    ".png": 512 * KILOBYTE,
    ".jpg": 512 * KILOBYTE,
    ".py": 64 * KILOBYTE,
}
MOST_FILES = 3000
A_LINK = N_("The path “%(path)s” is a link; only plain files are allowed.")


class Folder:
    """Reads files of one package and remembers which; every refusal is told to the caller's ``report``."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.read: dict[str, bytes] = {}

    def bytes(self, path: str, report: Report) -> bytes | None:
        """The file's content, or None when a fault was reported."""
        if path in self.read:
            return self.read[path]
        if not INSIDE.fullmatch(path):
            report(N_("The path “%(path)s” does not stay in the package or has odd letters."), path=path)
            return None
        place = self.root
        for part in path.split("/"):
            place = place / part
            if place.is_symlink():
                report(A_LINK, path=path)
                return None
        if not place.is_file():
            report(N_("The file “%(path)s” is missing."), path=path)
            return None
        limit = LARGEST.get(place.suffix)
        if limit is None:
            report(N_("A file of the kind “%(ending)s” has no use in a package."), ending=place.suffix)
            return None
        with place.open("rb") as stream:
            content = stream.read(limit + 1)
        if len(content) > limit:
            most = limit // KILOBYTE
            report(N_("The file “%(path)s” is too large: at most %(most)s KB."), path=path, most=most)
            return None
        self.read[path] = content
        return content

    def text(self, path: str, report: Report) -> str | None:
        """The file as UTF-8 text, with or without a mark at its beginning."""
        content = self.bytes(path, report)
        if content is None:
            return None
        try:
            return content.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError:
            report(N_("The file “%(path)s” is not text in UTF-8."), path=path)
            return None

    def strangers(self) -> list[Fault]:
        """Links anywhere in the package, read or not, and more files than any course needs."""
        faults = []
        count = 0
        for parent, folders, files in os.walk(self.root):  # does not follow links
            for name in [*folders, *files]:
                count += 1
                place = Path(parent, name)
                if place.is_symlink():
                    path = place.relative_to(self.root).as_posix()
                    faults.append(Fault(path, 1, A_LINK, {"path": path}))
            if count > MOST_FILES:
                too_many = N_("The package has more than %(most)s files.")
                faults.append(Fault("course.yaml", 1, too_many, {"most": MOST_FILES}))
                break
        return faults

    def digest(self) -> str:
        """One sha256 over every file that was read, by name and content."""
        whole = hashlib.sha256()
        for path, content in sorted(self.read.items()):
            whole.update(f"{path}\0{len(content)}\0".encode())
            whole.update(content)
        return whole.hexdigest()
