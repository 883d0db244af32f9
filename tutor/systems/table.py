r"""One interface for everything that turns categories into vectors, with its bytes.

A table is asked with keys, one column a field, and answers with numbers side by side.
What it keeps at rest stands in ``arrays``, and ``bytes`` counts exactly these: weights,
but also keys, salts and ranges, without which nobody could look anything up.

A method that compresses otherwise (codes, cores, scales) is another subclass: it
answers ``lookup``, says by ``gradients`` how its trainable arrays should move, and may
round or prune them in ``settle``, which training calls after every step.

Left out: the optimiser's memory, which is needed while training only.
Chapter: ``systems/multiplexing``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from tutor.systems.hashing import Keys, rows_of

Float = NDArray[np.floating[Any]]
Rows = NDArray[np.int64]


class EmbeddingTable(ABC):
    """Keys in, vectors out, and every byte that this takes.

    Attributes
    ----------
    fields : int
        How many columns of keys it is asked with.
    width : int
        How many numbers it answers a row of keys with.
    """

    fields: int
    width: int

    @property
    @abstractmethod
    def arrays(self) -> Mapping[str, NDArray[Any]]:
        """Everything kept at rest, by name."""

    @property
    @abstractmethod
    def trainable(self) -> tuple[Float, ...]:
        """The arrays that training changes in place."""

    @abstractmethod
    def lookup(self, keys: Keys) -> Float:
        """Return the vectors: keys (batch, fields) → (batch, width)."""

    @abstractmethod
    def gradients(self, keys: Keys, slope: Float) -> tuple[Float, ...]:
        """Return the gradient by each trainable array.

        Shapes: keys (batch, fields), slope (batch, width), the gradient by what
        ``lookup`` answered.
        """

    def settle(self) -> None:  # noqa: B027 - a plain table has nothing to settle
        """Round, prune or re-code after a step; a plain table does nothing."""

    @property
    def bytes(self) -> int:
        """The bytes of all arrays, counted from the arrays."""
        return sum(array.nbytes for array in self.arrays.values())

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({self.fields} fields -> {self.width} numbers, "
            f"{self.bytes:,} bytes)"
        )


# --- where a key finds its row -------------------------------------------------------
class Place(Protocol):
    """One look-up: which field it reads, and which row a key gets."""

    @property
    def field(self) -> int:
        """The column of keys that it reads."""

    def rows(self, keys: Keys) -> Rows:
        """Return the row of each key of the field."""


@dataclass(frozen=True, eq=False)
class Exact:
    """A row for each known key, and one that all unknown keys share.

    ``known`` is sorted; the row of ``known[i]`` is ``first`` + i, unknown keys get
    ``first`` + n.
    """

    field: int
    first: int
    known: Keys

    def rows(self, keys: Keys) -> Rows:
        """Find the keys by bisection."""
        n = len(self.known)
        if n == 0:
            return np.full(keys.shape, self.first, dtype=np.int64)
        at = np.minimum(np.searchsorted(self.known, keys), n - 1)
        return np.asarray(self.first + np.where(self.known[at] == keys, at, n))


@dataclass(frozen=True, eq=False)
class Hashed:
    """``size`` rows from ``first`` on, found by a salted hash: no keys are kept."""

    field: int
    first: int
    size: int
    salt: np.uint64

    def rows(self, keys: Keys) -> Rows:
        """Hash the keys."""
        return np.asarray(self.first + rows_of(keys, self.salt, self.size))


# --- the plain table -----------------------------------------------------------------
class RowTable(EmbeddingTable):
    r"""Rows of one matrix, side by side: full, hashed and unified tables alike.

    .. math:: e(x) = \bigl[\, W_{a_1(x)}, \dots, W_{a_S(x)} \,\bigr]

    where :math:`W` is the matrix of ``weights`` and :math:`a_s` the address of look-up
    s, one of ``places``. The methods differ in their addresses and in nothing else.

    Shapes: weights (rows, d); lookup (batch, fields) → (batch, S d).
    """

    def __init__(self, weights: Float, places: Sequence[Place], fields: int):
        self.weights = weights
        self.places = tuple(places)
        self.fields = fields
        self.width = len(self.places) * weights.shape[1]

    @property
    def arrays(self) -> Mapping[str, NDArray[Any]]:
        """Weights, the keys of exact look-ups, the salts of hashed ones, ranges."""
        exact = [p.known for p in self.places if isinstance(p, Exact)]
        salts = [p.salt for p in self.places if isinstance(p, Hashed)]
        spans = [
            (p.field, p.first, len(p.known) if isinstance(p, Exact) else p.size)
            for p in self.places
            if isinstance(p, Exact | Hashed)
        ]
        return {
            "weights": self.weights,
            "keys": np.concatenate([np.empty(0, np.uint64), *exact]),
            "salts": np.array(salts, dtype=np.uint64),
            "spans": np.array(spans, dtype=np.int32).reshape(-1, 3),
        }

    @property
    def trainable(self) -> tuple[Float, ...]:
        """The weights."""
        return (self.weights,)

    def rows(self, keys: Keys) -> Rows:
        """Return the addresses: keys (batch, fields) → (batch, S)."""
        if keys.ndim != 2 or keys.shape[1] != self.fields:
            raise ValueError(
                f"keys must be (batch, {self.fields}), one column a field, got shape "
                f"{keys.shape}"
            )
        return np.stack([p.rows(keys[:, p.field]) for p in self.places], axis=1)

    def lookup(self, keys: Keys) -> Float:
        """Gather the rows and put them side by side."""
        return self.weights[self.rows(keys)].reshape(len(keys), self.width)

    def gradients(self, keys: Keys, slope: Float) -> tuple[Float, ...]:
        r"""Add each look-up's slope into its row; rows used twice get the sum.

        .. math:: \frac{\partial \ell}{\partial W_r} =
                  \sum_{b, s:\, a_s(x_b) = r} \frac{\partial \ell}{\partial e_{b,s}}
        """
        rows = self.rows(keys).ravel()
        parts = slope.reshape(len(rows), self.weights.shape[1])
        ones = np.ones(len(rows), dtype=slope.dtype)
        shape = (len(self.weights), len(rows))
        spread = scipy.sparse.csr_array((ones, (rows, np.arange(len(rows)))), shape)
        return (np.asarray(spread @ parts),)
