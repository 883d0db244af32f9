"""Part five: vectors of nodes, learned from the edges of a graph."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["baselines", "graph", "rewire", "walks"]


def __getattr__(name: str) -> Any:
    """Fetch a module or an algorithm's folder on first use."""
    if name not in __all__:
        raise AttributeError(
            f"module 'tutor.graphs' has no attribute {name!r}; it offers "
            f"{', '.join(__all__)}"
        )
    return import_module(f"tutor.graphs.{name}")
