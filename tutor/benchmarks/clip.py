"""Benchmarks of chapter ``multimodal/clip``: the contrastive loss with its gradient.

Ours is ``tutor.multimodal.clip.torch.infonce_loss``; the rivals are open_clip's
``ClipLoss`` and the loss inside transformers' CLIPModel, on the same rows at the same
temperature. All go forward and backward, float32, one thread, and must return the same
value. Of open_clip the file of losses alone is loaded: the package asks for torchvision
as soon as it is imported, its losses do not. Where it is not installed, its row is left
out. The limit is the arithmetic of the three matrix products alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np

from tutor.benchmarks import Row

DIM, TEMPERATURE = 512, 0.07
OPEN_CLIP, TRANSFORMERS = "open_clip ClipLoss", "transformers CLIPModel's loss"
_NOTES = "float32, 1 thread, forward and backward, unit rows of 512 numbers"
_NOTES_OF = {
    OPEN_CLIP: "; its file of losses loaded alone, since importing the package needs "
    "torchvision; it makes one more matrix product, of texts with pictures",
    TRANSFORMERS: "; the scores are made as ours",
}
Loss = Callable[[Any, Any], Any]


def rows(quick: bool) -> list[Row]:
    """Return a row a rival; ``quick`` takes a batch of 256 instead of 2,048."""
    import torch

    torch.set_num_threads(1)
    batch = 256 if quick else 2048
    generator = torch.Generator().manual_seed(0)
    sides = torch.randn(2, batch, DIM, generator=generator)
    sides = torch.nn.functional.normalize(sides, dim=2)
    limit = _limit(batch)
    rivals = {OPEN_CLIP: _open_clip(), TRANSFORMERS: _transformers()}
    return [
        Row(
            name=f"contrastive loss and gradient, batch {batch}, {name.split()[0]}",
            ours=_both_ways(_ours(), sides),
            rival=_both_ways(loss, sides),
            rival_name=name,
            threads=1,
            unit="pairs",
            work=float(batch),
            quality=_against(_both_ways(loss, sides)()),
            notes=_NOTES + _NOTES_OF[name],
            limit=limit,
        )
        for name, loss in rivals.items()
        if loss is not None
    ]


def _both_ways(loss: Loss, sides: Any) -> Callable[[], Any]:
    """Return the work of a turn: a loss's value, and its gradient by the pictures."""
    import torch

    def work() -> Any:
        X, Y = (side.clone().requires_grad_() for side in sides)
        value = loss(X, Y)
        gradient = torch.autograd.grad(value, (X, Y))[0]
        return float(value.detach()), gradient.numpy()

    return work


def _against(wanted: tuple[float, Any]) -> Callable[[Any], Mapping[str, float]]:
    """Return the quality of a result: how far value and gradient are from these."""

    def quality(found: Any) -> Mapping[str, float]:
        return {
            "difference of losses": abs(found[0] - wanted[0]),
            "largest difference of gradients": float(
                np.abs(found[1] - wanted[1]).max()
            ),
        }

    return quality


def _ours() -> Loss:
    import torch

    from tutor.multimodal.clip import torch as twin

    temperature = torch.tensor(TEMPERATURE)
    return lambda X, Y: twin.infonce_loss(X, Y, temperature)


def _transformers() -> Loss:
    from transformers.models.clip.modeling_clip import image_text_contrastive_loss

    return lambda X, Y: image_text_contrastive_loss(Y @ X.T / TEMPERATURE)


def _open_clip() -> Loss | None:
    """Return open_clip's loss, from its file of losses alone; None without it."""
    package = find_spec("open_clip")
    if package is None or package.origin is None:
        return None
    file = Path(package.origin).with_name("loss.py")
    spec = spec_from_file_location("open_clip_loss", file)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    loss = module.ClipLoss()
    return lambda X, Y: loss(X, Y, 1 / TEMPERATURE)


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
