"""Short texts of a course that are Markdown: a question, an option, an explanation."""

from __future__ import annotations

from functools import lru_cache

from markupsafe import Markup

from zerek.base.text import Words
from zerek.content import lessons
from zerek.modules.courses.views.blueprint import pages
from zerek.web.languages import in_language

PARAGRAPH = ("<p>", "</p>\n")


@pages.app_template_filter("prose")
def prose(words: Words | dict[str, str] | None) -> Markup:
    """A text in the reader's language as HTML; a single paragraph comes without its tags, to stand in a line."""
    return _html(in_language(words))


@pages.app_template_filter("code")
def code(program: str) -> Markup:
    """A piece of Python, coloured."""
    return _html(f"```python\n{program.rstrip()}\n```")


@lru_cache(maxsize=4096)  # a quiz is shown to thirty people in one minute
def _html(markdown: str) -> Markup:
    html = lessons.to_html(markdown, lambda path: None)
    begin, end = PARAGRAPH
    if html.startswith(begin) and html.endswith(end) and html.count(begin) == 1:
        html = html[len(begin) : -len(end)]
    return Markup(html)  # noqa: S704 - it has passed nh3
