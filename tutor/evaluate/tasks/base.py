"""What a task is, and what it returns: the base of the four kinds.

Chapter: ``context/matryoshka``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor.geometry import unit_rows

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Score:
    """What an encoder reached on one task.

    Attributes
    ----------
    value, chance : float
        The metric, and what vectors without any information reach.
    items : (n,) array or None
        One value a test item: their mean is the metric, or, with ``gold``, their rank
        correlation with it. None for clustering, which has no value an item.
    gold : (n,) array or None
    """

    task: str
    kind: str
    metric: str
    value: float
    chance: float
    items: Floats | None = field(default=None, repr=False, compare=False)
    gold: Floats | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Task(ABC):
    """Texts with an answer to find in their vectors.

    Attributes
    ----------
    name, title : str
    sources : tuple of str
        The data sets it is made from, names of ``data/sources.toml``.
    note : str
        What a reader of the score should know.
    """

    name: str
    title: str
    sources: tuple[str, ...]
    note: str

    def __post_init__(self) -> None:
        empty = sum(not text.strip() for text in self.texts)
        if not self.texts or empty:
            raise ValueError(
                f"task {self.name}: {len(self.texts)} texts, {empty} of them empty; a "
                "task needs texts with words"
            )

    @property
    def kind(self) -> str:
        """The class in lower case: ``retrieval``."""
        return type(self).__name__.lower()

    @property
    @abstractmethod
    def texts(self) -> tuple[str, ...]:
        """What has to be encoded, in this order."""

    @property
    @abstractmethod
    def metric(self) -> str:
        """The name of the metric; higher is better."""

    @property
    @abstractmethod
    def items(self) -> int:
        """How many things are judged."""

    @property
    @abstractmethod
    def chance(self) -> float:
        """What vectors without any information reach."""

    @abstractmethod
    def judge(self, X: Any) -> tuple[float, Floats | None, Floats | None]:
        """Return metric, items and gold for unit vectors in the order of ``texts``."""

    def score(self, vectors: ArrayLike) -> Score:
        """Return how well the answers can be read from vectors of the texts.

        Shapes: (texts, dim), one row a text, finite.
        """
        X = np.asarray(vectors)
        if X.ndim != 2 or len(X) != len(self.texts) or not X.shape[1]:
            raise ValueError(
                f"task {self.name} has {len(self.texts)} texts, so vectors must be "
                f"({len(self.texts)}, dim), got shape {X.shape}"
            )
        if not np.isfinite(X).all():
            raise ValueError(
                f"task {self.name}: {int((~np.isfinite(X)).sum())} entries of the "
                "vectors are NaN or infinite; an encoder must return numbers"
            )
        value, items, gold = self.judge(unit_rows(X.astype(np.float64)))
        return Score(self.name, self.kind, self.metric, value, self.chance, items, gold)
