"""Benchmark of chapter ``multimodal/text_only``: our NumPy head and scikit-learn's.

Both train one hidden layer of 64 units by Adam on the captions of the training families
for as many batches of 128, on the packaged vectors of one cold encoder. Not equal:
initial numbers, order, and our rate falls to 0 where theirs is constant. No noise on
either side: scikit-learn has no place for it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tutor.benchmarks import Row


def rows(quick: bool) -> list[Row]:
    """Return the row; ``quick`` trains a fifth of the steps."""
    from tutor.multimodal.studies import text_only_vectors
    from tutor.multimodal.text_only import HeadConfig

    clouds = text_only_vectors.preset("cold")[0]
    config = HeadConfig(steps=80 if quick else 400)
    _, texts, labels = clouds.part("train")
    _, unseen, wanted = clouds.part("test")

    def quality(model: Any) -> Mapping[str, float]:
        return {
            "accuracy on test texts": float(np.mean(model.predict(unseen) == wanted))
        }

    return [
        Row(
            name="head on text vectors",
            ours=_ours(texts, labels, config),
            rival=_sklearn(texts, labels, config),
            rival_name="scikit-learn MLPClassifier.fit",
            threads=1,
            unit="rows",
            work=float(config.steps * config.batch_size),
            quality=quality,
            notes=(
                f"{config.hidden} units, {config.steps} batches of "
                f"{config.batch_size}, Adam {config.learning_rate}, one thread, "
                "without noise; float64; a seed a turn"
            ),
        )
    ]


def _ours(texts: Any, labels: Any, config: Any) -> Callable[[], Any]:
    from tutor.multimodal import text_only

    seeds = iter(range(1, 100))
    return lambda: text_only.fit(texts, labels, None, config, seed=next(seeds))


def _sklearn(texts: Any, labels: Any, config: Any) -> Callable[[], Any]:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    seeds = iter(range(1, 100))
    batches = len(texts) // config.batch_size + 1

    def work() -> Any:
        model = MLPClassifier(
            (config.hidden,),
            batch_size=config.batch_size,
            learning_rate_init=config.learning_rate,
            max_iter=round(config.steps / batches),
            n_iter_no_change=config.steps,
            alpha=0.0,
            random_state=next(seeds),
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return model.fit(texts, labels)

    return work
