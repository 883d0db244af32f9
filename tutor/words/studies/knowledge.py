"""What chapter ``words/knowledge`` measures live: similarity, opposites, collapse.

All on a prefix of the definitions. Test pairs that an edge joins are taken out of the
lexicon first, unless the leak itself is to be seen. Chapter: ``words/knowledge``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tutor import sampling
from tutor.datasets import Corpus, lexicons, relations
from tutor.datasets.definitions import definitions
from tutor.datasets.lexicons import SimilaritySet
from tutor.embedding import Embedding
from tutor.evaluate.similarity import common_pairs, correlate
from tutor.geometry import mean_center, unit_rows
from tutor.words import knowledge, word2vec
from tutor.words.knowledge import EdgeRows, JointConfig, RetrofitConfig
from tutor.words.studies.knowledge_scores import Counts, counts_of
from tutor.words.studies.knowledge_texts import (
    FOLDS,
    JUDGED,
    Bench,
    Floats,
    Ints,
    graph,
    table,
)
from tutor.words.studies.subwords_bengali import logistic
from tutor.words.word2vec import Word2VecConfig

SEEDS = (1, 2, 3, 4, 5)
TOKENS = 500_000
ENGINE = Word2VecConfig(epochs=2)
JOINT = JointConfig(engine=ENGINE)
TESTS = ("simlex999", "men", "wordsim353")
_SPLIT, _RANDOM = 75, 76  # streams: held-out pairs, random pairs of words


@dataclass(frozen=True, eq=False, repr=False)
class World:
    """A text, its lexicon with and without the test pairs, and the tests.

    Attributes
    ----------
    corpus : Corpus
    whole, clean : EdgeRows
        All edges, and those that join no test pair.
    tests : mapping of str to SimilaritySet
        The pairs whose words the text has.
    """

    corpus: Corpus
    whole: EdgeRows
    clean: EdgeRows
    tests: Mapping[str, SimilaritySet]

    def __repr__(self) -> str:
        return f"World({len(self.corpus.tokens):,} tokens, {self.clean!r})"

    def rows(self, test: str) -> Ints:
        """Return the rows of a test's pairs: (n, 2)."""
        known = self.corpus.vocabulary

        def row(word: str) -> int:
            return known.index(word if word in known else word.lower())

        return np.array([[row(a), row(b)] for a, b, _ in self.tests[test].pairs])


def world(tokens: int = TOKENS) -> World:
    """Return the chapter's text with its lexicon and tests."""
    corpus = definitions().head(tokens, min_count=3)
    words = corpus.vocabulary.words
    held = Embedding(words, np.zeros((len(words), 1)))
    tests = {}
    for name in TESTS:
        test = lexicons.similarity(name)
        tests[name] = replace(test, pairs=common_pairs([held], test))
    whole = graph(corpus)
    found = World(corpus, whole, whole, tests)
    rows = np.concatenate([found.rows(name) for name in TESTS])
    return replace(found, clean=whole.without(rows))


# --- similarity ----------------------------------------------------------------------
def plain(of: World) -> list[Embedding]:
    """Return word2vec's vectors, one run a seed."""
    return [word2vec.fit(of.corpus, ENGINE, seed=s).embedding for s in SEEDS]


def retrofitted(
    vectors: Sequence[Embedding],
    edges: EdgeRows | Sequence[EdgeRows],
    config: RetrofitConfig | None = None,
) -> list[Embedding]:
    """Return the vectors retrofitted to one lexicon, or each to its own."""
    each = [edges] * len(vectors) if isinstance(edges, EdgeRows) else edges
    return [
        knowledge.retrofit(held, own, config)
        for held, own in zip(vectors, each, strict=True)
    ]


def joined(
    of: World, edges: EdgeRows | Sequence[EdgeRows], config: JointConfig = JOINT
) -> list[Embedding]:
    """Return vectors trained with edges, one run a seed."""
    each = [edges] * len(SEEDS) if isinstance(edges, EdgeRows) else edges
    return [
        knowledge.fit(of.corpus, own, config, seed=s).embedding
        for s, own in zip(SEEDS, each, strict=True)
    ]


def shuffles(edges: EdgeRows) -> list[EdgeRows]:
    """Return the control: other edges of the same degrees, new ones for each seed."""
    return [knowledge.shuffled_edges(edges, seed=s) for s in SEEDS]


def cosines(vectors: Sequence[Embedding], of: World, test: str) -> Floats:
    """Return the cosine of each pair of a test after centring: (seeds, pairs)."""
    found = [
        correlate(v.transform(mean_center), of.tests[test]).scores for v in vectors
    ]
    return np.array(found)


def gold(of: World, test: str) -> Floats:
    """Return people's ratings of a test's pairs."""
    return np.array([score for *_, score in of.tests[test].pairs])


# --- opposites -----------------------------------------------------------------------
@dataclass(frozen=True, eq=False)
class Opposed:
    """Synonyms and antonyms to fit with, and pairs to judge by.

    Attributes
    ----------
    synonyms, antonyms : EdgeRows
        Fitted with.
    judged : (n, 2)
        Held-out pairs, none of them fitted with.
    same : (n,) bool
        Which of them are synonyms.
    met : (n,) bool
        Whether both words stand in some pair that was fitted with.
    """

    synonyms: EdgeRows
    antonyms: EdgeRows
    judged: Ints
    same: NDArray[np.bool_]
    met: NDArray[np.bool_]

    def __repr__(self) -> str:
        return (
            f"Opposed({len(self.synonyms)} synonyms, {len(self.antonyms)} antonyms to "
            f"fit; {self.same.sum()} and {(~self.same).sum()} to judge)"
        )


def opposed(of: World, *, share: float = 0.3) -> Opposed:
    """Return WordNet's antonyms and the synonyms of their words, a share held out."""
    words = of.corpus.vocabulary.words
    known = set(words)
    parts = []
    antonyms = knowledge.edge_rows(words, relations.relations(known, ["antonym"]))
    synonyms = knowledge.edge_rows(words, relations.relations(known, ["synonym"]))
    touched = np.isin(synonyms.pairs, antonyms.linked).any(axis=1)
    synonyms = EdgeRows(synonyms.pairs[touched], synonyms.size)
    for edges in (synonyms.without(antonyms.pairs), antonyms):
        order = sampling.permutation(len(edges), 0, stream=_SPLIT)
        cut = round(share * len(edges))
        fitted = np.sort(order[cut:])
        parts.append(
            (EdgeRows(edges.pairs[fitted], edges.size), edges.pairs[order[:cut]])
        )
    (synonyms, held_s), (antonyms, held_a) = parts
    judged = np.concatenate([held_s, held_a])
    seen = (synonyms.degrees + antonyms.degrees) > 0
    same = np.arange(len(judged)) < len(held_s)
    return Opposed(synonyms, antonyms, judged, same, seen[judged].all(axis=1))


def pair_cosines(vectors: Sequence[Embedding], pairs: Ints) -> Floats:
    """Return the cosine of each pair of rows: (seeds, pairs)."""
    units = (unit_rows(np.asarray(v.vectors, np.float64)) for v in vectors)
    return np.array(
        [np.einsum("nd,nd->n", u[pairs[:, 0]], u[pairs[:, 1]]) for u in units]
    )


# --- collapse ------------------------------------------------------------------------
def random_pairs(edges: EdgeRows, count: int = 3000) -> Ints:
    """Return pairs of words that have edges, drawn at random and not joined."""
    n = len(edges.linked)
    drawn = sampling.integers(0, 0, _RANDOM, np.arange(2 * count), n)
    pairs = edges.linked[drawn].reshape(count, 2)
    apart = (pairs[:, 0] != pairs[:, 1]) & ~edges.holds(pairs)
    return np.asarray(pairs[apart])


# --- a simple reader of frozen vectors -----------------------------------------------
def frozen_counts(
    texts: Bench, vectors: Sequence[Embedding], share: float = 0.02
) -> Counts:
    """Return what logistic regression answers from the mean of frozen vectors.

    The texts, parts and training texts are those of the stored study.
    """
    tested = [texts.tested(fold) for fold in range(FOLDS)]
    found = []
    for seed, held in zip(SEEDS, vectors, strict=True):
        rows = table(texts.words, held, held.dim, seed)
        place = {word: i for i, word in enumerate(texts.words)}
        means = np.array(
            [rows[[place[w] for w in text]].mean(axis=0) for text in texts.data.words]
        )
        parts: dict[str, list[Ints]] = {task: [] for task in JUDGED}
        for fold, test in enumerate(tested):
            train = texts.drawn(fold, share, seed)
            for task in JUDGED:
                y = texts.data.labels[task][train]
                parts[task].append(logistic(means[train], y, means[test]))
        found.append({task: np.concatenate(part) for task, part in parts.items()})
    return counts_of(texts, found, np.concatenate(tested))
