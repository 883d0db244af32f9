"""The multichannel convolutional LSTM in torch: a module and a short training loop.

Chapter: ``words/subwords``.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from tutor import sampling
from tutor.training import select_device
from tutor.words.subwords.classifier.config import ClassifierConfig


class MConvLSTM(nn.Module):
    """Three channels of filters and an LSTM on frozen word vectors.

    ``forward(x)`` takes (batch, length, dim) and returns scores (batch, classes).
    """

    def __init__(self, dim: int, classes: int, config: ClassifierConfig):
        super().__init__()
        self.config, size = config, 0
        self.channels, self.lstm = nn.ModuleList(), None
        if config.parts != "lstm":
            for width in config.widths:
                self.channels.append(nn.Conv1d(dim, config.filters, width))
                places = (config.length - width + 1) // config.pool
                size += places * config.filters
        if config.parts != "convolutions":
            self.lstm = nn.LSTM(dim, config.hidden, batch_first=True)
            size += config.hidden
        self.dense = nn.Linear(size, config.dense)
        self.out = nn.Linear(config.dense, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the scores of texts given as vectors of words."""
        c, found = self.config, []
        for channel in self.channels:
            y = functional.relu(channel(x.transpose(1, 2)))
            y = functional.dropout(y, c.dropout, self.training)
            found.append(functional.max_pool1d(y, c.pool).flatten(1))
        if self.lstm is not None:
            _, (h, _) = self.lstm(x)
            found.append(h[0])
        z = functional.relu(self.dense(torch.cat(found, dim=1)))
        scores: torch.Tensor = self.out(z)
        return scores


def train(
    vectors: NDArray[np.float32],
    texts: NDArray[np.int64],
    labels: NDArray[np.int64],
    config: ClassifierConfig,
    *,
    seed: int = 0,
    device: str = "cpu",
) -> tuple[MConvLSTM, list[float]]:
    """Return a trained module and the mean loss of each epoch.

    Shapes: ``vectors`` (words + 1, dim), the last row zeros; ``texts`` (n, length)
    rows of it; ``labels`` (n,).
    """
    place = select_device(device)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = MConvLSTM(vectors.shape[1], int(labels.max()) + 1, config).to(place)
        table = torch.as_tensor(vectors, device=place)
        rows = torch.as_tensor(texts, device=place)
        wanted = torch.as_tensor(labels, device=place)
        step = torch.optim.Adam(model.parameters(), lr=config.learning_rate)
        losses = []
        for epoch in range(config.epochs):
            order = sampling.permutation(len(labels), seed, epoch=epoch)
            total = 0.0
            model.train()
            for first in range(0, len(order), config.batch):
                cut = torch.as_tensor(order[first : first + config.batch], device=place)
                step.zero_grad()
                loss = functional.cross_entropy(model(table[rows[cut]]), wanted[cut])
                loss.backward()  # type: ignore[no-untyped-call]
                step.step()
                total += float(loss.detach()) * len(cut)
            losses.append(total / len(order))
    return model.eval(), losses


@torch.no_grad()
def predict(
    model: MConvLSTM, vectors: NDArray[np.float32], texts: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the class of each text."""
    place = next(model.parameters()).device
    table = torch.as_tensor(vectors, device=place)
    found = [
        model(table[torch.as_tensor(texts[i : i + 512], device=place)]).argmax(dim=1)
        for i in range(0, len(texts), 512)
    ]
    return np.asarray(torch.cat(found).cpu().numpy(), np.int64)
