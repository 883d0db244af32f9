"""Benchmark of chapter ``closing/one_world``: an interval over concepts, beside scipy.

Both sides draw the same concepts and correlate the pairs of each resample. The rival is
what one would write with scipy: cut the tables, take the pairs of different concepts,
``spearmanr``. It ranks anew in each resample; ours weighs the ranks of the full sample.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tutor.benchmarks import Row

CONCEPTS = 361
"""As many as the chapter has in every view."""


def rows(quick: bool) -> list[Row]:
    """Return the row; ``quick`` draws 20 resamples instead of 500."""
    from tutor.closing.one_world import reference as rsa

    generator = np.random.default_rng(0)
    X = generator.normal(size=(CONCEPTS, 32))
    A = rsa.similarities(X)
    B = rsa.similarities(X + generator.normal(size=X.shape))
    samples = 20 if quick else 500

    def ours() -> Any:
        effect = rsa.agreement_effect([(A, B)], samples=samples)
        return effect.low, effect.high

    def rival() -> Any:
        from scipy.stats import spearmanr

        drawn = rsa.multiplicities(samples, CONCEPTS, seed=0, stream=rsa.CONCEPTS)
        found = []
        for times in drawn.astype(int):
            rows_ = np.repeat(np.arange(CONCEPTS), times)
            i, j = np.triu_indices(CONCEPTS, 1)
            i, j = rows_[i], rows_[j]
            kept = i != j
            found.append(spearmanr(A[i[kept], j[kept]], B[i[kept], j[kept]]).statistic)
        return tuple(np.quantile(found, [0.025, 0.975]))

    return [
        Row(
            name=f"agreement with interval, {CONCEPTS} concepts",
            ours=ours,
            rival=rival,
            rival_name="scipy.stats.spearmanr, a call a resample",
            threads=1,
            unit="resamples",
            work=float(samples),
            quality=_ends,
            notes=(
                f"{samples} resamples of {CONCEPTS} concepts, one thread, the same "
                "draws. Not equal: scipy ranks the pairs of each resample anew"
            ),
        )
    ]


def _ends(ends: tuple[float, float]) -> Mapping[str, float]:
    """Return both ends of the interval."""
    return {"low": float(ends[0]), "high": float(ends[1])}
