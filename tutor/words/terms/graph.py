r"""The semantic map as a graph: each term, its neighbours, and edges among these.

Chapter: ``words/terms``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor import sampling
from tutor.evaluate.ranking import DECIMALS
from tutor.geometry import unit_rows
from tutor.settings import check_whole

if TYPE_CHECKING:
    from tutor.embedding import Embedding

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
RELABEL = 45
"""Stream of the control that exchanges labels."""


class Edge(NamedTuple):
    """Two keys and their cosine; the one that stands first in the embedding is left."""

    left: str
    right: str
    cosine: float


def neighbour_graph(
    embedding: Embedding,
    keys: Iterable[str],
    *,
    topn: int = 10,
    depth: int = 0,
    threshold: float = 0.0,
) -> tuple[Edge, ...]:
    r"""Return the edges of the map around ``keys``, highest cosine first, each once.

    Around a key stand its ``topn`` nearest neighbours. Edges are key-neighbour and all
    neighbour pairs, where

    .. math:: \cos(a, b) \ge t

    With ``depth`` the same is drawn around each neighbour, ``depth`` times over.

    Parameters
    ----------
    embedding : Embedding
    keys : iterable of str
    topn : int
        Neighbours of a key, ≥ 1.
    depth : int
        ≥ 0.
    threshold : float
        :math:`t` in [-1, 1].

    Raises
    ------
    KeyError
        If a key is unknown.
    ValueError
        If a number is out of range, or ``keys`` is empty.

    Notes
    -----
    Cosines are rounded to six decimals first. The published program, vec2graph, draws
    edges with a cosine above the threshold, on a page for each word; this is one graph.
    """
    check_whole("topn", topn)
    if depth < 0 or depth != int(depth):
        raise ValueError(f"depth must be 0 or a positive whole number, got {depth}")
    if not -1 <= threshold <= 1:
        raise ValueError(f"threshold must lie in -1 to 1, got {threshold}")
    front = list(dict.fromkeys(embedding.rows(keys).tolist()))
    if not front:
        raise ValueError("keys is empty: name at least one key to draw around")
    X: Floats = unit_rows(np.asarray(embedding.vectors, np.float64)).astype(np.float64)
    drawn: set[int] = set()
    edges: dict[tuple[int, int], float] = {}
    for _ in range(depth + 1):
        reached: dict[int, None] = {}
        for center in front:
            near = _nearest(X, center, topn)
            edges.update(_around(X, np.append(center, near), threshold))
            reached.update(dict.fromkeys(near.tolist()))
        drawn |= set(front)
        front = [row for row in reached if row not in drawn]
    ordered = sorted(edges.items(), key=lambda edge: (-edge[1], edge[0]))
    keys_ = embedding.keys
    return tuple(Edge(keys_[a], keys_[b], value) for (a, b), value in ordered)


def _nearest(X: Floats, center: int, topn: int) -> Ints:
    """Return the rows of the ``topn`` highest cosines, ties in row order."""
    scores = (X @ X[center]).round(DECIMALS)
    scores[center] = -np.inf
    return np.argsort(-scores, kind="stable")[: min(topn, len(X) - 1)]


def _around(X: Floats, rows: Ints, threshold: float) -> dict[tuple[int, int], float]:
    """Return the pairs of these rows with a cosine of ``threshold`` or more."""
    cosines = (X[rows] @ X[rows].T).round(DECIMALS)
    left, right = np.triu_indices(len(rows), 1)
    kept = cosines[left, right] >= threshold
    found = {}
    for a, b in zip(left[kept], right[kept], strict=True):
        low, high = sorted((int(rows[a]), int(rows[b])))
        found[low, high] = float(cosines[a, b])
    return found


def star_precision(cosines: ArrayLike, related: ArrayLike, *, topn: int = 5) -> Floats:
    """Return, for each term, the share of its ``topn`` neighbours that are related.

    Shapes: (n, n), (n, n) bool → (n,). The diagonal counts for nothing; ties stand in
    row order.

    Raises
    ------
    ValueError
        If shapes differ or there are not more than ``topn`` terms.
    """
    s = np.array(cosines, np.float64).round(DECIMALS)
    r = np.asarray(related, bool)
    if s.ndim != 2 or s.shape != r.shape or s.shape[0] != s.shape[1]:
        raise ValueError(f"two square tables of one shape, got {s.shape} and {r.shape}")
    if len(s) <= topn:
        raise ValueError(f"topn={topn} neighbours need more than {len(s)} terms")
    np.fill_diagonal(s, -np.inf)
    near = np.argsort(-s, axis=1, kind="stable")[:, :topn]
    shares: Floats = np.take_along_axis(r, near, axis=1).mean(axis=1)
    return shares


def relabelled(bands: ArrayLike, *, seed: int) -> Ints:
    """Return an order of the terms that exchanges them inside their band only: (n,).

    A graph whose labels are exchanged keeps its shape and every node's degree. With
    bands of frequency each label goes to a term about as frequent.
    """
    b = np.asarray(bands)
    order = np.arange(len(b))
    for band in np.unique(b):
        here = np.flatnonzero(b == band)
        order[here] = here[sampling.permutation(len(here), seed=seed, stream=RELABEL)]
    return order
