"""A small set and settings that the tests of ``multimodal/clip`` share."""

import numpy as np

from tutor.datasets.emoji import EmojiSet
from tutor.multimodal.clip import ClipConfig


def small_set(n=12, size=16):
    """Return a set of random pictures whose words name them."""
    rng = np.random.default_rng(0)
    names = tuple(f"thing {i} kind {i % 3}" for i in range(n))
    return EmojiSet(
        images=rng.integers(0, 255, size=(n, size, size, 3), dtype=np.uint8),
        emoji=tuple(chr(0x1F600 + i) for i in range(n)),
        names={"en": names, "fr": tuple(f"chose {i}" for i in range(n))},
        keywords=tuple((f"word {i}", "all") if i % 4 else () for i in range(n)),
        category=("c",) * n,
        subcategory=("arrow", "animal", "animal") * (n // 3),
        family=names,
    )


TINY = ClipConfig(
    dim=4, size=8, channels=(4, 4), word_dim=6, batch_size=6, steps=5, augment=False
)
