"""Bias directions in word vectors: measured, taken out, and looked for afterwards.

``reference`` is hard debiasing and its measures, ``soft`` the soft variant in NumPy,
``torch`` its twin, ``association`` WEAT, ``leaks`` the probes, ``generator`` the pairs
that vectors propose, ``specific`` the machine that extends a list, ``lists`` the word
lists. Nothing here says anything about a person. Chapter: ``words/bias``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tutor.geometry import unit_rows
from tutor.training import check_backend
from tutor.words.bias.association import Weat, associations, weat
from tutor.words.bias.generator import Proposed, analogies
from tutor.words.bias.leaks import (
    Extremes,
    cluster_right,
    extremes,
    families,
    folds,
    probe_right,
    probe_scores,
)
from tutor.words.bias.reference import (
    BiasConfig,
    KnownPairs,
    Subspace,
    bias_subspace,
    direct_bias,
    direct_biases,
    equalize,
    indirect_bias,
    known_pairs,
    neutralize,
)
from tutor.words.bias.soft import (
    Moments,
    SoftTransform,
    moments,
    soft_gradient,
    soft_loss,
    soft_transform,
)
from tutor.words.bias.specific import MachineList, machine_specific

if TYPE_CHECKING:
    from tutor.embedding import Embedding

BACKENDS = ("numpy", "torch")
Pair = tuple[str, str]

__all__ = [
    "BACKENDS",
    "BiasConfig",
    "Debiased",
    "Extremes",
    "KnownPairs",
    "MachineList",
    "Moments",
    "Proposed",
    "SoftTransform",
    "Subspace",
    "Weat",
    "analogies",
    "associations",
    "bias_subspace",
    "cluster_right",
    "direct_bias",
    "direct_biases",
    "equalize",
    "extremes",
    "families",
    "folds",
    "hard_debias",
    "indirect_bias",
    "known_pairs",
    "machine_specific",
    "moments",
    "neutralize",
    "pair_subspace",
    "pair_vectors",
    "probe_right",
    "probe_scores",
    "soft_debias",
    "soft_gradient",
    "soft_loss",
    "soft_transform",
    "weat",
]


@dataclass(frozen=True)
class Debiased:
    """What debiasing made: the embedding, the subspace used, and what was left out.

    Attributes
    ----------
    embedding : Embedding
        Same keys, float64, all rows at length 1.
    subspace : Subspace
    skipped : tuple of pairs
        Pairs with an unknown word (``unknown="skip"``).
    neutralized : int
        How many words were neutralised (hard) or counted as neutral (soft).
    """

    embedding: Embedding
    subspace: Subspace = field(repr=False)
    skipped: tuple[Pair, ...]
    neutralized: int


def pair_vectors(
    embedding: Embedding, pairs: Iterable[Pair], *, unknown: str = "refuse"
) -> NDArray[np.float64]:
    """Return the vectors of pairs at length 1: (pairs, 2, dim); see `known_pairs`."""
    known = known_pairs(embedding, pairs, unknown=unknown).known
    rows = embedding.rows([word for pair in known for word in pair])
    unit = unit_rows(np.asarray(embedding.vectors, dtype=np.float64)[rows])
    found: NDArray[np.float64] = unit.reshape(len(known), 2, -1).astype(np.float64)
    return found


def pair_subspace(
    embedding: Embedding, pairs: Iterable[Pair], config: BiasConfig | None = None
) -> Subspace:
    """Return the bias subspace of pairs of words; errors as in `bias_subspace`."""
    config = config or BiasConfig()
    vectors = pair_vectors(embedding, pairs, unknown=config.unknown)
    return bias_subspace(vectors, config.components)


def hard_debias(
    embedding: Embedding,
    pairs: Sequence[Pair],
    *,
    specific: Collection[str] = (),
    equal: Sequence[Pair] = (),
    config: BiasConfig | None = None,
) -> Debiased:
    """Neutralise every word but the specific ones, then equalise pairs.

    Parameters
    ----------
    embedding : Embedding
    pairs : pairs of str
        Define the subspace.
    specific : collection of str
        Words that keep their part in the subspace.
    equal : pairs of str
        Are equalised. Their words count as specific: a neutralised word has no side
        left on which equalising could put it.
    config : BiasConfig, optional
        ``soft_weight`` is not used here.

    Raises
    ------
    ValueError
        As `known_pairs`, `bias_subspace`, `neutralize`, `equalize`; or when a word
        stands in two pairs of ``equal``: the second would undo the first.

    Source: Bolukbasi et al. (2016). Chapter: ``words/bias``.
    """
    config = config or BiasConfig()
    asked = known_pairs(embedding, pairs, unknown=config.unknown)
    space = pair_subspace(embedding, asked.known, config)
    kept, skipped = set(specific), asked.skipped
    unit = _unit(embedding)
    chosen: tuple[Pair, ...] = ()
    if equal:
        found = known_pairs(embedding, equal, unknown=config.unknown)
        chosen, skipped = found.known, skipped + found.skipped
        words = [word for pair in chosen for word in pair]
        if twice := sorted({w for w in words if words.count(w) > 1}):
            raise ValueError(
                f"{len(twice)} words stand in two pairs to equalise: "
                f"{', '.join(twice)}; keep one pair each"
            )
        kept |= set(words)
    free = np.array([key not in kept for key in embedding.keys])
    changed = unit.copy()
    if free.any():
        changed[free] = neutralize(unit[free], space.directions)
    if chosen:
        rows = embedding.rows([word for pair in chosen for word in pair])
        pairs_now = unit[rows].reshape(len(chosen), 2, -1)
        changed[rows] = equalize(pairs_now, space.directions).reshape(len(rows), -1)
    made = embedding.transform(lambda _: changed)
    return Debiased(made, space, skipped, int(free.sum()))


def soft_debias(
    embedding: Embedding,
    pairs: Sequence[Pair],
    *,
    specific: Collection[str] = (),
    config: BiasConfig | None = None,
    backend: str = "numpy",
    device: str = "cpu",
) -> Debiased:
    """Apply the one linear map of `soft_transform` to all words, then length 1.

    Parameters
    ----------
    embedding, pairs, specific
        As `hard_debias`; the words that are not specific are N.
    config : BiasConfig, optional
    backend : {"numpy", "torch"}
        ``numpy`` solves linear equations, ``torch`` searches T by L-BFGS.
    device : str
        For ``torch``; the other runs on the CPU.

    Raises
    ------
    ValueError
        As `hard_debias` and `soft_transform`; for an unknown backend or device; or
        when every word is specific.
    """
    config = config or BiasConfig()
    check_backend(backend, BACKENDS)
    if backend != "torch" and device != "cpu":
        raise ValueError(
            f"backend {backend!r} runs on the CPU, got device={device!r}: use "
            "backend='torch'"
        )
    asked = known_pairs(embedding, pairs, unknown=config.unknown)
    space = pair_subspace(embedding, asked.known, config)
    unit = _unit(embedding)
    free = np.array([key not in specific for key in embedding.keys])
    if not free.any():
        raise ValueError("all words are specific: no word is left to be neutral")
    T = _soft_map(unit, unit[free], space.directions, config, backend, device)
    made = embedding.transform(lambda _: unit_rows(unit @ T.T))
    return Debiased(made, space, asked.skipped, int(free.sum()))


def _unit(embedding: Embedding) -> NDArray[np.float64]:
    """Return the rows at length 1 in float64; zero rows are refused by name."""
    unit = unit_rows(np.asarray(embedding.vectors, dtype=np.float64))
    if len(empty := np.flatnonzero(~unit.any(axis=1))):
        raise ValueError(
            f"{len(empty)} of {len(unit)} words have a zero vector, the first is "
            f"{embedding.keys[empty[0]]!r}: leave them out with embedding.subset"
        )
    return unit.astype(np.float64)


def _soft_map(
    words: NDArray[np.float64],
    neutral: NDArray[np.float64],
    directions: NDArray[np.float64],
    config: BiasConfig,
    backend: str,
    device: str,
) -> NDArray[np.float64]:
    """Return T (dim, dim), symmetric, by either solver."""
    if backend == "numpy":
        return soft_transform(words, neutral, directions, config.soft_weight).T
    from tutor.words.bias import torch as twin

    given = moments(words, neutral, directions)
    X, _ = twin.soft_transform(given, config.soft_weight, device=device)
    size, V = np.linalg.eigh((X + X.T) / 2)
    T: NDArray[np.float64] = V * np.sqrt(np.maximum(size, 0)) @ V.T
    return T
