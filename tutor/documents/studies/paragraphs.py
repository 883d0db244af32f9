"""Studies of chapter ``documents/paragraphs``: codes of documents, judged by topic.

A collection has three parts: the *database*, from which everything is learned; *dev*
queries, on which every setting was chosen; and *test* queries, which decide. A document
is relevant to a query of the same topic. `TRIED` counts the settings looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tutor.datasets import Corpus
from tutor.documents import autoencoder, bags, hashing
from tutor.documents import paragraphs as pv
from tutor.documents.paragraphs import ParagraphConfig
from tutor.evaluate import binary
from tutor.geometry import unit_rows
from tutor.words.evaluation import LabelledTexts, organ_systems, topics

Floats = NDArray[np.float64]
Pair = tuple[NDArray[Any], NDArray[Any]]

SEEDS = (1, 2, 3, 4, 5)
DATABASE, DEV = 6500, 1000
TRIED = {"binary": 27, "real": 10, "itq": 14, "lsh": 14, "autoencoder": 8}
SHORTLIST = 200


# --- collections ---------------------------------------------------------------------
@dataclass(frozen=True, eq=False)
class Collection:
    """Documents to rank, queries, and their labels.

    ``corpus`` is what is learned from: the database, words of fewer than five dropped.
    """

    database: tuple[Sequence[str], ...]
    queries: tuple[Sequence[str], ...]
    labels: NDArray[np.int64]
    query_labels: NDArray[np.int64]

    @cached_property
    def corpus(self) -> Corpus:
        """The database with its own vocabulary."""
        return Corpus.from_documents(self.database, min_count=5, name="database")

    @cached_property
    def relevant(self) -> NDArray[np.bool_]:
        """Which documents share the query's label: (queries, database)."""
        return np.asarray(self.query_labels[:, None] == self.labels[None])

    @cached_property
    def counts(self) -> tuple[Any, Any]:
        """Word counts of the database and of the queries, sparse."""
        words = self.corpus.vocabulary
        both = (bags.word_counts(d, words) for d in (self.database, self.queries))
        return tuple(both)  # type: ignore[return-value]

    @cached_property
    def tfidf(self) -> tuple[Any, Any]:
        """TF-IDF of both, with the weights of the database."""
        weights = bags.inverse_frequency(self.counts[0])
        return tuple(bags.tfidf(c, weights) for c in self.counts)  # type: ignore[return-value]

    @cached_property
    def directions(self) -> Floats:
        """The 128 strongest directions of the database's TF-IDF."""
        return bags.lsa_directions(self.tfidf[0], 128)

    def lsa(self, dim: int) -> Pair:
        """Return LSA vectors of both at length 1, less the database's mean."""
        left, right = (
            bags.unit(bags.project(t, self.directions[:dim])) for t in self.tfidf
        )
        return left - left.mean(axis=0), right - left.mean(axis=0)


def leads(
    *, part: str = "test", database: int = DATABASE, queries: int = 0
) -> Collection:
    """Return Wikipedia's lead sections as a collection; the parts never overlap.

    Parameters
    ----------
    part : {"test", "dev"}
        Which queries; the database is the same.
    database, queries : int
        Sizes; 0 queries are all of the part.
    """
    texts = topics()
    order = texts.split(DATABASE)
    held = {"dev": order[1][:DEV], "test": order[1][DEV:]}
    if part not in held:
        raise ValueError(f"unknown part {part!r}; there are 'dev' and 'test'")
    return _collection(texts, order[0][:database], held[part][: queries or None])


def phenotypes(*, database: int = 4000, queries: int = 1000) -> Collection:
    """Return definitions of the Human Phenotype Ontology, labelled by organ system."""
    texts = organ_systems()
    first, rest = texts.split(database)
    return _collection(texts, first, rest[:queries])


def _collection(
    texts: LabelledTexts, database: NDArray[np.int64], queries: NDArray[np.int64]
) -> Collection:
    return Collection(
        tuple(texts.documents[i] for i in database),
        tuple(texts.documents[i] for i in queries),
        texts.labels[database],
        texts.labels[queries],
    )


# --- ranking -------------------------------------------------------------------------
class Scores(NamedTuple):
    """Average precision and nDCG@10 of each query, ties by expectation: (queries,)."""

    ap: Floats
    ndcg: Floats


def distances(pair: Pair) -> NDArray[np.int64]:
    """Rank the database for each query: bits by Hamming distance, reals by cosine."""
    database, queries = pair
    if database.dtype == bool:
        return binary.hamming_distance(queries, database)
    cosines = unit_rows(queries) @ unit_rows(database).T
    return binary.rank_distance(np.asarray(cosines, np.float32))


def judge(ranked: NDArray[np.int64], relevant: NDArray[np.bool_]) -> Scores:
    """Score a ranking of each query."""
    return Scores(
        binary.average_precisions(ranked, relevant), binary.ndcgs(ranked, relevant, 10)
    )


def table(
    method: Callable[[int], Pair], data: Collection, *, seeds: Sequence[int] = SEEDS
) -> Scores:
    """Return a method's scores for several seeds: two tables (seeds, queries)."""
    rows = [judge(distances(method(seed)), data.relevant) for seed in seeds]
    return Scores(np.array([r.ap for r in rows]), np.array([r.ndcg for r in rows]))


def two_stage(
    codes: Pair, reals: Pair, *, shortlist: int = SHORTLIST
) -> NDArray[np.int64]:
    """Rank by Hamming distance, then the nearest documents again by cosine.

    Re-ranked are all documents up to the distance of the ``shortlist``-th: ties at the
    edge come along, so the order of the file decides nothing. Returns distances.
    """
    hamming, cosine = distances(codes), distances(reals)
    k = min(shortlist, hamming.shape[1])
    edge = np.partition(hamming, k - 1, axis=1)[:, k - 1 : k]
    return np.where(hamming <= edge, cosine, hamming.shape[1] + hamming)


# --- methods: chosen on dev queries --------------------------------------------------
def binary_config(bits: int, *, code: str = "binary") -> ParagraphConfig:
    """Return the chosen settings of a code of this length."""
    chosen = {16: (0.03, 20), 32: (0.02, 30), 64: (0.015, 30), 128: (0.01, 20)}
    if bits not in chosen:
        raise ValueError(f"settings were chosen for {list(chosen)} bits, not {bits}")
    rate, epochs = chosen[bits]
    return ParagraphConfig(
        dim=bits, bits=bits, code=code, negatives=2, epochs=epochs, learning_rate=rate
    )


def real_config(dim: int = 128) -> ParagraphConfig:
    """Return the chosen settings of real vectors."""
    return ParagraphConfig(
        dim=dim, negatives=2, sample=1e-4, epochs=20, learning_rate=0.03
    )


def autoencoder_config(bits: int) -> autoencoder.AutoencoderConfig:
    """Return the chosen settings of the autoencoder."""
    return autoencoder.AutoencoderConfig(bits=bits, noise=6.0, epochs=15)


def paragraph_vectors(data: Collection, config: ParagraphConfig, seed: int) -> Pair:
    """Learn vectors of the database, infer those of the queries; real, not rounded."""
    run = pv.fit(data.corpus, config, seed=seed)
    return run.parameters.D, np.asarray(pv.infer(run, data.queries, seed=seed).vectors)


def paragraph_codes(data: Collection, config: ParagraphConfig, seed: int) -> Pair:
    """Learn codes of the database and infer those of the queries."""
    run = pv.fit(data.corpus, config, seed=seed)
    return codes_and_vectors(run, data, seed)[0]


def codes_and_vectors(
    run: pv.ParagraphFit, data: Collection, seed: int
) -> tuple[Pair, Pair]:
    """Return bits and real vectors of one run, the queries inferred."""
    found = pv.infer(run, data.queries, seed=seed).vectors
    reals = run.parameters.D, np.asarray(found)
    return (pv.codes(run), pv.codes(run, found)), reals


def lsh_codes(reals: Pair, bits: int, seed: int) -> Pair:
    """Hash vectors by random hyperplanes, centred on the database."""
    drawn = hashing.lsh(reals[0], bits, seed=seed)
    return hashing.hash_codes(reals[0], drawn), hashing.hash_codes(reals[1], drawn)


def itq_codes(data: Collection, bits: int, seed: int) -> Pair:
    """Learn ITQ on LSA vectors of at least 64 dimensions."""
    left, right = data.lsa(max(bits, 64))
    learned, _ = hashing.itq(left, bits, seed=seed)
    return hashing.hash_codes(left, learned), hashing.hash_codes(right, learned)


def autoencoder_codes(data: Collection, bits: int, seed: int) -> Pair:
    """Learn the noisy autoencoder on the database's counts."""
    model = autoencoder.fit(data.counts[0], autoencoder_config(bits), seed=seed)
    left, right = (autoencoder.codes(model, c) for c in data.counts)
    return left, right


def coin_codes(data: Collection, bits: int, seed: int) -> Pair:
    """Return codes that know nothing."""
    n = len(data.database)
    drawn = hashing.random_codes(n + len(data.queries), bits, seed=seed)
    return drawn[:n], drawn[n:]
