"""fastText in torch: word2vec's CBOW module on the pieces of a word, CPU and CUDA.

The batch is many pairs at once, their gradients summed. Chapter: ``words/subwords``.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from tutor.words.subwords.config import SubwordConfig
from tutor.words.subwords.reference import Rows, chunks_of
from tutor.words.subwords.walk import Plan, chunks, pairs
from tutor.words.word2vec.torch import CBOW, arrays, tables

__all__ = ["FastText", "arrays", "tables", "train_epoch"]

DEFAULT_BATCH = 512


class FastText(CBOW):
    """CBOW whose context is the rows of one word: ``U`` is Z, ``V`` the output rows.

    ``forward(rows, outputs, labels, mask)`` returns the summed loss; ``rows`` is
    (batch, most) with -1 where a word has fewer rows.
    """


def padded_rows(rows: Rows, words: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the rows of words side by side, filled with -1.

    Shapes: ``words`` (n,) → (n, most).
    """
    begins = rows.starts[words]
    sizes = rows.starts[words + 1] - begins
    place = np.arange(int(sizes.max(initial=1)))
    inside = place < sizes[:, None]
    where = np.where(inside, begins[:, None] + place, 0)
    return np.where(inside, rows.rows[where], -1).astype(np.int32)


def batches(
    plan: Plan, config: SubwordConfig, *, seed: int, epoch: int
) -> Iterator[tuple[float, tuple[NDArray, NDArray, NDArray, NDArray]]]:
    """Yield (learning rate, (rows, outputs, labels, mask)) of one epoch in order."""
    size = config.batch_pairs or DEFAULT_BATCH
    for part in chunks(plan):
        found = pairs(plan, config, seed=seed, epoch=epoch, documents=part)
        for cut in chunks_of(len(found.centers), size):
            rows = padded_rows(plan.rows, found.centers[cut])
            batch = (rows, found.outputs[cut], found.labels[cut], found.mask[cut])
            yield float(found.rates[cut.start]), batch


def train_epoch(
    Z: torch.Tensor,
    V: torch.Tensor,
    plan: Plan,
    config: SubwordConfig,
    *,
    seed: int = 0,
    epoch: int = 0,
) -> None:
    """Train ``Z`` and ``V`` in place for one epoch of plain SGD on their device."""
    model = FastText(Z, V, full=config.cbow_step == "full")
    optimizer = torch.optim.SGD(model.parameters(), lr=config.learning_rate)
    for rate, batch in batches(plan, config, seed=seed, epoch=epoch):
        optimizer.param_groups[0]["lr"] = rate
        optimizer.zero_grad()
        model(*(torch.as_tensor(part, device=Z.device) for part in batch)).backward()
        optimizer.step()
