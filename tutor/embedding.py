r"""`Embedding`: keys and their vectors, the one currency of the course.

Every method returns one, every evaluation takes one. Row :math:`i` of the matrix
:math:`W \in \mathbb{R}^{n \times d}` belongs to key :math:`i`. Nothing can change it
once it is made: methods return a new object.

Left out: turning text into vectors (encoders return an ``Embedding`` keyed by
document), and approximate search (chapter ``systems/search``).
Chapter: ``words/evaluation``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor import formats
from tutor.checks import check_keys, check_vectors, real_floats, several
from tutor.evaluate.ranking import best_rows
from tutor.geometry import unit_rows
from tutor.spelling import closest_spellings

if TYPE_CHECKING:
    import torch

Floats = NDArray[np.floating[Any]]


class Neighbour(NamedTuple):
    """A key and how well it scores: higher is closer."""

    key: str
    score: float


@dataclass(frozen=True, eq=False, repr=False)
class Embedding:
    r"""Keys and vectors, immutable.

    Parameters
    ----------
    keys : sequence of str
        The n keys: unique, not empty, most frequent first where frequency is known.
    vectors : "n d" array
        Copied and write-protected; float16, float32 and float64 are kept, anything
        else becomes float64.
    meta : mapping, optional
        Where the vectors come from; must be JSON-able to be saved.

    Raises
    ------
    TypeError
        When a key is not a string.
    ValueError
        For duplicate keys, NaN or infinite entries, a rank other than 2, or another
        number of rows than keys; the message has the numbers.
    """

    keys: tuple[str, ...]
    vectors: Floats
    meta: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        keys = tuple(several(self.keys, "keys"))
        vectors = real_floats(self.vectors)
        if not isinstance(self.meta or {}, Mapping):
            raise TypeError(f"meta must be a mapping, got {self.meta!r}")
        check_keys(keys)
        keys = tuple(map(str, keys))  # NumPy's strings become plain ones
        check_vectors(keys, vectors)
        vectors.setflags(write=False)
        object.__setattr__(self, "keys", keys)
        object.__setattr__(self, "vectors", vectors[...])  # a view cannot be unlocked
        object.__setattr__(self, "meta", MappingProxyType(dict(self.meta or {})))
        if len(self._rows) != len(keys):
            repeated = next(k for i, k in enumerate(keys) if self._rows[k] != i)
            raise ValueError(
                f"{len(keys)} keys but only {len(self._rows)} different ones; the "
                f"first to repeat is {repeated!r}: drop the repeats before"
            )

    # --- looking up ------------------------------------------------------------------
    @cached_property
    def _rows(self) -> dict[str, int]:
        return {key: row for row, key in enumerate(self.keys)}

    @cached_property
    def _unit(self) -> Floats:
        unit = unit_rows(self.vectors)
        unit.setflags(write=False)
        return unit

    @property
    def dim(self) -> int:
        """The number of columns d."""
        return int(self.vectors.shape[1])

    def __len__(self) -> int:
        return len(self.keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys)

    def __contains__(self, key: object) -> bool:
        return key in self._rows

    def __getitem__(self, key: str) -> Floats:
        """Return the vector (d,) of a key, write-protected."""
        vector: Floats = self.vectors[self.row(key)]
        return vector

    def __repr__(self) -> str:
        some = ", ".join(map(repr, self.keys[:3])) + (", ..." if len(self) > 3 else "")
        return f"Embedding({len(self)} x {self.dim}: {some})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Embedding, (self.keys, np.asarray(self.vectors), dict(self.meta))

    def row(self, key: str) -> int:
        """Return the row of a key; an unknown one is a ``KeyError`` with suggestions.

        The message names the three closest spellings.
        """
        if (row := self._rows.get(key)) is None:
            near = ", ".join(map(repr, closest_spellings(key, self.keys)))
            raise KeyError(
                f"{key!r} is not among the {len(self)} keys; closest: {near or 'none'}"
            )
        return row

    def rows(self, keys: Iterable[str]) -> NDArray[np.int64]:
        """Return the rows (m,) of several keys, in their order."""
        rows = (self.row(key) for key in several(keys, "keys"))
        return np.fromiter(rows, dtype=np.int64)

    # --- asking ----------------------------------------------------------------------
    def similarity(self, a: str, b: str) -> float:
        r"""Return the cosine of two keys.

        .. math:: \cos(a, b) = \frac{w_a \cdot w_b}{\lVert w_a \rVert \lVert w_b \rVert}

        A zero vector has cosine 0 with everything.
        """
        pair = self.vectors[[self.row(a), self.row(b)]].astype(np.float64)
        x, y = unit_rows(pair)
        return float(x @ y)

    def nearest(
        self, query: str | ArrayLike, k: int = 10, exclude: Iterable[str] = ()
    ) -> tuple[Neighbour, ...]:
        """Return the ``k`` keys of highest cosine, ties in row order.

        Parameters
        ----------
        query : str or (d,) vector
            A key, which is then left out of its own neighbours, or any vector.
        k : int
            At least 1; fewer come back when fewer are left.
        exclude : iterable of str
            Keys to leave out.
        """
        left_out = [*several(exclude, "exclude")]
        if isinstance(query, str):
            left_out.append(query)
            query = self[query]
        vector = np.asarray(query, dtype=np.float64)
        if vector.shape != (self.dim,) or not np.isfinite(vector).all():
            raise ValueError(
                f"a query vector must be finite and of shape ({self.dim},), "
                f"got shape {vector.shape}"
            )
        scores = self._unit @ unit_rows(vector[None])[0].astype(self._unit.dtype)
        return self._best(scores, k, self.rows(left_out))

    def analogy(self, a: str, b: str, c: str, k: int = 1) -> tuple[Neighbour, ...]:
        r"""Answer "a is to b as c is to ?"; never with a, b or c.

        .. math:: \arg\max_{d \notin \{a, b, c\}} \hat w_d \cdot
                  (\hat w_b - \hat w_a + \hat w_c)

        with unit rows :math:`\hat w` (3CosAdd, Mikolov, Yih and Zweig 2013). The
        score is the dot product above: a sum of cosines, between -3 and 3.
        """
        rows = self.rows((a, b, c))
        target = self._unit[rows[1]] - self._unit[rows[0]] + self._unit[rows[2]]
        return self._best(self._unit @ target, k, rows)

    def _best(
        self, scores: Floats, k: int, left_out: NDArray[np.int64]
    ) -> tuple[Neighbour, ...]:
        found = zip(*best_rows(scores, k, left_out=left_out), strict=True)
        return tuple(Neighbour(self.keys[row], float(value)) for row, value in found)

    # --- making another --------------------------------------------------------------
    def subset(self, keys: Iterable[str]) -> Embedding:
        """Return these keys with their rows, in this order."""
        keys = tuple(several(keys, "keys"))
        return Embedding(keys, self.vectors[self.rows(keys)], self.meta)

    def truncate(self, dim: int) -> Embedding:
        """Return the first ``dim`` columns (a Matryoshka prefix, or fewer SVD axes)."""
        if not 1 <= dim <= self.dim:
            raise ValueError(f"dim must lie between 1 and {self.dim}, got {dim}")
        return Embedding(self.keys, self.vectors[:, :dim], self.meta)

    def transform(self, change: Callable[[Floats], ArrayLike] | ArrayLike) -> Embedding:
        """Return ``change(vectors)``, or ``vectors @ change`` for a (d, d') matrix."""
        if callable(change):
            return Embedding(self.keys, np.asarray(change(self.vectors)), self.meta)
        matrix = np.asarray(change)
        if matrix.ndim != 2 or matrix.shape[0] != self.dim:
            raise ValueError(
                f"a matrix must have shape ({self.dim}, any), got {matrix.shape}"
            )
        return Embedding(self.keys, self.vectors @ matrix, self.meta)

    def normalized(self) -> Embedding:
        """Return the vectors at length 1; zero vectors stay zero."""
        return Embedding(self.keys, self._unit, self.meta)

    # --- files and other libraries (tutor.formats) -----------------------------------
    def save(self, folder: str | Path) -> Path:
        """Write a folder that `load`, model2vec and sentence-transformers open.

        Text is split at white space and looked up word by word; ``tutor.formats`` says
        what stands in the four files.
        """
        return formats.write_folder(self, Path(folder))

    @classmethod
    def load(cls, folder: str | Path) -> Embedding:
        """Read what `save` wrote; runs no code from the files."""
        return cls(*formats.read_folder(Path(folder)))

    def to_word2vec(self, path: str | Path, binary: bool = False) -> Path:
        """Write word2vec's format (float32); keys with white space are refused."""
        return formats.write_word2vec(self, Path(path), binary=binary)

    @classmethod
    def from_word2vec(cls, path: str | Path, binary: bool = False) -> Embedding:
        """Read word2vec's format, believing its header only as far as the file goes."""
        return cls(*formats.read_word2vec(Path(path), binary=binary))

    def to_gensim(self) -> Any:
        """Return gensim ``KeyedVectors`` with fresh norms."""
        return formats.to_gensim(self)

    @classmethod
    def from_gensim(cls, keyed_vectors: Any) -> Embedding:
        """Read gensim ``KeyedVectors``; its cached norms are ignored."""
        return cls(*formats.from_gensim(keyed_vectors))

    def to_torch(self, *, freeze: bool = True) -> torch.nn.Embedding:
        """Return a ``torch.nn.Embedding`` with a copy of the rows."""
        import torch

        weight = torch.tensor(np.asarray(self.vectors))
        n, dim = self.vectors.shape
        return torch.nn.Embedding(n, dim, _weight=weight, _freeze=freeze)
