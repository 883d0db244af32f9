"""Part three: a vector for each word in its place, not for each word in the language.

``attention`` holds the transformer encoder that the whole part is built on, ``bert``
the masked language model that trains it; ``matryoshka`` makes sentence vectors of its
states, at every length and depth.
"""

from __future__ import annotations

from tutor.lazy import rooms

__all__ = ["attention", "bert", "matryoshka"]

__getattr__ = rooms(__name__, __all__)
