"""The plan of the house, kept by tests: shelves, doors, and everything shipped is found again."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parent.parent.parent
pytestmark = pytest.mark.source

# Folder of the tree → the package it is installed as.
SHIPPED = {
    "courses": "zerek.content.courses",
    "notebooks": "zerek.content.notebooks",
    "robotics/zerek_robotics": "zerek_robotics",
}


@pytest.mark.parametrize("shelf", ["platform", "robotics"])
def test_the_two_code_folders_are_shelves_and_not_packages(shelf: str) -> None:
    assert not (ROOT / shelf / "__init__.py").exists()


@pytest.mark.parametrize("folder", SHIPPED)
def test_every_file_of_a_shipped_folder_is_found_through_its_package(folder: str) -> None:
    here = ROOT / folder
    lost = [
        path
        for path in here.rglob("*")
        if path.is_file()
        and not {"__pycache__", ".ipynb_checkpoints"} & set(path.parts)
        and not files(SHIPPED[folder]).joinpath(*path.relative_to(here).parts).is_file()
    ]
    assert not lost


def home(name: str) -> str:
    """The domain a dotted name belongs to, or nothing."""
    parts = name.split(".")
    return parts[2] if parts[:2] == ["zerek", "modules"] and len(parts) > 2 else ""


def test_a_module_is_entered_only_through_its_api() -> None:
    graph = grimp.build_graph("zerek")
    trespasses = [
        f"{importer} -> {imported}"
        for importer in sorted(graph.modules)
        for imported in sorted(graph.find_modules_directly_imported_by(importer))
        if home(imported) and home(importer) != home(imported)
        if imported != f"zerek.modules.{home(imported)}.api"
    ]
    assert not trespasses


def test_files_stay_short_enough_to_read() -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for path in [*ROOT.glob("platform/**/*.py"), *ROOT.glob("robotics/**/*.py")]
        if (count := len(path.read_text().splitlines())) > 320
    }
    assert not long


def test_every_python_file_opens_with_what_it_is_for() -> None:
    mute = [
        str(path.relative_to(ROOT))
        for shelf in ("platform", "robotics", "tests")
        for path in (ROOT / shelf).rglob("*.py")
        if "static" not in path.parts and not path.read_text().startswith(('"""', "#!"))
    ]
    assert not mute
