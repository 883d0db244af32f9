"""GloVe in torch: the same loss by autograd, on CPU and CUDA. Chapter: ``words/glove``.

Gradients of a batch are summed and every parameter takes one step of the published
program's AdaGrad, which ``torch.optim.Adagrad`` is not: see :class:`ProgramAdaGrad`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch

from tutor.training import History, select_device
from tutor.words.glove.reference import (
    Entries,
    GloVeConfig,
    Parameters,
    check_loss,
)
from tutor.words.glove.tiles import epoch_cells, tile_order, tile_side


class GloVe(torch.nn.Module):
    r"""The weighted squared error of a batch of cells.

    .. math::
        J = \tfrac12 \sum_{(i,j)} f(X_{ij})
        \bigl(w_i \cdot \tilde w_j + b_i + \tilde b_j - \log X_{ij}\bigr)^2

    Parameters are named as in :class:`~tutor.words.glove.reference.Parameters`.
    """

    word: torch.Tensor
    context: torch.Tensor
    word_bias: torch.Tensor
    context_bias: torch.Tensor

    def __init__(self, parameters: Parameters, dtype: torch.dtype = torch.float32):
        super().__init__()
        for name, part in parameters._asdict().items():
            value = torch.tensor(np.asarray(part), dtype=dtype)
            self.register_parameter(name, torch.nn.Parameter(value))

    def forward(
        self,
        rows: torch.Tensor,
        columns: torch.Tensor,
        targets: torch.Tensor,
        weights: torch.Tensor,
    ) -> torch.Tensor:
        """Return the summed loss of the batch; all arguments (cells,)."""
        dots = (self.word[rows] * self.context[columns]).sum(dim=1)
        e = dots + self.word_bias[rows] + self.context_bias[columns] - targets
        return 0.5 * (weights * e**2).sum()

    def values(self) -> Parameters:
        """Return the parameters as NumPy arrays."""
        names = Parameters._fields
        return Parameters(*(getattr(self, n).detach().cpu().numpy() for n in names))


class ProgramAdaGrad(torch.optim.Optimizer):
    r"""AdaGrad as ``glove.c`` has it.

    .. math:: s = \eta g, \quad \theta \leftarrow \theta - s/\sqrt G, \quad
        G \leftarrow G + s^2, \quad G_0 = 1

    ``torch.optim.Adagrad`` starts at 0, adds :math:`g^2` without the learning rate,
    and adds before it divides.
    """

    def __init__(self, parameters: Iterable[Any], lr: float):
        super().__init__(parameters, {"lr": lr})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Take one step; a closure is not supported."""
        if closure is not None:
            raise ValueError("ProgramAdaGrad takes no closure")
        for group in self.param_groups:
            for theta in group["params"]:
                squares = self.state[theta].setdefault("sum", torch.ones_like(theta))
                s = theta.grad * group["lr"]
                theta.addcdiv_(s, squares.sqrt(), value=-1)
                squares.addcmul_(s, s)


def train(
    cells: Entries,
    parameters: Parameters,
    config: GloVeConfig,
    *,
    seed: int = 0,
    device: str = "cpu",
    dtype: torch.dtype = torch.float32,
) -> tuple[Parameters, History]:
    """Train as :func:`reference.train`: same cells, same order, same batches.

    Raises
    ------
    ValueError
        For an unknown device; the message lists those that are there.
    FloatingPointError
        If the loss stops being finite.
    """
    place = select_device(device)
    side = tile_side(len(parameters.word), config.tile)
    order, starts = tile_order(cells.rows, cells.columns, side, seed)
    model = GloVe(parameters, dtype).to(place)
    stepper = ProgramAdaGrad(model.parameters(), config.learning_rate)
    rows, columns = (
        torch.as_tensor(part[order].astype(np.int64), device=place)
        for part in cells[:2]
    )
    targets, weights = (
        torch.as_tensor(part[order], dtype=dtype, device=place) for part in cells[2:]
    )
    losses = []
    for epoch in range(config.epochs):
        visits = torch.as_tensor(epoch_cells(starts, side, seed, epoch), device=place)
        total = torch.zeros((), dtype=torch.float64, device=place)
        for chosen in torch.split(visits, config.batch_size):
            stepper.zero_grad()
            loss = model(
                rows[chosen], columns[chosen], targets[chosen], weights[chosen]
            )
            loss.backward()
            stepper.step()
            total += loss.detach()
        losses.append(check_loss(float(total) / len(visits), epoch))
    return model.values(), History({"loss": tuple(losses)})
