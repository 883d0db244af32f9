"""Part six: vectors of the entities and relations of a knowledge graph."""

from __future__ import annotations

from tutor.lazy import rooms

__all__ = ["flows", "triples"]

__getattr__ = rooms(__name__, __all__)
