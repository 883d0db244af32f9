r"""How far two embeddings of the same concepts agree: pairs and neighbours.

Two questions, from coarse to fine. Do both put the same *pairs* close (representational
similarity, RSA)? Do both give a concept the same *neighbours*? The third, whether one
rotation finds concepts it has not seen, is asked in ``rotation``.

Rows are centred on the mean of all concepts first, and compared by cosine: a mean that
all rows share would otherwise fill every cosine. Pairs of concepts are not independent,
for a concept sits in n - 1 of them: what is drawn anew in a bootstrap, and shuffled in
a permutation, is always the concept. Pure NumPy. Left out: kernels (CKA), which weigh
pairs, and maps that bend. Chapter: ``closing/one_world``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor.evaluate.statistics import Effect, average_ranks
from tutor.geometry import cosine_matrix, mean_center
from tutor.sampling import integers, permutation

Matrix = NDArray[np.float64]
Pairs = NDArray[np.bool_]
Ints = NDArray[np.int64]

CONCEPTS, RUNS, SHUFFLES = 301, 302, 303
"""Streams of the draws."""


# --- pairs ---------------------------------------------------------------------------
def similarities(vectors: ArrayLike) -> Matrix:
    r"""Return the cosine of every two centred rows.

    .. math:: S_{ij} = \cos(x_i - \bar x,\; x_j - \bar x)

    Shapes: (n, d) → (n, n).
    """
    centred = mean_center(vectors)
    S: Matrix = np.asarray(cosine_matrix(centred, centred), np.float64)
    return S


def all_pairs(n: int) -> Pairs:
    """Return which cells of an (n, n) table are pairs of two concepts: all but i, i."""
    return ~np.eye(n, dtype=bool)


def pairs_within(groups: Sequence[str]) -> Pairs:
    """Return the pairs of two concepts of one group. Shapes: n names → (n, n)."""
    names = np.asarray(groups)
    same: Pairs = (names[:, None] == names[None, :]) & all_pairs(len(names))
    return same


def rank_matrix(S: ArrayLike, pairs: Pairs) -> Matrix:
    """Return the ranks of the chosen pairs among themselves, 0 everywhere else.

    Shapes: (n, n), (n, n) → (n, n), symmetric; ranks start at 1, ties share their mean.
    """
    table, chosen = _square(S), _pairs(pairs)
    if table.shape != chosen.shape:
        raise ValueError(
            f"similarities of {len(table)} concepts, pairs of {len(chosen)}: both must "
            "be of the same concepts, in the same order"
        )
    upper = np.triu(chosen)
    R = np.zeros_like(table)
    R[upper] = average_ranks(table[upper])
    ranked: Matrix = R + R.T
    return ranked


def agreement(one: ArrayLike, other: ArrayLike, pairs: Pairs | None = None) -> float:
    r"""Return how far two similarity tables order the pairs alike (RSA).

    .. math:: \rho = \operatorname{corr}\bigl(\{r_{ij}\}, \{q_{ij}\}\bigr)_{i < j}

    where r and q are the ranks of both tables' cells: Spearman's correlation. With
    ``pairs`` only those count. Shapes: (n, n), (n, n) → float. Source: Kriegeskorte et
    al. (2008), who compare dissimilarities, which only turns both orders round.
    """
    A = _square(one)
    chosen = all_pairs(len(A)) if pairs is None else pairs
    R, Q = rank_matrix(A, chosen), rank_matrix(other, chosen)
    return float(weighted_agreement(R, Q, chosen, np.ones((1, len(A))))[0])


def weighted_agreement(R: Matrix, Q: Matrix, pairs: Pairs, weights: Matrix) -> Matrix:
    r"""Return the correlation of ranks when concept i stands :math:`w_i` times.

    .. math:: \langle f \rangle = \frac{w^\top (P \circ f)\, w}{w^\top P\, w}, \qquad
        \rho = \frac{\langle RQ \rangle - \langle R \rangle\langle Q \rangle}
        {\sqrt{(\langle R^2 \rangle - \langle R \rangle^2)
               (\langle Q^2 \rangle - \langle Q \rangle^2)}}

    where :math:`P` marks the pairs; a concept with itself is none, however often it is
    drawn. Ranks are those of the full sample: a resample weighs pairs, it does not rank
    them anew. Shapes: (n, n) three times, (samples, n) → (samples,).
    """
    P = _pairs(pairs).astype(np.float64)
    R, Q = R * P, Q * P

    def form(table: Matrix) -> Matrix:
        found: Matrix = np.einsum("bi,bi->b", weights @ table, weights)
        return found

    total = form(P)
    r, q = form(R) / total, form(Q) / total
    both = form(R * Q) / total - r * q
    own, other = form(R * R) / total - r * r, form(Q * Q) / total - q * q
    with np.errstate(invalid="ignore", divide="ignore"):
        rho: Matrix = both / np.sqrt(own * other)
    return rho


def agreement_effect(
    treatment: Sequence[tuple[Matrix, Matrix]],
    control: Sequence[tuple[Matrix, Matrix]] = (),
    *,
    pairs: Pairs | None = None,
    samples: int = 2000,
    seed: int = 0,
) -> Effect:
    r"""Return a mean agreement, less that of a control, with its interval.

    Each run is a pair of similarity tables (n, n). A resample draws concepts, and runs,
    with replacement; treatment and control see the same draws. One run on one side
    stands for all on the other. The ends are the 2.5th and 97.5th percentile.

    Raises
    ------
    ValueError
        Without a run, or when the numbers of runs do not pair.
    """
    if not treatment or len({len(treatment), len(control) or 1} - {1}) > 1:
        raise ValueError(
            f"{len(treatment)} runs cannot be paired with {len(control)}: give one or "
            "more, as many on both sides, or one on one side"
        )
    n = len(treatment[0][0])
    chosen = all_pairs(n) if pairs is None else pairs
    runs = max(len(treatment), len(control))
    ones = np.ones((1, n))
    drawn = multiplicities(samples, n, seed=seed, stream=CONCEPTS)
    seeds = multiplicities(samples, runs, seed=seed, stream=RUNS)

    def side(tables: Sequence[tuple[Matrix, Matrix]]) -> Matrix:
        """Return (runs, 1 + samples): the full sample first."""
        found = []
        for one, other in tables:
            R, Q = rank_matrix(one, chosen), rank_matrix(other, chosen)
            weights = np.concatenate([ones, drawn])
            found.append(weighted_agreement(R, Q, chosen, weights))
        shown: Matrix = np.broadcast_to(np.stack(found), (runs, 1 + samples))
        return shown

    values = side(treatment) - (side(control) if control else 0.0)
    resampled = (values[:, 1:].T * seeds).sum(axis=1) / runs
    low, high = np.nanquantile(resampled, [0.025, 0.975])
    per_seed = tuple(map(float, values[:, 0]))
    return Effect(float(np.mean(per_seed)), float(low), float(high), per_seed, n)


def multiplicities(samples: int, n: int, *, seed: int, stream: int) -> Matrix:
    """Return how often each of n things is drawn in each resample: (samples, n)."""
    drawn = integers(seed, 0, stream, np.arange(samples * n), n).reshape(samples, n)
    flat = (drawn + n * np.arange(samples)[:, None]).ravel()
    counts = np.bincount(flat, minlength=samples * n)
    return counts.reshape(samples, n).astype(np.float64)


def shuffled_agreements(
    one: ArrayLike, other: ArrayLike, *, samples: int = 1000, groups: Sequence = ()
) -> Matrix:
    """Return the agreement after the concepts of one side were dealt out anew.

    With ``groups`` a concept only changes places with one of its group: what is left is
    the agreement that the groups alone explain. Shapes: (n, n), (n, n) → (samples,).
    """
    A, B = _square(one), _square(other)
    n = len(A)
    pairs = all_pairs(n)
    R, Q = rank_matrix(A, pairs), rank_matrix(B, pairs)
    names = np.asarray(groups if len(groups) else [""] * n)
    found = np.empty(samples)
    centred = Q[pairs].mean()
    scale = np.sqrt(R[pairs].var() * Q[pairs].var())
    for k in range(samples):
        order = shuffle_within(names, seed=k)
        found[k] = ((R - centred) * (Q[np.ix_(order, order)] - centred))[pairs].mean()
    shares: Matrix = found / scale
    return shares


def shuffle_within(groups: Sequence[str] | NDArray, *, seed: int) -> Ints:
    """Return an order of 0 to n - 1 in which each place keeps its group."""
    names = np.asarray(groups)
    order = np.arange(len(names))
    mixed = permutation(len(names), seed, stream=SHUFFLES)
    for name in np.unique(names):
        places = np.flatnonzero(names == name)
        order[places] = mixed[np.isin(mixed, places)]
    return order


def without_groups(vectors: ArrayLike, groups: Sequence[str]) -> Matrix:
    r"""Return the rows less the mean of their group: what tells a thing in its kind.

    .. math:: z_i = x_i - \frac{1}{|G_i|} \sum_{j \in G_i} x_j

    where :math:`G_i` are the things of the group of i, itself among them; a thing alone
    in its group becomes 0. Shapes: (n, d), n names → (n, d).
    """
    X = np.array(vectors, np.float64)
    names = np.asarray(groups)
    if X.ndim != 2 or names.shape != (len(X),):
        raise ValueError(
            f"vectors {X.shape} and {names.shape} groups: needed rows (n, d) and the "
            "name of a group for each"
        )
    for name in np.unique(names):
        X[names == name] -= X[names == name].mean(axis=0)
    return X


# --- neighbours ----------------------------------------------------------------------
def neighbours(S: ArrayLike, k: int) -> Ints:
    """Return the k nearest other concepts of each, nearest first: (n, n) → (n, k)."""
    table = _square(S).copy()
    if not 1 <= k < len(table):
        raise ValueError(f"k must lie between 1 and {len(table) - 1}, got {k}")
    np.fill_diagonal(table, -np.inf)
    order: Ints = np.argsort(-table.round(6), axis=1, kind="stable")[:, :k]
    return order


def neighbour_overlap(one: ArrayLike, other: ArrayLike, k: int = 10) -> Matrix:
    r"""Return the share of each concept's k neighbours that both tables name.

    .. math:: o_i = |N_k(i) \cap N'_k(i)| / k

    Chance is :math:`k / (n - 1)`. Shapes: (n, n), (n, n) → (n,).
    """
    A, B = neighbours(one, k), neighbours(other, k)
    shared: Matrix = (A[:, :, None] == B[:, None, :]).any(axis=2).mean(axis=1)
    return shared


# --- ceilings ------------------------------------------------------------------------
def disattenuated(cross: float, one: float, other: float) -> float:
    r"""Return an agreement as a share of what its two families could reach.

    .. math:: \rho_{ab} / \sqrt{\rho_{aa}\, \rho_{bb}}

    where :math:`\rho_{aa}` is the agreement of two runs of the same family: its noise
    ceiling. Source: Spearman (1904). Raises ``ValueError`` unless both lie in (0, 1].
    """
    if not (0 < one <= 1 and 0 < other <= 1):
        raise ValueError(f"ceilings must lie above 0 and up to 1, got {one}, {other}")
    return cross / float(np.sqrt(one * other))


def _square(S: ArrayLike) -> Matrix:
    table = np.asarray(S, np.float64)
    if table.ndim != 2 or table.shape[0] != table.shape[1] or len(table) < 3:
        raise ValueError(
            f"needed similarities (n, n) of 3 concepts or more, got {table.shape}"
        )
    if not np.isfinite(table).all():
        count = int((~np.isfinite(table)).sum())
        raise ValueError(f"{count} of {table.size} similarities are NaN or infinite")
    return table


def _pairs(pairs: Pairs) -> Pairs:
    chosen = np.asarray(pairs, bool)
    if chosen.ndim != 2 or (chosen != chosen.T).any() or chosen.diagonal().any():
        raise ValueError("pairs must be a symmetric table (n, n) without i, i")
    if np.triu(chosen).sum() < 3:
        raise ValueError(f"{int(np.triu(chosen).sum())} pairs: at least 3 are needed")
    return chosen
