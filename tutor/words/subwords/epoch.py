"""One epoch in Numba: padded tables, kernel, threads. Chapter: ``words/subwords``."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tutor.words.word2vec.epoch import padded
from tutor.words.word2vec.walk import make_run

if TYPE_CHECKING:
    from tutor.words.subwords.config import SubwordConfig
    from tutor.words.subwords.walk import Plan

__all__ = ["padded", "train_epoch"]


def train_epoch(
    Z: NDArray[np.float32],
    V: NDArray[np.float32],
    plan: Plan,
    config: SubwordConfig,
    *,
    seed: int = 0,
    epoch: int = 0,
) -> None:
    """Train the padded tables in place for one epoch.

    With several threads each takes an equal share of the tokens in order and updates
    without locks; windows do not reach across the cuts.
    """
    from tutor.words.subwords import fast

    run = make_run(plan.words, config, seed=seed, epoch=epoch)
    numbers: tuple[Any, ...] = (
        run.window,
        run.dynamic,
        config.negatives + 1,
        config.cbow_step == "full",
        *run[4:],
    )
    base = plan.words
    arrays = (base.tokens, base.offsets, base.keep, base.deck, *plan.rows, plan.gains)
    lines = (0,) * (Z.shape[1] // 16)

    def work(first: int, last: int) -> None:
        fast.walk_jit(Z, V, arrays, numbers, first, last, lines)

    cuts = np.linspace(0, len(base.tokens), config.threads + 1).astype(int).tolist()
    if config.threads == 1:
        work(*cuts)
        return
    with ThreadPoolExecutor(config.threads) as pool:
        list(pool.map(work, cuts[:-1], cuts[1:]))
