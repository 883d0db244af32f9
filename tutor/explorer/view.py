"""The Explorer object: checks its arguments, computes its facts once, shows itself."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor.claims.measured import Measured
from tutor.explorer import layout, pack, page
from tutor.explorer.trained import Shown, Trained, shown
from tutor.geometry import unit_rows

if TYPE_CHECKING:
    from tutor.embedding import Embedding

PALETTE_SIZE = 8
ANALOGY_BYTES = 20_000
ANALOGY_DIM = 50
LARGEST = 4096  # rows are sent as numbers of 12 bits


class Explorer:
    """Show the first keys of an embedding as a map to explore.

    Directions are compared, not lengths: the map, the neighbours and the analogy box
    all start from rows of unit length.

    Parameters
    ----------
    embedding : Embedding
        What to show. Use ``embedding.subset(keys)`` to choose or reorder keys.
    reduce : "pca" or (n, 2) array
        Where the points lie: principal components with fixed signs, or coordinates of
        your own, one row for each key of ``embedding`` or for each shown key.
    limit : int
        Largest number of points, taken from the front (frequent words first), 1 to
        4,096. An output with 2,000 words stays below 150 kB.
    neighbours : int
        Neighbours listed for a chosen key, 1..20.
    title : str
        Heading of the map.
    groups : sequence of str, or None
        One group name a key, at most 8 different ones, shown as colours with a legend.
    analogy : int or sequence of str
        Keys known to the analogy box: that many from the front of the shown ones, or
        exactly these, the first three asked at the start; 0 hides the box. The page
        holds 20,000 bytes for it: 400 keys of 50 dimensions (wider vectors are first
        projected on 50).
    trained : tutor.explorer.Trained or None
        Bands of the numbers under the map, where the page trains the vectors itself
        and they differ in their last digits between machines.

    Raises
    ------
    ValueError
        If an argument is out of range or an array has the wrong shape or a NaN.
    KeyError
        If ``analogy`` names a key that is not shown.

    Notes
    -----
    The HTML depends on nothing but the arguments: no random or counted ids, so that a
    stored output can be compared. Coordinates are rounded to four digits.
    """

    def __init__(
        self,
        embedding: Embedding,
        *,
        reduce: str | ArrayLike = "pca",
        limit: int = 2000,
        neighbours: int = 8,
        title: str = "Map of the embedding",
        groups: Sequence[str] | None = None,
        analogy: int | Sequence[str] = 400,
        trained: Trained | None = None,
    ) -> None:
        _check_number("limit", limit, 1, LARGEST)
        _check_number("neighbours", neighbours, 1, 20)
        if len(embedding.keys) == 0:
            raise ValueError("the embedding has no keys; an explorer needs at least 1")
        count = min(limit, len(embedding.keys))
        self.embedding = embedding
        self.keys: tuple[str, ...] = tuple(embedding.keys[:count])
        self._row_of = {key: row for row, key in enumerate(self.keys)}
        self.title = title
        self.neighbours = min(neighbours, count - 1)
        self._given = _check_reduce(reduce, count, len(embedding.keys))
        self.groups = _check_groups(groups, count, len(embedding.keys))
        self.analogy_rows = self._rows_of_the_box(analogy)
        self.example = () if isinstance(analogy, (int, np.integer)) else self._first()
        self.trained = trained
        if trained is not None:
            _ = self.numbers  # outside its band: fail here, not when displayed

    # --- facts, computed once --------------------------------------------------------
    @cached_property
    def rows(self) -> NDArray[np.float64]:
        """Shown vectors at unit length, (n, d)."""
        front = np.asarray(self.embedding.vectors[: len(self.keys)], dtype=np.float64)
        return unit_rows(front).astype(np.float64, copy=False)

    @cached_property
    def _map(self) -> tuple[NDArray[np.float64], layout.Distortion]:
        if self._given is None:
            flat, variance = layout.principal_components(self.rows)
            return flat, layout.distortion(self.rows, flat, variance)
        return self._given, layout.distortion(self.rows, self._given, None)

    @property
    def coordinates(self) -> NDArray[np.float64]:
        """Points of the map, (n, 2), before rounding."""
        return self._map[0]

    @property
    def distortion(self) -> layout.Distortion:
        """What the map keeps of the full vectors."""
        return self._map[1]

    @cached_property
    def nearest(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Nearest shown keys by cosine on the full vectors: rows and scores, (n, k)."""
        return layout.nearest_rows(self.rows, self.neighbours)

    def listed(self, row: int) -> list[tuple[int, float]]:
        """Return what the table lists with a key: rows and cosines, best first."""
        order, scores = self.nearest
        return list(zip(order[row].tolist(), scores[row].tolist(), strict=True))

    @cached_property
    def analogy_vectors(self) -> NDArray[np.int8]:
        """8-bit summary that the analogy box calculates with, (m, p)."""
        return pack.summary(self.rows[self.analogy_rows], ANALOGY_DIM)

    @cached_property
    def agreement(self) -> float | None:
        """Share of random analogy questions that the summary answers as the vectors."""
        return pack.agreement(self.rows[self.analogy_rows], self.analogy_vectors)

    @cached_property
    def numbers(self) -> dict[str, Shown]:
        """Numbers under the map as they are written, those that apply."""
        found = {
            "variance": self.distortion.variance,
            "trustworthiness": self.distortion.trustworthiness,
            "agreement": self.agreement,
        }
        return {
            name: shown(name, value, self.trained)
            for name, value in found.items()
            if value is not None
        }

    # --- display ---------------------------------------------------------------------
    def _repr_html_(self) -> str:
        """Return the whole viewer: style, table, data and script."""
        return page.html(self)

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> tuple[dict[str, str], dict[str, Any]]:
        """Return text and HTML, and the records of measured numbers as metadata."""
        values = [v for v in self.numbers.values() if isinstance(v, Measured)]
        record = {"kind": "explorer", "measured": [v.record() for v in values]}
        data = {"text/plain": repr(self), "text/html": self._repr_html_()}
        return data, {"tutor": record} if values else {}

    def __repr__(self) -> str:
        """Return sizes and distortion, for readers of plain text."""
        total, dim = self.embedding.vectors.shape
        return (
            f"Explorer({len(self.keys):,} of {total:,} keys, {dim} dimensions; "
            f"map: {page.kept(self, str)})"
        )

    # --- checks ----------------------------------------------------------------------
    def _rows_of_the_box(self, analogy: int | Sequence[str]) -> NDArray[np.int64]:
        room = ANALOGY_BYTES // min(ANALOGY_DIM, self.embedding.vectors.shape[1])
        if isinstance(analogy, (int, np.integer)):
            _check_number("analogy", int(analogy), 0, None)
            return np.arange(min(int(analogy), room, len(self.keys)))
        if isinstance(analogy, str):
            raise ValueError(
                f"analogy must be a number or a list of keys, got the text {analogy!r}"
            )
        names = list(dict.fromkeys(analogy))
        if len(names) > room:
            raise ValueError(
                f"the analogy box has room for {room} keys of this width, "
                f"got {len(names)}; leave some out"
            )
        return np.array([self._row(name) for name in names], dtype=np.int64)

    def _row(self, key: str) -> int:
        if key not in self._row_of:
            raise KeyError(
                f"analogy names {key!r}, which is not among the {len(self.keys)} "
                "shown keys; raise limit or choose another"
            )
        return self._row_of[key]

    def _first(self) -> tuple[str, ...]:
        """Return the three keys that the analogy box asks about at the start."""
        first = tuple(self.keys[row] for row in self.analogy_rows[:3])
        return first if len(first) == 3 else ()


def _check_number(name: str, value: int, low: int, high: int | None) -> None:
    """Raise ValueError unless value is a whole number between low and high."""
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or value < low or (high is not None and value > high):
        upper = "or more" if high is None else f"to {high}"
        raise ValueError(f"{name} must be a whole number, {low} {upper}, got {value!r}")


def _check_reduce(
    reduce: str | ArrayLike, shown: int, total: int
) -> NDArray[np.float64] | None:
    """Return given coordinates of the shown points, or None for "pca"."""
    if isinstance(reduce, str):
        if reduce != "pca":
            raise ValueError(
                f'reduce must be "pca" or an array of coordinates, got {reduce!r}'
            )
        return None
    flat = np.array(reduce, dtype=np.float64)
    if flat.ndim != 2 or flat.shape[1] != 2 or len(flat) not in (shown, total):
        raise ValueError(
            f"coordinates must have the shape ({shown}, 2) or ({total}, 2), one row a "
            f"key; got {flat.shape}"
        )
    if not np.all(np.isfinite(flat)):
        raise ValueError("coordinates must be finite; found NaN or infinity")
    return flat[:shown]


def _check_groups(
    groups: Sequence[str] | None, shown: int, total: int
) -> tuple[str, ...] | None:
    """Return the group name of each shown point, or None."""
    if groups is None:
        return None
    names = tuple(str(name) for name in groups)
    if len(names) not in (shown, total):
        raise ValueError(
            f"groups must name one group a key, {total} in all; got {len(names)}"
        )
    names = names[:shown]
    if len(set(names)) > PALETTE_SIZE:
        raise ValueError(
            f"at most {PALETTE_SIZE} groups can be told apart by colour, "
            f"got {len(set(names))}; merge some"
        )
    return names
