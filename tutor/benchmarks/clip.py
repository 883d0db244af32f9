"""Benchmark of chapter ``multimodal/clip``: the contrastive loss with its gradient.

Ours is ``tutor.multimodal.clip.torch.infonce_loss``; the rival is the loss inside
transformers' CLIPModel, on scores computed the same way. Both go forward and backward,
float32, one thread. The limit is the arithmetic of the three matrix products alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tutor.benchmarks import Row

DIM, TEMPERATURE = 512, 0.07
_NOTES = "float32, 1 thread, forward and backward, unit rows of 512 numbers"


def rows(quick: bool) -> list[Row]:
    """Return the row; ``quick`` takes a batch of 256 instead of 2,048."""
    import torch

    torch.set_num_threads(1)
    batch = 256 if quick else 2048
    generator = torch.Generator().manual_seed(0)
    sides = torch.randn(2, batch, DIM, generator=generator)
    sides = torch.nn.functional.normalize(sides, dim=2)
    wanted = _rival(sides)()

    def quality(gradient: Any) -> Mapping[str, float]:
        error = float(np.abs(np.asarray(gradient) - wanted).max())
        return {"largest difference of gradients": error}

    return [
        Row(
            name=f"contrastive loss and gradient, batch {batch}",
            ours=_ours(sides),
            rival=_rival(sides),
            rival_name="transformers image_text_contrastive_loss",
            threads=1,
            unit="pairs",
            work=float(batch),
            quality=quality,
            notes=_NOTES,
            limit=_limit(batch),
        )
    ]


def _ours(sides: Any) -> Callable[[], Any]:
    import torch

    from tutor.multimodal.clip import torch as twin

    temperature = torch.tensor(TEMPERATURE)

    def work() -> Any:
        X, Y = (side.clone().requires_grad_() for side in sides)
        loss = twin.infonce_loss(X, Y, temperature)
        return torch.autograd.grad(loss, (X, Y))[0].numpy()

    return work


def _rival(sides: Any) -> Callable[[], Any]:
    import torch
    from transformers.models.clip.modeling_clip import image_text_contrastive_loss

    def work() -> Any:
        X, Y = (side.clone().requires_grad_() for side in sides)
        loss = image_text_contrastive_loss(Y @ X.T / TEMPERATURE)
        return torch.autograd.grad(loss, (X, Y))[0].numpy()

    return work


def _limit(batch: int) -> float:
    """Return the pairs a second that three matrix products alone would allow here."""
    import torch

    a, b = torch.ones(batch, DIM), torch.ones(DIM, batch)
    best = np.inf
    for _ in range(5):
        began = time.perf_counter()
        a @ b
        best = min(best, time.perf_counter() - began)
    return float(batch / (3 * best))
