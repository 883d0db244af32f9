"""Studies of chapter ``words/glove``: one change at a time.

An :class:`Arm` is one way to make vectors from a corpus. The chapter runs arms live on
a part of the corpus; ``glove_sgns`` searches them on all of it, and is stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tutor import sampling
from tutor.words import counts, glove, word2vec
from tutor.words.glove import Entries, GloVeConfig
from tutor.words.studies.counts import cosines
from tutor.words.word2vec import Word2VecConfig

if TYPE_CHECKING:
    from tutor.datasets import Corpus

Pair = tuple[str, str, float]
Floats = NDArray[np.float64]

SEEDS = (1, 2, 3, 4, 5)


# --- arms: ways to make vectors ------------------------------------------------------
@dataclass(frozen=True)
class Zeros:
    """Cells never seen that take part all the same.

    Attributes
    ----------
    share : float
        How many are drawn, as a multiple of the seen cells.
    count : float
        The count they are given in place of 0; its logarithm is their target.
    weight : float
        Their weight in the loss.
    """

    share: float = 1.0
    count: float = 0.02
    weight: float = 0.05


@dataclass(frozen=True)
class Arm:
    r"""One way to make vectors.

    Attributes
    ----------
    config : GloVeConfig or Word2VecConfig
        The method and its settings.
    sample : float
        For GloVe: subsample the tokens as word2vec does before counting; 0 is off.
    zeros : Zeros or None
        For GloVe: cells never seen that are fitted too.
    target : {"log", "raw"}
        For GloVe: what is fitted; ``raw`` is the count over its standard deviation.
    word_alone : bool
        For GloVe: keep :math:`w` in place of :math:`w + \tilde w`.
    """

    config: GloVeConfig | Word2VecConfig
    sample: float = 0.0
    zeros: Zeros | None = None
    target: str = "log"
    word_alone: bool = False


def vectors(arm: Arm, corpus: Corpus, seed: int, *, matrix: Any = None) -> Floats:
    """Return the vectors (vocab, dim) an arm makes of a corpus.

    ``matrix`` spares the counting when the caller has the arm's table already.
    """
    if isinstance(arm.config, Word2VecConfig):
        fit = word2vec.fit(corpus, arm.config, seed=seed)
        return np.asarray(fit.embedding.vectors, dtype=np.float64)
    table = tabulate(arm, corpus) if matrix is None else matrix
    cells = glove.entries(table, arm.config)
    if arm.target == "raw":
        raw = np.exp(cells.targets)
        cells = cells._replace(targets=raw / raw.std())
    if arm.zeros is not None:
        cells = with_zeros(cells, table, arm.zeros, seed=seed)
    found, _ = glove.train(cells, table.shape[0], arm.config, seed=seed)
    both = found.word if arm.word_alone else found.word + found.context
    return np.asarray(both, dtype=np.float64)


def tabulate(arm: Arm, corpus: Corpus, *, draws: int = 5) -> Any:
    """Return the co-occurrence table of a GloVe arm; with ``sample``, a mean of draws.

    word2vec draws a new subsample each epoch. Here ``draws`` subsamples are counted and
    averaged, so that both methods see tokens thinned by one rule. Removed tokens close
    up: a window then reaches further, in both methods.
    """
    config = arm.config
    if not isinstance(config, GloVeConfig):
        raise TypeError(f"only GloVe counts a table, got {type(config).__name__}")
    how: dict[str, Any] = {"window": config.window, "weighting": config.weighting}
    if arm.sample == 0:
        return counts.cooccurrence(corpus, **how)
    keep = sampling.keep_probability(corpus.vocabulary.counts, arm.sample)
    parts = []
    for seed in range(draws):
        kept = sampling.subsample(corpus.tokens, keep, seed)
        offsets = np.concatenate([[0], np.cumsum(kept)])[corpus.offsets]
        tokens = np.asarray(corpus.tokens)[kept]
        thin = replace(corpus, tokens=tokens, offsets=offsets)
        parts.append(counts.cooccurrence(thin, **how))
    return sum(parts[1:], start=parts[0]) / draws


def with_zeros(cells: Entries, table: Any, zeros: Zeros, *, seed: int = 0) -> Entries:
    """Return the cells together with cells never seen, words drawn by frequency^.75."""
    rng = np.random.default_rng(seed)
    share = np.asarray(table.sum(axis=0)).ravel() ** 0.75
    size = int(zeros.share * len(cells.rows))
    rows, columns = (
        rng.choice(len(share), size, p=share / share.sum()).astype(np.int32)
        for _ in range(2)
    )
    unseen = np.asarray(table[rows, columns]).ravel() == 0
    rows, columns = rows[unseen], columns[unseen]
    return Entries(
        np.concatenate([cells.rows, rows]),
        np.concatenate([cells.columns, columns]),
        np.concatenate([cells.targets, np.full(len(rows), np.log(zeros.count))]),
        np.concatenate([cells.weights, np.full(len(rows), zeros.weight)]),
    )


def scores(
    arm: Arm, corpus: Corpus, pairs: Sequence[Pair], *, seeds: Sequence[int] = SEEDS
) -> Floats:
    """Return the cosines of the pairs, one run a row: (seeds, pairs)."""
    table = tabulate(arm, corpus) if isinstance(arm.config, GloVeConfig) else None
    return np.array(
        [cosines(vectors(arm, corpus, s, matrix=table), corpus, pairs) for s in seeds]
    )
