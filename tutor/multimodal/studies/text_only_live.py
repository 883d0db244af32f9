"""The stored study of chapter ``multimodal/text_only`` on one encoder, for the page.

The encoders of chapter ``multimodal/clip`` travel with the course: one with its
temperature fixed at 0.01, one that learned it. Heads, noises and measures are those of
the study; its five seeds draw five heads on one encoder instead of five encoders.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from tutor.multimodal.clip import weights
from tutor.multimodal.studies.text_only import Outcome, methods
from tutor.multimodal.studies.text_only_clouds import SEEDS, Clouds, clouds_of, world


@lru_cache(maxsize=2)
def preset_clouds(name: str) -> Clouds:
    """Return the clouds of an encoder of chapter clip: ``cold`` or ``learned``."""
    data, _ = world()
    model = weights.preset(name)
    texts = model.encode_text([data.caption(row) for row in range(len(data))])
    return clouds_of(model.encode_image(data.images), texts)


def heads(
    name: str, only: Sequence[str], *, seeds: Sequence[int] = SEEDS
) -> list[dict[str, Outcome]]:
    """Return the outcomes of some methods on one encoder, a head a seed."""
    clouds = preset_clouds(name)
    return [methods(clouds, seed=seed, only=only) for seed in seeds]
