"""Whatever bytes stand in a package's files, its author gets sentences and never an accident of ours."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image  # fpdf2 brings it

from zerek.content import yamllines
from zerek.content.check import check
from zerek.content.faults import Fault
from zerek.content.pictures import measure
from zerek.content.shapes import Picture
from zerek.content.yamllines import BrokenYaml, Mapping, Scalar

same_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
yaml_like = st.lists(
    st.sampled_from(
        [*"\n -:?[]{}&*!|>%@`'\"#,\\", "  ", "a", "қ", "0", "modules", "title", "---", "...", "\t", "\ufeff"]
    )
).map("".join)


@given(st.text() | yaml_like)
def test_yaml_is_read_or_refused_with_a_line(text: str) -> None:
    try:
        tree = yamllines.load(text, "x.yaml")
    except BrokenYaml as broken:
        line, sentence = broken.fault.line, broken.fault.sentence
    else:
        line, sentence = tree.line, "read"
    assert 1 <= line <= len(text) + 2
    assert sentence


@same_folder
@given(
    file=st.sampled_from(
        ["course.yaml", "one/quiz.yaml", "one/task.rubric.yaml", "one/intro.kk.md", "one/go.py"]
    ),
    old=st.integers(min_value=0, max_value=1300),
    length=st.integers(min_value=0, max_value=40),
    new=yaml_like | st.text(max_size=20),
)
def test_a_spoiled_package_gives_faults_with_files_and_lines(
    package: Path, sources_folder: Path, file: str, old: int, length: int, new: str
) -> None:
    path = package / file
    before = path.read_bytes()
    path.write_bytes(before[:old] + new.encode("utf-8", "surrogatepass") + before[old + length :])
    faults = check(package, sources_folder)
    path.write_bytes(before)
    assert all(fault.file and fault.line >= 1 and fault.sentence for fault in faults)


@same_folder
@given(st.binary(max_size=200))
def test_any_bytes_may_stand_in_a_picture(content: bytes) -> None:
    for start in (b"", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"\xff\xd8\xff\xc0", b"<svg xmlns='x'>"):
        for kind in ("svg", "png", "jpg"):
            assert isinstance(measure(f"pictures/x.{kind}", start + content), Picture | Fault)


def test_a_word_that_other_readers_take_for_a_number_stays_a_word() -> None:
    tree = yamllines.load("a: no\nb: 1:30\nc: 0x10\nd: 2026-11-23\n", "x.yaml")
    assert isinstance(tree, Mapping)
    assert [node.text for node in tree.nodes.values() if isinstance(node, Scalar)] == [
        "no",
        "1:30",
        "0x10",
        "2026-11-23",
    ]
    assert tree.key_lines == {"a": 1, "b": 2, "c": 3, "d": 4}


def png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("name", "content", "size"),
    [
        ("a.png", png(640, 480), (640, 480)),
        ("a.svg", b'<svg viewBox="0 0 12.4 7"/>', (12, 7)),
        ("a.svg", b'<svg width="20px" height="10" viewBox="0 0 2 1"/>', (20, 10)),
        ("a.svg", b'<svg width="100%" height="100%" viewBox="0,0,8,6"/>', (8, 6)),
    ],
)
def test_a_picture_is_measured(name: str, content: bytes, size: tuple[int, int]) -> None:
    assert measure(name, content) == Picture(name, *size)


def test_a_photograph_is_measured() -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (31, 17)).save(buffer, "JPEG")
    assert measure("a.jpg", buffer.getvalue()) == Picture("a.jpg", 31, 17)


@pytest.mark.parametrize("content", [png(5000, 10), png(0, 10)])
def test_a_picture_without_a_fit_size_is_refused(content: bytes) -> None:
    assert isinstance(measure("a.png", content), Fault)
