"""A graph: for each node the row of its neighbours, as one long array cut into rows.

The form is that of a sparse matrix (compressed rows): ``targets[offsets[v]:offsets[v +
1]]`` are the neighbours of node v in rising order. A walker reads it without searching,
and scipy takes it as it is.

Left out: several edges between two nodes (they are added up), self-loops (refused),
attributes of nodes and edges other than one weight.
Chapter: ``graphs/walks``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from tutor.checks import check_keys, several
from tutor.spelling import closest_spellings

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False, repr=False)
class Graph:
    r"""Nodes with their neighbours; make one by :meth:`from_edges`.

    Parameters
    ----------
    keys : tuple of str
        The n nodes, each once.
    offsets : (n + 1,) int64
        Where the neighbours of each node begin.
    targets : (arcs,) int32
        Neighbours of all nodes; an undirected edge stands here twice.
    weights : (arcs,) float64
        Positive; 1 where edges have no weight.
    directed : bool
        Whether an arc may lack its opposite.
    """

    keys: tuple[str, ...]
    offsets: Ints
    targets: NDArray[np.int32]
    weights: NDArray[np.float64]
    directed: bool = False

    @classmethod
    def from_edges(
        cls,
        keys: Iterable[str],
        edges: ArrayLike,
        *,
        weights: ArrayLike | None = None,
        directed: bool = False,
    ) -> Graph:
        """Build a graph from pairs of rows.

        Parameters
        ----------
        keys : iterable of str
            Names of the nodes; node i has row i.
        edges : (m, 2) integers
            Rows of both ends; of source and target when ``directed``. An edge given
            twice counts once, its weights added (without weights: weight 1).
        weights : (m,) floats, optional
            Positive and finite.

        Raises
        ------
        ValueError
            For repeated keys, rows outside the keys, self-loops, or weights that are
            NaN, infinite, zero or negative.
        TypeError
            When rows are no integers.
        """
        names = tuple(several(keys, "keys"))
        check_keys(names)
        if len(set(names)) != len(names):
            raise ValueError(
                f"{len(names)} keys but only {len(set(names))} different ones: a node "
                "may stand once"
            )
        pairs = _check_edges(edges, names)
        weight = _check_weights(weights, len(pairs))
        if not directed:
            low, high = pairs.min(axis=1), pairs.max(axis=1)
            pairs = np.column_stack([low, high])
        pairs, place = np.unique(pairs, axis=0, return_inverse=True)
        total = np.bincount(place.ravel(), weights=weight, minlength=len(pairs))
        if weights is None:
            total = np.ones(len(pairs))  # type: ignore[assignment]
        if not directed:
            pairs = np.concatenate([pairs, pairs[:, ::-1]])
            total = np.concatenate([total, total])
        order = np.lexsort((pairs[:, 1], pairs[:, 0]))
        counts = np.bincount(pairs[:, 0], minlength=len(names))
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        arrays = offsets, pairs[order, 1].astype(np.int32), total[order]
        for array in arrays:
            array.setflags(write=False)
        return cls(names, *arrays, directed)  # type: ignore[arg-type]

    # --- reading ---------------------------------------------------------------------
    def __len__(self) -> int:
        return len(self.keys)

    def __repr__(self) -> str:
        kind = "directed" if self.directed else "undirected"
        some = "" if self.unweighted else ", weighted"
        return f"Graph({len(self)} nodes, {self.n_edges} edges, {kind}{some})"

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {key: row for row, key in enumerate(self.keys)}

    def row(self, key: str) -> int:
        """Return the row of a node; an unknown name offers close spellings."""
        if key not in self._rows:
            near = ", ".join(map(repr, closest_spellings(key, self.keys)))
            raise KeyError(f"{key!r} is none of the {len(self)} nodes; closest: {near}")
        return self._rows[key]

    def neighbours(self, row: int) -> NDArray[np.int32]:
        """Return the neighbours of a node in rising order: a view."""
        if not 0 <= row < len(self):
            raise IndexError(
                f"row {row} asked for; this graph has 0 to {len(self) - 1}"
            )
        return self.targets[self.offsets[row] : self.offsets[row + 1]]

    @property
    def n_edges(self) -> int:
        """The number of edges; an undirected one counts once."""
        return len(self.targets) // (1 if self.directed else 2)

    @cached_property
    def degrees(self) -> Ints:
        """How many neighbours each node has (of a directed graph: arcs that leave)."""
        return np.diff(self.offsets)

    @cached_property
    def unweighted(self) -> bool:
        """Whether all weights are equal: a step then needs no search."""
        return bool(np.all(self.weights == self.weights[:1]))

    @property
    def sources(self) -> Ints:
        """The node each arc leaves: (arcs,)."""
        return np.repeat(np.arange(len(self)), self.degrees)

    def edges(self) -> Ints:
        """Return the edges (m, 2), an undirected one once with the lower row first."""
        pairs = np.column_stack([self.sources, self.targets]).astype(np.int64)
        return pairs if self.directed else pairs[pairs[:, 0] < pairs[:, 1]]

    def adjacency(self) -> csr_matrix:
        """Return the matrix A (n, n): the weight of the arc from row to column."""
        n = len(self)
        arrays = self.weights.copy(), self.targets.copy(), self.offsets.copy()
        return csr_matrix(arrays, shape=(n, n))

    def has_arc(self, source: ArrayLike, target: ArrayLike) -> NDArray[np.bool_]:
        """Return whether there is an arc for each pair of rows."""
        n = len(self)
        wanted = np.asarray(source, np.int64) * n + np.asarray(target, np.int64)
        if not len(self._codes):
            return np.zeros(wanted.shape, bool)
        at = np.minimum(np.searchsorted(self._codes, wanted), len(self._codes) - 1)
        found: NDArray[np.bool_] = self._codes[at] == wanted
        return found

    @cached_property
    def _codes(self) -> Ints:
        return self.sources * len(self) + self.targets

    # --- parts -----------------------------------------------------------------------
    def isolated(self) -> Ints:
        """Return the rows of nodes without any edge, in or out."""
        touched = np.zeros(len(self), bool)
        touched[self.targets] = True
        return np.flatnonzero(~touched & (self.degrees == 0))

    def components(self) -> Ints:
        """Return for each node the number of its component; directions do not count."""
        number: Ints = connected_components(self.adjacency(), directed=False)[1]
        return number.astype(np.int64)

    def largest_component(self) -> Graph:
        """Return the largest connected part; of two as large, the one met first."""
        number = self.components()
        return self.subgraph(np.flatnonzero(number == np.bincount(number).argmax()))

    def subgraph(self, rows: Sequence[int] | Ints) -> Graph:
        """Return these nodes, in this order, with the edges among them."""
        chosen = np.asarray(rows, dtype=np.int64)
        if not len(chosen):
            raise ValueError("no rows given: a subgraph needs at least one node")
        new = np.full(len(self), -1)
        new[chosen] = np.arange(len(chosen))
        pairs = new[self.edges()]
        inside = (pairs >= 0).all(axis=1)
        weights = self.weights
        if not self.directed:
            weights = weights[self.sources < self.targets]
        return Graph.from_edges(
            [self.keys[i] for i in chosen.tolist()],
            pairs[inside],
            weights=weights[inside],
            directed=self.directed,
        )


def _check_edges(edges: ArrayLike, names: tuple[str, ...]) -> Ints:
    pairs = np.asarray(edges)
    if not pairs.size:
        return np.zeros((0, 2), np.int64)
    if pairs.dtype.kind not in "iu":
        raise TypeError(
            f"edges must be pairs of row numbers, got {pairs.dtype}: look names up by "
            "their place in keys"
        )
    if pairs.ndim != 2 or pairs.shape[1] != 2:
        raise ValueError(f"edges must have shape (m, 2), got {pairs.shape}")
    n = len(names)
    if pairs.min() < 0 or pairs.max() >= n:
        raise ValueError(
            f"edges name rows {pairs.min()} to {pairs.max()}, but there are {n} keys: "
            f"rows run from 0 to {n - 1}"
        )
    loops = np.flatnonzero(pairs[:, 0] == pairs[:, 1])
    if len(loops):
        raise ValueError(
            f"{len(loops)} edges lead from a node to itself, the first at "
            f"{names[pairs[loops[0], 0]]!r}: drop self-loops before"
        )
    return pairs.astype(np.int64)


def _check_weights(weights: ArrayLike | None, n: int) -> NDArray[np.float64]:
    if weights is None:
        return np.ones(n)
    values = np.asarray(weights, dtype=np.float64)
    if values.shape != (n,):
        raise ValueError(f"{n} edges but weights of shape {values.shape}: one an edge")
    bad = ~(np.isfinite(values) & (values > 0))
    if bad.any():
        raise ValueError(
            f"{int(bad.sum())} weights are NaN, infinite, zero or negative, the first "
            f"is {values[bad][0]}: weights must be positive; leave an edge out instead "
            "of giving it weight 0"
        )
    return values
