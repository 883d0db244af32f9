"""Soft debiasing in torch: T itself is searched by L-BFGS. Chapter: ``words/bias``.

The objective is a quartic in T where `soft` solves a quadratic in X = TᵀT: another
route to the same X, on CPU and CUDA.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from tutor.training import select_device
from tutor.words.bias.soft import Matrix, Moments


class SoftDebias(nn.Module):
    r"""The map T as a parameter; see the equations of `tutor.words.bias.soft`."""

    def __init__(self, dim: int, dtype: torch.dtype = torch.float64):
        super().__init__()
        self.T = nn.Parameter(torch.eye(dim, dtype=dtype))

    def forward(
        self, G: torch.Tensor, P: torch.Tensor, Q: torch.Tensor, weight: float
    ) -> torch.Tensor:
        """Return the loss in the (d, d) form of `tutor.words.bias.soft`."""
        X = self.T.T @ self.T
        change = (X - torch.eye(len(X), dtype=X.dtype, device=X.device)) @ G
        kept = (change * change.T).sum()
        return kept + weight * ((X @ P) * (X @ Q).T).sum()


def soft_transform(
    given: Moments, weight: float, *, device: str = "cpu", steps: int = 2000
) -> tuple[Matrix, float]:
    """Return X = TᵀT and its loss from an L-BFGS search over T, begun at the identity.

    ``steps`` bounds the iterations. G, P and Q are divided by one number first, which
    leaves the minimum where it is.
    """
    place = select_device(device)
    scale = float(given.G.trace()) / len(given.G)
    parts: Sequence[torch.Tensor] = [
        torch.as_tensor(part / scale, dtype=torch.float64, device=place)
        for part in given
    ]
    model = SoftDebias(len(given.G)).to(place)
    search = torch.optim.LBFGS(
        model.parameters(),
        max_iter=steps,
        history_size=50,
        tolerance_grad=1e-12,
        tolerance_change=1e-16,
        line_search_fn="strong_wolfe",
    )

    def closure() -> torch.Tensor:
        search.zero_grad()
        loss: torch.Tensor = model(*parts, weight)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    search.step(closure)  # type: ignore[no-untyped-call]
    with torch.no_grad():
        loss = float(model(*parts, weight)) * scale**2
        X: Matrix = (model.T.T @ model.T).cpu().numpy()
    return X, loss
