"""The package's own source, as a chapter shows it."""

from __future__ import annotations

import ast
import inspect
import textwrap
from typing import Any


def source_of(thing: Any, *, docstrings: bool = True) -> str:
    """Return the dedented source of a function, class or module."""
    target = inspect.unwrap(getattr(thing, "py_func", thing))
    try:
        code = inspect.getsource(target)
    except (TypeError, OSError) as error:
        raise TypeError(
            f"{thing!r} has no Python source to show; hand over a function, class or "
            "module of the package"
        ) from error
    code = textwrap.dedent(code).rstrip()
    return code if docstrings else shorten_docstrings(code)


def shorten_docstrings(code: str) -> str:
    """Cut every docstring of several lines to its first line; all else stays."""
    lines = code.splitlines()
    scopes = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    found = [
        node.body[0]
        for node in ast.walk(ast.parse(code))
        if isinstance(node, scopes) and ast.get_docstring(node)
    ]
    for place in sorted(found, key=lambda node: -node.lineno):
        start, end = place.lineno - 1, place.end_lineno or place.lineno
        if end - start > 1:
            lines[start:end] = [lines[start].rstrip() + '"""']
    return "\n".join(lines)
