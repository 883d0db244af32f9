"""Readable reference implementations of embedding methods, and the course they serve.

``import tutor`` loads nothing heavy: the names below are fetched on first use, so a
reader without torch, numba or matplotlib can still open part one.
"""

# No new syntax in this file: a Python too old for the rest is told so here.
import sys
from importlib import import_module
from typing import Any

if sys.version_info < (3, 8):  # noqa: UP036
    sys.exit(
        f"tutor: this is Python {sys.version_info[0]}.{sys.version_info[1]}, the "
        "course needs 3.11, 3.12 or 3.13; install Python 3.13 and run "
        "`make book PYTHON=python3.13`"
    )

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

_ROOMS = ("evaluate",)
"""Rooms that need no import of their own: ``tutor.evaluate.run(encode, tasks)``."""

__all__ = ["__version__", *_HOME, *_ROOMS]


def __getattr__(name: str) -> Any:
    """Fetch a public name from its module, or a room, on first use."""
    if name in _ROOMS:
        return import_module(f"tutor.{name}")
    if name not in _HOME:
        offered = ", ".join([*_HOME, *_ROOMS])
        raise AttributeError(
            f"module 'tutor' has no attribute {name!r}; it offers {offered}"
        )
    return getattr(import_module(_HOME[name]), name)
