"""The probe in torch: the same network and loss by autograd, on CPU or CUDA.

Batches are the index arrays of :mod:`tutor.words.numbers.probe`, so one step here is
one step there. Chapter: ``words/numbers``.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from tutor.training import select_device
from tutor.words.numbers.probe import ProbeConfig, ProbeNetwork, batches

Table = NDArray[np.float64]


class ProbeModule(torch.nn.Module):
    """One hidden layer of rectified units; names as in ``probe.ProbeNetwork``."""

    def __init__(self, network: ProbeNetwork) -> None:
        super().__init__()
        self.W1 = torch.nn.Parameter(torch.tensor(network.W1))
        self.b1 = torch.nn.Parameter(torch.tensor(network.b1))
        self.w2 = torch.nn.Parameter(torch.tensor(network.w2))
        self.b2 = torch.nn.Parameter(torch.tensor(network.b2))

    def predict(self, X: torch.Tensor) -> torch.Tensor:
        """Return the network's output: (n, d) → (n,)."""
        hidden = torch.relu(X @ self.W1 + self.b1)
        out: torch.Tensor = hidden @ self.w2 + self.b2
        return out

    def forward(self, X: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Return the mean of half the squared errors of a batch."""
        return 0.5 * ((self.predict(X) - y) ** 2).mean()

    def network(self) -> ProbeNetwork:
        """Return the parameters as NumPy arrays."""
        return ProbeNetwork(
            *(getattr(self, n).detach().cpu().numpy() for n in ProbeNetwork._fields)
        )


def train_network(
    network: ProbeNetwork,
    X: Table,
    y: Table,
    config: ProbeConfig,
    seed: int,
    device: str,
) -> ProbeNetwork:
    """Take the same steps as the NumPy form; return the trained parameters."""
    place = select_device(device)
    probe = ProbeModule(network).to(place)
    inputs = torch.as_tensor(X, device=place)
    targets = torch.as_tensor(y, device=place)
    for rate, rows in batches(len(y), config, seed):
        index = torch.as_tensor(rows, device=place)
        probe.zero_grad()
        probe(inputs[index], targets[index]).backward()
        with torch.no_grad():
            for part in probe.parameters():
                if part.grad is not None:
                    part.sub_(rate * part.grad)
    return probe.network()
