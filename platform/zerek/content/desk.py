"""What every part of one reading shares: the package's folder, course.yaml, the pictures seen."""

from __future__ import annotations

import re
from pathlib import Path

from zerek.base.text import N_, Words
from zerek.content import lessons, yamllines
from zerek.content.faults import Fault, Report
from zerek.content.folders import Folder
from zerek.content.pictures import measure
from zerek.content.shapes import Picture
from zerek.content.tables import Sheet
from zerek.content.yamllines import BrokenYaml, Node

COURSE_FILE = "course.yaml"
PICTURE = re.compile(r"\.(svg|png|jpg)$")


class Desk:
    """Opens the package's files one after another; ``sources`` is the folder of notebook sources."""

    def __init__(self, root: Path, sources: Path) -> None:
        self.folder = Folder(root)
        self.sources = sources
        self.sheet = Sheet(COURSE_FILE)
        self.pictures: dict[str, Picture] = {}
        self.item_ids: set[str] = set()
        self.bad_pictures: set[str] = set()

    @property
    def faults(self) -> list[Fault]:
        return self.sheet.faults

    def tree(self, path: str, report: Report) -> Node | None:
        """The tree of a YAML file, or None when a fault was noted."""
        text = self.folder.text(path, report)
        if text is None:
            return None
        try:
            return yamllines.load(text, path)
        except BrokenYaml as broken:
            self.faults.append(broken.fault)
            return None

    def sheet_of(self, path: str) -> Sheet:
        """A sheet for another file of the same package, same languages, same list of faults."""
        return Sheet(path, self.sheet.languages, self.faults)

    def markdown(self, stem: str, report: Report) -> Words:
        """``<stem>.kk.md`` and its twins in the course's languages, looked through with their pictures."""
        texts = {}
        for language in self.sheet.languages:
            path = f"{stem}.{language}.md"
            text = self.folder.text(path, report)
            if text is None:
                continue
            texts[language] = text
            self.faults.extend(lessons.faults(text, path))
            for line, picture in lessons.pictures(text):
                self.picture(picture, self.sheet_of(path).told(line))
        return Words.of(texts)

    def picture(self, path: str, report: Report) -> None:
        """Takes the picture into the course; the same bad picture is told once."""
        if path in self.pictures or path in self.bad_pictures:
            return
        self.bad_pictures.add(path)
        if not PICTURE.search(path):
            report(N_("“%(path)s” is not a picture of the package (svg, png, jpg)."), path=path)
            return
        content = self.folder.bytes(path, report)
        if content is None:
            return
        measured = measure(path, content)
        if isinstance(measured, Fault):
            self.faults.append(measured)
            return
        self.bad_pictures.discard(path)
        self.pictures[path] = measured
