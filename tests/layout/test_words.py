"""Three languages: no message of kk or ru is missing, none differs in its values."""

from pathlib import Path

import pytest

from zerek.web import catalogues

HOUSE = Path(__file__).parent.parent.parent / "platform" / "zerek"
pytestmark = pytest.mark.source


def test_every_message_is_said_in_kazakh_and_russian() -> None:
    assert list(catalogues.missing(HOUSE)) == []


def test_a_message_that_is_not_translated_is_noticed(tmp_path: Path) -> None:
    module = tmp_path / "modules" / "choir"
    (module / "templates" / "choir").mkdir(parents=True)
    (module / "__init__.py").write_text('"""Songs."""\n')
    (module / "templates" / "choir" / "song.html").write_text('<p>{{ _("A song of %(n)s verses", n=2) }}</p>')
    (tmp_path / "web").mkdir()
    assert len(list(catalogues.missing(tmp_path))) == 2
    for tag, words in (("kk", "Шумақ саны: %(n)s"), ("ru", "Куплетов: %(count)s")):
        path = catalogues.po_file(module, tag)
        path.parent.mkdir(parents=True)
        path.write_text(
            f'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n#, python-format\n'
            f'msgid "A song of %(n)s verses"\nmsgstr "{words}"\n'
        )
    assert list(catalogues.missing(tmp_path)) == [
        "modules/choir/locale/ru/LC_MESSAGES/messages.po: A song of %(n)s verses"
    ]


def test_no_kazakh_sentence_stands_in_the_russian_catalogue() -> None:
    kazakh = {
        str(path.relative_to(HOUSE))
        for path in HOUSE.glob("**/locale/ru/LC_MESSAGES/messages.po")
        if set("әғқңөұүһіӘҒҚҢӨҰҮҺІ") & set(path.read_text())
    }
    assert not kazakh


def test_no_english_sentence_stands_in_a_catalogue() -> None:
    english = [
        f"{path.relative_to(HOUSE)}: {line}"
        for path in HOUSE.glob("**/locale/*/LC_MESSAGES/messages.po")
        for line in path.read_text().splitlines()
        if line.startswith("msgstr") and any("a" <= letter <= "z" for letter in line[6:])
        if not any("а" <= letter <= "я" or letter in "әғқңөұүһі" for letter in line.casefold())
    ]
    assert not english
