"""Settings of the ways to put knowledge into word vectors.

The source of the joint objective (Alawad et al., 2021) does not give it in a form that
could be checked, so the values are the course's own. Chapter: ``words/knowledge``.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tutor.settings import check_whole
from tutor.words.word2vec.config import Word2VecConfig


def check_positive(config: Any, *names: str) -> None:
    """Accept settings that are finite and above 0; else raise ValueError."""
    for name in names:
        value = getattr(config, name)
        if not (np.isfinite(value) and value > 0):
            raise ValueError(f"{name} must be finite and above 0, got {value}")


@dataclass(frozen=True)
class RetrofitConfig:
    r"""Settings of :func:`tutor.words.knowledge.retrofit`.

    Attributes
    ----------
    anchor : float
        :math:`\alpha`, how much a word holds on to its own vector against the mean of
        its neighbours.
    sweeps : int
        Times that every linked word is set anew.

    Raises
    ------
    ValueError
        If a value is out of its range.
    """

    anchor: float = 1.0
    sweeps: int = 10

    def __post_init__(self) -> None:
        check_positive(self, "anchor")
        check_whole("sweeps", self.sweeps)


@dataclass(frozen=True)
class JointConfig:
    r"""Settings of :func:`tutor.words.knowledge.fit`.

    Attributes
    ----------
    engine : Word2VecConfig
        Skip-gram with negative sampling, one thread.
    weight : float
        :math:`\lambda`, what an edge's squared length costs in one epoch; 0 is the
        plain engine.
    visits : int
        Steps an epoch takes on each edge, each with :math:`\lambda` / visits.

    Raises
    ------
    ValueError
        For another architecture, objective or number of threads; or when a visit would
        throw the two ends past each other: the difference of two ends is multiplied by
        :math:`1 - 4 \eta \lambda / \text{visits}`, which must not be negative.
    """

    engine: Word2VecConfig = field(default_factory=Word2VecConfig)
    weight: float = 1.0
    visits: int = 5

    def __post_init__(self) -> None:
        check_whole("visits", self.visits)
        e = self.engine
        wanted = ("skipgram", "negative_sampling", 1)
        if (e.architecture, e.objective, e.threads) != wanted:
            raise ValueError(
                "the joint objective is skip-gram with negative sampling on one "
                f"thread, got {e.architecture}, {e.objective}, {e.threads} threads"
            )
        if not (np.isfinite(self.weight) and self.weight >= 0):
            raise ValueError(f"weight must be finite and 0 or more, got {self.weight}")
        if 4 * e.learning_rate * self.weight > self.visits:
            raise ValueError(
                f"weight={self.weight} at learning_rate={e.learning_rate} throws the "
                f"ends of an edge past each other: give visits of at least "
                f"{int(np.ceil(4 * e.learning_rate * self.weight))}"
            )

    def with_weight(self, weight: float) -> JointConfig:
        """Return the same settings with another weight."""
        return replace(self, weight=weight)
