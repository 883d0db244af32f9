"""Benchmarks of chapter ``words/numbers``: our penalty search against scikit-learn's.

Both sides choose a ridge's penalty among nine by the same five folds of the same rows,
fit it on all of them, and are judged by R2 on other rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tutor.benchmarks import Row


def rows(quick: bool) -> list[Row]:
    """Return the row; ``quick`` takes a tenth of the rows."""
    import numpy as np

    n = 2_000 if quick else 20_000
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n + 1000, 50))
    y = X @ rng.normal(size=50) + 5 * rng.normal(size=n + 1000)
    return [
        Row(
            name="ridge, penalty by five folds",
            ours=_ours(X[:n], y[:n]),
            rival=_scikit(X[:n], y[:n]),
            rival_name="scikit-learn GridSearchCV of Ridge",
            threads=1,
            unit="rows",
            work=float(n),
            quality=lambda model: _quality(model, X[n:], y[n:]),
            notes=(
                f"{n:,} rows of 50 columns, nine penalties; ours shares one "
                "decomposition among the penalties of a fold"
            ),
        )
    ]


def _ours(X: Any, y: Any) -> Callable[[], Any]:
    """Return the work of a turn in our form."""
    from tutor.words.numbers import linear

    place = linear.folds(len(y), 0)

    def work() -> Any:
        return linear.ridge(X, y, linear.choose_penalty(X, y, fold=place))

    return work


def _scikit(X: Any, y: Any) -> Callable[[], Any]:
    """Return the same work in scikit-learn; alpha is n times the penalty."""
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import GridSearchCV, PredefinedSplit

    from tutor.words.numbers import linear

    splits = PredefinedSplit(linear.folds(len(y), 0))
    grid = {"alpha": [0.8 * len(y) * p for p in linear.PENALTIES]}

    def work() -> Any:
        return GridSearchCV(Ridge(), grid, cv=splits, n_jobs=1).fit(X, y)

    return work


def _quality(model: Any, X: Any, y: Any) -> Mapping[str, float]:
    """Return R2 on held-out rows, by our function for both sides."""
    from tutor.words.numbers import linear

    return {"R2": linear.r_squared(y, model.predict(X))}
