"""Part six: vectors of the entities and relations of a knowledge graph."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["triples"]


def __getattr__(name: str) -> Any:
    """Fetch an algorithm's folder on first use."""
    if name not in __all__:
        raise AttributeError(
            f"module 'tutor.knowledge' has no attribute {name!r}; it offers "
            f"{', '.join(__all__)}"
        )
    return import_module(f"tutor.knowledge.{name}")
