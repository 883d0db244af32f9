r"""Scores of triples in NumPy: TransE, DistMult, ComplEx, RotatE.

A fact (head, relation, tail) is a question with its answer: the head's vector, moved by
the relation, should land on the tail. The four models differ in the move (add, scale,
scale and turn, turn) and in how a landing is judged (dot product or distance).

Each model stands here twice: as a score of one triple, in the letters of its paper, and
as a row of :data:`SCORERS`, which splits the score into a *query* :math:`q(h, r)` and a
*match* of the query with every entity, so that one matrix product answers a question
for all of them. The question from the tail uses the same query with another relation:
its signs turned (``inverse``). Tests chain both writings.

A new model is one row more (:func:`register`): a query, its gradients, and a match.

Left out: TransE's L1 norm, RESCAL and TuckER, whose relations are whole matrices.

Sources: Bordes et al. (2013); Yang et al. (2015); Trouillon et al. (2016); Sun et al.
(2019). Conventions: higher is better; a complex vector of d numbers is stored as 2d
real ones, real parts first; norms are L2 and not squared, over the complex vector as
in PyKEEN. Chapter: ``knowledge/triples``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.floating[Any]]

TINY = 1e-12
"""The least squared distance: the norm has no gradient at 0."""


# --- the four scores, as the papers write them ---------------------------------------
def transe_score(h: Float, r: Float, t: Float) -> Float:
    r"""Return :math:`-\lVert h + r - t \rVert_2`.

    Shapes: all (..., dim) → (...). Source: Bordes et al. (2013), who allow L1 as well
    and keep entities at length 1.
    """
    return np.asarray(-np.linalg.norm(h + r - t, axis=-1))


def distmult_score(h: Float, r: Float, t: Float) -> Float:
    r"""Return :math:`\langle h, r, t \rangle = \sum_k h_k r_k t_k`.

    Shapes: all (..., dim) → (...). Source: Yang et al. (2015). It does not change when
    head and tail are swapped.
    """
    return np.asarray((h * r * t).sum(axis=-1))


def complex_score(h: Float, r: Float, t: Float) -> Float:
    r"""Return :math:`\operatorname{Re} \sum_k h_k r_k \bar t_k`.

    Shapes: all (..., 2 dim), real parts first → (...). Source: Trouillon et al. (2016).
    """
    return np.asarray(
        (to_complex(h) * to_complex(r) * to_complex(t).conj()).real.sum(-1)
    )


def rotate_score(h: Float, r: Float, t: Float) -> Float:
    r"""Return :math:`-\lVert h \circ e^{i r} - t \rVert_2`.

    Shapes: ``h``, ``t`` (..., 2 dim), ``r`` (..., dim) phases → (...). Source: Sun et
    al. (2019). The norm runs over the complex vector, as in PyKEEN; LibKGE and the
    authors' program add up the moduli instead.
    """
    return np.asarray(
        -np.linalg.norm(to_complex(h) * np.exp(1j * r) - to_complex(t), axis=-1)
    )


def to_complex(x: Float) -> NDArray[np.complexfloating[Any, Any]]:
    """Read (..., 2 dim) real numbers as (..., dim) complex ones."""
    half = x.shape[-1] // 2
    return np.asarray(x[..., :half] + 1j * x[..., half:])


# --- queries: where the relation moves the head --------------------------------------
def transe_query(h: Float, r: Float) -> Float:
    r"""Return :math:`q = h + r`: (batch, dim) twice → (batch, dim)."""
    return h + r


def transe_query_gradients(h: Float, r: Float, g: Float) -> tuple[Float, Float]:
    """Return the gradients by ``h`` and ``r`` from ``g``, that of the query."""
    del h, r
    return g, g


def distmult_query(h: Float, r: Float) -> Float:
    r"""Return :math:`q = h \circ r`: (batch, dim) twice → (batch, dim)."""
    return h * r


def distmult_query_gradients(h: Float, r: Float, g: Float) -> tuple[Float, Float]:
    """Return the gradients by ``h`` and ``r`` from ``g``, that of the query."""
    return g * r, g * h


def complex_query(h: Float, r: Float) -> Float:
    r"""Return :math:`q = h \circ r` of complex numbers: (batch, 2 dim) twice → same.

    .. math:: (a + ib)(c + ie) = (ac - be) + i(ae + bc)
    """
    a, b = np.split(h, 2, axis=-1)
    c, e = np.split(r, 2, axis=-1)
    return np.concatenate([a * c - b * e, a * e + b * c], axis=-1)


def complex_query_gradients(h: Float, r: Float, g: Float) -> tuple[Float, Float]:
    r"""Return the gradients :math:`g \bar r` by ``h`` and :math:`g \bar h` by ``r``."""
    return complex_query(g, conjugate(r)), complex_query(g, conjugate(h))


def conjugate(x: Float) -> Float:
    """Return the complex conjugate of (..., 2 dim) numbers: imaginary parts negated."""
    return x * signs(x.shape[-1], (1, -1)).astype(x.dtype)


def rotate_query(h: Float, r: Float) -> Float:
    r"""Return :math:`q = h \circ e^{ir}`.

    Shapes: ``h`` (batch, 2 dim), ``r`` (batch, dim) phases → (batch, 2 dim).
    """
    return complex_query(h, np.concatenate([np.cos(r), np.sin(r)], axis=-1))


def rotate_query_gradients(h: Float, r: Float, g: Float) -> tuple[Float, Float]:
    r"""Return the gradients by ``h`` and by the phases ``r``.

    .. math:: \nabla_r = \operatorname{Re}(g) \cdot (-\operatorname{Im} q)
              + \operatorname{Im}(g) \cdot \operatorname{Re} q
    """
    turn = np.concatenate([np.cos(r), np.sin(r)], axis=-1)
    re, im = np.split(complex_query(h, turn), 2, axis=-1)
    x, y = np.split(g, 2, axis=-1)
    return complex_query(g, conjugate(turn)), y * re - x * im


# --- matches: a query against every entity -------------------------------------------
def dot_match(q: Float, E: Float) -> Float:
    r"""Return :math:`S = q E^\top`: (batch, width), (n, width) → (batch, n)."""
    return np.asarray(q @ E.T)


def dot_match_gradients(q: Float, E: Float, S: Float, G: Float) -> tuple[Float, Float]:
    r"""Return :math:`G E`, :math:`G^\top q`, where ``G`` is the gradient by ``S``."""
    del S
    return G @ E, G.T @ q


def distance_match(q: Float, E: Float) -> Float:
    r"""Return :math:`S_{be} = -\lVert q_b - E_e \rVert_2` by one matrix product.

    .. math:: \lVert q - e \rVert^2 = \lVert q \rVert^2 + \lVert e \rVert^2 - 2 q^\top e
    """
    square = (q * q).sum(1)[:, None] + (E * E).sum(1) - 2 * (q @ E.T)
    return np.asarray(-np.sqrt(np.maximum(square, square.dtype.type(TINY))))


def distance_match_gradients(
    q: Float, E: Float, S: Float, G: Float
) -> tuple[Float, Float]:
    r"""Return the gradients by ``q`` and ``E`` from ``G``, the gradient by ``S``.

    .. math:: \nabla_{q_b} = \sum_e W_{be} (q_b - E_e), \quad
              \nabla_{E_e} = \sum_b W_{be} (E_e - q_b), \quad W = G / S

    where :math:`S < 0` is the score, minus the distance. At distance 0 there is no
    slope.
    """
    W = np.where(S < -1.000001 * TINY**0.5, G / S, S.dtype.type(0))
    gq = W.sum(axis=1)[:, None] * q - W @ E
    return gq, W.sum(axis=0)[:, None] * E - W.T @ q


@dataclass(frozen=True)
class Match:
    """How a query is judged against all entities: scores and their gradients."""

    scores: Callable[[Float, Float], Float]
    gradients: Callable[[Float, Float, Float, Float], tuple[Float, Float]]


DOT = Match(dot_match, dot_match_gradients)
DISTANCE = Match(distance_match, distance_match_gradients)


# --- the table of models -------------------------------------------------------------
@dataclass(frozen=True)
class Scorer:
    """One model: what :func:`~tutor.knowledge.triples.fit` needs to know of it.

    Attributes
    ----------
    score : callable
        (h, r, t) → score, as the paper writes it.
    query, query_gradients : callable
        (h, r) → q, and (h, r, gradient of q) → gradients of h and r.
    match : Match
        How q is held against every entity.
    inverse : tuple of int or None
        Signs that turn the relation into its inverse, one for each equal part of its
        vector: the question from the tail is ``query(t, signs * r)``. None where there
        is no such inverse; the model then needs ``reciprocal=True``.
    entity_parts, relation_parts : int
        Real numbers for each of the ``dim`` coordinates.
    phases : bool
        Whether relations are angles.
    """

    score: Callable[[Float, Float, Float], Float]
    query: Callable[[Float, Float], Float]
    query_gradients: Callable[[Float, Float, Float], tuple[Float, Float]]
    match: Match
    inverse: tuple[int, ...] | None
    entity_parts: int = 1
    relation_parts: int = 1
    phases: bool = False


def signs(width: int, inverse: tuple[int, ...]) -> NDArray[np.float64]:
    """Return one sign a column: ``inverse`` stretched over ``width`` columns."""
    return np.repeat(np.asarray(inverse, dtype=np.float64), width // len(inverse))


SCORERS: dict[str, Scorer] = {
    "transe": Scorer(
        transe_score, transe_query, transe_query_gradients, DISTANCE, (-1,)
    ),
    "distmult": Scorer(
        distmult_score, distmult_query, distmult_query_gradients, DOT, (1,)
    ),
    "complex": Scorer(
        complex_score, complex_query, complex_query_gradients, DOT, (1, -1), 2, 2
    ),
    "rotate": Scorer(
        rotate_score,
        rotate_query,
        rotate_query_gradients,
        DISTANCE,
        (-1,),
        entity_parts=2,
        relation_parts=1,
        phases=True,
    ),
}


def register(name: str, model: Scorer) -> None:
    """Add a model to :data:`SCORERS`; a name that another model has is refused."""
    if SCORERS.setdefault(name, model) is not model:
        raise ValueError(f"there is another scorer {name!r}; choose a name of its own")


def scorer(name: str) -> Scorer:
    """Return a model by name; an unknown one lists those there are."""
    if name not in SCORERS:
        raise ValueError(f"unknown scorer {name!r}; there are {', '.join(SCORERS)}")
    return SCORERS[name]
