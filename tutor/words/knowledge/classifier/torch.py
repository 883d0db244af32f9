"""The multi-task convolutional network in torch. Chapter: ``words/knowledge``."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from tutor import sampling
from tutor.training import select_device
from tutor.words.knowledge.classifier.config import MultiTaskConfig

Ints = NDArray[np.int64]


class MTCNN(nn.Module):
    """Word vectors, channels of filters, and one linear layer a task.

    ``E`` (words + 1, dim) is trained along; its last row, where a text is shorter, is
    zeros and stays. ``forward(rows)`` takes (batch, length) and returns a list of
    scores (batch, classes).
    """

    def __init__(
        self, vectors: torch.Tensor, classes: Sequence[int], config: MultiTaskConfig
    ):
        super().__init__()
        self.config, dim = config, vectors.shape[1]
        self.E = nn.Parameter(torch.cat([vectors, vectors.new_zeros(1, dim)]))
        self.channels = nn.ModuleList(
            nn.Conv1d(dim, config.filters, width) for width in config.widths
        )
        size = config.filters * len(config.widths)
        self.tasks = nn.ModuleList(nn.Linear(size, n) for n in classes)

    def forward(self, rows: torch.Tensor) -> list[torch.Tensor]:
        """Return the scores of each task."""
        x = functional.embedding(rows, self.E, padding_idx=len(self.E) - 1)
        x, found = x.transpose(1, 2), []
        for width, channel in zip(self.config.widths, self.channels, strict=True):
            front = (width - 1) // 2
            wide = functional.pad(x, (front, width - 1 - front))
            found.append(functional.relu(channel(wide)).amax(dim=2))
        h = functional.dropout(
            torch.cat(found, dim=1), self.config.dropout, self.training
        )
        return [task(h) for task in self.tasks]

    def loss(self, rows: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Return the sum of the tasks' cross-entropies and the table's penalty."""
        terms = [
            functional.cross_entropy(z, y)
            for z, y in zip(self(rows), labels, strict=True)
        ]
        return torch.stack(terms).sum() + self.config.l2 * (self.E**2).sum()


def train(
    vectors: NDArray[np.float32],
    rows: Ints,
    labels: Ints,
    classes: Sequence[int],
    config: MultiTaskConfig,
    *,
    seed: int = 0,
    device: str = "cpu",
) -> tuple[MTCNN, list[float]]:
    """Return a trained module and the mean loss of each epoch.

    Shapes: ``vectors`` (words, dim); ``rows`` (n, length), ``words`` where there is
    none; ``labels`` (tasks, n).
    """
    place = select_device(device)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = MTCNN(torch.as_tensor(vectors), classes, config).to(place)
        texts, wanted = (torch.as_tensor(x, device=place) for x in (rows, labels))
        step = torch.optim.Adam(model.parameters(), lr=config.learning_rate)
        losses = []
        for epoch in range(config.epochs_for(len(rows))):
            order = sampling.permutation(len(rows), seed, epoch=epoch)
            total = 0.0
            for first in range(0, len(order), config.batch):
                cut = torch.as_tensor(order[first : first + config.batch], device=place)
                step.zero_grad()
                loss = model.loss(texts[cut], wanted[:, cut])
                loss.backward()  # type: ignore[no-untyped-call]
                step.step()
                total += float(loss.detach()) * len(cut)
            losses.append(total / len(order))
    return model.eval(), losses


@torch.no_grad()
def predict(model: MTCNN, rows: Ints) -> Ints:
    """Return the class of each text in each task: (tasks, n)."""
    place = model.E.device
    found = []
    for i in range(0, len(rows), 512):
        z = model(torch.as_tensor(rows[i : i + 512], device=place))
        found.append(torch.stack([task.argmax(dim=1) for task in z]))
    return np.asarray(torch.cat(found, dim=1).cpu().numpy(), np.int64)
