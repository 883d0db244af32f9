"""One epoch in Numba: padded tables, kernel, threads. Chapter: ``words/word2vec``."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tutor.words.word2vec.walk import Plan, make_run

if TYPE_CHECKING:
    from tutor.words.word2vec.config import Word2VecConfig


def aligned(rows: int, width: int) -> NDArray[np.float32]:
    """Return zeros (rows, width) float32 that begin on a cache line (64 bytes)."""
    raw = np.zeros(rows * width * 4 + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + rows * width * 4].view(np.float32).reshape(rows, width)


def padded(table: NDArray[Any]) -> NDArray[np.float32]:
    """Return an aligned copy, its rows filled with zeros to a multiple of 16."""
    rows, dim = table.shape
    copy = aligned(rows, -(-dim // 16) * 16)
    copy[:, :dim] = table
    return copy


def kernel_of(config: Word2VecConfig) -> tuple[int, ...]:
    """Return which kernel trains this configuration.

    Raises
    ------
    ValueError
        If ``batch_pairs`` is neither 1 nor 2.
    """
    from tutor.words.word2vec import fast

    if config.batch_pairs not in (None, 1, 2):
        raise ValueError(
            f"batch_pairs={config.batch_pairs}: the Numba kernels take 1 or 2 pairs a "
            "step; give one of these, or backend='numpy' or 'torch'"
        )
    if config.architecture == "cbow":
        return fast.CBOW
    return fast.FUSED if config.batch_pairs == 1 else fast.PAIRED


def train_epoch(
    U: NDArray[np.float32],
    V: NDArray[np.float32],
    plan: Plan,
    config: Word2VecConfig,
    *,
    seed: int = 0,
    epoch: int = 0,
) -> None:
    """Train the padded tables in place for one epoch.

    With several threads each takes an equal share of the tokens in order, and its
    learning rate falls over its own share; windows do not reach across the cuts.
    """
    from tutor.words.word2vec import fast

    run, kind = make_run(plan, config, seed=seed, epoch=epoch), kernel_of(config)
    most = max(run.negatives + 1, plan.tree.nodes.shape[1])
    width = U.shape[1]
    lines = (0,) * (width // 16)

    def work(first: int, last: int) -> None:
        blocks = aligned(-(-most // fast.GROUP), fast.ROWS * width)
        mean = aligned(2, width)
        fast.walk_jit(U, V, plan, run, kind, first, last, blocks, mean, lines)

    cuts = np.linspace(0, len(plan.tokens), config.threads + 1).astype(int).tolist()
    if config.threads == 1:
        work(*cuts)
        return
    with ThreadPoolExecutor(config.threads) as pool:
        list(pool.map(work, cuts[:-1], cuts[1:]))
