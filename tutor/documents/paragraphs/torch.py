"""Paragraph vectors in torch: the same losses by autograd, on CPU and CUDA.

The batch is many documents at once, each padded to the longest bag among them, its
gradients summed. Chapter: ``documents/paragraphs``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from tutor.documents.paragraphs import walk
from tutor.documents.paragraphs.config import ParagraphConfig
from tutor.documents.paragraphs.reference import EPSILON, Parameters
from tutor.documents.paragraphs.walk import Plan

DEFAULT_BATCH = 64


def bag_loss(
    h: torch.Tensor, v: torch.Tensor, p: torch.Tensor, q: torch.Tensor
) -> torch.Tensor:
    r"""Return the summed loss of inputs against their bags.

    .. math:: \ell = -\sum_{b,o} \bigl[p_{bo} \log\sigma(s_{bo})
              + q_{bo} \log\sigma(-s_{bo})\bigr]

    Shapes: ``h`` (batch, width), ``v`` (batch, outputs, width + 1), ``p`` and ``q``
    (batch, outputs), zeros where a bag is shorter → scalar.
    """
    s = torch.einsum("bw,bow->bo", h, v[..., :-1]) + v[..., -1]
    return -(p * functional.logsigmoid(s) + q * functional.logsigmoid(-s)).sum()


def round_code(z: torch.Tensor) -> torch.Tensor:
    """Return the bits of ``z``, with the gradient of the sigmoid: straight through."""
    s = torch.sigmoid(z)
    return s + ((z > 0).to(z.dtype) - s).detach()


class ParagraphVectors(torch.nn.Module):
    """Paragraph vectors of either architecture and any code; parameters D, V, W, U."""

    def __init__(self, start: Parameters, config: ParagraphConfig):
        super().__init__()
        self.config = config
        self.D = torch.nn.Parameter(torch.tensor(start.D))
        self.V = torch.nn.Parameter(torch.tensor(start.V))
        self.W = torch.nn.Parameter(torch.tensor(start.W))
        self.U = torch.nn.Parameter(torch.tensor(start.U))

    def hidden(self, documents: torch.Tensor) -> torch.Tensor:
        """Return what predicts the words of these documents: (batch, width)."""
        d = functional.embedding(documents, self.D)
        if self.config.code == "real":
            return d
        return round_code(d if self.config.code == "binary" else d @ self.W.T)

    def forward(
        self,
        documents: torch.Tensor,
        rows: torch.Tensor,
        p: torch.Tensor,
        q: torch.Tensor,
        contexts: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Return the summed loss.

        Shapes: ``documents`` (batch,), ``rows``, ``p``, ``q`` (batch, outputs),
        ``contexts`` (batch, words around), -1 where there is none, for PV-DM.
        """
        if contexts is None:
            h = self.hidden(documents)
        else:
            present = (contexts >= 0)[..., None]
            u = functional.embedding(contexts.clamp(min=0), self.U)
            total = torch.where(present, u, torch.zeros_like(u)).sum(dim=1)
            h = functional.embedding(documents, self.D) + total
            h = h / (1 + present.sum(dim=1))
        return bag_loss(h, functional.embedding(rows, self.V), p, q)

    def arrays(self) -> Parameters:
        """Return the tables as NumPy arrays, wherever they are."""
        return Parameters(
            *(
                getattr(self, n).detach().cpu().numpy().copy()
                for n in Parameters._fields
            )
        )


def padded(parts: list[NDArray[Any]], fill: int) -> NDArray[Any]:
    """Return rows of unequal length as one table, filled up."""
    width = max(1, *(len(part) for part in parts))
    table = np.full((len(parts), width), fill, dtype=parts[0].dtype)
    for row, part in zip(table, parts, strict=True):
        row[: len(part)] = part
    return table


def items(
    plan: Plan, config: ParagraphConfig, *, seed: int, epoch: int
) -> Iterator[tuple[int, tuple[Any, ...], Any]]:
    """Yield (document, bag, words around or None) of one epoch in order."""
    for i in range(len(plan.offsets) - 1):
        if config.architecture == "dbow":
            yield i, walk.bag_of(plan, config, i, seed=seed, epoch=epoch), None
            continue
        found = walk.windows_of(plan, config, i, seed=seed, epoch=epoch)
        for contexts, bag in found:
            yield i, bag, contexts


def batches(
    plan: Plan, config: ParagraphConfig, *, seed: int, epoch: int
) -> Iterator[tuple[NDArray[Any], ...]]:
    """Yield (documents, rows, p, q[, contexts]) of one epoch in order."""
    size = config.batch_documents or DEFAULT_BATCH
    held: list[Any] = []
    for item in items(plan, config, seed=seed, epoch=epoch):
        held.append(item)
        if len(held) == size:
            yield _table(held)
            held = []
    if held:
        yield _table(held)


def _table(held: list[Any]) -> tuple[NDArray[Any], ...]:
    documents = np.array([i for i, _, _ in held])
    bag = tuple(padded([b[k] for _, b, _ in held], 0) for k in range(3))
    if held[0][2] is None:
        return documents, *bag
    return documents, *bag, padded([c for _, _, c in held], -1)


class Trainer:
    """A model with its AdaGrad sums: they outlive an epoch."""

    def __init__(self, model: ParagraphVectors, plan: Plan, config: ParagraphConfig):
        self.model, self.plan, self.config = model, plan, config
        self.optimizer = torch.optim.Adagrad(
            model.parameters(),
            lr=config.learning_rate,
            initial_accumulator_value=config.initial_square,
            eps=EPSILON,
        )

    def train_epoch(self, *, seed: int, epoch: int, frozen: bool = False) -> None:
        """Train for one epoch; with ``frozen`` only the document vectors move."""
        model, device = self.model, self.model.D.device
        for name in ("V", "W", "U"):
            getattr(model, name).requires_grad_(not frozen)
        self.optimizer.param_groups[0]["lr"] = walk.rate_at(self.config, epoch)
        for batch in batches(self.plan, self.config, seed=seed, epoch=epoch):
            self.optimizer.zero_grad()
            model(*(torch.as_tensor(part, device=device) for part in batch)).backward()
            self.optimizer.step()
