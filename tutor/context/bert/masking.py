r"""What is hidden from a masked language model, as arrays of places.

Each place is chosen with probability *rate*. Of the chosen, a share shows [MASK], a
share a random piece, and the rest what stood there: the model must predict all three.
Every draw has an address (seed, epoch, text, place), so an epoch hides other places
than the last (*dynamic* masking), and any part of it can be drawn again alone.

Source: Devlin et al. (2019), "BERT", section 3.1; drawing anew in each epoch is Liu et
al. (2019), "RoBERTa". BERT chooses a fixed number of places a text; here each place is
drawn on its own. Chapter: ``context/bert``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor import sampling
from tutor.context.bert.wordpiece import MASK, SPECIALS

Rows = NDArray[np.int64]

_KIND, _PIECE = 71, 72  # streams beside sampling.MASK: what is shown, which piece
_STRIDE = 1 << 16  # places a text has room for


@dataclass(frozen=True)
class MaskingConfig:
    """How much is hidden, and how; values in brackets: [BERT].

    Attributes
    ----------
    rate : float
        Chance of a place to be chosen, above 0 and below 1 [0.15].
    mask_share, random_share : float
        Of the chosen: shown as [MASK] [0.8], as a random piece [0.1]; the rest is
        shown as it is.
    """

    rate: float = 0.15
    mask_share: float = 0.8
    random_share: float = 0.1

    def __post_init__(self) -> None:
        if not 0 < self.rate < 1:
            raise ValueError(
                f"rate must lie between 0 and 1, both left out, got {self.rate}: with "
                "0 there is nothing to predict, with 1 nothing to predict it from"
            )
        shares = (self.mask_share, self.random_share)
        if min(shares) < 0 or sum(shares) > 1 + 1e-12:
            raise ValueError(
                f"mask_share={self.mask_share} and random_share={self.random_share} "
                "must be 0 or more and add up to 1 at most; the rest stays visible"
            )


class Masked(NamedTuple):
    """Texts with places hidden, and what the model must say there.

    Attributes
    ----------
    tokens : (batch, n) int
        What the model sees.
    rows, columns : (chosen,) int
        The places to predict, in reading order.
    targets : (chosen,) int
        What stood there.
    """

    tokens: Rows
    rows: Rows
    columns: Rows
    targets: Rows


def mask_tokens(
    tokens: ArrayLike,
    config: MaskingConfig,
    vocab: int,
    *,
    numbers: ArrayLike,
    seed: int = 0,
    epoch: int = 0,
) -> Masked:
    r"""Choose places and hide them.

    .. math:: \text{chosen}_{tp} = [u_{tp} < r], \qquad
              \text{shown}_{tp} = \begin{cases}
              \texttt{[MASK]} & v_{tp} < m\\ \text{random} & m \le v_{tp} < m + q\\
              \text{itself} & \text{else}\end{cases}

    where :math:`r, m, q` are rate and shares, and :math:`u, v` uniform draws for the
    place p of text t. Special pieces are never chosen and never come at random.

    Parameters
    ----------
    tokens : (batch, n) int
    config : MaskingConfig
    vocab : int
        Rows of the vocabulary, the first five special.
    numbers : (batch,) int
        The text's number in the whole corpus: with the place, the address of its draws.
    seed, epoch : int

    Raises
    ------
    ValueError
        If shapes do not fit, or ids lie outside the vocabulary.
    """
    ids, texts = _checked(tokens, numbers, vocab)
    place = texts[:, None] * _STRIDE + np.arange(ids.shape[1])
    chosen = sampling.uniform(seed, epoch, sampling.MASK, place) < config.rate
    chosen &= ids >= len(SPECIALS)
    rows, columns = np.nonzero(chosen)
    at = place[rows, columns]
    kind = sampling.uniform(seed, epoch, _KIND, at)
    plain = sampling.integers(seed, epoch, _PIECE, at, vocab - len(SPECIALS))
    plain += len(SPECIALS)
    targets = ids[rows, columns]
    shown = np.where(kind < config.mask_share + config.random_share, plain, targets)
    shown = np.where(kind < config.mask_share, MASK, shown)
    seen = ids.copy()
    seen[rows, columns] = shown
    return Masked(seen, rows, columns, targets)


def next_tokens(tokens: ArrayLike) -> Masked:
    """Return what a left-to-right model predicts: at each place the piece behind it.

    Nothing is hidden; the causal mask of the encoder does that.

    Shapes: ``tokens`` (batch, n) → batch * (n - 1) places.
    """
    ids = np.asarray(tokens, dtype=np.int64)
    if ids.ndim != 2 or ids.shape[1] < 2:
        raise ValueError(
            f"tokens must be (batch, n) with n of 2 or more, got shape {ids.shape}"
        )
    rows, columns = np.nonzero(np.ones_like(ids[:, 1:], dtype=bool))
    return Masked(ids, rows, columns, ids[:, 1:].ravel())


def _checked(tokens: ArrayLike, numbers: ArrayLike, vocab: int) -> tuple[Rows, Rows]:
    ids, texts = np.asarray(tokens), np.asarray(numbers)
    if ids.ndim != 2 or ids.dtype.kind not in "iu" or ids.shape[1] > _STRIDE:
        raise ValueError(
            f"tokens must be whole numbers (batch, n), n up to {_STRIDE}, got shape "
            f"{ids.shape} of {ids.dtype}"
        )
    if texts.shape != ids.shape[:1]:
        raise ValueError(
            f"numbers must name each of the {len(ids)} texts, got shape {texts.shape}"
        )
    if (
        vocab <= len(SPECIALS)
        or ids.size == 0
        or not 0 <= ids.min() <= ids.max() < vocab
    ):
        found = f"{ids.min()} to {ids.max()}" if ids.size else "none"
        raise ValueError(
            f"token ids must lie in 0 to {vocab - 1}, of which the first "
            f"{len(SPECIALS)} are special; got {found}: another vocabulary?"
        )
    return ids.astype(np.int64), texts.astype(np.int64)
