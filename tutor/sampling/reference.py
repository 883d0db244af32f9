"""Counter-based random streams in NumPy, and the draws word vectors are made of.

The generator is SplitMix64 read at random access: ``bits(p) = mix(key + (p + 1) g)``
with the golden-ratio increment ``g`` and a key mixed from (seed, epoch, stream).

Left out: cryptographic strength, and any distribution the course does not use.

Source: Steele, Lea and Flood (2014), "Fast splittable pseudorandom number
generators"; the sampling rules are those of Mikolov et al. (2013b), section 2.
Chapter: ``words/word2vec``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

# --- streams: independent sequences under one seed -----------------------------------
SUBSAMPLE, WINDOW, NOISE, INIT, SHUFFLE, WALK, MASK = range(1, 8)

GOLDEN = 0x9E3779B97F4A7C15
_MASK64 = (1 << 64) - 1


def _mix(z: int) -> int:
    """SplitMix64's finaliser on one Python integer."""
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK64
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK64
    return z ^ (z >> 31)


def stream_key(seed: int, epoch: int, stream: int) -> np.uint64:
    """Return the 64-bit key of one stream.

    Parameters
    ----------
    seed, epoch, stream : int
        From 0 to 2**64 - 1; each changes every number of the stream.

    Raises
    ------
    ValueError
        If one of them is no whole number or lies outside.
    """
    key = 0
    for name, part in (("seed", seed), ("epoch", epoch), ("stream", stream)):
        if not isinstance(part, (int, np.integer)) or not 0 <= part <= _MASK64:
            raise ValueError(
                f"{name} must be a whole number from 0 to 2**64 - 1, got {part!r}"
            )
        key = _mix((key + int(part) + GOLDEN) & _MASK64)
    return np.uint64(key)


def random_bits(
    seed: int, epoch: int, stream: int, positions: ArrayLike
) -> NDArray[np.uint64]:
    r"""Return 64 random bits for each position.

    .. math:: b(p) = \operatorname{mix}(k + (p + 1)\,g)

    where :math:`k` is the key of (seed, epoch, stream), :math:`p` a position and
    :math:`g` the golden-ratio increment of SplitMix64.

    Shapes: ``positions`` (n,) → (n,). Source: Steele et al. (2014), figure 17.
    """
    z = np.asarray(positions).astype(np.uint64)
    with np.errstate(over="ignore"):
        z = stream_key(seed, epoch, stream) + (z + np.uint64(1)) * np.uint64(GOLDEN)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def uniform(
    seed: int, epoch: int, stream: int, positions: ArrayLike
) -> NDArray[np.float64]:
    """Return a float64 in [0, 1) for each position: the top 53 bits over 2**53."""
    bits = random_bits(seed, epoch, stream, positions)
    return (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53


def integers(
    seed: int, epoch: int, stream: int, positions: ArrayLike, high: int
) -> NDArray[np.int64]:
    """Return an integer in [0, high) for each position (``high`` below 2**31).

    It is ``floor(u * high)`` of the uniform draw; the bias is below ``high / 2**53``.
    """
    if not 0 < high < 2**31:
        raise ValueError(f"high must lie between 1 and 2**31 - 1, got {high}")
    return (uniform(seed, epoch, stream, positions) * high).astype(np.int64)


def permutation(
    n: int, seed: int, *, epoch: int = 0, stream: int = SHUFFLE
) -> NDArray[np.int64]:
    """Return a permutation of 0..n-1: positions sorted by their random bits."""
    return np.argsort(random_bits(seed, epoch, stream, np.arange(n)), kind="stable")


# --- word2vec's draws ----------------------------------------------------------------
def _check_counts(counts: ArrayLike) -> NDArray[np.float64]:
    """Return counts as float64, all of them positive and finite."""
    checked = np.asarray(counts, dtype=np.float64)
    if checked.size == 0 or not np.all((checked > 0) & (checked < np.inf)):
        raise ValueError("counts must be positive, one a word; got none or some <= 0")
    return checked


def keep_probability(counts: ArrayLike, sample: float) -> NDArray[np.float64]:
    r"""Return the probability that subsampling keeps a token of each word.

    .. math:: p_w = \min\Bigl(1, \sqrt{t / f_w} + t / f_w\Bigr)

    where :math:`f_w` is the word's share of all tokens and :math:`t` is ``sample``; 0
    keeps everything. The formula of the published program; the paper prints
    :math:`1 - \sqrt{t / f_w}` as the probability of discarding.

    Shapes: ``counts`` (vocab,) → (vocab,). Raises ``ValueError`` if a count is not
    positive or ``sample`` is negative.
    """
    counts = _check_counts(counts)
    if not 0 <= sample < np.inf:
        raise ValueError(f"sample must be 0 (off) or a positive share, got {sample}")
    if sample == 0:
        return np.ones(len(counts))
    ratio = sample * counts.sum() / counts
    probability: NDArray[np.float64] = np.minimum(1.0, np.sqrt(ratio) + ratio)
    return probability


def subsample(
    tokens: ArrayLike, keep: ArrayLike, seed: int, epoch: int = 0, *, start: int = 0
) -> NDArray[np.bool_]:
    """Return which tokens survive subsampling in this epoch.

    Token ``i`` is kept when ``uniform(position start + i) < keep[token]``.

    Shapes: ``tokens`` (n,), ``keep`` (vocab,) → (n,) bool.
    """
    tokens, keep = np.asarray(tokens), np.asarray(keep)
    if len(tokens) and not 0 <= tokens.min() <= tokens.max() < len(keep):
        got = f"got {tokens.min()} to {tokens.max()}"
        raise ValueError(f"tokens must be ids below {len(keep)}, as keep; {got}")
    draws = uniform(seed, epoch, SUBSAMPLE, np.arange(start, start + len(tokens)))
    kept: NDArray[np.bool_] = draws < keep[tokens]
    return kept


def window_sizes(
    positions: ArrayLike, window: int, seed: int, epoch: int = 0
) -> NDArray[np.int64]:
    """Return the dynamic window of each position, uniform on 1..window."""
    if window < 1:
        raise ValueError(f"window must be at least 1, got {window}")
    return 1 + integers(seed, epoch, WINDOW, positions, window)


def noise_deck(
    counts: ArrayLike, *, power: float = 0.75, size: int = 1 << 20, seed: int = 0
) -> NDArray[np.int32]:
    r"""Return a shuffled deck of word ids whose shares follow the noise distribution.

    .. math:: P_n(w) = \frac{c_w^{\,\text{power}}}{\sum_v c_v^{\,\text{power}}}

    Each word holds the cards between its two cumulative shares, rounded, and at
    least one: drawing negatives is then reading the deck in sequence, which a
    processor does far faster than searching a table.

    Parameters
    ----------
    counts : (vocab,) array
        Positive word counts.
    power : float
        0.75 in the paper; 0 is uniform, 1 the unigram distribution.
    size : int
        Wanted number of cards. The deck holds at least one card a word.

    Source: Mikolov et al. (2013b), section 2.2; the deck is ours.
    """
    if size < 1:
        raise ValueError(f"size must be at least 1 card, got {size}")
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        share = _check_counts(counts) ** power
    if not np.isfinite(share.sum()) or share.sum() == 0:
        raise ValueError(f"counts to the power {power} are beyond floating point")
    edges = np.rint(np.cumsum(share) / share.sum() * size).astype(np.int64)
    cards = np.maximum(1, np.diff(edges, prepend=0))
    deck = np.repeat(np.arange(len(share), dtype=np.int32), cards)
    return deck[permutation(len(deck), seed, stream=NOISE)]


def noise_start(deck_size: int, seed: int, epoch: int) -> int:
    """Return where in the deck an epoch begins to read."""
    return int(integers(seed, epoch, NOISE, [0], deck_size)[0])


def noise(
    deck: NDArray[np.int32],
    positions: ArrayLike,
    negatives: int,
    seed: int,
    epoch: int = 0,
) -> NDArray[np.int32]:
    """Return the noise words of each position.

    Word ``j`` of position ``p`` is card ``(start + p K + j) mod len(deck)``.

    Shapes: ``positions`` (n,) → (n, negatives).
    """
    if negatives < 0:
        raise ValueError(f"negatives must be 0 or more, got {negatives}")
    first = noise_start(len(deck), seed, epoch) + np.asarray(positions) * negatives
    return deck[(first[:, None] + np.arange(negatives)) % len(deck)]


def check_offsets(n_tokens: int, offsets: ArrayLike) -> NDArray[np.int64]:
    """Return ``offsets`` as int64 after checking that it cuts 0..n_tokens in order."""
    offsets = np.asarray(offsets, dtype=np.int64)
    if offsets.ndim != 1 or len(offsets) < 2 or offsets[0] != 0:
        raise ValueError("offsets must be a 1-d array that starts with 0")
    if offsets[-1] != n_tokens or any(
        np.any(np.diff(offsets[start : start + (1 << 20) + 1]) < 0)
        for start in range(0, len(offsets), 1 << 20)  # mapped borders stay on disk
    ):
        raise ValueError(
            f"offsets must rise to {n_tokens}, the number of tokens; got {offsets[-1]}"
        )
    return offsets


def skipgram_pairs(
    tokens: NDArray[np.int32],
    offsets: ArrayLike,
    *,
    window: int,
    dynamic: bool = True,
    keep: ArrayLike | None = None,
    seed: int = 0,
    epoch: int = 0,
    start: int = 0,
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
    """Return every (center, context) pair of one epoch, in corpus order.

    Subsampling removes tokens first, so a window reaches across what was removed;
    it never crosses a document. Contexts of a center come from left to right.

    Parameters
    ----------
    tokens, offsets : (n,) and (docs + 1,) arrays
        Word ids, and where each document begins.
    window : int
        Largest distance. With ``dynamic``, each center draws its own from 1..window.
    keep : (vocab,) array or None
        Keep probability of each word; None keeps all.
    start : int
        Position of ``tokens[0]`` in the whole corpus: a corpus walked in pieces of
        whole documents gives the pairs it gives in one.

    Returns
    -------
    centers, contexts : (pairs,) int32
    positions : (pairs,) int64
        The center's position in the corpus: the address of all its draws.
    """
    if window < 1:
        raise ValueError(f"window must be at least 1, got {window}")
    offsets = check_offsets(len(tokens), offsets)
    kept = np.arange(len(tokens))
    if keep is not None:
        kept = np.flatnonzero(subsample(tokens, keep, seed, epoch, start=start))
    document = np.searchsorted(offsets, kept, side="right")
    sizes = (
        window_sizes(start + kept, window, seed, epoch)
        if dynamic
        else np.full(len(kept), window)
    )
    rows, others = [], []
    for shift in (*range(-window, 0), *range(1, window + 1)):
        row = np.arange(max(0, -shift), len(kept) - max(0, shift))
        inside = (document[row] == document[row + shift]) & (sizes[row] >= abs(shift))
        rows.append(row[inside])
        others.append(row[inside] + shift)
    row, other = np.concatenate(rows), np.concatenate(others)
    order = np.lexsort((other, row))
    row, other = row[order], other[order]
    return tokens[kept[row]], tokens[kept[other]], start + kept[row]


def initial_vectors(
    n: int, dim: int, seed: int, *, stream: int = INIT
) -> NDArray[np.float32]:
    """Return (n, dim) float32, uniform on (-1/2, 1/2) / dim as in word2vec."""
    if n < 1 or dim < 1:
        raise ValueError(f"need at least one row and one dimension, got {n} x {dim}")
    draws = uniform(seed, 0, stream, np.arange(n * dim)).reshape(n, dim)
    return ((draws - 0.5) / dim).astype(np.float32)
