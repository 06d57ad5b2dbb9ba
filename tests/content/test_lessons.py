"""A lesson looks as its author meant, and nothing in it can run on the page."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zerek.content import lessons
from zerek.content.shapes import Picture


def picture(path: str) -> Picture | None:
    return Picture(f"/courses/pictures/{path}", 30, 20) if path.startswith("pictures/") else None


def html(markdown: str) -> str:
    return lessons.to_html(markdown, picture)


def test_headings_can_be_linked_to_and_two_alike_have_two_names() -> None:
    assert html("## Қалдық: `%`\n\n## Қалдық: `%`\n") == (
        '<h2 id="h-қалдық">Қалдық: <code>%</code></h2>\n<h2 id="h-қалдық-2">Қалдық: <code>%</code></h2>\n'
    )
    assert [(each.id, each.text) for each in lessons.headings("## Қалдық: `%`\n\n### Қалдық: `%`\n")] == [
        ("h-қалдық", "Қалдық: %"),
        ("h-қалдық-2", "Қалдық: %"),
    ]


def test_code_is_coloured_by_classes_and_never_by_styles() -> None:
    shown = html('```python\nprint("<b>")\n```\n')
    assert '<span class="nb">print</span>' in shown
    assert "&lt;b&gt;" in shown
    assert "style" not in shown


def test_a_picture_keeps_its_place_and_waits_until_it_is_near() -> None:
    assert html("![Дөңгелек](pictures/dot.svg)") == (
        '<p><img src="/courses/pictures/pictures/dot.svg" alt="Дөңгелек" width="30" height="20"'
        ' loading="lazy" decoding="async"></p>\n'
    )


def test_a_picture_that_nobody_knows_is_told_by_its_words() -> None:
    assert html("![Сурет <b>](https://elsewhere.kz/x.png)") == "<p>Сурет &lt;b&gt;</p>\n"


def test_a_quote_that_begins_with_bold_words_is_a_callout() -> None:
    assert html("> **Есіңізде болсын.** Тоқтат.") == (
        '<blockquote class="callout">\n<p><strong>Есіңізде болсын.</strong> Тоқтат.</p>\n</blockquote>\n'
    )
    assert html("> Тоқтат **қазір**.").startswith("<blockquote>\n")


def test_a_table_can_be_scrolled_and_its_columns_are_named() -> None:
    shown = html("| а | ә |\n|---|--:|\n| 1 | 2 |\n")
    assert shown.startswith('<div class="table-scroll" tabindex="0"><table>')
    assert '<th scope="col">а</th>' in shown
    assert '<td class="align-right">2</td>' in shown


def test_a_link_goes_where_it_says_and_tells_nobody_from_where() -> None:
    assert 'href="https://docs.python.org/" rel="noopener noreferrer"' in html(
        "[x](https://docs.python.org/)"
    )


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<iframe src=//evil.kz></iframe>",
    "<svg/onload=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](vbscript:x)",
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    "![x](javascript:alert(1))",
    '![x" onerror="alert(1)](pictures/a.svg)',
    '![x](pictures/a.svg"onerror="alert(1))',
    '[x](https://a.kz/"onclick="alert(1))',
    "<https://a.kz/><style>*{display:none}</style>",
    "<javascript:alert(1)>",
    '```"><script>alert(1)</script>\nx\n```',
    "```python onclick=alert(1)\n</code></pre><script>alert(1)</script>\n```",
    "| <script> |\n|---|\n| <b onclick=x> |",
    "## <img src=x onerror=alert(1)>",
    "> **<script>** x",
    "[x]: javascript:alert(1)\n\n[x]",
    "<meta http-equiv=refresh content=0>",
    "<form action=//evil.kz><button>x</button></form>",
    "<!--><script>alert(1)</script>-->",
    "<math><mi//xlink:href='data:x'>",
]

WITHOUT_DANGER = {
    *(
        "a",
        "blockquote",
        "br",
        "code",
        "del",
        "div",
        "em",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "img",
        "li",
        "ol",
    ),
    *("p", "pre", "s", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul"),
}
ATTRIBUTES = {
    *(
        "alt",
        "class",
        "decoding",
        "height",
        "href",
        "id",
        "loading",
        "rel",
        "scope",
        "src",
        "start",
        "tabindex",
    ),
    *("title", "width"),
}


class Watch(HTMLParser):
    """Looks at the result as a browser would, independently of what made it."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in WITHOUT_DANGER
        for name, value in attrs:
            assert name in ATTRIBUTES
            if name == "href":
                assert (value or "").lower().startswith(("http://", "https://", "mailto:", "#"))
            if name == "src":
                assert (value or "").startswith("/courses/pictures/")


def watched(markdown: str) -> None:
    watch = Watch()
    watch.feed(lessons.to_html(markdown, picture))
    watch.close()


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_hostile_gets_through(text: str) -> None:
    watched(text)
    watched(f"Мәтін {text} мәтін\n\n- {text}\n")


@given(st.lists(st.sampled_from([*HOSTILE, *"\n\t `*_[]()!<>&#|-~:\\\"'", "## ", "> ", "```", "қ", "\x00"])))
def test_no_mixture_of_hostile_pieces_gets_through(pieces: list[str]) -> None:
    text = "".join(pieces)
    watched(text)
    lessons.faults(text, "x.md")
    assert len(lessons.headings(text)) == html(text).count("<h") - html(text).count("<hr")


@pytest.mark.parametrize("text", HOSTILE)
def test_an_author_is_told_about_whatever_would_not_be_shown(text: str) -> None:
    harmless = {'![x" onerror="alert(1)](pictures/a.svg)', '[x](https://a.kz/"onclick="alert(1))'}
    harmless.add("<svg/onload=alert(1)>")  # by the rules of Markdown this is plain text
    harmless |= {each for each in HOSTILE if each.startswith("![") or "\t" in each or '.svg"' in each}
    assert lessons.faults(text, "x.md") or text in harmless


def test_a_fault_inside_a_paragraph_has_its_own_line() -> None:
    (fault,) = lessons.faults("Бір\nекі\nүш <b>\n", "x.md")
    assert (fault.file, fault.line) == ("x.md", 3)
