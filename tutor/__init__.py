"""Readable reference implementations of embedding methods, and the course they serve.

``import tutor`` loads nothing heavy: the names below are fetched on first use, so a
reader without torch, numba or matplotlib can still open part one.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOME = {
    "setup": "tutor.notebook",
    "show": "tutor.notebook",
    "glue": "tutor.notebook",
    "table": "tutor.notebook",
    "Embedding": "tutor.embedding",
    "Claim": "tutor.claims",
    "Measured": "tutor.claims",
    "Fit": "tutor.training",
}

__all__ = ["__version__", *_HOME]


def __getattr__(name: str) -> Any:
    """Fetch a public name from its module on first use."""
    if name not in _HOME:
        raise AttributeError(
            f"module 'tutor' has no attribute {name!r}; it offers {', '.join(_HOME)}"
        )
    return getattr(import_module(_HOME[name]), name)
