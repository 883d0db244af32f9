r"""Scores of triples as distances between flows, in NumPy.

An entity is a random variable: a flow :math:`x \mapsto \mu + \sigma x` of one base
variable, coordinate by coordinate. A relation is an affine bijection :math:`y \mapsto
s\,y + m` that acts on it. A fact is likely when the moved head is distributed like the
tail, so a score is minus a distance between two distributions.

======== =================== ============ ===================================
model    entity              relation     distance
======== =================== ============ ===================================
nfe1     :math:`\mu, \sigma` :math:`m, s` squared 2-Wasserstein, linear flows
nfe2     :math:`\mu, a, b`   :math:`m, s` the same, piecewise linear flows
nfe3     :math:`\mu, \sigma` :math:`m, s` Kullback-Leibler, normal variables
affine   :math:`\mu`         :math:`m, s` squared, without uncertainty
shift    :math:`\mu`         :math:`m`    squared: TransE, its norm squared
sigma    :math:`\sigma`      :math:`s`    squared, uncertainty alone
distmult :math:`\mu`         :math:`s`    none: a dot product
======== =================== ============ ===================================

Each model stands here twice, as in :mod:`tutor.knowledge.triples`: as the score of one
triple in the paper's letters, and as a :class:`~tutor.knowledge.triples.Scorer`, whose
query and match score all entities by matrix products. Tests chain both writings.

Conventions: higher is better; vectors are stored part after part in the order of the
table; :math:`\gamma` is added by the loss. A negative scale turns a variable around; of
``nfe1`` and ``sigma`` that leaves :math:`|s\sigma|`, of ``nfe2`` it swaps the halves.

Source: Xiao, He and Cao (2023) and the authors' program; ``nfe2_score`` says where it
departs from the latter. Chapter: ``knowledge/flows``.
"""

from __future__ import annotations

import numpy as np

from tutor.knowledge.flows import matches, moves
from tutor.knowledge.flows.moves import C, softplus
from tutor.knowledge.triples import reference as triples
from tutor.knowledge.triples.reference import Float, Match, Scorer


# --- the scores of one triple --------------------------------------------------------
def nfe1_score(h: Float, r: Float, t: Float) -> Float:
    r"""Return minus the squared 2-Wasserstein distance of two linear flows.

    .. math:: -\lVert s\,h_\mu + m - t_\mu \rVert^2
              - \lVert\, |s\,h_\sigma| - |t_\sigma| \,\rVert^2

    Shapes: all (..., 2 dim), locations before scales → (...). For normal variables, and
    for every base of variance 1 symmetric around 0, the sum is exactly that distance.
    """
    (hm, hs), (m, s), (tm, ts) = (np.split(x, 2, axis=-1) for x in (h, r, t))
    mean = ((s * hm + m - tm) ** 2).sum(-1)
    return np.asarray(-mean - ((np.abs(s * hs) - np.abs(ts)) ** 2).sum(-1))


def nfe2_score(h: Float, r: Float, t: Float, c: float = C) -> Float:
    r"""Return minus the squared 2-Wasserstein distance of piecewise linear flows.

    .. math:: -\lVert \Delta\mu \rVert^2 - \tfrac12 \lVert \Delta a \rVert^2
              - \tfrac12 \lVert \Delta b \rVert^2
              - c\, \langle \Delta\mu, \Delta b - \Delta a \rangle

    where a flow has slope :math:`|a|` below 0 and :math:`|b|` above, :math:`\Delta` is
    moved head minus tail, and a negative scale swaps the two slopes.

    Shapes: ``h``, ``t`` (..., 3 dim): locations, slopes below, slopes above; ``r``
    (..., 2 dim): shifts, scales → (...). The authors' program keeps the halves
    in place whatever the sign, so that with a negative scale it is no distance of moved
    variables.
    """
    (hm, ha, hb), (tm, ta, tb) = (np.split(x, 3, axis=-1) for x in (h, t))
    m, s = np.split(r, 2, axis=-1)
    below = np.abs(s) * np.where(s < 0, np.abs(hb), np.abs(ha))
    above = np.abs(s) * np.where(s < 0, np.abs(ha), np.abs(hb))
    dm, da, db = s * hm + m - tm, below - np.abs(ta), above - np.abs(tb)
    square = dm**2 + da**2 / 2 + db**2 / 2 + c * dm * (db - da)
    return np.asarray(-square.sum(-1))


def nfe3_score(h: Float, r: Float, t: Float) -> Float:
    r"""Return minus the Kullback-Leibler divergence of the moved head from the tail.

    .. math:: -\sum_k \Bigl[ \frac{\sigma_1^2 + (\mu_1 - \mu_2)^2}{2 \sigma_2^2}
              - \log \sigma_1 + \log \sigma_2 - \tfrac12 \Bigr]

    where :math:`\mu_1 = s\,h_\mu + m`, :math:`\sigma_1 = \zeta(s)\, \zeta(h_\sigma)`,
    :math:`\sigma_2 = \zeta(t_\sigma)`, :math:`\mu_2 = t_\mu` and :math:`\zeta` is
    softplus. As in the authors' program the relation's number scales the location as it
    is and the width by its softplus: two maps, not one bijection.

    Shapes: all (..., 2 dim), locations before scales → (...).
    """
    (hm, hs), (m, s), (tm, ts) = (np.split(x, 2, axis=-1) for x in (h, r, t))
    mean, scale, ts = s * hm + m, softplus(s) * softplus(hs), softplus(ts)
    ratio = (scale**2 + (mean - tm) ** 2) / (2 * ts**2)
    return np.asarray(-(ratio - np.log(scale) + np.log(ts) - 0.5).sum(-1))


def affine_score(h: Float, r: Float, t: Float) -> Float:
    r"""Return :math:`-\lVert s\,h + m - t \rVert^2`: entities without uncertainty.

    Shapes: ``h``, ``t`` (..., dim), ``r`` (..., 2 dim) → (...).
    """
    m, s = np.split(r, 2, axis=-1)
    return np.asarray(-((s * h + m - t) ** 2).sum(-1))


def shift_score(h: Float, r: Float, t: Float) -> Float:
    r"""Return :math:`-\lVert h + m - t \rVert^2`: TransE with its norm squared."""
    return np.asarray(-((h + r - t) ** 2).sum(-1))


def sigma_score(h: Float, r: Float, t: Float) -> Float:
    r"""Return :math:`-\lVert\, |s\,h| - |t| \,\rVert^2`: scales alone, no location."""
    return np.asarray(-((np.abs(r * h) - np.abs(t)) ** 2).sum(-1))


# --- the table of models -------------------------------------------------------------
SQUARE = Match(matches.square_match, matches.square_match_gradients)
SCORERS: dict[str, Scorer] = {
    "nfe1": Scorer(
        nfe1_score,
        moves.nfe1_query,
        moves.nfe1_query_gradients,
        Match(matches.nfe1_match, matches.nfe1_match_gradients),
        None,
        entity_parts=2,
        relation_parts=2,
    ),
    "nfe2": Scorer(
        nfe2_score,
        moves.nfe2_query,
        moves.nfe2_query_gradients,
        Match(matches.nfe2_match, matches.nfe2_match_gradients),
        None,
        entity_parts=3,
        relation_parts=2,
    ),
    "nfe3": Scorer(
        nfe3_score,
        moves.nfe3_query,
        moves.nfe3_query_gradients,
        Match(matches.nfe3_match, matches.nfe3_match_gradients),
        None,
        entity_parts=2,
        relation_parts=2,
    ),
    "affine": Scorer(
        affine_score,
        moves.affine_query,
        moves.affine_query_gradients,
        SQUARE,
        None,
        relation_parts=2,
    ),
    "shift": Scorer(
        shift_score, triples.transe_query, triples.transe_query_gradients, SQUARE, None
    ),
    "sigma": Scorer(
        sigma_score,
        moves.sigma_query,
        moves.sigma_query_gradients,
        Match(matches.sigma_match, matches.sigma_match_gradients),
        None,
    ),
    "distmult": Scorer(
        triples.distmult_score,
        triples.distmult_query,
        triples.distmult_query_gradients,
        triples.DOT,
        None,
    ),
}


def scorer(name: str) -> Scorer:
    """Return a model by name; an unknown one lists those there are."""
    if name not in SCORERS:
        raise ValueError(f"unknown scorer {name!r}; there are {', '.join(SCORERS)}")
    return SCORERS[name]


def dim_for(name: str, numbers: int) -> int:
    """Return the dimension at which an entity of a model has ``numbers`` numbers."""
    parts = scorer(name).entity_parts
    if numbers < 1 or numbers % parts:
        raise ValueError(
            f"{name} stores {parts} numbers a coordinate: {numbers} numbers an entity "
            f"are not a multiple of it; take {max(1, numbers // parts) * parts}"
        )
    return numbers // parts
