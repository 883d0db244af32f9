"""The three objectives in torch: the same losses by autograd, on CPU and CUDA.

Chapter: ``words/knowledge``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from tutor.training import select_device
from tutor.words.knowledge.config import JointConfig
from tutor.words.knowledge.counterfitting import CounterfitConfig, Terms, parts_of
from tutor.words.knowledge.edges import EdgeRows
from tutor.words.knowledge.joint import visits_of
from tutor.words.word2vec import walk
from tutor.words.word2vec.torch import DEFAULT_BATCH, SkipGram
from tutor.words.word2vec.walk import Plan


# --- retrofitting --------------------------------------------------------------------
class Retrofit(nn.Module):
    """The vectors Q as a parameter; ``forward`` is `retrofit_objective`."""

    def __init__(self, original: torch.Tensor, edges: EdgeRows, anchor: float = 1.0):
        super().__init__()
        self.Q = nn.Parameter(original.clone())
        self.original, self.anchor = original, anchor
        self.pairs = torch.as_tensor(edges.pairs, device=original.device)
        self.degrees = torch.as_tensor(edges.degrees, device=original.device)

    def forward(self) -> torch.Tensor:
        """Return the objective."""
        moved = ((self.Q - self.original) ** 2).sum(dim=1)
        apart = self.Q[self.pairs[:, 0]] - self.Q[self.pairs[:, 1]]
        return self.anchor * (self.degrees * moved).sum() + (apart**2).sum()


# --- counter-fitting -----------------------------------------------------------------
class Counterfit(nn.Module):
    """The vectors E as a parameter; ``forward`` is `counterfit_loss`."""

    def __init__(self, E: torch.Tensor, terms: Terms, config: CounterfitConfig):
        super().__init__()
        self.E = nn.Parameter(E.clone())
        pairs, *rest = parts_of(terms, config)
        self.pairs = torch.as_tensor(pairs, device=E.device)
        self.sign, self.bound, self.weight = (
            torch.as_tensor(x, dtype=E.dtype, device=E.device) for x in rest
        )

    def forward(self) -> torch.Tensor:
        """Return the loss."""
        x, y = self.E[self.pairs[:, 0]], self.E[self.pairs[:, 1]]
        apart = 1 - functional.cosine_similarity(x, y, dim=1, eps=1e-12)
        short = functional.relu(self.sign * (apart - self.bound))
        return (self.weight * short).sum()

    def step(self, learning_rate: float) -> None:
        """Move E by one step and put its rows back to length 1."""
        (slope,) = torch.autograd.grad(self(), [self.E])
        with torch.no_grad():
            moved = self.E - learning_rate * slope
            self.E.copy_(moved / moved.norm(dim=1, keepdim=True))


def counterfit(
    E: NDArray[np.float64], terms: Terms, config: CounterfitConfig, device: str
) -> NDArray[np.float64]:
    """Return the rows after all steps."""
    place = select_device(device)
    model = Counterfit(torch.as_tensor(E, device=place), terms, config)
    for _ in range(config.steps):
        model.step(config.learning_rate)
    return np.asarray(model.E.detach().cpu().numpy())


# --- the joint objective -------------------------------------------------------------
class EdgePenalty(nn.Module):
    r"""U as a parameter; ``forward`` is :math:`\sum_e \lVert u_i - u_j \rVert^2`."""

    def __init__(self, U: torch.Tensor | nn.Parameter):
        super().__init__()
        self.U = U if isinstance(U, nn.Parameter) else nn.Parameter(U)

    def forward(self, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        """Return the penalty of edges given as two lists of rows."""
        u = functional.embedding(left, self.U, sparse=True)
        v = functional.embedding(right, self.U, sparse=True)
        return ((u - v) ** 2).sum()


def batches(
    plan: Plan, config: JointConfig, *, seed: int, epoch: int
) -> Iterator[tuple[int, float, tuple[Any, ...]]]:
    """Yield (token, learning rate, (inputs, outputs, labels, mask)) in text order."""
    engine = config.engine
    size = engine.batch_pairs or DEFAULT_BATCH
    centers, contexts, positions = walk.pairs(plan, engine, seed=seed, epoch=epoch)
    for i in range(0, len(centers), size):
        cut = slice(i, i + size)
        rows = walk.outputs_of(
            plan, engine, centers[cut], positions[cut], seed=seed, epoch=epoch
        )
        place = int(positions[i])
        rate = walk.rate_at(engine, epoch, place / len(plan.tokens))
        yield place, rate, (contexts[cut], *rows)


def train_epoch(
    U: torch.Tensor,
    V: torch.Tensor,
    plan: Plan,
    edges: EdgeRows,
    config: JointConfig,
    *,
    seed: int = 0,
    epoch: int = 0,
) -> None:
    """Train ``U`` and ``V`` in place for one epoch: visits due, then pairs, by batches.

    The visits due before a batch are one step, their gradients summed.
    """
    model = SkipGram(U, V)
    penalty = EdgePenalty(model.U)
    optimizer = torch.optim.SGD(model.parameters(), lr=config.engine.learning_rate)
    visits = visits_of(edges, config, seed=seed, epoch=epoch)
    left, right = (torch.as_tensor(x, device=U.device) for x in visits)
    share, done = config.weight / config.visits, 0

    def step(rate: float, loss: torch.Tensor) -> None:
        optimizer.param_groups[0]["lr"] = rate
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    for place, rate, batch in batches(plan, config, seed=seed, epoch=epoch):
        due = visits.due(place, len(plan.tokens))
        if due > done:
            step(rate * share, penalty(left[done:due], right[done:due]))
            done = due
        step(rate, model(*(torch.as_tensor(part, device=U.device) for part in batch)))
    if done < len(left):
        rate = walk.rate_at(config.engine, epoch, 1.0)
        step(rate * share, penalty(left[done:], right[done:]))
