"""The head in torch: the same numbers on CPU and CUDA. Oracle: ``reference``.

Batches and noise are drawn by the same addresses as in NumPy, on the CPU, so that both
forms see the same rows. Chapter: ``multimodal/text_only``.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from tutor.multimodal.text_only import reference
from tutor.multimodal.text_only.adapters import Adapter
from tutor.multimodal.text_only.reference import HeadConfig
from tutor.training import select_device


class Head(nn.Module):
    """One hidden layer; parameters are named as in the reference.

    Shapes: rows (batch, dim) and labels (batch,) → the mean cross-entropy.
    """

    def __init__(self, start: reference.Head, dtype: torch.dtype = torch.float32):
        super().__init__()
        self.W_1, self.b_1, self.W_2, self.b_2 = (
            nn.Parameter(torch.tensor(part, dtype=dtype)) for part in start
        )

    def scores(self, rows: Tensor) -> Tensor:
        """Return (batch, classes)."""
        return F.relu(rows @ self.W_1 + self.b_1) @ self.W_2 + self.b_2

    def forward(self, rows: Tensor, labels: Tensor) -> Tensor:
        """Return the loss."""
        return F.cross_entropy(self.scores(rows), labels)

    def numbers(self) -> reference.Head:
        """Return the parameters as NumPy arrays."""
        parts = (self.W_1, self.b_1, self.W_2, self.b_2)
        return reference.Head(*(p.detach().cpu().numpy() for p in parts))


def train(
    model: Head,
    texts: NDArray[np.floating],
    labels: NDArray[np.int64],
    adapter: Adapter,
    config: HeadConfig,
    *,
    seed: int = 0,
    device: str = "cpu",
) -> list[float]:
    """Train in place; return the loss before each step."""
    place = select_device(device)
    model.to(place)
    optimizer = torch.optim.Adam(
        model.parameters(), betas=reference.BETAS, eps=reference.FLOOR
    )
    losses = []
    for step in range(config.steps):
        rows = reference.batch_rows(len(texts), config, seed=seed, step=step)
        X = adapter(texts[rows], seed=seed, step=step)
        for group in optimizer.param_groups:
            group["lr"] = reference.learning_rate(step, config)
        optimizer.zero_grad()
        loss = model(
            torch.as_tensor(X, dtype=model.W_1.dtype, device=place),
            torch.as_tensor(labels[rows], device=place),
        )
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    return losses
