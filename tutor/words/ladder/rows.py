r"""`Rows`: what a rung makes, dense or sparse, one row a word of the vocabulary.

A rung may return an ``Embedding``; `as_rows` wraps it. Sparse rows stay sparse: their
bytes are those of the three arrays that hold them. Chapter: ``words/ladder``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tutor.geometry import unit_rows

if TYPE_CHECKING:
    from tutor.embedding import Embedding

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False, repr=False)
class Rows:
    """Words and their rows, and what a rung can say of other words.

    Attributes
    ----------
    keys : tuple of str
        The words, in the order of the corpus' vocabulary.
    matrix : (words, columns) array or sparse matrix
        A row of zeros means: no vector.
    outside : callable or None
        words → (words, columns), for words beyond ``keys``; zeros where it has none.
    stored : tuple of arrays
        What must be kept to answer all this; empty means the matrix itself.

    Raises
    ------
    ValueError
        For no words, another number of rows than words, no columns, or values that are
        not finite.
    """

    keys: tuple[str, ...]
    matrix: Any
    outside: Callable[[Sequence[str]], Any] | None = None
    stored: tuple[Any, ...] = field(default=())

    def __post_init__(self) -> None:
        shape: tuple[int, ...] = getattr(self.matrix, "shape", ())
        if len(self.keys) == 0:
            raise ValueError("a rung made no rows: its vocabulary is empty")
        if len(shape) != 2 or shape[0] != len(self.keys) or shape[1] < 1:
            raise ValueError(
                f"need a matrix of {len(self.keys)} rows, one a word, and at least one "
                f"column, got shape {tuple(shape)}"
            )
        values = (
            self.matrix if isinstance(self.matrix, np.ndarray) else self.matrix.data
        )
        if not np.isfinite(values).all():
            bad = int((~np.isfinite(values)).sum())
            raise ValueError(
                f"{bad} values of the rows are NaN or infinite: a word without a "
                "vector is a row of zeros"
            )

    def __repr__(self) -> str:
        rows, columns = self.matrix.shape
        return f"Rows({rows} x {columns}, {self.nbytes:,} bytes)"

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays that must be kept; a sparse matrix has three."""
        return sum(array_bytes(part) for part in self.stored or (self.matrix,))

    @cached_property
    def unit(self) -> Any:
        """The rows at length 1, zero rows as they are; sparse ones stay sparse."""
        return unit(self.matrix)

    @cached_property
    def lacking(self) -> int:
        """How many words of the vocabulary have no vector."""
        return int((squares(self.matrix) == 0).sum())

    @cached_property
    def _places(self) -> dict[str, int]:
        return {key: i for i, key in enumerate(self.keys)}

    def of(self, words: Sequence[str]) -> Any:
        """Return unit rows of any words, known or not; zeros where there is none."""
        from scipy.sparse import csr_matrix, vstack

        if isinstance(words, str):
            raise TypeError(f"give a list of words, not the string {words[:30]!r}")
        new = sorted({w for w in words if w not in self._places})
        width = self.matrix.shape[1]
        if self.outside is None or not new:
            found: Any = csr_matrix((len(new), width), dtype=self.unit.dtype)
        else:
            found = self.outside(new)
        if tuple(found.shape) != (len(new), width):
            raise ValueError(
                f"outside must give {len(new)} rows of {width}, got {found.shape}"
            )
        places = self._places | {w: len(self) + i for i, w in enumerate(new)}
        chosen = [places[w] for w in words]
        if isinstance(self.unit, np.ndarray):
            beyond = found if isinstance(found, np.ndarray) else found.toarray()
            return np.concatenate([self.unit, unit(beyond)])[chosen]
        return vstack([self.unit, unit(csr_matrix(found))]).tocsr()[chosen]

    def reaches(self, words: Sequence[str]) -> NDArray[np.bool_]:
        """Return which of these words have a vector, known or not: (n,)."""
        return np.asarray(squares(self.of(words)) > 0)


def as_rows(made: Embedding | Rows, words: Sequence[str]) -> Rows:
    """Return what a rung made as `Rows`, checked against the vocabulary.

    Raises
    ------
    TypeError
        If it is neither an ``Embedding`` nor `Rows`.
    ValueError
        If its words are not the vocabulary, in the same order; the first difference
        is named.
    """
    if not isinstance(made, Rows):
        if not hasattr(made, "vectors") or not hasattr(made, "keys"):
            raise TypeError(
                f"a rung must return an Embedding or Rows, got {type(made).__name__}"
            )
        made = Rows(tuple(made.keys), np.asarray(made.vectors))
    if made.keys != tuple(words):
        extra = [k for k in made.keys if k not in set(words)]
        missing = [w for w in words if w not in set(made.keys)]
        if missing:
            what = f"it lacks {len(missing)} of them, the first {missing[0]!r}"
        elif extra:
            what = f"it has {len(extra)} others, the first {extra[0]!r}"
        else:
            what = "they stand in another order"
        raise ValueError(
            f"a rung must have a row for each of the {len(words)} words of the "
            f"vocabulary, in its order: {what}; give zeros where it has no vector"
        )
    return made


# --- dense and sparse alike ----------------------------------------------------------
def array_bytes(part: Any) -> int:
    """Return the bytes of an array, or of the arrays of a sparse matrix."""
    if hasattr(part, "indptr"):
        return int(part.data.nbytes + part.indices.nbytes + part.indptr.nbytes)
    return int(part.nbytes)


def squares(matrix: Any) -> NDArray[np.float64]:
    """Return the squared length of each row, dense or sparse: (rows,)."""
    if isinstance(matrix, np.ndarray):
        wide = matrix.astype(np.float64)
        return np.asarray(np.einsum("nd,nd->n", wide, wide))
    return np.asarray(matrix.multiply(matrix).sum(axis=1), dtype=np.float64).ravel()


def unit(matrix: Any) -> Any:
    """Return rows of length 1, zero rows as they are; sparse in, sparse out."""
    if isinstance(matrix, np.ndarray):
        return unit_rows(matrix.astype(np.float64))
    from scipy.sparse import diags

    length = np.sqrt(squares(matrix))
    inverse = np.divide(1.0, length, np.zeros(len(length)), where=length > 0)
    return (diags(inverse) @ matrix).tocsr()


def row_products(left: Any, right: Any) -> NDArray[np.float64]:
    """Return the dot product of each row with its partner: (n, d) twice → (n,)."""
    if isinstance(left, np.ndarray):
        return np.asarray(np.einsum("nd,nd->n", left, right))
    return np.asarray(left.multiply(right).sum(axis=1), dtype=np.float64).ravel()


def table(left: Any, right: Any) -> NDArray[np.float64]:
    """Return all dot products of rows, as a dense array: (n, d), (m, d) → (n, m)."""
    product = left @ right.T
    dense = product if isinstance(product, np.ndarray) else product.toarray()
    return np.asarray(dense)
