"""The dual encoder in torch: pictures, texts, both losses, one training loop.

Runs on CPU and CUDA unchanged. Batches come from
:mod:`tutor.multimodal.clip.batches`; the losses have their oracle in ``reference``.
Chapter: ``multimodal/clip``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from tutor.multimodal.clip.batches import (
    Batch,
    Plan,
    draw_batch,
    learning_rate,
)
from tutor.multimodal.clip.config import ClipConfig
from tutor.training import select_device

MOST_SCALE = 100.0
"""The highest 1 / temperature that training may reach, as CLIP's."""


# --- losses --------------------------------------------------------------------------
def infonce_loss(images: Tensor, texts: Tensor, temperature: Tensor) -> Tensor:
    """Return CLIP's loss, as ``reference.infonce_loss``."""
    S = images @ texts.T / temperature
    own = torch.arange(len(S), device=S.device)
    return (F.cross_entropy(S, own) + F.cross_entropy(S.T, own)) / 2


def siglip_loss(
    images: Tensor, texts: Tensor, temperature: Tensor, bias: Tensor
) -> Tensor:
    """Return SigLIP's loss, as ``reference.siglip_loss``."""
    S = images @ texts.T / temperature + bias
    z = 2 * torch.eye(len(S), device=S.device, dtype=S.dtype) - 1
    return -F.logsigmoid(z * S).sum() / len(S)


# --- encoders ------------------------------------------------------------------------
class ImageEncoder(nn.Module):
    """Convolutions, then mean and maximum over places, then a linear map.

    Shapes: (batch, 3, size, size) of ink, 0 on white → (batch, dim), unit rows.
    """

    def __init__(self, config: ClipConfig):
        super().__init__()
        layers: list[nn.Module] = []
        before = 3
        for number, width in enumerate(config.channels):
            stride = 2 if number in (0, 1, 3) else 1
            layers += [
                nn.Conv2d(before, width, 3, stride=stride, padding=1, bias=False),
                nn.BatchNorm2d(width),
                nn.ReLU(),
            ]
            before = width
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(2 * before, config.dim)

    def forward(self, ink: Tensor) -> Tensor:
        """Return unit rows."""
        maps = self.body(ink)
        pooled = torch.cat([maps.mean(dim=(2, 3)), maps.amax(dim=(2, 3))], dim=1)
        return F.normalize(self.head(pooled), dim=1)


class FeatureEncoder(nn.Module):
    """A linear map on features that another network made: (batch, features) in."""

    def __init__(self, features: int, config: ClipConfig):
        super().__init__()
        self.norm = nn.BatchNorm1d(features, affine=False)
        self.head = nn.Linear(features, config.dim)

    def forward(self, features: Tensor) -> Tensor:
        """Return unit rows."""
        return F.normalize(self.head(self.norm(features)), dim=1)


class TextEncoder(nn.Module):
    """The mean of a text's unit vectors, then a linear map; order does not count.

    Shapes: units (total,), starts (batch,) → (batch, dim), unit rows.
    """

    def __init__(self, vocabulary: int, config: ClipConfig):
        super().__init__()
        self.table = nn.EmbeddingBag(vocabulary, config.word_dim, mode="mean")
        self.head = nn.Linear(config.word_dim, config.dim)

    def forward(self, units: Tensor, starts: Tensor) -> Tensor:
        """Return unit rows."""
        return F.normalize(self.head(self.table(units, starts)), dim=1)


class Clip(nn.Module):
    """Two encoders, a temperature and, for SigLIP, a bias.

    Parameters
    ----------
    vocabulary : int
        Number of text units.
    config : ClipConfig
    features : int, optional
        Columns of ready-made image features; None trains convolutions on pictures.
    """

    def __init__(
        self, vocabulary: int, config: ClipConfig, features: int | None = None
    ):
        super().__init__()
        self.config = config
        self.image: nn.Module = (
            ImageEncoder(config)
            if features is None
            else FeatureEncoder(features, config)
        )
        self.text = TextEncoder(vocabulary, config)
        start = torch.tensor(-math.log(config.start_temperature))
        self.log_scale = nn.Parameter(start, requires_grad=config.learn_temperature)
        self.bias = nn.Parameter(
            torch.tensor(float(config.bias)), requires_grad=config.loss == "siglip"
        )

    @property
    def temperature(self) -> Tensor:
        """The temperature now."""
        return torch.exp(-self.log_scale)

    def loss(self, images: Tensor, texts: Tensor) -> Tensor:
        """Return the configured loss of unit rows."""
        if self.config.loss == "siglip":
            return siglip_loss(images, texts, self.temperature, self.bias)
        return infonce_loss(images, texts, self.temperature)

    def forward(self, pictures: Tensor, units: Tensor, starts: Tensor) -> Tensor:
        """Return the loss of a batch."""
        return self.loss(self.image(pictures), self.text(units, starts))


# --- pictures ------------------------------------------------------------------------
def ink(images: NDArray[np.uint8], size: int) -> Tensor:
    """Return pictures as ink from 0 (white) to 1, channels first, averaged to ``size``.

    Raises
    ------
    ValueError
        When the pictures' side is no multiple of ``size``.
    """
    if images.ndim != 4 or images.shape[1] != images.shape[2] or images.shape[3] != 3:
        raise ValueError(f"images must be (n, side, side, 3), got {images.shape}")
    if images.shape[1] % size:
        raise ValueError(
            f"pictures of {images.shape[1]} pixels cannot be averaged to {size}: take "
            "a divisor, or draw them at a multiple"
        )
    found = 1 - torch.tensor(images).permute(0, 3, 1, 2).float() / 255
    factor = images.shape[1] // size
    return F.avg_pool2d(found, factor) if factor > 1 else found


def moved(pictures: Tensor, batch: Batch) -> Tensor:
    """Return the batch's pictures, each moved and tinted; what enters is white."""
    grid = F.affine_grid(
        torch.as_tensor(batch.moves, device=pictures.device),
        list(pictures.shape),
        align_corners=False,
    )
    found = F.grid_sample(pictures, grid, align_corners=False)
    tints = torch.as_tensor(batch.tints, device=pictures.device)
    return (found * tints[:, :, None, None]).clamp(0, 1)


# --- training ------------------------------------------------------------------------
def train(
    model: Clip, inputs: Tensor, plan: Plan, *, seed: int = 0, device: str = "cpu"
) -> list[tuple[float, float]]:
    """Train in place; return loss and temperature of each step.

    Parameters
    ----------
    model : Clip
    inputs : (n, 3, size, size) or (n, features) tensor
        Row by row the concepts of the plan. Only pictures are moved and tinted.
    plan
        Of :func:`tutor.multimodal.clip.batches.make_plan`.
    seed : int
    device : str

    Raises
    ------
    FloatingPointError
        If the loss stops being finite; the message names the step.
    """
    place, config = select_device(device), model.config
    model.to(place).train()
    inputs = inputs.to(place)
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, weight_decay=config.weight_decay)
    found = []
    for step in range(config.steps):
        batch = draw_batch(plan, config, seed=seed, step=step)
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, config)
        found.append(train_step(model, optimizer, inputs, batch))
        if not math.isfinite(found[-1][0]):
            raise FloatingPointError(
                f"the loss is {found[-1][0]} at step {step}: lower learning_rate "
                f"({config.learning_rate}), or raise the temperature"
            )
    model.eval()
    return found


def train_step(
    model: Clip, optimizer: torch.optim.Optimizer, inputs: Tensor, batch: Batch
) -> tuple[float, float]:
    """Make one update; return the loss before it and the temperature after it."""
    place = inputs.device
    pictures = inputs[torch.as_tensor(batch.rows, device=place)]
    if pictures.ndim == 4 and model.config.augment:
        pictures = moved(pictures, batch)
    units, starts = (
        torch.as_tensor(part, device=place) for part in (batch.units, batch.starts)
    )
    optimizer.zero_grad()
    loss = model(pictures, units, starts)
    loss.backward()
    optimizer.step()
    with torch.no_grad():
        model.log_scale.clamp_(max=math.log(MOST_SCALE))
    return float(loss.detach()), float(model.temperature.detach())


def new_model(
    vocabulary: int, config: ClipConfig, *, seed: int, features: int | None = None
) -> Clip:
    """Return a model with the initial parameters of a seed; global state is kept."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Clip(vocabulary, config, features)


@torch.no_grad()
def encode(module: nn.Module, *inputs: Any) -> NDArray[np.float32]:
    """Return an encoder's rows for ready tensors, in evaluation mode."""
    module.eval()
    place = next(module.parameters()).device
    found = module(*(torch.as_tensor(part, device=place) for part in inputs))
    rows: NDArray[np.float32] = found.cpu().numpy()
    return rows
