"""What can be set is written down, and what is written down is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from zerek.settings import Settings

ROOT = Path(__file__).parent.parent.parent
pytestmark = pytest.mark.source


def test_every_setting_is_documented(settings: Settings) -> None:
    written = (ROOT / "docs" / "settings.md").read_text()
    assert {name for name in settings.environment() if f"`{name}`" not in written} == set()


def test_no_setting_is_documented_that_nothing_reads() -> None:
    written = set(re.findall(r"ZEREK_[A-Z_]+", (ROOT / "docs" / "settings.md").read_text()))
    code = "\n".join(
        path.read_text()
        for path in [*ROOT.glob("platform/**/*.py"), *ROOT.glob("tests/**/*.py"), ROOT / "zerek"]
    )
    assert {name for name in written if name not in code} == set()


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        "CONTRIBUTING.md",
        *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("**/*.md")),
    ],
)
def test_links_inside_the_house_lead_somewhere(page: str) -> None:
    path = ROOT / page
    links = re.findall(r"\]\(([^)#:]+)\)", path.read_text())
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = [int(path.name[:4]) for path in sorted((ROOT / "docs" / "decisions").glob("*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))
