"""How templates show what a course is made of: short texts in Markdown, code, the size of a file."""

from __future__ import annotations

from functools import lru_cache

from flask_babel import format_decimal
from flask_babel import gettext as _
from markupsafe import Markup

from zerek.base.text import Words
from zerek.content import lessons
from zerek.modules.courses.views.blueprint import pages
from zerek.web.languages import in_language

MEGABYTE = 1024**2
PARAGRAPH = ("<p>", "</p>\n")


@pages.app_template_filter("prose")
def prose(words: Words | dict[str, str] | None) -> Markup:
    """A text in the reader's language as HTML; a single paragraph comes without its tags, to stand in a line."""
    return _html(in_language(words))


@pages.app_template_filter("code")
def code(program: str) -> Markup:
    """A piece of Python, coloured."""
    return _html(f"```python\n{program.rstrip()}\n```")


@pages.app_template_filter("filesize")
def filesize(size: int) -> str:
    """Bytes as people say them, a begun kilobyte for a whole one."""
    if size < MEGABYTE:
        return str(_("%(n)s KB", n=-(-size // 1024)))
    return str(_("%(n)s MB", n=format_decimal(round(size / MEGABYTE, 1))))


@lru_cache(maxsize=4096)  # a quiz is shown to thirty people in one minute
def _html(markdown: str) -> Markup:
    html = lessons.to_html(markdown, lambda path: None)
    begin, end = PARAGRAPH
    if html.startswith(begin) and html.endswith(end) and html.count(begin) == 1:
        html = html[len(begin) : -len(end)]
    return Markup(html)  # noqa: S704 - it has passed nh3
