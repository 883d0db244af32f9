"""A map with lines: which keys are joined, how strongly, and what lies around one.

An edge joins two shown keys and weighs what their cosine is. A slider leaves the lines
out that weigh less than it says; choosing a key marks all that is reached from it in
one, two or three steps along the lines that are left. Lists and table name the joined
keys in place of the nearest. It is an :class:`~tutor.explorer.view.Explorer` with more
data: style, keyboard and safety are the same.

Chapter: ``words/terms``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor.embedding import Embedding
from tutor.explorer import pack, page
from tutor.explorer.trained import Trained
from tutor.explorer.view import Explorer

MOST = 4000
"""Largest number of lines: more cannot be told apart, and a page has to hold them."""

WORDS = page.Words(
    near="Connected to",
    column="Connected to",
    caption="the other names that a line joins it with",
    note="A line joins two keys and weighs what their cosine is in all dimensions.",
)


class Network(Explorer):
    """Show the first keys of an embedding as points, and edges between them as lines.

    Parameters
    ----------
    embedding : Embedding
        What to show, as in :class:`~tutor.explorer.view.Explorer`.
    edges : iterable of (str, str)
        Pairs of shown keys, in any order; an edge given twice counts once. At most
        4,000.
    reduce, limit, title, groups, trained
        As in Explorer.

    Raises
    ------
    ValueError
        If an edge is not a pair, joins a key with itself, or there are too many.
    KeyError
        If an edge names a key that is not shown.
    """

    def __init__(
        self,
        embedding: Embedding,
        edges: Iterable[Sequence[str]],
        *,
        reduce: str | ArrayLike = "pca",
        limit: int = 2000,
        title: str = "Map of the connections",
        groups: Sequence[str] | None = None,
        trained: Trained | None = None,
    ) -> None:
        super().__init__(
            embedding,
            reduce=reduce,
            limit=limit,
            neighbours=1,
            title=title,
            groups=groups,
            analogy=0,
            trained=trained,
        )
        self.edges = self._rows_of(edges)

    def _rows_of(self, edges: Iterable[Sequence[str]]) -> NDArray[np.int64]:
        """Return the rows that each edge joins, the smaller first, sorted, (m, 2)."""
        pairs = set()
        for edge in edges:
            if isinstance(edge, str) or len(edge) != 2:
                raise ValueError(f"an edge is a pair of keys, got {edge!r}")
            for key in edge:
                if key not in self._row_of:
                    raise KeyError(
                        f"an edge names {key!r}, which is not among the "
                        f"{len(self.keys)} shown keys; raise limit or leave it out"
                    )
            pair = tuple(sorted(self._row_of[key] for key in edge))
            if pair[0] == pair[1]:
                raise ValueError(f"an edge joins {edge[0]!r} with itself; leave it out")
            pairs.add(pair)
        if len(pairs) > MOST:
            raise ValueError(
                f"{len(pairs):,} edges; at most {MOST:,} can be shown: raise the "
                "threshold or show fewer keys"
            )
        return np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)

    @property
    def cosines(self) -> NDArray[np.float64]:
        """Cosine of the two keys of each edge, (m,)."""
        first, second = self.rows[self.edges[:, 0]], self.rows[self.edges[:, 1]]
        together: NDArray[np.float64] = np.einsum("ij,ij->i", first, second)
        return together

    def listed(self, row: int) -> list[tuple[int, float]]:
        """Return the keys joined with one, the heaviest edge first: (row, cosine)."""
        found = [
            (int(pair.sum() - row), float(cosine))
            for pair, cosine in zip(self.edges, self.cosines, strict=True)
            if row in pair
        ]
        return sorted(found, key=lambda edge: (-edge[1], edge[0]))

    def _repr_html_(self) -> str:
        """Return the map with its lines, the slider and the choice of steps."""
        weights = page.hundredths(self.cosines)
        low = int(weights.min(initial=100))
        mark = " data-measured" if self.trained else ""
        data = pack.script_json(
            {
                "pairs": pack.to_base64(pack.to_12_bits(self.edges)),
                "count": len(self.edges),
                "weights": pack.to_base64(weights),
                "low": low,
                "high": int(weights.max(initial=low)),
            }
        )
        return page.html(
            self,
            bar=page.asset("network.html"),
            more='<script type="application/json" class="ex-edges"'
            f"{mark}>{data}</script>\n",
            script=page.asset("network.js"),
            words=WORDS,
        )

    def __repr__(self) -> str:
        return "Network" + super().__repr__().removeprefix("Explorer")
