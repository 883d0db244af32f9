"""Part five: vectors of nodes, learned from the edges of a graph."""

from __future__ import annotations

from tutor.lazy import rooms

__all__ = ["baselines", "graph", "reconstruction", "rewire", "walks"]

__getattr__ = rooms(__name__, __all__)
