"""Triple models in torch: the same queries, matches and losses by autograd.

Batches are the index arrays of :mod:`tutor.knowledge.triples.train`, so one step here
is one step there. Chapter: ``knowledge/triples``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from tutor.knowledge.triples import reference, train
from tutor.knowledge.triples.config import TriplesConfig
from tutor.knowledge.triples.train import Batch, Plan
from tutor.training import select_device

Query = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
Match = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


# --- queries and matches -------------------------------------------------------------
def complex_query(h: torch.Tensor, r: torch.Tensor) -> torch.Tensor:
    """Return the product of complex numbers, real parts first."""
    (a, b), (c, e) = h.chunk(2, dim=-1), r.chunk(2, dim=-1)
    return torch.cat([a * c - b * e, a * e + b * c], dim=-1)


def rotate_query(h: torch.Tensor, r: torch.Tensor) -> torch.Tensor:
    """Return the head turned by the phases ``r``."""
    return complex_query(h, torch.cat([r.cos(), r.sin()], dim=-1))


def dot_match(q: torch.Tensor, E: torch.Tensor) -> torch.Tensor:
    """Return dot products with every entity."""
    return q @ E.T


def distance_match(q: torch.Tensor, E: torch.Tensor) -> torch.Tensor:
    """Return minus the distance to every entity, by one matrix product."""
    square = (q * q).sum(1)[:, None] + (E * E).sum(1) - 2 * (q @ E.T)
    return -square.clamp(min=reference.TINY).sqrt()


SCORERS: dict[str, tuple[Query, Match]] = {
    "transe": (torch.add, distance_match),
    "distmult": (torch.mul, dot_match),
    "complex": (complex_query, dot_match),
    "rotate": (rotate_query, distance_match),
}


# --- losses --------------------------------------------------------------------------
def softmax_loss(S: torch.Tensor, Y: torch.Tensor) -> torch.Tensor:
    """Return the cross-entropy of each answer against all entities."""
    return -(Y * S.log_softmax(dim=1)).sum() / Y.sum()


def bce_loss(S: torch.Tensor, Y: torch.Tensor, margin: float) -> torch.Tensor:
    """Return the mean over questions of a decision for each entity."""
    total = functional.binary_cross_entropy_with_logits(S + margin, Y, reduction="sum")
    return total / len(S)


def margin_loss(pos: torch.Tensor, neg: torch.Tensor, margin: float) -> torch.Tensor:
    """Return the mean violation of the margin."""
    return functional.relu(margin - pos[:, None] + neg).mean()


def nssa_loss(
    pos: torch.Tensor, neg: torch.Tensor, margin: float, temperature: float
) -> torch.Tensor:
    """Return the self-adversarial loss; its weights have no gradient."""
    weights = (temperature * neg.detach()).softmax(dim=1)
    true = functional.logsigmoid(margin + pos)
    false = (weights * functional.logsigmoid(-margin - neg)).sum(dim=1)
    return -(true + false).mean() / 2


# --- the model -----------------------------------------------------------------------
class TripleModel(torch.nn.Module):
    """A model of triples with parameters ``E`` (entities) and ``R`` (relations)."""

    def __init__(self, E: torch.Tensor, R: torch.Tensor, config: TriplesConfig):
        super().__init__()
        self.E = torch.nn.Parameter(E)
        self.R = torch.nn.Parameter(R)
        self.config = config
        self.model = reference.scorer(config.scorer)
        self.query, self.match = SCORERS[config.scorer]

    def scores(self, batch: Batch) -> torch.Tensor:
        """Return the scores (questions, entities) of a batch's questions."""
        asked, width = batch.asked, self.R.shape[1]
        flip = torch.as_tensor(train.flips(asked, width, self.model)).to(self.E)
        anchor, relation = (
            torch.as_tensor(rows, device=self.E.device) for rows in asked[:2]
        )
        return self.match(self.query(self.E[anchor], self.R[relation] * flip), self.E)

    def forward(self, batch: Batch) -> torch.Tensor:
        """Return the loss of a batch, with the penalty."""
        S, config = self.scores(batch), self.config
        if batch.answers is not None:
            Y = torch.as_tensor(batch.answers).to(S)
            if config.objective == "softmax":
                loss = softmax_loss(S, Y)
            else:
                loss = bce_loss(S, Y, config.gamma)
        else:
            true, rows, entities = (
                torch.as_tensor(x, device=S.device)
                for x in (batch.true, batch.rows, batch.entities)
            )
            pos, neg = S[: len(true)].gather(1, true[:, None])[:, 0], S[rows, entities]
            if config.objective == "margin":
                loss = margin_loss(pos, neg, config.gamma)
            else:
                loss = nssa_loss(pos, neg, config.gamma, config.temperature)
        if config.l2:
            loss = loss + config.l2 * (self.E**2).sum()
            if not self.model.phases:
                loss = loss + config.l2 * (self.R**2).sum()
        return loss


def train_epoch(
    model: TripleModel,
    optimizer: torch.optim.Optimizer,
    plan: Plan,
    *,
    seed: int = 0,
    epoch: int = 0,
) -> float:
    """Train for one epoch on the model's device; return the mean loss of its steps."""
    found = []
    for batch in train.batches(plan, model.config, seed=seed, epoch=epoch):
        optimizer.zero_grad()
        loss = model(batch)
        loss.backward()
        optimizer.step()
        if model.config.unit_entities:
            with torch.no_grad():
                model.E.copy_(functional.normalize(model.E, dim=1))
        found.append(float(loss.detach()))
    return float(np.mean(found))


def fit_tables(
    E: NDArray, R: NDArray, plan: Plan, config: TriplesConfig, seed: int, device: str
) -> tuple[NDArray, NDArray, list[float]]:
    """Train copies of both matrices; return them as NumPy arrays with the losses."""
    place = select_device(device)
    model = TripleModel(
        torch.tensor(E, device=place), torch.tensor(R, device=place), config
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=config.learning_rate)
    found = [
        train_epoch(model, optimizer, plan, seed=seed, epoch=epoch)
        for epoch in range(config.epochs)
    ]
    return model.E.detach().cpu().numpy(), model.R.detach().cpu().numpy(), found
