r"""From the states of tokens to one vector a text.

Chapter: ``context/matryoshka``. Left out: attention pooling with weights of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.floating[Any]]
POOLS = ("mean", "cls", "last", "max")


def pool(states: ArrayLike, lengths: ArrayLike, how: str = "mean") -> Floats:
    r"""Return one vector a text from its token states; padding is left out.

    .. math:: x = \tfrac1n \sum_i h_i, \qquad x = h_1, \qquad x = h_n, \qquad
              x_k = \max_i h_{ik}

    where :math:`h_1, \dots, h_n` are the states of the text's real tokens: mean, CLS,
    last and maximum.

    Parameters
    ----------
    states : "batch length dim" array
    lengths : "batch" int array
        Real tokens of each row, on the left.
    how : {"mean", "cls", "last", "max"}

    Shapes: → (batch, dim).
    """
    H = np.asarray(states)
    real = real_tokens(H.shape, lengths)[:, :, None]
    check_how(how)
    n = np.asarray(lengths)
    if how == "cls":
        return np.asarray(H[:, 0])
    if how == "last":
        return np.asarray(H[np.arange(len(H)), n - 1])
    if how == "max":
        return np.asarray(np.where(real, H, -np.inf).max(axis=1))
    return np.asarray((H * real).sum(axis=1) / n[:, None].astype(H.dtype))


def weighted_pool(states: ArrayLike, lengths: ArrayLike, weights: ArrayLike) -> Floats:
    r"""Return :math:`\sum_i a_i h_i / n`: SIF's mean, with weights given a token.

    With :math:`a_i = a / (a + p(w_i))` frequent tokens count little. SIF also removes
    the direction all texts share; ``tutor.documents.bags`` does both.

    Shapes: ``weights`` (batch, length) → (batch, dim).
    """
    H, a = np.asarray(states), np.asarray(weights)
    if a.shape != H.shape[:2]:
        raise ValueError(
            f"one weight a token is needed, {H.shape[:2]}, got shape {a.shape}"
        )
    real = real_tokens(H.shape, lengths)
    n = np.asarray(lengths)[:, None]
    return np.asarray(np.einsum("bn,bnd->bd", a * real, H) / n)


def check_texts(texts: Sequence[Sequence[int]]) -> None:
    """Refuse no texts at all, and texts without a token."""
    empty = sum(len(ids) == 0 for ids in texts)
    if not len(texts) or empty:
        raise ValueError(
            f"{len(texts)} texts, {empty} of them without tokens; give one or more, "
            "each with a token (a tokenizer adds [CLS] and [SEP])"
        )


def check_how(how: str) -> None:
    """Refuse an unknown way of pooling."""
    if how not in POOLS:
        raise ValueError(f"unknown pooling {how!r}; there are {', '.join(POOLS)}")


def real_tokens(shape: tuple[int, ...], lengths: ArrayLike) -> NDArray[np.bool_]:
    """Return which places of (batch, length) hold a token, not padding."""
    n = np.asarray(lengths)
    if len(shape) != 3 or n.shape != shape[:1]:
        raise ValueError(
            "states must be (batch, length, dim) with one length a row, got "
            f"{shape} and {n.shape}"
        )
    if n.size and not (n.min() >= 1 and n.max() <= shape[1]):
        raise ValueError(
            f"lengths must lie in 1 to {shape[1]}, got {n.min()} to {n.max()}: a text "
            "without tokens has no vector"
        )
    return np.asarray(np.arange(shape[1]) < n[:, None])
