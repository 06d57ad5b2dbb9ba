"""What a cage shows of a machine where Zerek is installed from its wheel, among everybody's packages."""

from __future__ import annotations

from pathlib import Path

from zerek.cage import paths


def test_a_folder_is_split_around_what_is_hidden(tmp_path: Path) -> None:
    for name in (
        "numpy/core.py",
        "zerek/content/notebooks/answers.ipynb",
        "zerek/app.py",
        "zerek_robotics/robot.py",
    ):
        (tmp_path / "lib" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "lib" / name).touch()
    (tmp_path / "lib64").symlink_to("lib")
    shown = dict(paths.without(tmp_path, [tmp_path / "lib" / "zerek"]))
    lib = tmp_path / "lib"
    assert shown == {tmp_path: False, lib: False, lib / "numpy": True, lib / "zerek_robotics": True}


def test_a_folder_with_nothing_to_hide_stays_whole(tmp_path: Path) -> None:
    assert list(paths.without(tmp_path, [tmp_path.parent / "other"])) == [(tmp_path, True)]


def test_zereks_own_code_is_among_what_is_hidden() -> None:
    assert paths.ZEREK in paths.own_code()
    assert (paths.ZEREK / "base").is_dir()


def test_a_name_through_links_is_followed_link_by_link(tmp_path: Path) -> None:
    (tmp_path / "python3.11").mkdir()
    (tmp_path / "python3").symlink_to("python3.11")
    (tmp_path / "python").symlink_to(tmp_path / "python3")
    found = list(paths.links_on_the_way(tmp_path / "python" / "bin"))
    assert found == [(tmp_path / "python", str(tmp_path / "python3")), (tmp_path / "python3", "python3.11")]
