"""Controls of chapter ``multimodal/clip``: what explains retrieval without CLIP."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tutor.datasets.emoji import EmojiSet
from tutor.geometry import unit_rows
from tutor.multimodal import clip
from tutor.multimodal.clip import Vocabulary
from tutor.sampling import permutation

Floats = NDArray[np.float64]

PENALTIES = (1.0, 3.0, 10.0, 30.0, 100.0)


def looks(images: NDArray[np.uint8], *, places: bool = True) -> Floats:
    """Return what anyone sees from afar: 64 colours counted, and 8 x 8 mean colours.

    Each of the two parts has length 1, so both count alike; without ``places`` only
    the counts are returned. Shapes: (n, s, s, 3) → (n, 256) or (n, 64); s must be a
    multiple of 8.
    """
    n, side = images.shape[:2]
    level = images.reshape(n, -1, 3) // 64
    number = level[..., 0] * 16 + level[..., 1] * 4 + level[..., 2]
    counts = np.stack([np.bincount(row, minlength=64) for row in number.astype(int)])
    if not places:
        return np.asarray(unit_rows(np.sqrt(counts)), dtype=np.float64)
    block = side // 8
    cut = images[:, : 8 * block, : 8 * block]
    small = cut.reshape(n, 8, block, 8, block, 3).mean(axis=(2, 4)).reshape(n, -1)
    return np.concatenate([unit_rows(np.sqrt(counts)), unit_rows(255 - small)], axis=1)


def bags(texts: list[str], vocabulary: Vocabulary) -> Floats:
    """Return unit bags of words (n, vocabulary)."""
    table = np.zeros((len(texts), len(vocabulary)))
    for row, text in enumerate(texts):
        np.add.at(table[row], vocabulary.ids(text), 1.0)
    return np.asarray(unit_rows(table), dtype=np.float64)


def linear_control(
    train: EmojiSet, valid: EmojiSet, test: EmojiSet, k: int, *, places: bool = True
) -> tuple[Floats, Floats]:
    r"""Return pictures as they look, and texts as they should look.

    .. math:: W = \arg\min \lVert B W - L \rVert^2 + \lambda \lVert W \rVert^2

    where rows of :math:`B` are bags of words and rows of :math:`L` looks, both of the
    training concepts, the looks less their mean. :math:`\lambda` is chosen by recall on
    the validation families. Solved in the space of concepts, of which there are fewer
    than words. Shapes: two of (test, 256), unit rows.
    """
    texts = [
        [part.caption(r) for r in range(len(part))] for part in (train, valid, test)
    ]
    vocabulary = Vocabulary.of(texts[0], "words")
    B, *asked = (bags(part, vocabulary) for part in texts)
    L, *seen = (looks(part.images, places=places) for part in (train, valid, test))
    mean = L.mean(axis=0)

    def predicted(penalty: float, A: Floats) -> Floats:
        inner = B @ B.T + penalty * np.eye(len(B))
        return np.asarray(unit_rows(A @ B.T @ np.linalg.solve(inner, L - mean)))

    recalls = [
        clip.recall_at_k(predicted(p, asked[0]), unit_rows(seen[0] - mean), k)
        for p in PENALTIES
    ]
    best = PENALTIES[int(np.argmax(recalls))]
    return np.asarray(unit_rows(seen[1] - mean)), predicted(best, asked[1])


def shuffled_words(data: EmojiSet, seed: int) -> EmojiSet:
    """Return the same pictures, each with the words of another concept."""
    order = permutation(len(data), seed)
    other = data.subset(order)
    return EmojiSet(
        images=data.images,
        emoji=data.emoji,
        names=other.names,
        keywords=other.keywords,
        category=other.category,
        subcategory=data.subcategory,
        family=data.family,
        licence=data.licence,
        citation=data.citation,
    )
