"""SDNE in torch: the same loss by autograd, on CPU and CUDA.

Chapter: ``graphs/reconstruction``.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from tutor.graphs.reconstruction.config import SDNEConfig
from tutor.graphs.reconstruction.reference import Network
from tutor.training import History, train

Floats = NDArray[np.float64]


class SDNE(torch.nn.Module):
    """The autoencoder; its parameters are ``W`` and ``b``, a list each."""

    def __init__(
        self, network: Network, config: SDNEConfig, dtype: torch.dtype = torch.float32
    ):
        super().__init__()
        self.config = config
        self.middle = network.middle
        self.W, self.b = (
            torch.nn.ParameterList(torch.tensor(x, dtype=dtype) for x in part)
            for part in network
        )

    def forward(self, A: torch.Tensor) -> torch.Tensor:
        r"""Return :math:`\ell` of :func:`~.reference.sdne_loss`: (n, n) → scalar."""
        h, Y = A, A
        for layer, (W, b) in enumerate(zip(self.W, self.b, strict=True), 1):
            h = torch.sigmoid(h @ W + b)
            if layer == self.middle:
                Y = h
        one = torch.ones((), dtype=A.dtype, device=A.device)
        weight = torch.where(A > 0, self.config.penalty**2 * one, one)
        second = ((h - A) ** 2 * weight).sum()
        first = 2.0 * (Y * (A.sum(dim=1, keepdim=True) * Y - A @ Y)).sum()
        squares = torch.stack([(W**2).sum() for W in self.W]).sum()
        return second + self.config.alpha * first + self.config.decay * squares

    def network(self) -> Network:
        """Return the parameters as NumPy arrays in float64."""
        W, b = (
            tuple(x.detach().cpu().numpy().astype(np.float64) for x in part)
            for part in (self.W, self.b)
        )
        return Network(W, b)


def learn(
    network: Network, A: Floats, config: SDNEConfig, *, device: str = "cpu"
) -> tuple[Network, History]:
    """Return the trained network and its loss a node before each step."""
    model = SDNE(network, config)
    rows = A.astype(np.float32)
    epochs = ([(rows,)] for _ in range(config.epochs))
    history = train(
        model,
        epochs,
        learning_rate=config.learning_rate,
        optimizer="adam",
        device=device,
    )
    return model.network(), history
