"""Sense models: several vectors a word, and a choice among them by the context.

Forms: ``reference`` (NumPy losses and gradients), ``walk`` (windows and the NumPy
loop), ``fast`` (Numba kernel), ``torch`` (a module for CPU and CUDA). Beside them:
``clusters`` (k-means of context means) and ``pseudo`` (words made of two).
Chapter: ``words/senses``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tutor import training
from tutor.words import word2vec
from tutor.words.senses import walk
from tutor.words.senses.config import SensesConfig
from tutor.words.senses.walk import Layout, Occurrences, Tables
from tutor.words.word2vec.walk import rate_at
BACKENDS=("numba","numpy","torch")

@dataclass(frozen=True, repr=False)
class SensesFit(training.Fit):
    tables: Tables
    where: Layout
    targets: tuple[str, ...]
    priors: Any
