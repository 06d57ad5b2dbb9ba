"""Each fault that an author can make is named with its file and line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from zerek.content.check import check

Spoil = Callable[[str, str, str], None]

# file, what stood there, what stands there now, and the fault as file:line: beginning of its sentence
FAULTS = [
    ("course.yaml", "licence:", "license:", "course.yaml:7: The key “license” is not known"),
    ("course.yaml", "format: 1", "format: 2", "course.yaml:1: This Zerek reads packages of the format 1"),
    ("course.yaml", "slug: small-course", "slug: other", "course.yaml:2: The folder must have the name"),
    (
        "course.yaml",
        "slug: small-course",
        "slug: Small Course",
        "course.yaml:2: The value of “slug” may have",
    ),
    ("course.yaml", "hours: 6", "hours: six", "course.yaml:9: The value of “hours” must be a whole number"),
    ("course.yaml", "hours: 6", "hours: 99999", "course.yaml:9: The value of “hours” must lie between"),
    ("course.yaml", "hours: 6", "hours: 7", "course.yaml:9: The course has 7 hours"),
    ("course.yaml", "    hours: 6", "    hours: 5", "course.yaml:14: The module “m1” has 5 hours"),
    ("course.yaml", "audience: teachers", "audience: parents", "course.yaml:4: The value of “audience”"),
    ("course.yaml", "[kk, ru, en]", "[ru, en]", "course.yaml:8: Every course is in Kazakh"),
    ("course.yaml", "[kk, ru, en]", "[kk, kk]", "course.yaml:8: The language “kk” is not known, or is named"),
    ("course.yaml", "[kk, ru, en]", "[kk, kz]", "course.yaml:8: The language “kz” is not known"),
    ("course.yaml", "ru: Малый курс, ", "", "course.yaml:5: “title” has no text in the language “ru”"),
    ("course.yaml", "title: {kk: Шағын", "title: x #", "course.yaml:5: Here a list of keys and values"),
    (
        "course.yaml",
        "task_accepted: true",
        "task_accepted: yes",
        "course.yaml:10: The value of “task_accepted”",
    ),
    ("course.yaml", "kind: quiz", "kind: exam", "course.yaml:17: The value of “kind” must be one of: lesson"),
    ("course.yaml", "id: test,", "id: intro,", "course.yaml:17: The id “intro” is used twice"),
    ("course.yaml", "one/quiz.yaml", "one/none.yaml", "course.yaml:17: The file “one/none.yaml” is missing"),
    ("course.yaml", "one/quiz.yaml", "../quiz.yaml", "course.yaml:17: The path “../quiz.yaml” does not stay"),
    ("course.yaml", "one/quiz.yaml", "/etc/passwd", "course.yaml:17: The path “/etc/passwd” does not stay"),
    (
        "course.yaml",
        "one/quiz.yaml",
        r'"one\\q.yaml"',
        "course.yaml:17: The path “one\\q.yaml” does not stay",
    ),
    ("course.yaml", "one/quiz.yaml", "one/../../x", "course.yaml:17: The path “one/../../x” does not stay"),
    ("course.yaml", "one/intro,", "one/outro,", "course.yaml:16: The file “one/outro.kk.md” is missing"),
    ("course.yaml", "accept_points: 3", "accept_points: 6", "course.yaml:24: A task cannot be accepted"),
    ("course.yaml", "max_points: 5", "max_points: 8", "course.yaml:23: The rubric adds up to 5 points"),
    ("course.yaml", "small-course/sum", "small-course/no", "course.yaml:29: There is no notebook called"),
    ("course.yaml", "small-course/sum", "../../etc/x", "course.yaml:29: A notebook is named like"),
    (
        "course.yaml",
        "modules:",
        "modules: []\nrest:",
        "course.yaml:11: The value of “modules” must be a list",
    ),
    ("course.yaml", "version:", "version: 1\nversion:", "course.yaml:4: The key “version” is written twice"),
    ("course.yaml", "summary: {", "summary: [", "course.yaml:6: This is not YAML"),
    ("course.yaml", "licence: CC", "licence: &a CC", "course.yaml:7: Anchors (&) and aliases (*)"),
    ("course.yaml", "licence: CC-BY-4.0", "licence: *a", "course.yaml:7: Anchors (&) and aliases (*)"),
    ("course.yaml", "licence: CC", "licence: !!python/name:os.system CC", "course.yaml:7: Tags (!) are not"),
    ("course.yaml", "licence: CC-BY-4.0", f"licence: {'[' * 40}", "course.yaml:7: The file is nested too"),
    ("course.yaml", "licence: CC-BY-4.0", r'licence: "\x00"', "course.yaml:7: A text holds a control"),
    ("course.yaml", "licence: CC-BY-4.0", r'licence: "\ud800"', "course.yaml:7: A text holds a control"),
    (
        "course.yaml",
        "licence: CC",
        "licence: \x07CC",
        "course.yaml:7: A character is not allowed here: U+0007",
    ),
    (
        "course.yaml",
        "licence: CC-BY-4.0",
        "licence: [a]",
        "course.yaml:7: The value of “licence” must be a text",
    ),
    (
        "one/quiz.yaml",
        "right: true",
        "right: false",
        "one/quiz.yaml:8: The question “q1” has no right answer",
    ),
    (
        "one/quiz.yaml",
        "{id: b,",
        "{id: b, right: true,",
        "one/quiz.yaml:8: The question “q1” has several right",
    ),
    ("one/quiz.yaml", "{id: b,", "{id: a,", "one/quiz.yaml:10: The id “a” is used twice"),
    ("one/quiz.yaml", "id: q2", "id: q1", "one/quiz.yaml:11: The id “q1” is used twice"),
    (
        "one/quiz.yaml",
        "answer: 0.5",
        "answer: 0,5",
        "one/quiz.yaml:15: The value of “answer” must be a number",
    ),
    ("one/quiz.yaml", "    answer: 0.5\n", "", "one/quiz.yaml:11: The key “answer” is missing"),
    ("one/quiz.yaml", "0.01", "-1", "one/quiz.yaml:16: The value of “tolerance” must not be negative"),
    ("one/quiz.yaml", "kind: number", "kind: essay", "one/quiz.yaml:12: The value of “kind” must be one of"),
    ("one/quiz.yaml", "ru: [print],", "ru: [],", "one/quiz.yaml:22: The value of “ru” must be a list"),
    ("one/quiz.yaml", "final: true", "final: false", "course.yaml:10: The certificate asks for a test"),
    (
        "one/quiz.yaml",
        "pass_percent: 60",
        "pass_percent: 101",
        "one/quiz.yaml:1: The value of “pass_percent”",
    ),
    (
        "one/task.rubric.yaml",
        "{points: 5,",
        "{points: 4,",
        "one/task.rubric.yaml:5: The best level of “clear”",
    ),
    ("one/intro.ru.md", "Мәтін", "Мәтін <b>", "one/intro.ru.md:3: HTML is not allowed in a lesson: “<b>”"),
    ("one/intro.ru.md", "Мәтін", "<script>x</script>", "one/intro.ru.md:3: HTML is not allowed"),
    ("one/intro.ru.md", "## Бір", "# Бір", "one/intro.ru.md:1: Headings begin with ##"),
    ("one/intro.ru.md", "Мәтін", "[x](javascript:alert)", "one/intro.ru.md:3: This address is not allowed"),
    ("one/intro.ru.md", "Мәтін", "Бір\n[x](file:///etc)", "one/intro.ru.md:4: This address is not allowed"),
    ("one/intro.ru.md", "```python", "```", "one/intro.ru.md:5: Name the language of the code"),
    (
        "one/intro.ru.md",
        "![дөңгелек]",
        "![]",
        "one/intro.ru.md:3: The picture “pictures/dot.svg” has no words",
    ),
    ("one/intro.ru.md", "dot.svg", "gone.svg", "one/intro.ru.md:3: The file “pictures/gone.svg” is missing"),
    (
        "one/intro.ru.md",
        "pictures/dot.svg",
        "../dot.svg",
        "one/intro.ru.md:3: The path “../dot.svg” does not",
    ),
    (
        "one/intro.ru.md",
        "pictures/dot.svg",
        "https://a.kz/x.png",
        "one/intro.ru.md:3: The path “https://a.kz",
    ),
    ("one/intro.ru.md", "pictures/dot.svg", "one/go.py", "one/intro.ru.md:3: “one/go.py” is not a picture"),
    ("pictures/dot.svg", "<circle", "<script", "pictures/dot.svg:2: The element “script” is not allowed"),
    ("pictures/dot.svg", "<circle", "<circle onload='x()'", "pictures/dot.svg:2: The attribute “onload”"),
    (
        "pictures/dot.svg",
        "<circle",
        "<use href='//a.kz/#x'/><circle",
        "pictures/dot.svg:2: The attribute “href”",
    ),
    ("pictures/dot.svg", "<svg", "<!DOCTYPE x []><svg", "pictures/dot.svg:1: The element “!DOCTYPE”"),
    ("pictures/dot.svg", 'viewBox="0 0 30 20"', "", "pictures/dot.svg:1: The picture has no size"),
    ("pictures/dot.svg", "</svg>", "", "pictures/dot.svg:4: The file is not a picture of the kind"),
    ("one/go.py", "import Robot", "import", "one/go.py:1: This is not a Python program"),
]


@pytest.mark.parametrize(("file", "old", "new", "expected"), FAULTS, ids=[fault[3] for fault in FAULTS])
def test_a_fault_is_named_with_its_file_and_line(
    package: Path, sources_folder: Path, spoil: Spoil, file: str, old: str, new: str, expected: str
) -> None:
    assert check(package, sources_folder) == []
    spoil(file, old, new)
    found = [str(fault) for fault in check(package, sources_folder)]
    assert any(fault.startswith(expected) for fault in found), found


def test_a_fault_is_told_once_and_draws_no_others_after_it(
    package: Path, sources_folder: Path, spoil: Spoil
) -> None:
    spoil("course.yaml", "audience: teachers", "audience: parents")
    assert len(check(package, sources_folder)) == 1


def test_a_fault_in_a_file_that_two_items_use_is_told_once(
    package: Path, sources_folder: Path, spoil: Spoil
) -> None:
    spoil("one/intro.ru.md", "## Бір", "# Бір")
    assert len(check(package, sources_folder)) == 1


def test_a_link_is_refused_wherever_it_points(package: Path, sources_folder: Path) -> None:
    (package / "one" / "intro.ru.md").unlink()
    (package / "one" / "intro.ru.md").symlink_to(package / "one" / "intro.kk.md")
    (package / "unused").symlink_to("/etc")
    found = [str(fault) for fault in check(package, sources_folder)]
    assert "one/intro.ru.md:1: The path “one/intro.ru.md” is a link; only plain files are allowed." in found
    assert "unused:1: The path “unused” is a link; only plain files are allowed." in found


def test_a_linked_folder_is_refused_as_well(package: Path, sources_folder: Path) -> None:
    (package / "one").rename(package / "two")
    (package / "one").symlink_to(package / "two")
    assert any("is a link" in str(fault) and fault.line == 17 for fault in check(package, sources_folder))


@pytest.mark.parametrize(
    ("file", "kilobytes"), [("one/quiz.yaml", 256), ("one/intro.kk.md", 128), ("pictures/dot.svg", 256)]
)
def test_a_giant_is_not_read(package: Path, sources_folder: Path, file: str, kilobytes: int) -> None:
    with (package / file).open("ab") as stream:
        stream.truncate(10_000_000_000)  # a hole: it costs no room on the disk
    (fault, *_) = [fault for fault in check(package, sources_folder) if "too large" in fault.message]
    assert fault.sentence == f"The file “{file}” is too large: at most {kilobytes} KB."


def test_a_file_that_is_not_utf_8_is_refused(package: Path, sources_folder: Path) -> None:
    (package / "one" / "intro.ru.md").write_bytes("Текст".encode("cp1251"))
    fault, *_ = check(package, sources_folder)
    assert str(fault) == "course.yaml:16: The file “one/intro.ru.md” is not text in UTF-8."


def test_a_thousand_aliases_cost_nothing(package: Path, sources_folder: Path) -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"k{n}: &k{n} [*a, *a, *a, *a]\n" for n in range(1000))
    (package / "course.yaml").write_text(bomb, "utf-8")
    (fault,) = check(package, sources_folder)
    assert fault.sentence == "Anchors (&) and aliases (*) are not allowed."


def test_a_notebook_without_words_in_another_language_is_named(package: Path, sources_folder: Path) -> None:
    (sources_folder / "small-course" / "sum" / "sum.ru.md").unlink()
    (fault,) = check(package, sources_folder)
    assert str(fault).startswith(
        "course.yaml:29: The notebook small-course/sum has no words in the language “ru”"
    )


def test_a_faulty_notebook_is_named_by_its_own_file(package: Path, sources_folder: Path) -> None:
    path = sources_folder / "small-course" / "sum" / "sum.ipynb"
    path.write_text(path.read_text("utf-8").replace("python3", "julia"), "utf-8")
    (fault,) = check(package, sources_folder)
    assert str(fault) == "notebooks/small-course/sum/sum.ipynb:1: The notebook's kernel must be python3."
