"""Part one: vectors of words, from counted neighbours to learned ones."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["counts", "glove", "word2vec"]


def __getattr__(name: str) -> Any:
    """Fetch an algorithm's folder on first use."""
    if name not in __all__:
        raise AttributeError(
            f"module 'tutor.words' has no attribute {name!r}; it offers "
            f"{', '.join(__all__)}"
        )
    return import_module(f"tutor.words.{name}")
