"""Part one: vectors of words, from counted neighbours to learned ones."""

from __future__ import annotations

from tutor.lazy import rooms

__all__ = [
    "bias",
    "counts",
    "glove",
    "knowledge",
    "ladder",
    "numbers",
    "senses",
    "subwords",
    "terms",
    "word2vec",
]

__getattr__ = rooms(__name__, __all__)
