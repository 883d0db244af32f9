"""Numbers, people and minds as vectors: four small rooms that share a ridge.

Forms: ``encodings`` (numbers by rule; DICE in ``circle``), ``linear`` (ridge, folds),
``probe`` (the small network; its twin in ``torch``), ``personal`` (user offsets and
vectors, shrunk), ``axes`` (rotations, scales between opposites), ``sparse`` (sparse
codes). There is no Numba form: every step is a few matrix products, which NumPy leaves
to BLAS.
Chapter: ``words/numbers``.
"""

from __future__ import annotations

from tutor.words.numbers import axes, encodings, linear, personal, probe, sparse
from tutor.words.numbers.config import NumberConfig
from tutor.words.numbers.probe import ProbeConfig

__all__ = [
    "NumberConfig",
    "ProbeConfig",
    "axes",
    "encodings",
    "linear",
    "personal",
    "probe",
    "sparse",
]
