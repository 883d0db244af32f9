"""EfficientNet-Lite0's forward pass in torch, under the published parameter names.

Each block widens its channels, filters each alone, narrows them again, and adds what
came in where the shapes agree. Chapter: ``multimodal/clip``.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from tutor.datasets.sources import file
from tutor.training import select_device

STAGES = (  # blocks, kernel, stride of the first, widening, channels out
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
EPSILON = 1e-3
"""Of the normalisation, as published."""


class LiteEncoder:
    """The network as its weights: ``pool`` to features, ``classify`` to 1,000 scores.

    Nothing here is trained: there are no parameters, only tensors.
    """

    def __init__(self, weights: dict[str, Tensor]):
        self.weights = weights

    def to(self, device: torch.device) -> LiteEncoder:
        """Return the same network on another device."""
        return LiteEncoder({k: v.to(device) for k, v in self.weights.items()})

    def pool(self, x: Tensor) -> Tensor:
        """Return features (n, 1280) of scaled pictures (n, 3, side, side)."""
        x = F.relu6(self._norm(self._conv(x, "_conv_stem", 2), "_bn0"))
        for number, (stride, widening, depth) in enumerate(blocks()):
            x = self._block(x, f"_blocks.{number}.", stride, widening, depth)
        x = F.relu6(self._norm(self._conv(x, "_conv_head", 1), "_bn1"))
        return x.mean(dim=(2, 3))

    def classify(self, x: Tensor) -> Tensor:
        """Return the scores (n, 1000) of ImageNet's classes."""
        return F.linear(
            self.pool(x), self.weights["_fc.weight"], self.weights["_fc.bias"]
        )

    def _block(
        self, x: Tensor, name: str, stride: int, widening: int, depth: int
    ) -> Tensor:
        y = x
        if widening > 1:
            y = F.relu6(self._norm(self._conv(y, name + "_expand_conv"), name + "_bn0"))
        y = self._conv(y, name + "_depthwise_conv", stride, groups=y.shape[1])
        y = F.relu6(self._norm(y, name + "_bn1"))
        y = self._norm(self._conv(y, name + "_project_conv"), name + "_bn2")
        return y + x if stride == 1 and x.shape[1] == depth else y

    def _conv(self, x: Tensor, name: str, stride: int = 1, groups: int = 1) -> Tensor:
        """Filter with the padding that TensorFlow calls SAME: more below and right."""
        kernel = self.weights[name + ".weight"]
        side, width = x.shape[-1], kernel.shape[-1]
        pad = max((-(-side // stride) - 1) * stride + width - side, 0)
        if pad:
            before = pad // 2
            x = F.pad(x, (before, pad - before, before, pad - before))
        return F.conv2d(x, kernel, stride=stride, groups=groups)

    def _norm(self, x: Tensor, name: str) -> Tensor:
        w = self.weights
        return F.batch_norm(
            x,
            w[name + ".running_mean"],
            w[name + ".running_var"],
            w[name + ".weight"],
            w[name + ".bias"],
            eps=EPSILON,
        )


def blocks() -> Iterator[tuple[int, int, int]]:
    """Yield stride, widening and channels out of each of the 16 blocks."""
    for repeats, _, stride, widening, depth in STAGES:
        for number in range(repeats):
            yield (stride if number == 0 else 1), widening, depth


def load(*, random: bool = False, seed: int = 0) -> LiteEncoder:
    """Read the published weights, hash compared, or draw all filters anew."""
    path = file("efficientnet-lite0")
    weights = torch.load(path, weights_only=True, map_location="cpu")
    if random:
        weights = _redrawn(weights, seed)
    return LiteEncoder(weights)


def _redrawn(weights: dict[str, Tensor], seed: int) -> dict[str, Tensor]:
    """Draw filters as He et al. (2015) start them; norms neither move nor scale.

    Normalisation then uses mean 0 and variance 1, so the spread of each layer comes
    from the start alone.
    """
    generator = torch.Generator().manual_seed(seed)
    found = {}
    for name, part in weights.items():
        if part.ndim >= 2:
            spread = (2 / part[0].numel()) ** 0.5
            found[name] = spread * torch.randn(part.shape, generator=generator)
        elif name.endswith(("running_var", "weight")):
            found[name] = torch.ones_like(part)
        else:
            found[name] = torch.zeros_like(part)
    return found


@torch.no_grad()
def pooled(
    network: LiteEncoder, images: NDArray[np.uint8], size: int, device: str = "cpu"
) -> NDArray[np.float32]:
    """Return the features of pictures, in batches of 64."""
    if images.ndim != 4 or images.shape[1] != images.shape[2] or images.shape[3] != 3:
        raise ValueError(f"images must be (n, side, side, 3), got {images.shape}")
    place = select_device(device)
    network = network.to(place)
    found = []
    for start in range(0, len(images), 64):
        part = torch.tensor(images[start : start + 64], device=place)
        x = (part.permute(0, 3, 1, 2).float() - 127) / 128
        if x.shape[-1] != size:
            x = F.interpolate(x, size=(size, size), mode="bilinear", antialias=True)
        found.append(network.pool(x).cpu().numpy())
    rows: NDArray[np.float32] = np.concatenate(found)
    return rows
