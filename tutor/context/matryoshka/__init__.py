"""Sentence vectors good at every length and every depth: pooling, contrast, Matryoshka.

Forms: ``pooling``, ``contrastive`` and ``reference`` (NumPy, with the gradients by
hand), ``torch`` (the twins, and :class:`MatryoshkaTuner`), ``tuning`` (train on pairs,
read every depth), ``cost`` (operations and bytes of an exit).
Chapter: ``context/matryoshka``.
"""

from __future__ import annotations

from tutor.context.matryoshka.config import METHODS, MatryoshkaConfig
from tutor.context.matryoshka.contrastive import (
    alignment,
    info_nce_gradients,
    info_nce_loss,
    uniformity,
    unit,
    unit_gradients,
)
from tutor.context.matryoshka.cost import Exit, exit_cost
from tutor.context.matryoshka.pooling import POOLS, pool, weighted_pool
from tutor.context.matryoshka.reference import (
    Weights,
    coordinate_divergence,
    coordinate_divergence_gradients,
    matryoshka_gradients,
    matryoshka_loss,
    truncate,
    two_d_gradients,
    two_d_loss,
    two_d_weights,
)
from tutor.context.matryoshka.tuning import draws, exit_vectors, layer_vectors, tune
from tutor.lazy import members

__all__ = [
    "METHODS",
    "POOLS",
    "Exit",
    "MatryoshkaConfig",
    "MatryoshkaTuner",
    "Weights",
    "alignment",
    "coordinate_divergence",
    "coordinate_divergence_gradients",
    "draws",
    "exit_cost",
    "exit_vectors",
    "info_nce_gradients",
    "info_nce_loss",
    "layer_vectors",
    "matryoshka_gradients",
    "matryoshka_loss",
    "pool",
    "shortened",
    "truncate",
    "tune",
    "two_d_gradients",
    "two_d_loss",
    "two_d_weights",
    "uniformity",
    "unit",
    "unit_gradients",
    "weighted_pool",
]

__getattr__ = members(__name__, ["MatryoshkaTuner", "shortened"], "torch", __all__)
