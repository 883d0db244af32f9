"""Part two: vectors and codes of documents."""

from __future__ import annotations

from tutor.lazy import rooms

__all__ = ["autoencoder", "bags", "hashing", "paragraphs"]

__getattr__ = rooms(__name__, __all__)
