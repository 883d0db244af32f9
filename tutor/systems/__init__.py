"""Part seven: embeddings as memory: what a table costs, and what it can do without."""

from __future__ import annotations

from tutor.lazy import rooms

__all__ = ["hashing", "multiplexing", "table"]

__getattr__ = rooms(__name__, __all__)
