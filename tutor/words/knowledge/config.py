"""Settings of the ways to put knowledge into word vectors. Chapter: ``words/knowledge``.

The source of the joint objective (Alawad et al., 2021) does not give it in a form that
could be checked, so the values are the course's own.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tutor.settings import check_whole
from tutor.words.word2vec.config import Word2VecConfig


def _check_positive(config: Any, *names: str) -> None:
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
        _check_positive(self, "anchor")
        check_whole("sweeps", self.sweeps)


@dataclass(frozen=True)
class CounterfitConfig:
    r"""Settings of :func:`tutor.words.knowledge.counterfit`.

    Attributes
    ----------
    repel, attract, preserve : float
        :math:`k_1, k_2, k_3`, weights of antonyms, synonyms and old neighbours.
    apart, close : float
        :math:`\delta, \gamma`: antonyms are pushed up to distance ``apart``, synonyms
        pulled down to distance ``close``. Distance is 1 - cosine.
    radius : float
        :math:`\rho`, within which two words are neighbours to be preserved.
    neighbours : int
        At most so many of a word, the nearest.
    steps : int
    learning_rate : float

    Raises
    ------
    ValueError
        If a value is out of its range.
    """

    repel: float = 1.0
    attract: float = 1.0
    preserve: float = 1.0
    apart: float = 1.0
    close: float = 0.0
    radius: float = 0.4
    neighbours: int = 10
    steps: int = 20
    learning_rate: float = 0.1

    def __post_init__(self) -> None:
        for name in ("repel", "attract", "preserve"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value >= 0):
                raise ValueError(f"{name} must be finite and 0 or more, got {value}")
        for name in ("apart", "close", "radius"):
            if not 0 <= getattr(self, name) <= 2:
                raise ValueError(
                    f"{name} is a distance 1 - cosine, from 0 to 2, got "
                    f"{getattr(self, name)}"
                )
        _check_positive(self, "learning_rate")
        for name in ("neighbours", "steps"):
            check_whole(name, getattr(self, name))


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
