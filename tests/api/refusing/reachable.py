"""Which refusals the source can raise in an operation, read from the source itself.

What a method of a view leads to is followed from function to function: a name that stands in a
function counts as called, and `thing.name()`, where it is not said what `thing` is, as any method
of that name. So what is found is rather too much than too little.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from pathlib import Path

from django.db.models import QuerySet

ROOT = Path(__file__).resolve().parent.parent.parent.parent
FOLDERS = ("accounts", "billing", "generation", "headshots")
# Not of the process that answers, or pages alone.
ELSEWHERE = (
    "generation.engine",
    "generation.embedded_model",
    "billing.sandbox",
    "headshots.demo",
    "accounts.views",
    "billing.views",
    "generation.views",
)
PROBLEM = "headshots.lib.problems.Problem"
REFUSAL = "headshots.lib.api.problems.Refusal"
VIEW = "headshots.lib.api.views.ApiView"
# Methods of what Python and Django pass around; a call of one is not taken for ours.
USUAL = {name for each in (str, bytes, list, dict, set, QuerySet, BytesIO) for name in dir(each)}


@dataclass
class Module:
    """One file: what is defined in it, and what its names mean."""

    name: str
    tree: ast.Module
    # Functions, methods (`Class.name`) and constants, each with the node whose names it uses.
    parts: dict[str, ast.AST] = field(default_factory=dict)
    classes: dict[str, ast.ClassDef] = field(default_factory=dict)
    imports: dict[str, str] = field(default_factory=dict)


@cache
def modules() -> dict[str, Module]:
    """Every module of the product by its dotted name."""
    found = {}
    for folder in FOLDERS:
        for file in sorted((ROOT / folder).rglob("*.py")):
            parts = file.relative_to(ROOT).with_suffix("").parts
            if "migrations" in parts or "management" in parts:
                continue
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            if not name.startswith(ELSEWHERE):
                found[name] = _read(name, ast.parse(file.read_text(encoding="utf-8")))
    return found


def _read(name: str, tree: ast.Module) -> Module:
    module = Module(name, tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for each in node.names:
                module.imports[each.asname or each.name.split(".")[0]] = (
                    each.name if each.asname else each.name.split(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module:
            for each in node.names:
                module.imports[each.asname or each.name] = f"{node.module}.{each.name}"
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            module.parts[node.name] = node
        elif isinstance(node, ast.ClassDef):
            module.classes[node.name] = node
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef):
                    module.parts[f"{node.name}.{inner.name}"] = inner
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                for one in ast.walk(target):
                    if isinstance(one, ast.Name):
                        module.parts[one.id] = node.value
    return module


@cache
def meant(name: str) -> str:
    """The dotted name under which something is defined, whatever it was imported by; the name as it
    is where it is none of ours."""
    for _ in range(8):
        module, rest = _split(name)
        if not module or not rest:
            return name
        first, _, more = rest.partition(".")
        known = modules()[module]
        if first in known.parts or first in known.classes or first not in known.imports:
            return name
        name = known.imports[first] + (f".{more}" if more else "")
    return name


def _split(name: str) -> tuple[str, str]:
    """The module of a dotted name, and what is left."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        if (module := ".".join(parts[:length])) in modules():
            return module, ".".join(parts[length:])
    return "", name


@cache
def ancestors(name: str) -> tuple[str, ...]:
    """A class of ours and all that it inherits from, by dotted names."""
    module, rest = _split(name)
    found = [name]
    if module and rest in modules()[module].classes:
        for base in modules()[module].classes[rest].bases:
            if isinstance(base, ast.Subscript):
                base = base.value
            if isinstance(base, ast.Name | ast.Attribute):
                found += ancestors(meant(f"{module}.{ast.unparse(base)}"))
    return tuple(found)


@cache
def _methods() -> dict[str, list[str]]:
    """Methods by their bare name: those of classes whose objects are passed around."""
    found: dict[str, list[str]] = {}
    for module in modules().values():
        for name in module.parts:
            owner, _, method = name.partition(".")
            if method and VIEW not in ancestors(f"{module.name}.{owner}"):
                found.setdefault(method, []).append(f"{module.name}.{name}")
    return found


@cache
def leads_to(name: str) -> tuple[str, ...]:
    """What a part or a class names: parts and classes of ours."""
    module_name, rest = _split(name)
    module = modules()[module_name]
    if rest in module.classes:
        return tuple(_of_class(module, rest))
    node = module.parts.get(rest)
    return tuple(_named(module, node, rest.partition(".")[0])) if node is not None else ()


def _of_class(module: Module, name: str) -> Iterator[str]:
    full = f"{module.name}.{name}"
    above = ancestors(full)
    if VIEW in above:
        return  # named as a type
    if PROBLEM in above:
        return  # made by a call, or asked for
    yield from (each for each in above[1:] if _split(each)[0])
    # Others call the methods of what stands on a class of theirs; ours are called by name.
    theirs = not all(_split(each)[0] for each in above)
    for part in module.parts:
        owner, _, method = part.partition(".")
        if owner == name and (theirs or method.startswith("__")):
            yield f"{module.name}.{part}"
    for node in module.classes[name].body:
        if not isinstance(node, ast.FunctionDef):
            yield from _named(module, node, name)


def _named(module: Module, node: ast.AST, owner: str) -> Iterator[str]:
    scope = _Scope(module, node, owner)
    called = {id(each.func) for each in ast.walk(node) if isinstance(each, ast.Call)}
    for each in ast.walk(node):
        if isinstance(each, ast.Name):
            full = scope.meant(each)
            if is_ours(full):
                yield full
        elif isinstance(each, ast.Attribute):
            yield from scope.of_attribute(each, called=id(each) in called)


class _Scope:
    """What names mean inside one function."""

    def __init__(self, module: Module, node: ast.AST, owner: str) -> None:
        self.module, self.owner = module, f"{module.name}.{owner}"
        # Its arguments and variables, with the class of each where it is said.
        self.own: dict[str, ast.expr | None] = {}
        for each in ast.walk(node) if isinstance(node, ast.FunctionDef) else ():
            if isinstance(each, ast.arg):
                self.own[each.arg] = each.annotation
            elif isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
                self.own.setdefault(each.id, None)

    def meant(self, node: ast.expr) -> str:
        """The dotted name of what an expression names; empty where that is not known."""
        first = node
        while isinstance(first, ast.Attribute):
            first = first.value
        if not isinstance(first, ast.Name) or first.id in self.own:
            return ""
        return meant(f"{self.module.name}.{ast.unparse(node)}")

    def of_attribute(self, node: ast.Attribute, *, called: bool) -> Iterator[str]:
        """The methods or functions that `thing.name` may be."""
        full, kind = self.meant(node), self._class_of(node.value)
        if kind:
            yield from self._methods_of(kind, node.attr)
        elif full and is_ours(full):
            yield full
        elif called and not full and node.attr not in USUAL:
            for each in _methods().get(node.attr, ()):
                # Objects of a private class stay in its module.
                if "._" not in each or each.startswith(f"{self.module.name}._"):
                    yield each

    @staticmethod
    def _methods_of(kind: str, name: str) -> Iterator[str]:
        for each in ancestors(kind):
            if is_ours(f"{each}.{name}"):
                yield f"{each}.{name}"

    def _class_of(self, node: ast.expr) -> str:
        """The class of ours that an expression is of, as far as that is said."""
        said: ast.expr | None = None
        where = self.module
        if isinstance(node, ast.Name) and node.id in ("self", "cls"):
            return self.owner
        if isinstance(node, ast.Name):
            said = self.own.get(node.id)
        elif isinstance(node, ast.Call):
            if ast.unparse(node) == "super()":
                return self.owner
            there, rest = _split(self.meant(node.func))
            if there and rest in modules()[there].classes:
                return f"{there}.{rest}"
            made = modules()[there].parts.get(rest) if there else None
            if isinstance(made, ast.FunctionDef):
                said, where = made.returns, modules()[there]
        if not isinstance(said, ast.Name | ast.Attribute):
            return ""
        full = meant(f"{where.name}.{ast.unparse(said)}")
        there, rest = _split(full)
        return full if there and rest in modules()[there].classes else ""


def is_ours(name: str) -> bool:
    module, rest = _split(name)
    return bool(module) and (rest in modules()[module].parts or rest in modules()[module].classes)


@cache
def raised(name: str) -> frozenset[str]:
    """The codes of the problems that a part makes itself."""
    module_name, rest = _split(name)
    module = modules()[module_name]
    node = module.parts.get(rest)
    found: set[str] = set()
    for each in ast.walk(node) if node is not None else ():
        if isinstance(each, ast.Call):
            found |= _made(module, each)
        elif isinstance(each, ast.Raise) and isinstance(each.exc, ast.Name | ast.Attribute):
            found |= _made(module, ast.Call(each.exc, [], []))
    return frozenset(found)


def _made(module: Module, call: ast.Call) -> set[str]:
    """The codes of the problem that a call makes, if it makes one."""
    made = meant(f"{module.name}.{ast.unparse(call.func)}")
    if PROBLEM not in ancestors(made):
        return set()
    there, rest = _split(made)
    own = modules()[there].parts.get(f"{rest}.__init__")
    if own is not None and made not in (PROBLEM, REFUSAL):
        # A class that brings its code along.
        calls = [each for each in ast.walk(own) if isinstance(each, ast.Call)]
        (call,) = [each for each in calls if ast.unparse(each.func) == "super().__init__"]
        module = modules()[there]
    given = [word.value for word in call.keywords if word.arg == "code"]
    return set(_values(module, given[0])) if given else {"refused"}


def _values(module: Module, node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant):
        yield str(node.value)
    elif isinstance(node, ast.Name | ast.Attribute):
        there, rest = _split(meant(f"{module.name}.{ast.unparse(node)}"))
        said = modules()[there].parts.get(rest) if there else None
        if isinstance(said, ast.Constant):
            yield str(said.value)
    elif isinstance(node, ast.IfExp):
        yield from _values(module, node.body)
        yield from _values(module, node.orelse)


def reached(begin: tuple[str, ...], without: frozenset[str] = frozenset()) -> set[str]:
    """Whatever these parts lead to, but not by way of those in `without`."""
    found = set(begin) - without
    waiting = list(found)
    while waiting:
        for there in leads_to(waiting.pop()):
            if there not in found and there not in without:
                found.add(there)
                waiting.append(there)
    return found


@cache
def codes(begin: tuple[str, ...], without: frozenset[str] = frozenset()) -> set[str]:
    """The codes of every problem that is made on the way."""
    return {code for part in reached(begin, without) for code in raised(part)}
