"""Flow models in torch: the same scores and loss by autograd, on CPU or CUDA.

Batches are the index arrays of :mod:`tutor.knowledge.flows.train`, so one step here is
one step there. Chapter: ``knowledge/flows``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from tutor.knowledge.flows import train
from tutor.knowledge.flows.config import FlowsConfig
from tutor.knowledge.flows.moves import C
from tutor.knowledge.flows.train import Batch, Plan
from tutor.training import select_device

Query = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
Match = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


# --- queries -------------------------------------------------------------------------
def affine_query(h: torch.Tensor, r: torch.Tensor) -> torch.Tensor:
    """Return the head scaled and shifted."""
    m, s = r.chunk(2, dim=-1)
    return s * h + m


def nfe1_query(h: torch.Tensor, r: torch.Tensor) -> torch.Tensor:
    """Return location and absolute scale of the moved head."""
    (hm, hs), (m, s) = h.chunk(2, dim=-1), r.chunk(2, dim=-1)
    return torch.cat([s * hm + m, (s * hs).abs()], dim=-1)


def sigma_query(h: torch.Tensor, r: torch.Tensor) -> torch.Tensor:
    """Return the absolute scale of the moved head."""
    return (h * r).abs()


def halves(x: torch.Tensor) -> torch.Tensor:
    """Rewrite location and two slopes as location, mean slope, half their gap."""
    mean, a, b = x.chunk(3, dim=-1)
    a, b = a.abs(), b.abs()
    return torch.cat([mean, (a + b) / 2, (b - a) / 2], dim=-1)


def nfe2_query(h: torch.Tensor, r: torch.Tensor) -> torch.Tensor:
    """Return the moved head in the coordinates of :func:`halves`."""
    mean, whole, skew = halves(h).chunk(3, dim=-1)
    m, s = r.chunk(2, dim=-1)
    return torch.cat([s * mean + m, s.abs() * whole, s * skew], dim=-1)


def nfe3_query(h: torch.Tensor, r: torch.Tensor) -> torch.Tensor:
    """Return location and width of the moved head, the width by softplus."""
    (hm, hs), (m, s) = h.chunk(2, dim=-1), r.chunk(2, dim=-1)
    width = functional.softplus(s) * functional.softplus(hs)
    return torch.cat([s * hm + m, width], dim=-1)


# --- matches -------------------------------------------------------------------------
def dot_match(q: torch.Tensor, E: torch.Tensor) -> torch.Tensor:
    """Return dot products with every entity."""
    return q @ E.T


def square_match(q: torch.Tensor, E: torch.Tensor) -> torch.Tensor:
    """Return minus the squared distance to every entity."""
    return 2 * (q @ E.T) - (q * q).sum(1)[:, None] - (E * E).sum(1)


def nfe1_match(q: torch.Tensor, E: torch.Tensor) -> torch.Tensor:
    """Return minus squared distances of locations and absolute scales."""
    mean, scale = E.chunk(2, dim=-1)
    return square_match(q, torch.cat([mean, scale.abs()], dim=-1))


def sigma_match(q: torch.Tensor, E: torch.Tensor) -> torch.Tensor:
    """Return minus squared distances of absolute scales."""
    return square_match(q, E.abs())


def whiten(x: torch.Tensor) -> torch.Tensor:
    """Turn Wasserstein distances of piecewise linear flows into Euclidean ones."""
    mean, whole, skew = x.chunk(3, dim=-1)
    return torch.cat([mean + C * skew, whole, (1 - C * C) ** 0.5 * skew], dim=-1)


def nfe2_match(q: torch.Tensor, E: torch.Tensor) -> torch.Tensor:
    """Return minus squared Wasserstein distances of piecewise linear flows."""
    return square_match(whiten(q), whiten(halves(E)))


def nfe3_match(q: torch.Tensor, E: torch.Tensor) -> torch.Tensor:
    """Return minus Kullback-Leibler divergences of normal variables."""
    u, v = q.chunk(2, dim=-1)
    w, z = E.chunk(2, dim=-1)
    z = functional.softplus(z)
    P = 1 / (2 * z * z)
    own = (w * w * P + z.log()).sum(1)
    moved = v.log().sum(1) + u.shape[1] / 2
    return 2 * (u @ (w * P).T) - (u * u + v * v) @ P.T - own + moved[:, None]


SCORERS: dict[str, tuple[Query, Match]] = {
    "nfe1": (nfe1_query, nfe1_match),
    "nfe2": (nfe2_query, nfe2_match),
    "nfe3": (nfe3_query, nfe3_match),
    "affine": (affine_query, square_match),
    "shift": (torch.add, square_match),
    "sigma": (sigma_query, sigma_match),
    "distmult": (torch.mul, dot_match),
}


# --- the model -----------------------------------------------------------------------
class FlowModel(torch.nn.Module):
    """A flow model with parameters ``E`` (entities) and ``R`` (relations)."""

    def __init__(self, E: torch.Tensor, R: torch.Tensor, config: FlowsConfig):
        super().__init__()
        self.E = torch.nn.Parameter(E)
        self.R = torch.nn.Parameter(R)
        self.config = config
        self.query, self.match = SCORERS[config.scorer]

    def scores(self, batch: Batch) -> torch.Tensor:
        """Return the scores (questions, entities) of a batch's questions."""
        anchor, relation = (
            torch.as_tensor(rows, device=self.E.device) for rows in batch.asked[:2]
        )
        return self.match(self.query(self.E[anchor], self.R[relation]), self.E)

    def forward(self, batch: Batch) -> torch.Tensor:
        """Return the loss: one decision for each entity, one gold answer a row."""
        logits = self.scores(batch) + self.config.gamma
        gold = torch.as_tensor(batch.gold, device=logits.device)
        y = torch.full_like(logits, -1).scatter(1, gold[:, None], 1)
        return functional.softplus(-y * logits).sum() / len(gold)


def fit_tables(
    E: NDArray, R: NDArray, plan: Plan, config: FlowsConfig, seed: int, device: str
) -> tuple[NDArray, NDArray, list[float]]:
    """Train copies of both matrices; return them as NumPy arrays with the losses."""
    place = select_device(device)
    model = FlowModel(
        torch.tensor(E, device=place), torch.tensor(R, device=place), config
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=config.learning_rate)
    slower = torch.optim.lr_scheduler.ExponentialLR(optimizer, config.decay)
    found = []
    for epoch in range(config.epochs):
        steps = []
        for batch in train.batches(plan, config, seed=seed, epoch=epoch):
            optimizer.zero_grad()
            loss = model(batch)
            loss.backward()
            optimizer.step()
            steps.append(float(loss.detach()))
        slower.step()
        found.append(float(np.mean(steps)))
    return model.E.detach().cpu().numpy(), model.R.detach().cpu().numpy(), found
