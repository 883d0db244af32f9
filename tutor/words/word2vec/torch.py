"""word2vec in torch: the same losses by autograd, on CPU and CUDA.

The batch is many windows at once, its gradients summed. Very frequent words stand in
a batch many times, and every copy is computed from the same stale vectors: past a few
thousand pairs the sum overshoots and training diverges. Chapter: ``words/word2vec``.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from tutor import sampling
from tutor.training import select_device
from tutor.words.word2vec.config import Word2VecConfig
from tutor.words.word2vec.walk import Plan, edges_of, outputs_of, rate_at

DEFAULT_BATCH = 512
CHUNK_TOKENS = 1 << 18


def decisions_loss(
    h: torch.Tensor, v: torch.Tensor, labels: torch.Tensor, mask: torch.Tensor
) -> torch.Tensor:
    r"""Return the summed loss of yes/no decisions, as the NumPy function of this name.

    .. math:: \ell = -\sum_{b,j} m_{bj} \log\sigma(\pm\, h_b \cdot v_{bj})

    Shapes: ``h`` (batch, dim), ``v`` (batch, outputs, dim), ``labels`` and ``mask``
    (batch, outputs) → scalar.
    """
    scores = torch.einsum("bd,bjd->bj", h, v)
    losses = functional.logsigmoid(torch.where(labels, scores, -scores))
    return -torch.where(mask, losses, torch.zeros_like(losses)).sum()


class SkipGram(torch.nn.Module):
    """Skip-gram with either objective; the parameters are ``U`` and ``V``.

    ``U`` (vocab, dim) holds the input vectors, ``V`` (rows, dim) the output rows:
    words with negative sampling, inner nodes with hierarchical softmax.
    """

    def __init__(self, U: torch.Tensor, V: torch.Tensor):
        super().__init__()
        self.U = torch.nn.Parameter(U)
        self.V = torch.nn.Parameter(V)

    def forward(
        self,
        inputs: torch.Tensor,
        outputs: torch.Tensor,
        labels: torch.Tensor,
        mask: torch.Tensor,
    ) -> torch.Tensor:
        """Return the summed loss: ``inputs`` (batch,), the others (batch, outputs)."""
        h = functional.embedding(inputs, self.U, sparse=True)
        v = functional.embedding(outputs, self.V, sparse=True)
        return decisions_loss(h, v, labels, mask)


class CBOW(SkipGram):
    """The mean of the context predicts the word.

    ``full`` is the published program's step: the mean's whole gradient goes to every
    context word. Autograd gives it when the sum is followed by a division that only
    the forward pass sees.
    """

    def __init__(self, U: torch.Tensor, V: torch.Tensor, *, full: bool = True):
        super().__init__(U, V)
        self.full = full

    def forward(
        self,
        inputs: torch.Tensor,
        outputs: torch.Tensor,
        labels: torch.Tensor,
        mask: torch.Tensor,
    ) -> torch.Tensor:
        """Return the summed loss: ``inputs`` (batch, contexts), -1 where none is."""
        present = (inputs >= 0)[..., None]
        u = functional.embedding(inputs.clamp(min=0), self.U, sparse=True)
        total = torch.where(present, u, torch.zeros_like(u)).sum(dim=1)
        mean = total / present.sum(dim=1).clamp(min=1)
        # value of the mean, gradient of the sum
        h = total + (mean - total).detach() if self.full else mean
        v = functional.embedding(outputs, self.V, sparse=True)
        return decisions_loss(h, v, labels, mask)


def tables(
    U: NDArray[np.float32], V: NDArray[np.float32], device: str
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return copies of both matrices on ``device``."""
    place = select_device(device)
    return torch.tensor(U, device=place), torch.tensor(V, device=place)


def chunks(plan: Plan) -> Iterator[tuple[int, int]]:
    """Yield (first, last) documents of pieces of about ``CHUNK_TOKENS`` tokens."""
    first, count = 0, len(plan.offsets) - 1
    while first < count:
        goal = plan.offsets[first] + CHUNK_TOKENS
        last = int(np.searchsorted(plan.offsets, goal, side="right")) - 1
        last = min(max(last, first + 1), count)
        yield first, last
        first = last


def side_by_side(
    contexts: NDArray[np.int32], edges: NDArray[np.int64]
) -> NDArray[np.int32]:
    """Return the contexts of each window as a row (windows, widest), -1 filled."""
    sizes = np.diff(edges)
    wide = np.full((len(sizes), int(sizes.max(initial=1))), -1, dtype=np.int32)
    wide[np.arange(wide.shape[1]) < sizes[:, None]] = contexts
    return wide


def batches(
    plan: Plan, config: Word2VecConfig, *, seed: int, epoch: int
) -> Iterator[tuple[float, tuple[NDArray, NDArray, NDArray, NDArray]]]:
    """Yield (learning rate, (inputs, outputs, labels, mask)) of one epoch in order."""
    size = config.batch_pairs or DEFAULT_BATCH
    for first, last in chunks(plan):
        start = int(plan.offsets[first])
        centers, contexts, positions = sampling.skipgram_pairs(
            plan.tokens[start : plan.offsets[last]],
            plan.offsets[first : last + 1] - start,
            window=config.window,
            dynamic=config.dynamic,
            keep=plan.keep,
            seed=seed,
            epoch=epoch,
            start=start,
        )
        if config.architecture == "cbow":
            edges = edges_of(positions)
            centers, positions = centers[edges[:-1]], positions[edges[:-1]]
            contexts = side_by_side(contexts, edges)
        for i in range(0, len(centers), size):
            cut = slice(i, i + size)
            rows = outputs_of(
                plan, config, centers[cut], positions[cut], seed=seed, epoch=epoch
            )
            rate = rate_at(config, epoch, positions[i] / len(plan.tokens))
            yield rate, (contexts[cut], *rows)


def train_epoch(
    U: torch.Tensor,
    V: torch.Tensor,
    plan: Plan,
    config: Word2VecConfig,
    *,
    seed: int = 0,
    epoch: int = 0,
) -> None:
    """Train ``U`` and ``V`` in place for one epoch of plain SGD on their device."""
    if config.architecture == "cbow":
        model: SkipGram = CBOW(U, V, full=config.cbow_step == "full")
    else:
        model = SkipGram(U, V)
    optimizer = torch.optim.SGD(model.parameters(), lr=config.learning_rate)
    for rate, batch in batches(plan, config, seed=seed, epoch=epoch):
        optimizer.param_groups[0]["lr"] = rate
        optimizer.zero_grad()
        model(*(torch.as_tensor(part, device=U.device) for part in batch)).backward()
        optimizer.step()


def arrays(U: torch.Tensor, V: torch.Tensor) -> tuple[NDArray, NDArray]:
    """Return both matrices as NumPy arrays, wherever they are."""
    return U.detach().cpu().numpy(), V.detach().cpu().numpy()
