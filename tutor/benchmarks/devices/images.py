"""Pictures on a GPU and on the processor: CLIP's training, a frozen encoder.

Drawing emoji needs a font, so pictures are drawn at random here, in emoji's number and
size, and captions from as many words as theirs: a step takes the same time, and what
is learned means nothing. Chapters: ``multimodal/clip``, ``closing/one_world``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tutor.benchmarks import Row
from tutor.benchmarks.devices import last_loss, row, sides

if TYPE_CHECKING:
    from tutor.datasets.emoji import EmojiSet

CPU = "torch, all cores"
CONCEPTS, WORDS, NAME, KEYWORDS = 1179, 3454, 2, 7
"""Training concepts of the chapter, their different words, words a caption."""
PRECISION = "the GPU's convolutions round to TF32, torch's default"


def rows(quick: bool, device: str = "cuda") -> list[Row]:
    """Return the rows; ``quick`` takes the smallest size of each with less work."""
    return [*_clip(quick, device), *_frozen(quick, device)]


# --- CLIP ----------------------------------------------------------------------------
@cache
def _concepts() -> EmojiSet:
    """Return as many concepts as the chapter trains on, all of it drawn at random."""
    from tutor.datasets.emoji import EmojiSet

    drawn = np.random.default_rng(0)
    words = np.array([f"word{i}" for i in range(WORDS)])
    names = drawn.choice(words, (CONCEPTS, NAME)).tolist()
    keywords = drawn.choice(words, (CONCEPTS, KEYWORDS)).tolist()
    same = ("none",) * CONCEPTS
    return EmojiSet(
        images=_pictures(CONCEPTS, 32),
        emoji=tuple(map(str, range(CONCEPTS))),
        names={"en": tuple(map(" ".join, names))},
        keywords=tuple(map(tuple, keywords)),
        category=same,
        subcategory=same,
        family=same,
    )


@cache
def _pictures(count: int, side: int) -> NDArray[np.uint8]:
    """Return pictures of random colours. Shapes: → (count, side, side, 3)."""
    drawn = np.random.default_rng(0)
    return drawn.integers(0, 256, (count, side, side, 3), dtype=np.uint8)


def _clip(quick: bool, device: str) -> list[Row]:
    """Return training, by batch; the smallest is what the chapter runs on its page."""
    sizes = [(64, 16, 100), (128, 32, 40), (1024, 32, 12)]
    return [_fit(*size, device) for size in ([(64, 16, 2)] if quick else sizes)]


def _fit(batch: int, side: int, steps: int, device: str) -> Row:
    from tutor.multimodal.clip import ClipConfig

    narrow: dict[str, Any] = {"channels": (16, 32, 32, 64, 64), "word_dim": 64}
    config = ClipConfig(
        size=side, batch_size=batch, steps=steps, **(narrow if side == 16 else {})
    )

    def fit(**options: Any) -> Any:
        from tutor.multimodal import clip

        return clip.fit(_concepts(), config, **options)

    return row(
        "multimodal/clip",
        f"batches of {batch:,} pairs, pictures of {side} pixels",
        **sides(partial(fit, device=device), fit),
        cpu_name=CPU,
        unit="pairs",
        work=batch * steps,
        quality=last_loss,
        notes=f"float32, {steps} steps, {', '.join(map(str, config.channels))} "
        f"channels; {CONCEPTS:,} pictures and captions drawn at random; captions and "
        f"movements are drawn on the processor on both sides; {PRECISION}",
    )


# --- frozen features -----------------------------------------------------------------
def _frozen(quick: bool, device: str) -> list[Row]:
    """Return features of EfficientNet-Lite0, by pictures."""
    return [_features(n, device) for n in ([8] if quick else [8, 64, 512])]


def _features(count: int, device: str) -> Row:
    def work(place: str) -> Callable[[], NDArray[np.float32]]:
        def features() -> NDArray[np.float32]:
            from tutor.multimodal import frozen

            return frozen.features(_pictures(count, 96), device=place)

        return features

    return row(
        "multimodal/clip",
        f"frozen features, {count} pictures of 96 pixels",
        gpu=work(device),
        cpu=work("cpu"),
        cpu_name=CPU,
        unit="pictures",
        work=count,
        quality=lambda rows: {"mean feature": float(rows.mean())},
        notes="EfficientNet-Lite0, batches of 64; reading its weights (19 MB) and "
        f"copying the features back included; pictures of noise; {PRECISION}",
    )
