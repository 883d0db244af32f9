"""Part two: vectors and codes of documents."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["autoencoder", "bags", "hashing", "paragraphs"]


def __getattr__(name: str) -> Any:
    """Fetch an algorithm's module on first use."""
    if name not in __all__:
        raise AttributeError(
            f"module 'tutor.documents' has no attribute {name!r}; it offers "
            f"{', '.join(__all__)}"
        )
    return import_module(f"tutor.documents.{name}")
