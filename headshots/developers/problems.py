"""Every kind of problem that there is, read from the code that refuses, so that none is missing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from headshots.lib.api.problems import CODES

ROOT = Path(__file__).resolve().parent.parent.parent
_FOLDERS = ("accounts", "billing", "generation", "headshots")
_RAISED = {"Problem", "Refusal"}
_USUAL_STATUS = 422


@dataclass
class Kind:
    """A code, the statuses it comes with, and sentences that it says; … stands for what varies."""

    code: str
    says: str = ""
    statuses: set[int] = field(default_factory=set)
    sentences: list[str] = field(default_factory=list)


@cache
def kinds() -> dict[str, Kind]:
    """Every kind by its code, in the order of the alphabet."""
    found = {code: Kind(code, says) for code, says in CODES.items()}
    for name in _FOLDERS:
        for file in sorted((ROOT / name).rglob("*.py")):
            if "migrations" in file.parts:
                continue
            text = file.read_text(encoding="utf-8")
            if "Problem" in text or "Refusal" in text:
                for code, status, sentence in _raised(ast.parse(text)):
                    kind = found.setdefault(code, Kind(code))
                    kind.statuses.add(status)
                    if sentence and sentence not in kind.sentences:
                        kind.sentences.append(sentence)
    return dict(sorted(found.items()))


def _raised(tree: ast.Module) -> Iterator[tuple[str, int, str]]:
    called = _constants(tree)
    own = _own_calls(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name | ast.Attribute):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
        if (name not in _RAISED and node not in own) or not node.args:
            continue
        said = {each.arg: each.value for each in node.keywords}
        code = said.get("code")
        status = said.get("status")
        if isinstance(code, ast.Name):
            code = called.get(code.id)
        if not isinstance(code, ast.Constant) or not isinstance(code.value, str):
            continue
        number = status.value if isinstance(status, ast.Constant) else _USUAL_STATUS
        yield code.value, int(str(number)), _sentence(node.args[0])


def _constants(tree: ast.Module) -> dict[str, ast.expr]:
    """What the names of a file stand for."""
    return {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _own_calls(tree: ast.Module) -> set[ast.Call]:
    """Where classes of problems with a code of their own give it."""
    return {
        call
        for node in tree.body
        if isinstance(node, ast.ClassDef)
        and _RAISED & {base.id for base in node.bases if isinstance(base, ast.Name)}
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "super().__init__"
    }


def _sentence(node: ast.expr) -> str:
    """The words of a sentence in the code, as far as they stand there."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return _blanked(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_sentence(part) or "…" for part in node.values)
    if isinstance(node, ast.IfExp):
        return _sentence(node.body)
    if isinstance(node, ast.BinOp):
        more = _sentence(node.right) if isinstance(node.op, ast.Add) else ""
        return _sentence(node.left) + more
    if isinstance(node, ast.Call):
        # A translation, or one that is filled in.
        if isinstance(node.func, ast.Attribute) and node.func.attr == "format":
            return _sentence(node.func.value)
        return _sentence(node.args[0]) if node.args else ""
    return ""


def _blanked(text: str) -> str:
    """`{name}` and `%(name)s` as …"""
    out, depth = "", 0
    for sign in text.replace("%(", "{").replace(")s", "}").replace(")d", "}"):
        if sign == "{":
            depth += 1
            out += "" if depth > 1 else "…"
        elif sign == "}" and depth:
            depth -= 1
        elif not depth:
            out += sign
    return out
