r"""Planted graphs whose truth is known in closed form, and the vectors that hold it.

Three worlds of arithmetic. On the **grid** a relation is a step east, west, north or
diagonally: translations. On the **ring** it is a step around a circle: rotations. On
the **cube** it flips bits: every relation is its own inverse. In each, some relations
follow from others, and the facts held out are of that kind.

Chapter: ``knowledge/triples``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tutor import sampling
from tutor.datasets.triples import TripleSet
from tutor.knowledge.triples.reference import Float

Rows = NDArray[np.int64]
_HELD_OUT = 64  # stream


def grid(side: int = 8, *, held_out: float = 0.5, seed: int = 0) -> TripleSet:
    """Return a square of places with east, west (its inverse), north, northeast.

    All of *east* and *north* is trained on; of *west* and *northeast* (east and north
    composed) only a part, the rest is tested.
    """
    places = [(x, y) for x in range(side) for y in range(side)]
    moves = {"east": (1, 0), "north": (0, 1), "northeast": (1, 1), "west": (-1, 0)}
    number = {place: i for i, place in enumerate(places)}
    rows = [
        (number[x, y], r, number[x + dx, y + dy])
        for r, (dx, dy) in enumerate(moves.values())
        for x, y in places
        if (x + dx, y + dy) in number
    ]
    names = tuple(f"{x},{y}" for x, y in places)
    tested = ("northeast", "west")
    return _world("grid", names, tuple(moves), rows, tested, held_out, seed)


def ring(size: int = 60, *, held_out: float = 0.5, seed: int = 0) -> TripleSet:
    """Return places on a circle with next, previous, next but one, and opposite."""
    steps = {"next": 1, "opposite": size // 2, "previous": -1, "second": 2}
    rows = [
        (i, r, (i + step) % size)
        for r, step in enumerate(steps.values())
        for i in range(size)
    ]
    names = tuple(f"place {i}" for i in range(size))
    tested = ("previous", "second")
    return _world("ring", names, tuple(steps), rows, tested, held_out, seed)


def cube(bits: int = 6, *, held_out: float = 0.5, seed: int = 0) -> TripleSet:
    """Return the corners of a cube; a relation flips one bit, or the first two.

    All single flips are trained on; of *flip 0 and 1* only a part, the rest is tested.
    Every relation is symmetric.
    """
    flips = {f"flip {k}": 1 << k for k in range(bits)} | {"flip 0 and 1": 3}
    rows = [
        (i, r, i ^ flip)
        for r, flip in enumerate(flips.values())
        for i in range(1 << bits)
    ]
    names = tuple(f"{i:0{bits}b}" for i in range(1 << bits))
    return _world("cube", names, tuple(flips), rows, ("flip 0 and 1",), held_out, seed)


def _world(
    name: str,
    entities: tuple[str, ...],
    relations: tuple[str, ...],
    rows: list[tuple[int, int, int]],
    tested: tuple[str, ...],
    held_out: float,
    seed: int,
) -> TripleSet:
    """Hold out a share of the tested relations' facts, both ways of a pair together."""
    if not 0 < held_out < 1:
        raise ValueError(f"held_out must lie between 0 and 1, got {held_out}")
    facts = np.array(rows, dtype=np.int64)
    low, high = np.sort(facts[:, [0, 2]], axis=1).T
    pair = (facts[:, 1] * len(entities) + low) * len(entities) + high
    draws = sampling.uniform(seed, 0, _HELD_OUT, pair)
    chosen = np.isin(facts[:, 1], [relations.index(r) for r in tested])
    out = chosen & (draws < held_out)
    return TripleSet(
        name=name,
        entities=entities,
        relations=relations,
        train=facts[~out],
        valid=np.empty((0, 3), dtype=np.int64),
        test=facts[out],
    )


# --- vectors that hold the truth -----------------------------------------------------
def grid_by_translation(data: TripleSet) -> tuple[Float, Float]:
    """Return TransE's vectors of the grid, two numbers each: places and moves."""
    E = np.array([[float(z) for z in name.split(",")] for name in data.entities])
    moves = {"east": (1, 0), "north": (0, 1), "northeast": (1, 1), "west": (-1, 0)}
    return E, np.array([moves[name] for name in data.relations], dtype=float)


def ring_by_rotation(data: TripleSet) -> tuple[Float, Float]:
    r"""Return RotatE's vectors of the ring, one complex number each: d = 1.

    Entity i stands at :math:`e^{2\pi i\, k / n}`; a step of s turns by
    :math:`2\pi s / n`.
    """
    n = len(data.entities)
    angle = 2 * np.pi * np.arange(n) / n
    steps = {"next": 1, "opposite": n // 2, "previous": -1, "second": 2}
    turns = np.array([[2 * np.pi * steps[name] / n] for name in data.relations])
    return np.column_stack([np.cos(angle), np.sin(angle)]), turns


def cube_by_scaling(data: TripleSet) -> tuple[Float, Float]:
    r"""Return DistMult's vectors of the cube: rows of signs, one a subset of the bits.

    Coordinate k of corner x is :math:`(-1)^{|x \wedge k|}`; a flip by f has
    :math:`(-1)^{|f \wedge k|}`, and the product of the two is corner x flipped by f.
    """
    n = len(data.entities)
    k = np.arange(n)
    flips = [sum(1 << int(b) for b in name.split()[1::2]) for name in data.relations]

    def characters(x: NDArray[np.int64]) -> Float:
        shared = np.bitwise_count(x[:, None] & k).astype(np.float64)
        return np.asarray(1.0 - 2.0 * (shared % 2))

    return characters(k), characters(np.array(flips, dtype=np.int64))
