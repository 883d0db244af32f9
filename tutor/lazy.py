"""Modules fetched on first use: how a package offers a part of itself unloaded."""

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
            raise _unknown(package, name, names)
        return import_module(f"{package}.{name}")

    return fetch


def members(
    package: str, names: Sequence[str], module: str, offered: Sequence[str]
) -> Callable[[str], Any]:
    """Return a package's ``__getattr__``: it fetches ``names`` from one of its modules.

    So what needs torch is offered without importing torch.

    Parameters
    ----------
    package : str
        The package's ``__name__``.
    names : sequence of str
        What stands in the module.
    module : str
        The module's name inside the package, such as ``torch``.
    offered : sequence of str
        The package's ``__all__``, for the message about an unknown name.
    """

    def fetch(name: str) -> Any:
        if name not in names:
            raise _unknown(package, name, offered)
        return getattr(import_module(f"{package}.{module}"), name)

    return fetch


def _unknown(package: str, name: str, offered: Sequence[str]) -> AttributeError:
    return AttributeError(
        f"module {package!r} has no attribute {name!r}; it offers {', '.join(offered)}"
    )
