"""Files kept by hash."""

from pathlib import Path

import pytest

from zerek.base.errors import NotFound
from zerek.base.files import Files


def test_the_same_file_handed_in_twice_is_kept_once(tmp_path: Path) -> None:
    files = Files(tmp_path)
    digest = files.put("жауап".encode())
    assert files.put("жауап".encode()) == digest
    assert files.get(digest) == "жауап".encode()
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "a" * 64 + "/..", "A" * 64, "0" * 64])
def test_a_name_that_is_no_hash_reaches_no_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotFound):
        Files(tmp_path).get(name)
