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

__all__ = ["__version__", *_HOME]


def __getattr__(name: str) -> Any:
    """Fetch a public name from its module on first use."""
    if name not in _HOME:
        raise AttributeError(
            f"module 'tutor' has no attribute {name!r}; it offers {', '.join(_HOME)}"
        )
    return getattr(import_module(_HOME[name]), name)
