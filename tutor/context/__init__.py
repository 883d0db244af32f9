"""Part three: a vector for each word in its place, not for each word in the language.

``attention`` holds the transformer encoder that the whole part is built on.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["attention"]


def __getattr__(name: str) -> Any:
    """Fetch an algorithm's folder on first use."""
    if name not in __all__:
        raise AttributeError(
            f"module 'tutor.context' has no attribute {name!r}; it offers "
            f"{', '.join(__all__)}"
        )
    return import_module(f"tutor.context.{name}")
