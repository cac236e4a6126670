"""Guides written in Markdown, as HTML that our content security policy lets through."""

from __future__ import annotations

import re
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

_WORD = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True)
class Heading:
    """A heading that can be linked to."""

    anchor: str
    text: str
    level: int


@dataclass(frozen=True)
class Guide:
    """`html` is without the title, which pages show themselves."""

    title: str
    html: str
    headings: tuple[Heading, ...]


def render(text: str) -> Guide:
    """A guide of our own as HTML: headings get anchors, tables and code can be scrolled by key.

    HTML in the text is shown, not obeyed.
    """
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(text)
    title, headings = "", []
    kept: list[Token] = []
    skip = False
    for index, token in enumerate(tokens):
        if token.type == "heading_open":
            said = _plain(tokens[index + 1])
            if token.tag == "h1":
                title, skip = said, True
                continue
            anchor = "-".join(_WORD.findall(said.lower()))
            token.attrSet("id", anchor)
            headings.append(Heading(anchor, said, int(token.tag[1])))
        if not skip:
            kept.append(token)
        if token.type == "heading_close" and token.tag == "h1":
            skip = False
    html = parser.renderer.render(kept, parser.options, {})
    html = html.replace("<table>", '<div class="scroll" tabindex="0"><table>')
    html = html.replace("</table>", "</table></div>").replace("<pre>", '<pre tabindex="0">')
    return Guide(title, html, tuple(headings))


def inline(text: str) -> str:
    """A sentence with its emphasis and code as HTML."""
    return str(MarkdownIt("commonmark", {"html": False}).renderInline(text))


def _plain(inline: Token) -> str:
    return "".join(child.content for child in inline.children or [])
