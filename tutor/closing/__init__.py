"""Part eight: the families of the book side by side.

``one_world`` compares the spaces of the same concepts; ``families`` and ``which`` read
what the book measured.
"""

from __future__ import annotations

from tutor.lazy import rooms

__all__ = ["families", "one_world", "which"]

__getattr__ = rooms(__name__, __all__)
