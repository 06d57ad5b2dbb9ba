"""The parts pages are made of: what they say to a screen reader, what they refuse to say, how they fit a phone."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask import Flask, render_template_string
from looking import axe, chromium, served, sideways, weigh

from zerek.web import static

LANGUAGES = ("kk", "ru", "en")
FORM = """{% extends "web/layout.html" %}{% block main %}
<form method="post">{{ csrf() }}<button name="go" value="1">Go</button></form>{% endblock %}"""
PAGE = (Path(__file__).parent / "all_parts.html").read_text("utf-8")


@pytest.fixture
def look(app: Flask) -> Flask:
    """The app with one more page, which shows every part once."""
    app.add_url_rule("/all-parts", "all_parts", lambda: render_template_string(PAGE))
    return app


def drawn(app: Flask, source: str) -> BeautifulSoup:
    with app.test_request_context("/"):
        return BeautifulSoup(render_template_string(source), "html.parser")


def imported(names: str, source: str) -> str:
    return f'{{% from "web/parts.html" import {names} %}}{source}'


def test_the_page_of_all_parts_shows_every_part() -> None:
    parts = (Path(static.__file__).parent / "templates/web/parts.html").read_text("utf-8")
    for macro in re.findall(r"{% macro ([a-z]\w*)\(", parts):
        assert re.search(rf"\b{macro}\(", PAGE), macro


def test_a_field_ties_its_label_hint_and_error_to_the_input(app: Flask) -> None:
    page = drawn(
        app, imported("field", '{{ field("iin", "ЖСН", hint="12 сан", error="Қате", inputmode="numeric") }}')
    )
    field = page.select_one("input#iin")
    assert field
    assert page.select_one("label[for=iin]")
    assert field["aria-invalid"] == "true"
    assert field["inputmode"] == "numeric"
    told = [page.select_one(f"#{name}") for name in str(field["aria-describedby"]).split()]
    assert [one.get_text(strip=True) for one in told if one] == ["12 сан", "Қате"]


def test_what_people_type_is_shown_as_text_and_never_as_html(app: Flask) -> None:
    source = imported(
        "person, field, alert", "{{ person(x) }}{{ field('a', x, value=x) }}{{ alert(x, 'bad') }}"
    )
    with app.test_request_context("/"):
        page = render_template_string(source, x='"><script>alert(1)</script>')
    assert "<script" not in page


def test_a_person_without_a_surname_still_has_a_face(app: Flask) -> None:
    assert drawn(app, imported("face", "{{ face('Мәди') }}")).get_text() == "М"
    assert drawn(app, imported("face", "{{ face('') }}")).get_text() == ""


def test_progress_is_said_to_a_screen_reader(app: Flask) -> None:
    bar = drawn(app, imported("progress", '{{ progress(3, 7, "Сабақтар", "3 / 7") }}')).progress
    assert bar
    assert (bar["value"], bar["max"], bar["aria-label"]) == ("3", "7", "Сабақтар")


def test_the_first_page_of_a_list_offers_no_earlier_one(app: Flask) -> None:
    pager = imported("pager", "{{ pager(1, 3, 'web.home', school=5) }}")
    assert [str(link["href"]) for link in drawn(app, pager).select("a")] == ["/?page=2&school=5"]
    assert drawn(app, imported("pager", "{{ pager(1, 1, 'web.home') }}")).get_text(strip=True) == ""


def test_no_page_has_a_style_or_a_handler_of_its_own(look: Flask) -> None:
    page = BeautifulSoup(look.test_client().get("/all-parts").text, "html.parser")
    marks = [
        f"{tag.name}.{name}"
        for tag in page.find_all(True)
        for name in tag.attrs
        if name == "style" or name.startswith("on")
    ]
    assert marks == []
    assert all(script.get("nonce") for script in page.find_all("script"))


def test_every_icon_drawn_is_in_the_sprite(look: Flask) -> None:
    page = BeautifulSoup(look.test_client().get("/all-parts").text, "html.parser")
    sprite = (static.HOME / static.manifest()["icons.svg"]).read_text()
    shared = [use["href"].partition("#")[2] for use in page.select("use")]
    own = {"inbox", "users"}  # named by the page of all parts alone, which the build does not read
    assert shared
    assert [name for name in shared if f'id="{name}"' not in sprite and name not in own] == []


def test_an_unknown_address_gets_a_page_with_a_sentence_and_a_way_back(app: Flask) -> None:
    answer = app.test_client().get("/no-such-page", headers={"Accept": "text/html"})
    page = BeautifulSoup(answer.text, "html.parser")
    assert answer.status_code == 404
    assert page.select_one("h1[data-sentence]")
    assert page.select_one("main a[href='/']")


def test_the_reader_s_language_stays_after_it_is_chosen(app: Flask) -> None:
    browser = app.test_client()
    browser.post("/language", data={"language": "ru", "next": "/"})
    page = BeautifulSoup(browser.get("/").text, "html.parser")
    assert page.html
    assert page.html["lang"] == "ru"
    assert [button["value"] for button in page.select(".languages [aria-pressed=true]")] == ["ru"]


def test_all_parts_please_axe_and_fit_a_small_phone_in_three_languages(
    look: Flask, program: Callable[[str], str]
) -> None:
    faults = []
    with chromium(program("chromium")) as browser, served(look) as address:
        for language in LANGUAGES:
            context = browser.new_context()
            context.add_cookies([{"name": "language", "value": language, "url": address}])
            page = context.new_page()
            for width in (1280, 360):
                page.set_viewport_size({"width": width, "height": 740})
                for path in ("/all-parts", "/", "/people/sign-in", "/no-such-page"):
                    page.goto(address + path)
                    faults += [f"{language} {width} {path} {fault}" for fault in axe(page) + sideways(page)]
            context.close()
    assert faults == []


def test_a_first_visit_is_light_and_the_next_is_nearly_nothing(
    look: Flask, program: Callable[[str], str]
) -> None:
    with chromium(program("chromium")) as browser, served(look) as address:
        page = browser.new_page()
        first = weigh(page, address + "/all-parts")
        again = weigh(page, address + "/all-parts", cold=False)
    assert first.bytes <= 100_000
    assert first.requests <= 12
    assert again.bytes <= 8_000
    assert again.requests <= 2
    assert len(first.hosts | again.hosts) == 1


def test_a_form_pressed_twice_is_sent_once(look: Flask, program: Callable[[str], str]) -> None:
    pressed = []
    look.add_url_rule("/form", "form", lambda: render_template_string(FORM))

    def slow() -> str:
        pressed.append(1)
        return "once"

    look.add_url_rule("/form", "sent", slow, methods=["POST"])
    with chromium(program("chromium")) as browser, served(look) as address:
        page = browser.new_page()
        page.goto(address + "/form")
        page.evaluate(
            "() => { const b = document.querySelector('[name=go]'); b.click(); b.click(); b.click(); }"
        )
        page.get_by_text("once").wait_for()
    assert pressed == [1]
