"""Sense models in torch: the same loss by autograd, on CPU and CUDA.

The batch is many windows at once, its gradients summed; with one window a step it does
what NumPy does. Chapter: ``words/senses``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from tutor import sampling
from tutor.training import select_device
from tutor.words.senses.config import SensesConfig
from tutor.words.senses.walk import (
    DEALT,
    FREE,
    HARD,
    Layout,
    Pass,
    Tables,
    gumbel_at,
    make_pass,
)
from tutor.words.word2vec.torch import chunks, side_by_side
from tutor.words.word2vec.walk import Plan, edges_of, rate_at

DEFAULT_BATCH = 64


class Batch(NamedTuple):
    """Windows as tensors, or as the arrays they are made of.

    Attributes
    ----------
    first, block : (batch,) int64
        Row of the word's first sense, its disambiguator (0: one vector).
    contexts : (batch, contexts)
        Words around, -1 where there is none.
    noise : (batch, negatives)
    weight : (batch, negatives) float
        With how many contexts a noise word takes part.
    gumbel : (batch, senses) float
    """

    first: Any
    block: Any
    contexts: Any
    noise: Any
    weight: Any
    gumbel: Any


class SkipGramSenses(torch.nn.Module):
    """Skip-gram whose center is a mixture; parameters as in ``walk.Tables``."""

    def __init__(self, tables: Tables, device: str = "cpu"):
        super().__init__()
        place = select_device(device)
        U, V, A, a = (torch.tensor(np.asarray(t), device=place) for t in tables)
        self.U, self.V = torch.nn.Parameter(U), torch.nn.Parameter(V)
        self.A, self.a = torch.nn.Parameter(A), torch.nn.Parameter(a)

    def choose(self, batch: Batch, pass_: Pass) -> tuple[torch.Tensor, ...]:
        """Return shares (batch, senses), their entropies, context means (batch, dim).

        A word with one vector has all its share at the first place and no entropy.
        """
        target = batch.block > 0
        c = self._means(batch.contexts)
        own = batch.block if pass_.kind in (FREE, HARD, DEALT) else batch.block * 0
        A = self.A[own]
        one = functional.one_hot(own * 0, A.shape[1]).to(c.dtype)
        if pass_.kind in (HARD, DEALT):
            with torch.no_grad():
                tiny = torch.finfo(c.dtype).tiny
                near = torch.einsum("bsd,bd->bs", A, c) / (A.norm(dim=2) + tiny)
                score = near if pass_.kind == HARD else batch.gumbel
                best = functional.one_hot(score.argmax(dim=1), A.shape[1]).to(c.dtype)
            return torch.where(target[:, None], best, one), c[:, 0] * 0, c
        z = torch.einsum("bsd,bd->bs", A, c) + self.a[own]
        z = torch.where(target[:, None], z, torch.zeros_like(z))
        noise = batch.gumbel if pass_.kind == FREE else torch.zeros_like(z)
        g = functional.softmax((z + noise) / pass_.temperature, dim=1)
        H = -(functional.softmax(z, dim=1) * functional.log_softmax(z, dim=1)).sum(1)
        return torch.where(target[:, None], g, one), H * target, c

    def _means(self, contexts: torch.Tensor) -> torch.Tensor:
        """Return mean output vectors, without a gradient: they only choose."""
        with torch.no_grad():
            there = (contexts >= 0)[..., None]
            v = functional.embedding(contexts.clamp(min=0), self.V)
            return (v * there).sum(dim=1) / there.sum(dim=1)

    def forward(
        self, batch: Batch, pass_: Pass, chosen: tuple[torch.Tensor, ...]
    ) -> torch.Tensor:
        """Return the summed loss of the windows, as ``reference.senses_loss``."""
        g, H, _ = chosen
        senses = torch.arange(g.shape[1], device=g.device)
        rows = batch.first[:, None] + senses * (batch.block > 0)[:, None]
        h = torch.einsum(
            "bs,bsd->bd", g, functional.embedding(rows, self.U, sparse=True)
        )
        there = batch.contexts >= 0
        true = functional.embedding(batch.contexts.clamp(min=0), self.V, sparse=True)
        noise = functional.embedding(batch.noise, self.V, sparse=True)
        yes = functional.logsigmoid(torch.einsum("bd,bnd->bn", h, true))
        no = functional.logsigmoid(-torch.einsum("bd,bkd->bk", h, noise))
        loss = -(yes * there).sum() - (no * batch.weight).sum()
        total: torch.Tensor = loss - pass_.entropy * H.sum()
        return total

    @torch.no_grad()
    def remember(self, batch: Batch, chosen: tuple[torch.Tensor, ...]) -> None:
        """Add the contexts to the sums of the senses that were chosen (``hard``)."""
        g, _, c = chosen
        some = batch.block > 0
        block, g, c = batch.block[some], g[some], c[some]
        self.A.index_add_(0, block, g[..., None] * c[:, None])
        self.a.index_add_(0, block, g)

    def state(self) -> tuple[torch.Tensor, ...]:
        """Return the parameters as tensors that may be written to."""
        return self.U.data, self.V.data, self.A.data, self.a.data

    def arrays(self) -> Tables:
        """Return the parameters as NumPy arrays, wherever they are."""
        return Tables(
            *(getattr(self, n).detach().cpu().numpy() for n in Tables._fields)
        )


def noise_weights(
    contexts: NDArray[np.int32], noise: NDArray[np.int32]
) -> NDArray[np.float32]:
    """Return with how many contexts each noise word takes part; repeated ones with 0.

    Shapes: ``contexts`` (batch, n), -1 where there is none, ``noise`` (batch, K) →
    (batch, K). The count form of ``reference.window_outputs``'s mask.
    """
    other = (contexts[:, :, None] >= 0) & (contexts[:, :, None] != noise[:, None])
    same = noise[:, :, None] == noise[:, None, :]
    fresh = same.argmax(axis=2) == np.arange(noise.shape[1])
    return np.asarray(other.sum(axis=1) * fresh, dtype=np.float32)


def batches(
    plan: Plan, where: Layout, config: SensesConfig, *, seed: int, epoch: int
) -> Iterator[tuple[float, Batch]]:
    """Yield (learning rate, windows as arrays) of one epoch in order."""
    engine, size = config.engine, config.engine.batch_pairs or DEFAULT_BATCH
    for low, high in chunks(plan):
        start = int(plan.offsets[low])
        found = sampling.skipgram_pairs(
            plan.tokens[start : plan.offsets[high]],
            plan.offsets[low : high + 1] - start,
            window=engine.window,
            dynamic=engine.dynamic,
            keep=plan.keep,
            seed=seed,
            epoch=epoch,
            start=start,
        )
        edges = edges_of(found[2])
        words, places = found[0][edges[:-1]], found[2][edges[:-1]]
        contexts = side_by_side(found[1], edges)
        for i in range(0, len(words), size):
            cut = slice(i, i + size)
            noise = sampling.noise(
                plan.deck, places[cut], engine.negatives, seed, epoch
            )
            drawn = gumbel_at(places[cut], config.senses, seed=seed, epoch=epoch)
            rate = rate_at(engine, epoch, places[i] / len(plan.tokens))
            yield (
                rate,
                Batch(
                    where.first[words[cut]],
                    where.block[words[cut]],
                    contexts[cut],
                    noise,
                    noise_weights(contexts[cut], noise),
                    drawn,
                ),
            )


def train_epoch(
    model: SkipGramSenses,
    where: Layout,
    plan: Plan,
    config: SensesConfig,
    *,
    seed: int = 0,
    epoch: int = 0,
) -> None:
    """Train the model in place for one epoch of plain SGD on its device."""
    pass_ = make_pass(config, seed=seed, epoch=epoch)
    hard = pass_.kind in (HARD, DEALT)
    groups = [{"params": [model.U, model.V]}, {"params": [model.A, model.a]}]
    optimizer = torch.optim.SGD(groups, lr=config.engine.learning_rate)
    for rate, arrays in batches(plan, where, config, seed=seed, epoch=epoch):
        for group, scale in zip(
            optimizer.param_groups, (1.0, config.disambiguator_rate), strict=True
        ):
            group["lr"] = rate * scale
        batch = to_tensors(arrays, model.U)
        optimizer.zero_grad()
        chosen = model.choose(batch, pass_)
        model(batch, pass_, chosen).backward()
        optimizer.step()
        if hard:
            model.remember(batch, chosen)


def to_tensors(arrays: Batch, like: torch.Tensor) -> Batch:
    """Return the batch on the device of ``like``, numbers in its precision."""
    moved = [torch.as_tensor(part, device=like.device) for part in arrays]
    whole = [part.long() for part in moved[:4]]
    return Batch(*whole, *(part.to(like.dtype) for part in moved[4:]))
