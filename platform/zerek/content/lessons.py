"""Turns a lesson's Markdown into HTML that is safe on a page, and says what a lesson may not hold."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexers import get_lexer_by_name

from zerek.base.text import N_
from zerek.content.faults import Fault
from zerek.content.shapes import Picture

LANGUAGES_OF_CODE = frozenset({"python", "pycon", "bash", "yaml", "json", "text"})
LINKS = re.compile(r"(https?://[^\s/]|mailto:[^\s@]+@|#)", re.IGNORECASE)

PictureFor = Callable[[str], Picture | None]
"""Gives the picture for a path as the lesson writes it, ``path`` now a URL; None shows its words only."""

_ATTRIBUTES: dict[str, set[str]] = {
    "a": {"href", "title"},
    "blockquote": {"class"},
    "code": {"class"},
    "div": {"class", "tabindex"},
    "img": {"src", "alt", "width", "height", "loading", "decoding", "title"},
    "ol": {"start"},
    "pre": {"class", "tabindex"},
    "span": {"class"},
    "td": {"class"},
    "th": {"class", "scope"},
    **{f"h{level}": {"id"} for level in range(2, 7)},
}
_TAGS = {
    *_ATTRIBUTES,
    *("p", "ul", "li", "em", "strong", "del", "s", "hr", "br", "table", "thead", "tbody", "tr"),
}
_CODE = HtmlFormatter[str](nowrap=True)


def to_html(markdown: str, picture: PictureFor) -> str:
    """Safe HTML of one lesson.

    Code is coloured by pygments' short classes, quotes that begin with bold words are callouts, headings
    have ids that begin with ``h-``, tables and code can be scrolled with the keyboard. Whatever the text
    holds, the result has passed nh3: no script, no style, no address but http, https and mailto.
    """
    parser = _parser(html=False)
    parser.renderer = _Renderer(picture)
    return nh3.clean(
        parser.render(markdown),
        tags=_TAGS,
        clean_content_tags={"script", "style"},
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
    )


def pictures(markdown: str) -> list[tuple[int, str]]:
    """Each picture's line and its path as the lesson writes it."""
    tokens = _tokens(_parser(html=True).parse(markdown))
    return [(line, str(token.attrs["src"])) for line, token in tokens if token.type == "image"]


def faults(markdown: str, file: str) -> list[Fault]:
    """Everything in the text that a lesson may not hold, by line; pictures' files are not looked for here."""
    parser = _parser(html=True)
    parser.validateLink = lambda url: True  # type: ignore[method-assign]  # a bad address must be seen to be named
    found = []
    if not markdown.strip():
        found.append(Fault(file, 1, N_("The file is empty.")))
    for line, token in _tokens(parser.parse(markdown)):
        if problem := _token_problem(token):
            found.append(Fault(file, line, *problem))
    return found


@dataclass(frozen=True)
class Heading:
    id: str
    level: int
    text: str


def headings(markdown: str) -> list[Heading]:
    """The headings with the ids that :func:`to_html` gives them, for a list of contents."""
    tokens = _parser(html=False).parse(markdown)
    names = _Names()
    return [
        Heading(names.give(inline.content), max(2, int(token.tag[1])), _plain(inline))
        for token, inline in pairwise(tokens)
        if token.type == "heading_open"
    ]


def _parser(*, html: bool) -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": html, "maxNesting": 20}).enable("table").enable("strikethrough")


def _tokens(tokens: list[Token]) -> Iterator[tuple[int, Token]]:
    """Every token with its line; inline ones have none of their own: count the breaks before them."""
    for token in tokens:
        line = token.map[0] + 1 if token.map else 1
        yield line, token
        for child in token.children or ():
            yield line, child
            if child.type in ("softbreak", "hardbreak"):
                line += 1


def _token_problem(token: Token) -> tuple[str, dict[str, object]] | None:
    """A message id and its values."""
    if token.type in ("html_block", "html_inline"):
        return N_("HTML is not allowed in a lesson: “%(text)s”."), {"text": token.content.strip()[:40]}
    if token.type == "heading_open" and token.tag == "h1":
        return N_("Headings begin with ##; the title comes from course.yaml."), {}
    if token.type == "link_open" and not LINKS.match(url := str(token.attrs["href"])):
        return N_("This address is not allowed: “%(url)s”."), {"url": url[:80]}
    if token.type == "image" and not token.content.strip():
        problem = N_("The picture “%(path)s” has no words for those who do not see it.")
        return problem, {"path": str(token.attrs["src"])[:80]}
    if token.type == "fence" and token.info.strip() not in LANGUAGES_OF_CODE:
        known = ", ".join(sorted(LANGUAGES_OF_CODE))
        return N_("Name the language of the code after the marks: one of %(known)s."), {"known": known}
    return None


def _plain(inline: Token) -> str:
    kept = (child.content for child in inline.children or () if child.type in ("text", "code_inline"))
    return "".join(kept)


class _Names:
    """Ids for headings: letters of any alphabet, a number added to the second of the same name."""

    def __init__(self) -> None:
        self.given: set[str] = set()

    def give(self, text: str) -> str:
        words = re.findall(r"\w+", unicodedata.normalize("NFC", text).lower())
        base = name = "h-" + "-".join(words)[:60]
        number = 1
        while name in self.given:
            number += 1
            name = f"{base}-{number}"
        self.given.add(name)
        return name


class _Renderer(RendererHTML):
    """markdown-it's renderer with our pictures, code, tables, callouts and headings; one per text."""

    def __init__(self, picture: PictureFor) -> None:
        super().__init__()
        self.picture = picture
        self.names = _Names()

    def heading_open(self, tokens: list[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        level = max(2, int(tokens[index].tag[1]))
        return f'<h{level} id="{self.names.give(tokens[index + 1].content)}">'

    def heading_close(self, tokens: list[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        return f"</h{max(2, int(tokens[index].tag[1]))}>\n"

    def fence(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        kind = tokens[index].info.strip()
        lexer = get_lexer_by_name(kind if kind in LANGUAGES_OF_CODE else "text", stripnl=False)
        code = highlight(tokens[index].content, lexer, _CODE)
        return f'<pre class="code" tabindex="0"><code>{code}</code></pre>\n'

    def blockquote_open(self, tokens: list[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        after = tokens[index + 1 : index + 3]
        if len(after) == 2 and after[0].type == "paragraph_open":
            first = [child for child in after[1].children or () if child.type != "text" or child.content]
            if first and first[0].type == "strong_open":
                return '<blockquote class="callout">\n'
        return "<blockquote>\n"

    def table_open(self, tokens: list[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        return '<div class="table-scroll" tabindex="0"><table>\n'

    def table_close(self, tokens: list[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        return "</table></div>\n"

    def th_open(self, tokens: list[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        return f'<th scope="col"{_aligned(tokens[index])}>'

    def td_open(self, tokens: list[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        return f"<td{_aligned(tokens[index])}>"

    def image(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[index]
        words = self.renderInlineAsText(token.children, options, env) if token.children else ""
        shown = self.picture(str(token.attrs["src"]))
        if shown is None:
            return _escape(words)
        return (
            f'<img src="{_escape(shown.path)}" alt="{_escape(words)}" width="{shown.width}"'
            f' height="{shown.height}" loading="lazy" decoding="async">'
        )


def _aligned(token: Token) -> str:
    """Markdown-it aligns a column by a style, which the pages' security policy forbids; we use a class."""
    side = str(token.attrs.get("style", "")).partition(":")[2].strip()
    return f' class="align-{side}"' if side in ("left", "right", "center") else ""


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
