r"""Users as vectors, and how far to trust the few ratings of each.

A user's own mean is unbiased and noisy; the mean of all is sure and knows nobody.
Between them lies the *posterior* mean of a two-level model, whose spread is estimated
from the same users (empirical Bayes). First for one number a user (an offset), then
for a vector (a taste in d features of the items).

Left out: item vectors learned together with the users, and change over time.
Sources: Efron and Morris (1975) for the shrinkage, Dempster, Laird and Rubin (1977) for
EM, Laird and Ware (1982) for the two-level model with vectors.
Chapter: ``words/numbers``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor.embedding import Embedding
from tutor.training import Fit, History

Table = NDArray[np.float64]
Rows = NDArray[np.int64]


# --- one number a user ---------------------------------------------------------------
@dataclass(frozen=True, eq=False)
class Offsets:
    r"""Means of groups under three rules.

    Attributes
    ----------
    own : (groups,) array
        No pooling: each group's mean; NaN where it has no value.
    common : float
        Complete pooling: the mean of all values.
    shrunk : (groups,) array
        Empirical Bayes; ``common`` where a group has no value.
    weight : (groups,) array
        :math:`B_g`, how much of ``own`` is in ``shrunk``: 0 to 1.
    within, between : float
        :math:`\sigma^2`, variance inside groups, and :math:`\tau^2`, between them.
    """

    own: Table = field(repr=False)
    common: float
    shrunk: Table = field(repr=False)
    weight: Table = field(repr=False)
    within: float
    between: float


def offsets(values: ArrayLike, groups: ArrayLike, count: int) -> Offsets:
    r"""Return the mean of each group, shrunk towards the mean of all.

    .. math:: \hat\theta_g = B_g\, \bar y_g + (1 - B_g)\, \bar y, \qquad
              B_g = \frac{\tau^2}{\tau^2 + \sigma^2 / n_g}

    where :math:`n_g` counts the values of group g. The variances are estimated by
    moments: :math:`\sigma^2` from the spread inside groups, and

    .. math:: \tau^2 = \max\Bigl(0, \frac{\sum_g n_g (\bar y_g - \bar y)^2
              - (G - 1) \sigma^2}{N - \sum_g n_g^2 / N}\Bigr)

    Shapes: (n,), (n,) of 0 .. count - 1 → `Offsets`.

    Raises
    ------
    ValueError
        For NaN, a group out of range, fewer than two groups with values, or when no
        group has two values: then spread within and between cannot be told apart.
    """
    y, g = _values(values, groups, count)
    n = np.bincount(g, minlength=count).astype(np.float64)
    some = n > 0
    if some.sum() < 2 or not (n > 1).any():
        raise ValueError(
            f"{int(some.sum())} groups with values, {int((n > 1).sum())} of them with "
            "two or more: needed two groups, and one with two values, to tell spread "
            "within groups from spread between them"
        )
    with np.errstate(invalid="ignore"):
        own = np.bincount(g, weights=y, minlength=count) / n
    common, N, G = float(y.mean()), float(len(y)), float(some.sum())
    within = float(((y - own[g]) ** 2).sum() / (N - G))
    scatter = float((n[some] * (own[some] - common) ** 2).sum())
    between = max(0.0, (scatter - (G - 1) * within) / (N - float(n @ n) / N))
    total = n * between + within
    weight = np.divide(n * between, total, out=np.zeros(count), where=total > 0)
    shrunk = common + weight * np.where(some, own - common, 0.0)
    return Offsets(own, common, shrunk, weight, within, between)


# --- a vector a user -----------------------------------------------------------------
class Prior(NamedTuple):
    r"""What is known of a user before any rating.

    Mean m (d,), covariance :math:`\Lambda` (d, d), noise :math:`\sigma^2` of a rating.
    """

    mean: Table
    covariance: Table
    noise: float


class Sums(NamedTuple):
    """All that the model needs of the ratings: one entry a user.

    ``gram`` (users, d, d) holds sums of q q', ``cross`` (users, d) of q r, ``square``
    (users,) of r r, ``rated`` (users,) how many ratings.
    """

    gram: Table
    cross: Table
    square: Table
    rated: Table


def sums(features: ArrayLike, residuals: ArrayLike, users: ArrayLike, n: int) -> Sums:
    """Return the sums of each user's ratings: (m, d), (m,), (m,) of 0 .. n - 1."""
    Q = np.asarray(features, dtype=np.float64)
    r, u = _values(residuals, users, n)
    if Q.ndim != 2 or 0 in Q.shape or len(Q) != len(r) or not np.isfinite(Q).all():
        raise ValueError(
            f"features must be finite and (ratings, d) with {len(r)} rows, got "
            f"{Q.shape}"
        )
    order = np.argsort(u, kind="stable")
    cuts = np.searchsorted(u[order], np.arange(1, n))
    gram = np.array([q.T @ q for q in np.split(Q[order], cuts)])
    cross = np.zeros((n, Q.shape[1]))
    np.add.at(cross, u, Q * r[:, None])
    square: Table = np.bincount(u, weights=r * r, minlength=n).astype(np.float64)
    return Sums(gram, cross, square, np.bincount(u, minlength=n).astype(np.float64))


def posterior(parts: Sums, prior: Prior) -> tuple[Table, Table]:
    r"""Return mean and covariance of each user's vector, given the ratings.

    .. math:: C_u = \Bigl(\tfrac1{\sigma^2} Q_u^\top Q_u + \Lambda^{-1}\Bigr)^{-1},
              \qquad
              \hat p_u = C_u \Bigl(\tfrac1{\sigma^2} Q_u^\top r_u + \Lambda^{-1} m
              \Bigr)

    where :math:`Q_u` holds the items' features and :math:`r_u` the ratings' residuals.
    Shapes: → (users, d), (users, d, d). Without ratings it is the prior.
    """
    inverse = np.linalg.inv(prior.covariance)
    C = np.linalg.inv(parts.gram / prior.noise + inverse)
    right = parts.cross / prior.noise + inverse @ prior.mean
    return np.einsum("uij,uj->ui", C, right), C


def em_step(parts: Sums, prior: Prior) -> Prior:
    r"""Return the prior that fits the posteriors best: one round of EM.

    .. math:: m = \tfrac1n \sum_u \hat p_u, \qquad \Lambda = \tfrac1n \sum_u \bigl[C_u
              + (\hat p_u - m)(\hat p_u - m)^\top\bigr], \qquad
              \sigma^2 = \tfrac1N \sum_u \bigl[\lVert r_u - Q_u \hat p_u \rVert^2
              + \operatorname{tr}(Q_u^\top Q_u C_u)\bigr]
    """
    P, C = posterior(parts, prior)
    mean = P.mean(axis=0)
    gap = P - mean
    covariance = (gap.T @ gap + C.sum(axis=0)) / len(P)
    fitted = np.einsum("uij,ui,uj->", parts.gram, P, P)
    error = parts.square.sum() - 2 * float((parts.cross * P).sum()) + fitted
    spare = np.einsum("uij,uji->", parts.gram, C)
    return Prior(mean, covariance, float((error + spare) / parts.rated.sum()))


def log_likelihood(parts: Sums, prior: Prior) -> float:
    r"""Return the log-probability of all residuals, the user vectors integrated out.

    .. math:: r_u \sim \mathcal N\bigl(Q_u m,\; \sigma^2 I + Q_u \Lambda Q_u^\top\bigr)

    computed from the sums alone, by the determinant and inverse lemmas.
    """
    cross = parts.cross - parts.gram @ prior.mean
    square = (
        parts.square
        - 2 * parts.cross @ prior.mean
        + np.einsum("i,uij,j->u", prior.mean, parts.gram, prior.mean)
    )
    inverse = np.linalg.inv(prior.covariance)
    A = parts.gram / prior.noise + inverse
    solved = np.linalg.solve(A, cross[..., None])[..., 0]
    explained = np.einsum("ui,ui->u", cross, solved) / prior.noise
    determinant = (
        np.linalg.slogdet(A)[1]
        + np.linalg.slogdet(prior.covariance)[1]
        + parts.rated * np.log(2 * np.pi * prior.noise)
    )
    return float(-0.5 * ((square - explained) / prior.noise + determinant).sum())


def own_vectors(parts: Sums) -> Table:
    """Return each user's least-squares vector, the shortest where many fit.

    No pooling: nobody learns from anybody. Shapes: → (users, d).
    """
    solved: Table = np.einsum(
        "uij,uj->ui", np.linalg.pinv(parts.gram, hermitian=True), parts.cross
    )
    return solved


def common_vector(parts: Sums) -> Table:
    """Return the least-squares vector of all ratings together: complete pooling."""
    solved: Table = np.linalg.pinv(parts.gram.sum(axis=0), hermitian=True) @ (
        parts.cross.sum(axis=0)
    )
    return solved


# --- learning -------------------------------------------------------------------------
@dataclass(frozen=True)
class TasteConfig:
    r"""Settings of the EM rounds.

    Attributes
    ----------
    rounds : int
        Rounds of `em_step`.
    spread : float
        Variance the prior starts from, in each feature.
    """

    rounds: int = 20
    spread: float = 0.1


def learn_tastes(
    parts: Sums,
    names: Sequence[str],
    config: TasteConfig | None = None,
) -> tuple[Fit, Prior]:
    """Learn prior and user vectors; return the fit and the prior.

    Parameters
    ----------
    parts : Sums
        From `sums`; a user without ratings gets the prior's mean.
    names : sequence of str
        One name a user.

    Returns
    -------
    Fit, Prior
        ``embedding`` holds the users; ``history`` the log-likelihood before each round.

    Raises
    ------
    ValueError
        When names and users differ in number, or there is no rating.
    """
    config = config or TasteConfig()
    users, d = parts.cross.shape
    if len(names) != users:
        raise ValueError(f"{len(names)} names for {users} users")
    total = float(parts.rated.sum())
    if total < 2:
        raise ValueError(f"needed at least 2 ratings to estimate noise, got {total:g}")
    prior = Prior(
        np.zeros(d), config.spread * np.eye(d), float(parts.square.sum() / total)
    )
    found = []
    for _ in range(config.rounds):
        found.append(log_likelihood(parts, prior))
        prior = em_step(parts, prior)
    P, _ = posterior(parts, prior)
    meta = {"algorithm": "taste vectors", "rounds": config.rounds}
    history = History({"log_likelihood": tuple(found)})
    embedding = Embedding(tuple(names), P, meta)
    return Fit(embedding, None, history, config, 0, "numpy"), prior


def _values(values: ArrayLike, groups: ArrayLike, count: int) -> tuple[Table, Rows]:
    y, g = np.asarray(values, dtype=np.float64), np.asarray(groups)
    if y.ndim != 1 or g.shape != y.shape or not len(y):
        raise ValueError(f"needed a group for each value, got {y.shape} and {g.shape}")
    if not np.isfinite(y).all():
        raise ValueError(f"{int((~np.isfinite(y)).sum())} values are NaN or infinite")
    if not np.issubdtype(g.dtype, np.integer) or g.min() < 0 or g.max() >= count:
        raise ValueError(
            f"groups must be whole numbers 0 to {count - 1}, got {g.dtype} from "
            f"{g.min()} to {g.max()}"
        )
    return y, g.astype(np.int64)
