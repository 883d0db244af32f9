"""Modules fetched on first use: how a part offers its rooms without loading them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any


def rooms(package: str, names: Sequence[str]) -> Callable[[str], Any]:
    """Return a package's ``__getattr__``: it imports one of ``names`` when asked.

    Parameters
    ----------
    package : str
        The package's ``__name__``.
    names : sequence of str
        Its modules and folders, as in its ``__all__``.
    """

    def fetch(name: str) -> Any:
        if name not in names:
            raise AttributeError(
                f"module {package!r} has no attribute {name!r}; it offers "
                f"{', '.join(names)}"
            )
        return import_module(f"{package}.{name}")

    return fetch
