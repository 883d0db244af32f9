"""What chapter ``documents/paragraphs`` runs live, beside ``studies.paragraphs``."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tutor.documents import bags
from tutor.documents import paragraphs as pv
from tutor.documents.paragraphs import ParagraphConfig
from tutor.documents.studies.paragraphs import (
    SEEDS,
    Collection,
    Pair,
    table,
)
from tutor.evaluate import binary
from tutor.words.word2vec import Word2VecConfig
from tutor.words.word2vec import fit as fit_words


def fits(
    data: Collection, config: ParagraphConfig, *, seeds: Sequence[int] = SEEDS
) -> dict[int, pv.ParagraphFit]:
    """Return one run a seed, learned from the database."""
    return {seed: pv.fit(data.corpus, config, seed=seed) for seed in seeds}


def word_vectors(
    data: Collection,
    *,
    seeds: Sequence[int] = SEEDS,
    epochs: int = 5,
    dim: int = 100,
) -> dict[int, NDArray[np.float32]]:
    """Return skip-gram vectors learned from the database, one table a seed."""
    config = Word2VecConfig(dim=dim, epochs=epochs)
    return {
        s: np.asarray(fit_words(data.corpus, config, seed=s).embedding.vectors)
        for s in seeds
    }


def tfidf(data: Collection) -> Pair:
    """Return the bags of words themselves, weighed, a row a document: both dense."""
    left, right = (table.toarray() for table in data.tfidf)
    return left, right


def means(data: Collection, vectors: NDArray[np.float32]) -> Pair:
    """Return plain means of word vectors of both parts."""
    left, right = (bags.mean_vectors(c, vectors) for c in data.counts)
    return left, right


def sif(data: Collection, vectors: NDArray[np.float32], a: float = 1e-3) -> Pair:
    """Return SIF vectors of both parts, learned from the database."""
    frequencies = data.corpus.vocabulary.counts
    learned = bags.fit_sif(data.counts[0], vectors, frequencies, a)
    left, right = (bags.sif_vectors(c, vectors, learned) for c in data.counts)
    return left, right


def weighted(data: Collection, vectors: NDArray[np.float32], a: float = 1e-3) -> Pair:
    """Return SIF's weighted means with the common direction left in."""
    weights = bags.sif_weights(data.corpus.vocabulary.counts, a)
    left, right = (bags.weighted_mean(c, vectors, weights) for c in data.counts)
    return left, right


def centred(data: Collection, vectors: NDArray[np.float32]) -> Pair:
    """Return plain means less the database's mean: the trick without the weights."""
    left, right = means(data, vectors)
    return left - left.mean(axis=0), right - left.mean(axis=0)


# --- the trap: ties in the order of the file -----------------------------------------
def sorted_by_topic(data: Collection) -> NDArray[np.int64]:
    """Return the order of a file whose documents are sorted by their label."""
    return np.argsort(data.labels, kind="stable")


def by_file_order(distances: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return ranks 0..n-1 with ties broken by position: what ``argsort`` does."""
    order = np.argsort(distances, axis=1, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(order.shape[1])[None], axis=1)
    return ranks


def tie_scores(
    data: Collection, codes: Sequence[Pair]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return average precision by file order and by expectation, file sorted by topic.

    Shapes: two (seeds, queries).
    """
    order = sorted_by_topic(data)
    relevant = data.relevant[:, order]
    naive, fair = [], []
    for database, queries in codes:
        ranked = binary.hamming_distance(queries, database[order])
        naive.append(binary.average_precisions(by_file_order(ranked), relevant))
        fair.append(binary.average_precisions(ranked, relevant))
    return np.array(naive), np.array(fair)


__all__ = ["by_file_order", "centred", "fits", "means", "sif", "sorted_by_topic"]
__all__ += ["table", "tfidf", "tie_scores", "weighted", "word_vectors"]
