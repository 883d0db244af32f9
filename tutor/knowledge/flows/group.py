r"""Relations as a group: affine bijections :math:`x \mapsto s\,x + m` and their rules.

An affine relation is a pair (m, s) with every s different from 0. The pairs form a
group: *first a, then b* is again one, each has an inverse, and the order matters.
TransE's relations are the subgroup with s = 1, DistMult's the one with m = 0; in both
the order does not matter.

The planted **line** makes that visible: places in a row, with a step, its inverse, a
mirror, and mirror and step in both orders. Chapter: ``knowledge/flows``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tutor import sampling
from tutor.datasets.triples import TripleSet
from tutor.knowledge.triples.reference import Float

_HELD_OUT = 67  # stream


class Affine(NamedTuple):
    r"""The map :math:`x \mapsto s\,x + m`, coordinate by coordinate."""

    shift: Float
    scale: Float

    def __call__(self, x: Float) -> Float:
        """Return the moved numbers, shape (..., dim)."""
        return np.asarray(self.scale * x + self.shift)

    def then(self, other: Affine) -> Affine:
        r"""Return this map followed by another.

        .. math:: s = s_2 s_1, \qquad m = s_2 m_1 + m_2
        """
        return Affine(other.scale * self.shift + other.shift, other.scale * self.scale)

    def inverse(self) -> Affine:
        r"""Return the map back: :math:`(-m / s,\; 1 / s)`.

        Raises
        ------
        ValueError
            If a scale is 0: everything lands on one point, nothing leads back.
        """
        if (zero := int((np.asarray(self.scale) == 0).sum())) > 0:
            raise ValueError(
                f"{zero} scales are 0: the map is no bijection and has no inverse"
            )
        return Affine(-self.shift / self.scale, 1 / self.scale)

    def is_symmetric(self, atol: float = 1e-9) -> bool:
        r"""Say whether the map is its own inverse.

        .. math:: s^2 = 1 \quad\text{and}\quad (s + 1)\, m = 0

        That is, in each coordinate the identity or a mirror :math:`m - x`.
        """
        twice = self.then(self)
        return bool(
            np.allclose(twice.scale, 1, rtol=0, atol=atol)
            and np.allclose(twice.shift, 0, rtol=0, atol=atol)
        )


def line_maps(size: int) -> dict[str, Affine]:
    """Return the six moves of the line with ``size`` places, as maps of numbers."""
    number = np.array([1.0])
    step, mirror = Affine(number, number), Affine(number * (size - 1), -number)
    return {
        "next": step,
        "previous": step.inverse(),
        "mirror": mirror,
        "second": step.then(step),
        "mirror then next": mirror.then(step),
        "next then mirror": step.then(mirror),
    }


def line(size: int = 40, *, held_out: float = 0.5, seed: int = 0) -> TripleSet:
    """Return places in a row, with moves of which some follow from others.

    All of *next* and *mirror* is trained on; of the four moves that are made of them
    only a part, the rest is tested.
    """
    if size < 4 or not 0 < held_out < 1:
        raise ValueError(
            f"needed size >= 4 and held_out between 0 and 1, got {size}, {held_out}"
        )
    maps = line_maps(size)
    rows = [
        (x, r, int(y))
        for r, move in enumerate(maps.values())
        for x, y in enumerate(move(np.arange(size, dtype=float)))
        if 0 <= y < size
    ]
    facts = np.array(rows, dtype=np.int64)
    given = [list(maps).index(name) for name in ("next", "mirror")]
    draws = sampling.uniform(seed, 0, _HELD_OUT, np.arange(len(facts)))
    out = ~np.isin(facts[:, 1], given) & (draws < held_out)
    names = tuple(f"place {i}" for i in range(size))
    empty = np.empty((0, 3), dtype=np.int64)
    return TripleSet("line", names, tuple(maps), facts[~out], empty, facts[out])


def line_by_affine(data: TripleSet) -> tuple[Float, Float]:
    """Return the affine model's vectors of the line, d = 1, reciprocals included.

    Place i is the number i; the relations are :func:`line_maps`, then their inverses.
    """
    size = len(data.entities)
    maps = list(line_maps(size).values())
    both = maps + [move.inverse() for move in maps]
    R = np.array([[float(a.shift[0]), float(a.scale[0])] for a in both])
    return np.arange(size, dtype=float)[:, None], R
