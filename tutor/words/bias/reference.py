r"""Bias directions: found from pairs of words, measured, taken out of the vectors.

A subspace :math:`B` is spanned by what differs inside pairs such as *she, he*. Hard
debiasing takes it out of all other words (neutralise) and puts both words of chosen
pairs at one distance from it (equalise). A pair or a class is not a fact about people:
the list has two sides because the method has.

Left out: judgements by a crowd. The generator of pairs stands in ``generator``.
Source: Bolukbasi et al. (2016) and their program. Chapter: ``words/bias``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor.geometry import project, remove_directions, unit_rows

Matrix = NDArray[np.float64]
UNKNOWN = ("refuse", "skip")


@dataclass(frozen=True)
class BiasConfig:
    r"""Settings of :func:`tutor.words.bias.hard_debias` and ``soft_debias``.

    Attributes
    ----------
    components : int
        Dimensions :math:`k` of the subspace [1].
    soft_weight : float
        :math:`\lambda`, what a unit of remaining bias costs; soft only [0.2]. Its
        meaning depends on the number of words, see the chapter.
    unknown : {"refuse", "skip"}
        What to do with pairs that have a word the embedding lacks; skipped ones are
        listed in the result.

    Raises
    ------
    ValueError
        If a value is out of its range.
    """

    components: int = 1
    soft_weight: float = 0.2
    unknown: str = "refuse"

    def __post_init__(self) -> None:
        if self.components < 1:
            raise ValueError(f"components must be 1 or more, got {self.components}")
        if not (np.isfinite(self.soft_weight) and self.soft_weight >= 0):
            raise ValueError(
                f"soft_weight must be finite and 0 or more, got {self.soft_weight}"
            )
        if self.unknown not in UNKNOWN:
            raise ValueError(f"unknown {self.unknown!r}; there are {UNKNOWN}")


class Subspace(NamedTuple):
    """Unit directions (k, dim), and each component's share of the spread in pairs."""

    directions: Matrix
    shares: Matrix


# --- the subspace --------------------------------------------------------------------
def bias_subspace(pairs: ArrayLike, components: int = 1) -> Subspace:
    r"""Return the main directions along which the words of a pair differ.

    .. math:: C = \sum_i \sum_{w \in D_i} \frac{(w - \mu_i)(w - \mu_i)^\top}{|D_i|}

    where :math:`D_i` is pair i and :math:`\mu_i` its mean; the directions are the
    eigenvectors of C with the largest eigenvalues, the shares all eigenvalues over
    their sum. Each is turned so that the first words of the pairs lie on its positive
    side (summed over the pairs).

    Parameters
    ----------
    pairs : "pairs 2 dim" array
        Vectors of length 1, as published.
    components : int
        k, at most the rank of the differences.

    Raises
    ------
    ValueError
        For another shape, vectors that are zero or not finite, two equal words in a
        pair, or pairs that span fewer than k directions.

    Oracle: scikit-learn's ``PCA`` of the centred words. Source: Bolukbasi et al.
    (2016) and their program.
    """
    D = _pairs(pairs)
    C = (D - D.mean(axis=1, keepdims=True)) / np.sqrt(2)
    rows = C.reshape(-1, D.shape[2])
    _, s, Vt = np.linalg.svd(rows, full_matrices=False)
    rank = int((s > s[0] * max(rows.shape) * np.finfo(float).eps).sum())
    if not 1 <= components <= rank:
        raise ValueError(
            f"{len(D)} pairs span {rank} direction{'s' * (rank != 1)}, components="
            f"{components} asked for: give more pairs, or 1 to {rank} components"
        )
    B = Vt[:components]
    side = ((D[:, 0] - D[:, 1]) @ B.T).sum(axis=0)
    return Subspace(B * np.where(side < 0, -1.0, 1.0)[:, None], s**2 / (s @ s))


# --- measures ------------------------------------------------------------------------
def direct_bias(
    vectors: ArrayLike, directions: ArrayLike, *, strictness: float = 1.0
) -> float:
    r"""Return how far words lie along a bias direction, on average.

    .. math:: \mathrm{DirectBias}_c = \frac1{|N|} \sum_{w \in N} |\cos(w, g)|^c

    where :math:`N` are words that should be neutral and :math:`c` says how strictly
    small parts count. With k > 1 the cosine becomes the length of the part of
    :math:`\hat w` in the subspace. Shapes: (n, dim), (k, dim) → float in [0, 1].

    A value means nothing alone: see the chapter for what a random direction gives.
    """
    return float(direct_biases(vectors, directions, strictness=strictness).mean())


def direct_biases(
    vectors: ArrayLike, directions: ArrayLike, *, strictness: float = 1.0
) -> Matrix:
    """Return each word's term of `direct_bias`. Shapes: (n, dim), (k, dim) → (n,)."""
    if not (np.isfinite(strictness) and strictness >= 0):
        raise ValueError(f"strictness must be finite, 0 or more, got {strictness}")
    part = project(_unit(vectors, "vectors"), directions)
    terms: Matrix = np.linalg.norm(part, axis=1) ** strictness
    return terms


def indirect_bias(w: ArrayLike, v: ArrayLike, directions: ArrayLike) -> float:
    r"""Return the share of a similarity that the bias subspace carries.

    .. math:: \beta(w, v) = \Bigl(w \cdot v - \frac{w_\perp \cdot v_\perp}
              {\lVert w_\perp \rVert \lVert v_\perp \rVert}\Bigr) \Big/ \, w \cdot v

    where :math:`w, v` have length 1 and :math:`\perp` is what lies outside the
    subspace. 0: nothing changes without it; 1: all of the similarity goes; negative:
    the words become more alike. Shapes: (dim,), (dim,), (k, dim) → float.

    Raises
    ------
    ValueError
        When the words are orthogonal (no similarity to share out), zero, or lie in
        the subspace.
    """
    x = _unit(np.stack([np.asarray(w), np.asarray(v)]), "w and v")
    similarity = float(x[0] @ x[1])
    if abs(similarity) < 1e-12:
        raise ValueError("w and v are orthogonal: there is no similarity to share out")
    left = neutralize(x, directions)
    return (similarity - float(left[0] @ left[1])) / similarity


# --- hard debiasing ------------------------------------------------------------------
def neutralize(vectors: ArrayLike, directions: ArrayLike) -> Matrix:
    r"""Return the rows without their part in the subspace, at length 1.

    .. math:: w \leftarrow (w - w_B) / \lVert w - w_B \rVert

    Shapes: (n, dim), (k, dim) → (n, dim). Doing it twice changes nothing.

    Raises
    ------
    ValueError
        For zero rows, or rows that lie in the subspace: nothing is left of them.
    """
    X = _unit(vectors, "vectors")
    rest = remove_directions(X, directions)
    gone = np.flatnonzero(np.linalg.norm(rest, axis=1) < 1e-9)
    if gone.size:
        raise ValueError(
            f"{gone.size} of {len(X)} vectors lie in the bias subspace, the first is "
            f"row {gone[0]}: nothing would be left; treat these words as specific"
        )
    found: Matrix = unit_rows(rest).astype(np.float64)
    return found


def equalize(pairs: ArrayLike, directions: ArrayLike) -> Matrix:
    r"""Return pairs whose words differ in the subspace alone, at equal distance.

    .. math:: w \leftarrow \nu + \sqrt{1 - \lVert \nu \rVert^2}\;
              \frac{w_B - \mu_B}{\lVert w_B - \mu_B \rVert}, \qquad \nu = \mu - \mu_B

    where :math:`\mu` is the mean of the pair. All results have length 1, and every
    neutralised word has the same dot product, :math:`n \cdot \nu`, with both.
    Shapes: (pairs, 2, dim), (k, dim) → (pairs, 2, dim).

    Raises
    ------
    ValueError
        As `bias_subspace`, or when the words of a pair have one and the same part in
        the subspace: there is then no side to put them on. Neutralising them first
        does this.
    """
    D = _pairs(pairs)
    n, _, dim = D.shape
    part = project(D.reshape(-1, dim), directions).reshape(n, 2, dim)
    outside = D.mean(axis=1) - part.mean(axis=1)
    side = part - part.mean(axis=1, keepdims=True)
    length = np.linalg.norm(side, axis=2, keepdims=True)
    same = np.flatnonzero(length.min(axis=(1, 2)) < 1e-9)
    if same.size:
        raise ValueError(
            f"{same.size} of {n} pairs have two words with the same part in the "
            f"subspace, the first is pair {same[0]}: equalise before neutralising "
            "them, or leave them out"
        )
    reach = np.sqrt(np.maximum(0.0, 1 - (outside**2).sum(axis=1)))[:, None, None]
    equal: Matrix = outside[:, None] + reach * side / length
    return equal


# --- looking words up ----------------------------------------------------------------
@dataclass(frozen=True)
class KnownPairs:
    """Pairs an embedding knows, and those it does not."""

    known: tuple[tuple[str, str], ...] = field(repr=False)
    skipped: tuple[tuple[str, str], ...] = field(repr=False)

    def __repr__(self) -> str:
        return f"KnownPairs({len(self.known)} known, {len(self.skipped)} skipped)"


def known_pairs(vocabulary: Any, pairs: Any, *, unknown: str = "refuse") -> KnownPairs:
    """Return which pairs have both words in a vocabulary (anything with ``in``).

    Raises
    ------
    ValueError
        For two equal words in a pair or no known pair at all; and, with ``refuse``,
        for unknown words: all of them are listed.
    """
    if unknown not in UNKNOWN:
        raise ValueError(f"unknown={unknown!r}; there are {UNKNOWN}")
    given = [(str(a), str(b)) for a, b in pairs]
    if twins := [a for a, b in given if a == b]:
        raise ValueError(
            f"{len(twins)} of {len(given)} pairs hold one word twice: "
            f"{', '.join(twins)}; a pair needs two words"
        )
    missing = [w for pair in given for w in pair if w not in vocabulary]
    if missing and unknown == "refuse":
        raise ValueError(
            f"{len(missing)} words of {len(given)} pairs are unknown: "
            f"{', '.join(missing)}; give other pairs, or unknown='skip'"
        )
    known = [p for p in given if p[0] in vocabulary and p[1] in vocabulary]
    if not known:
        raise ValueError(f"none of {len(given)} pairs has both words in the vocabulary")
    return KnownPairs(tuple(known), tuple(p for p in given if p not in known))


def _pairs(pairs: ArrayLike) -> Matrix:
    D = np.asarray(pairs, dtype=np.float64)
    if D.ndim != 3 or D.shape[1] != 2 or 0 in D.shape:
        raise ValueError(f"pairs must be (pairs, 2, dim), got shape {D.shape}")
    D = _unit(D.reshape(-1, D.shape[2]), "pairs").reshape(D.shape)
    equal = np.flatnonzero(np.linalg.norm(D[:, 0] - D[:, 1], axis=1) < 1e-9)
    if equal.size:
        raise ValueError(
            f"{equal.size} of {len(D)} pairs have two equal vectors, the first is pair "
            f"{equal[0]}: they name no direction; leave them out"
        )
    return D


def _unit(vectors: ArrayLike, name: str) -> Matrix:
    """Return rows at length 1 in float64; zero or non-finite rows are refused."""
    X = np.asarray(vectors, dtype=np.float64)
    if X.ndim != 2 or 0 in X.shape:
        raise ValueError(f"{name} must be (n, dim) with n, dim >= 1, got {X.shape}")
    bad = np.flatnonzero(~np.isfinite(X).all(axis=1) | ~X.any(axis=1))
    if bad.size:
        raise ValueError(
            f"{bad.size} of {len(X)} rows of {name} are zero or not finite, the first "
            f"is row {bad[0]}: they have no direction; leave them out"
        )
    unit: Matrix = unit_rows(X).astype(np.float64)
    return unit
