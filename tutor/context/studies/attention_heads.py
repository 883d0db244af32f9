"""Studies of chapter ``context/attention``: where heads look, and forgotten masks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor import sampling
from tutor.context import attention
from tutor.context.attention import packed
from tutor.context.studies.attention import TOKENS, Reader, states_of, tokens_of
from tutor.geometry import unit_rows

Floats = NDArray[np.floating[Any]]


# --- heads: who looks where ----------------------------------------------------------
def looks_at(model: Reader, texts: Sequence[str]) -> dict[str, Floats]:
    """Return each head's mean attention on some places, by the tokens between.

    ``previous``, ``next``, ``itself`` follow from the place of the token that looks;
    ``[CLS]`` and ``[SEP]`` are the ends; ``any one`` is what an even spread gives.
    Tokens that look are those between [CLS] and [SEP].

    Shapes: → by name (texts, layers, heads).
    """
    import torch

    found = defaultdict(list)
    place = model.encoder.tokens.device
    for ids in tokens_of(model, texts):
        n = len(ids)
        with torch.inference_mode():
            given = torch.tensor([ids], device=place)
            weights = model.encoder.attention_weights(given)
        P = np.stack([w[0].cpu().numpy() for w in weights])
        own = np.arange(1, n - 1)
        seen = {"previous": own - 1, "next": own + 1, "itself": own}
        seen |= {"[CLS]": 0 * own, "[SEP]": 0 * own + n - 1}
        for name, places in seen.items():
            found[name].append(P[:, :, own, places].mean(axis=-1))
        found["any one"].append(np.full(P.shape[:2], 1 / n))
    return {name: np.stack(rows) for name, rows in found.items()}


def vectors_forbidding(
    model: Reader, texts: Sequence[str], forbid: Callable[[int], int] | None
) -> Floats:
    """Return sentence vectors while nobody but itself may look at one chosen token.

    Parameters
    ----------
    forbid : callable or None
        ``forbid(number)`` returns the place of the token that text ``number`` hides
        from the others; None hides none.
    """
    found = tokens_of(model, texts)
    vectors = np.empty((len(found), model.encoder.config.dim), dtype=np.float32)
    for piece in packed.batches([len(ids) for ids in found], TOKENS):
        ids, lengths = packed.pad([found[k] for k in piece])
        n = ids.shape[1]
        allowed = np.repeat(attention.padding(n, lengths), n, axis=1)
        if forbid is not None:
            for row, k in enumerate(piece):
                hidden = forbid(int(k))
                allowed[row, np.arange(n) != hidden, hidden] = False
        states = states_of(model, ids, None, allowed)[-1]
        for row, k in enumerate(piece):
            vectors[k] = states[row, : lengths[row]].mean(axis=0)
    return unit_rows(vectors)


def random_places(lengths: tuple[int, ...], seed: int) -> tuple[int, ...]:
    """Return for each length a place between [CLS] and [SEP], drawn for the seed."""
    u = sampling.uniform(seed, 0, sampling.MASK, np.arange(len(lengths)))
    return tuple(1 + int(x * (n - 2)) for x, n in zip(u, lengths, strict=True))


# --- the trap: nobody masked the padding ---------------------------------------------
def vectors_without_mask(
    model: Reader, texts: Sequence[str], seed: int, *, size: int = 32
) -> Floats:
    """Return sentence vectors of padded batches whose padding nobody masked.

    The mistake itself: the model looks at [PAD] and the mean counts it. Batches are
    ``size`` texts drawn in an order of the seed.
    """
    found = tokens_of(model, texts)
    order = sampling.permutation(len(found), seed=seed)
    vectors = np.empty((len(found), model.encoder.config.dim), dtype=np.float32)
    for start in range(0, len(order), size):
        piece = order[start : start + size]
        ids, _ = packed.pad([found[k] for k in piece])
        vectors[piece] = states_of(model, ids, None, "bidirectional")[-1].mean(axis=1)
    return unit_rows(vectors)
