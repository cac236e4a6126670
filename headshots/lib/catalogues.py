"""The words of the product in each language: collected, kept as .po, compiled to .mo and .js.

Django's own tools need GNU gettext on the machine; these need Babel alone, and read templates as
Django itself parses them, so that what is collected is what is looked up.
"""

from __future__ import annotations

import ast
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_javascript, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.template import Engine
from django.template.base import Lexer, Node, NodeList, TokenType
from django.templatetags.i18n import BlockTranslateNode, TranslateNode

# `said` marks sentences of the engine, which knows no Django; they are looked up when shown.
KEYWORDS: dict[str, tuple[int, int] | None] = {
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "_": None,
    "_lazy": None,
    "said": None,
}
_CONSTANT = re.compile(r"""_\(("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\)""")

# Stands in the header, as there has to be a date.
_ANY_DAY = datetime(2000, 1, 1, tzinfo=UTC)

Words = str | tuple[str, str]


def collect(root: Path, code: Iterable[str], templates: Iterable[str]) -> Catalog:
    """Every marked string of Python files below `code` and of `templates`, folders of `root`."""
    found = Catalog(charset="utf-8")
    for folders, suffixes, words in (
        (code, (".py",), python_words),
        (templates, (".html", ".txt"), template_words),
    ):
        for path in _files(root, folders, suffixes):
            for text in words(path):
                found.add(text, locations=[(path.relative_to(root).as_posix(), 0)])
    return found


def collect_scripts(root: Path, folder: str) -> Catalog:
    """Every marked string of the scripts in a folder."""
    found = Catalog(charset="utf-8")
    for path in _files(root, [folder], (".js",)):
        with path.open("rb") as file:
            marked = extract_javascript(file, {"gettext": None, "ngettext": (1, 2)}, [], {})
            for _, function, text, _ in marked:
                words = (text[0], text[1]) if function == "ngettext" else _first(text)
                found.add(words, locations=[(path.relative_to(root).as_posix(), 0)])
    return found


def _files(root: Path, folders: Iterable[str], suffixes: tuple[str, ...]) -> Iterator[Path]:
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in suffixes and "migrations" not in path.parts:
                yield path


def _first(text: object) -> str:
    return str(text[0] if isinstance(text, list | tuple) else text)


def python_words(path: Path) -> Iterator[Words]:
    """The strings that a Python file marks."""
    source = path.read_bytes()
    for _, function, text, _ in extract_python(io.BytesIO(source), KEYWORDS, [], {}):
        if not text or not _first(text):
            continue
        yield (text[0], text[1]) if str(function).startswith("ngettext") else _first(text)


def template_words(path: Path) -> Iterator[Words]:
    """The strings that a template marks, as the tags will look them up."""
    source = path.read_text("utf-8")
    template = Engine.get_default().from_string(source)
    for node in _nodes(template.nodelist):
        if isinstance(node, TranslateNode):
            variable = node.filter_expression.var
            if isinstance(variable.literal, str):
                yield variable.literal.replace("%", "%%")
        elif isinstance(node, BlockTranslateNode):
            one, _ = node.render_token_list(node.singular)
            if node.plural:
                yield one, node.render_token_list(node.plural)[0]
            else:
                yield one
    for token in Lexer(source).tokenize():
        if token.token_type in (TokenType.VAR, TokenType.BLOCK):
            for constant in _CONSTANT.findall(token.contents):
                yield ast.literal_eval(constant).replace("%", "%%")


def _nodes(nodes: NodeList | list[Node]) -> Iterator[Node]:
    for node in nodes:
        yield node
        for name in {"nodelist", *getattr(node, "child_nodelists", ())}:
            yield from _nodes(getattr(node, name, None) or [])


def read(path: Path, language: str) -> Catalog:
    """The catalogue in a file; an empty one where there is none."""
    if not path.exists():
        return Catalog(locale=language, charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update(path: Path, language: str, collected: Catalog) -> Catalog:
    """Bring a catalogue's file up to what was collected; translations of what is gone go."""
    catalog = Catalog(
        locale=language,
        charset="utf-8",
        header_comment=f"# Headshots in {language}.",
        fuzzy=False,
        project="Headshots",
        version="1",
    )
    known = read(path, language)
    for message in collected:
        if not message.id:
            continue
        before = known.get(message.id)
        string = before.string if before and _same_shape(before, message) else None
        catalog.add(message.id, string, locations=message.locations)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_po(catalog))
    return catalog


def _same_shape(one: Message, other: Message) -> bool:
    return isinstance(one.id, str) == isinstance(other.id, str) and one.id == other.id


def _po(catalog: Catalog) -> bytes:
    out = io.BytesIO()
    write_po(out, catalog, width=100, sort_output=True, include_lineno=False, omit_header=False)
    # Dates in the header would change with every run.
    lines = out.getvalue().decode().splitlines(keepends=True)
    dated = ('"POT-Creation-Date', '"PO-Revision-Date', '"Generated-By', '"Last-Translator')
    return "".join(line for line in lines if not line.startswith(dated)).encode()


def compiled(catalog: Catalog) -> bytes:
    """A catalogue as gettext reads it, the same whenever it is made."""
    catalog.creation_date = catalog.revision_date = _ANY_DAY
    out = io.BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def script(catalog: Catalog) -> str:
    """A catalogue as js/words.js reads it."""
    words = {
        message.id[0] if isinstance(message.id, tuple | list) else message.id: message.string
        for message in sorted(catalog, key=lambda message: str(message.id))
        if message.id and message.string
    }
    return f"window.WORDS = {json.dumps(words, ensure_ascii=False, indent=1)};\n"


def _pair(words: Sequence[str]) -> tuple[str, str]:
    return (words[0], words[1])


def missing(catalog: Catalog) -> list[Words]:
    """What has no translation yet."""
    found: list[Words] = []
    for message in catalog:
        if not message.id:
            continue
        strings = message.string if isinstance(message.string, tuple | list) else [message.string]
        if not all(strings) or message.fuzzy:
            found.append(message.id if isinstance(message.id, str) else _pair(message.id))
    return found
