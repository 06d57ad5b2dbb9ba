"""The certificate as a document: its letters can be copied, it stays on one page."""

from __future__ import annotations

import io
from dataclasses import replace

import pypdf
import pytest

from zerek.modules.courses import printing

LETTERS = "ӘәҒғҚқҢңӨөҰұҮүҺһІі₸№«»"

SHEET = printing.Sheet(
    language="kk",
    heading="Сертификат",
    number="ZRK-2026-000123-K",
    name_label="Курс тыңдаушысы",
    name="Өмірбекова Гүлнұр Һәкімқызы",
    title_label="Аяқталған қашықтан курс",
    title=f"Мектепте Python тілін оқыту {LETTERS}",
    facts=(("Көлемі", "80 академиялық сағат"), ("Берілген күні", "2026 жылғы 23 қараша")),
    brand="Зерек",
    motto="Атырау облысы мектептерінің оқу платформасы",
    check="Тексеру:",
    address="https://zerek.example.kz/certificates/ZRK-2026-000123-K",
)


def text_of(content: bytes) -> str:
    page = pypdf.PdfReader(io.BytesIO(content)).pages[0]
    assert (round(page.mediabox.width), round(page.mediabox.height)) == (842, 595), "A4, landscape"
    return " ".join(page.extract_text().split())


def test_every_kazakh_letter_can_be_copied_out_of_the_certificate() -> None:
    text = text_of(printing.draw(SHEET))
    for words in (LETTERS, SHEET.name, SHEET.number, "2026 жылғы 23 қараша"):
        assert words in text
    assert SHEET.address in text.replace(" ", "")


@pytest.mark.parametrize("times", [1, 6, 14])
def test_a_very_long_name_and_title_still_stay_on_the_one_page(times: int) -> None:
    long = replace(SHEET, name="Нұрмұхамбетқызы " * times, title="Бағдарламалауды оқыту " * times)
    content = printing.draw(long)
    assert len(pypdf.PdfReader(io.BytesIO(content)).pages) == 1
    assert text_of(content).count("Нұрмұхамбетқызы") == times
