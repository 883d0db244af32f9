"""The settings of HOPE and SDNE, with the values of papers and programs."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class HopeConfig:
    r"""Settings of :func:`tutor.graphs.reconstruction.fit_hope`.

    Attributes
    ----------
    dim : int
        Columns of source and target vectors together, even; each has half.
    share : float
        :math:`\beta\,\rho(A)`, inside 0 to 1: the decay of the Katz index as a share
        of its bound.

    Raises
    ------
    ValueError
        If a value is out of its range.
    """

    dim: int = 32
    share: float = 0.5

    def __post_init__(self) -> None:
        if self.dim < 2 or self.dim % 2:
            raise ValueError(
                f"dim must be even and 2 or more, got {self.dim}: half of the columns "
                "are the source's, half the target's"
            )
        if not 0 < self.share < 1:
            raise ValueError(
                f"share must lie inside 0 to 1, got {self.share}: the Katz sum "
                "converges only for beta below 1 / spectral radius"
            )


@dataclass(frozen=True)
class SDNEConfig:
    r"""Settings of :func:`tutor.graphs.reconstruction.fit_sdne`.

    Values of the published program for a graph of 34 nodes stand in brackets.

    Attributes
    ----------
    dim : int
        Columns of the embedding.
    hidden : tuple of int
        Widths between input and embedding; the decoder mirrors them [(50, 15)].
    penalty : float
        :math:`\beta`, how much more an edge weighs than a non-edge, at least 1 [5].
    alpha : float
        Weight of the first-order term, 0 or more [1e-5].
    decay : float
        :math:`\nu`, weight of the squared weights, 0 or more.
    epochs : int
        Steps; each sees every node.
    learning_rate : float
        Of Adam [SGD with momentum 0.99].

    Raises
    ------
    ValueError
        If a value is out of its range.
    """

    dim: int = 32
    hidden: tuple[int, ...] = (128,)
    penalty: float = 5.0
    alpha: float = 1e-3
    decay: float = 1e-4
    epochs: int = 300
    learning_rate: float = 0.01

    def __post_init__(self) -> None:
        if min(self.dim, self.epochs, *self.hidden) < 1:
            raise ValueError(
                f"dim, hidden and epochs must be 1 or more, got {self.dim}, "
                f"{self.hidden}, {self.epochs}"
            )
        if not (math.isfinite(self.penalty) and self.penalty >= 1):
            raise ValueError(f"penalty must be 1 or more, got {self.penalty}")
        for name in ("alpha", "decay"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise ValueError(f"{name} must be 0 or more, got {value}")
        if not (math.isfinite(self.learning_rate) and self.learning_rate > 0):
            raise ValueError(
                f"learning_rate must be positive, got {self.learning_rate}"
            )
