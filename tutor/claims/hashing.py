"""Hash of a piece of code: its syntax tree without docstrings, comments and layout.

Guards are left out too: an ``if`` that can do nothing but raise, and ``assert``. A run
that came to its end passed all of them, so no number of it hangs on what they ask or
say, and a clearer refusal does not make a stored result stale.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from tutor.claims.measured import ClaimError

_Scope = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
_Leaves = ast.Return | ast.Yield | ast.YieldFrom | ast.Await | ast.Break | ast.Continue
_CHANGING = {
    *("next", "pop", "popitem", "popleft", "setdefault", "append", "extend", "add"),
    *("update", "insert", "remove", "discard", "clear", "sort", "reverse", "fill"),
    *("read", "readline", "write", "send", "shuffle", "setflags", "setattr"),
}
"""Calls that change what they are asked about: a question with one is no guard."""


def input_name(item: ModuleType | Any | str) -> str:
    """Name a module as ``package.module``, a function or class as ``module:name``."""
    if isinstance(item, str):
        return item
    if isinstance(item, ModuleType):
        return item.__name__
    item = getattr(item, "py_func", item)
    module = getattr(item, "__module__", None)
    name = getattr(item, "__qualname__", None)
    if not module or not name or "<" in name:
        raise ClaimError(
            f"{item!r} is no named function, class or module; name it as "
            "'package.module:function'"
        )
    return f"{module}:{name}"


def fingerprint(name: str, *, missing_ok: bool = False) -> str | None:
    """Hash the code behind ``name`` (16 hexadecimal digits) without importing it.

    Parameters
    ----------
    name : str
        ``package.module``, ``package`` (all its files) or ``package.module:function``.
    missing_ok : bool
        Return ``None`` for a name that does not exist, instead of raising.

    Raises
    ------
    ClaimError
        If there is no such module or function.
    """
    module, _, inner = name.partition(":")
    files = _files(module)
    text: str | None = None
    if files and not inner:
        text = "\n".join(f"{file.name}\n{_tree(file)}" for file in files)
    elif files:
        scope = _find(ast.parse(files[0].read_text(encoding="utf-8")), inner)
        text = None if scope is None else canonical(scope)
    if text is None:
        if missing_ok:
            return None
        raise ClaimError(f"no code named {name!r}: is the module or function gone?")
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _files(module: str) -> list[Path]:
    try:
        spec = importlib.util.find_spec(module)
    except ModuleNotFoundError:
        return []
    if spec is None or spec.origin is None:
        return []
    origin = Path(spec.origin)
    if origin.name != "__init__.py":
        return [origin]
    return sorted(origin.parent.rglob("*.py"))


def _tree(file: Path) -> str:
    return _cached(str(file), file.stat().st_mtime_ns)


@lru_cache(maxsize=512)
def _cached(file: str, _changed: int) -> str:
    return canonical(ast.parse(Path(file).read_text(encoding="utf-8")))


def _find(tree: ast.AST, qualname: str) -> ast.AST | None:
    for part in qualname.split("."):
        body = getattr(tree, "body", [])
        found = [node for node in body if getattr(node, "name", None) == part]
        if not found:
            return None
        tree = found[-1]
    return tree


def canonical(tree: ast.AST) -> str:
    """Write a syntax tree the same way on every Python from 3.11 to 3.13.

    Positions, docstrings, guards, empty fields and fields that only newer versions know
    are left out.
    """
    if isinstance(tree, _Scope):
        body = tree.body[1:] if ast.get_docstring(tree, clean=False) else tree.body
    else:
        body = []
    parts = []
    for field, value in ast.iter_fields(tree):
        if field == "body" and isinstance(tree, _Scope):
            value = body
        if value is None or value == [] or field in ("kind", "type_comment"):
            continue
        parts.append(f"{field}={_value(value)}")
    return f"{type(tree).__name__}({', '.join(parts)})"


def _value(value: Any) -> str:
    if isinstance(value, ast.AST):
        return canonical(value)
    if isinstance(value, list):
        kept = (item for item in value if not is_guard(item))
        return "[" + ", ".join(_value(item) for item in kept) + "]"
    return repr(value)


def is_guard(node: Any) -> bool:
    """Tell whether a statement can stop a run and do nothing else.

    An ``assert`` is one; so is an ``if`` each of whose branches ends in ``raise`` and
    cannot be left on the way, if its question binds no name and calls nothing that
    changes what it is asked of.
    """
    if isinstance(node, ast.Assert):
        return _only_asks(node.test)
    if not isinstance(node, ast.If) or not _stops(node.body):
        return False
    rest = node.orelse
    ends = not rest or (len(rest) == 1 and is_guard(rest[0])) or _stops(rest)
    return ends and _only_asks(node.test)


def _stops(body: list[ast.stmt]) -> bool:
    """Tell whether these statements always end in a ``raise``."""
    inside = (node for statement in body for node in ast.walk(statement))
    left = any(isinstance(node, _Leaves) for node in inside)
    return bool(body) and isinstance(body[-1], ast.Raise) and not left


def _only_asks(test: ast.expr) -> bool:
    """Tell whether a question leaves everything as it was."""
    for node in ast.walk(test):
        if isinstance(node, ast.NamedExpr):
            return False
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in _CHANGING:
                return False
    return True
