r"""The tests that every rung takes: the same pairs, questions and documents for all.

A `Column` is one test with its items fixed by the vocabulary alone, so that adding a
rung changes no other rung's number. What is left out is counted.
Chapter: ``words/ladder``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tutor import sampling
from tutor.words.ladder.config import LadderConfig

if TYPE_CHECKING:
    from tutor.datasets import Corpus
    from tutor.words.evaluation import LabelledTexts

KINDS = ("spearman", "mean", "macro-F1")
SIMILARITY = ("men", "wordsim353", "simlex999")
MEANING, FORM = "analogies of meaning", "analogies of form"
TOPICS = {"topics": 500, "few labels": 100}
"""Columns of the topic probe and how many labelled documents each learns from."""


class Rated(Protocol):
    """What `similarity` reads from ``lexicons.similarity(...)``."""

    @property
    def pairs(self) -> Sequence[tuple[str, str, float]]: ...  # noqa: D102


class Asked(Protocol):
    """What `analogy` reads from ``lexicons.analogies("google")``."""

    @property
    def questions(self) -> Sequence[tuple[str, str, str, str, str]]: ...  # noqa: D102


@dataclass(frozen=True, eq=False)
class Column:
    """One test of the table.

    Attributes
    ----------
    name : str
    kind : {"spearman", "mean", "macro-F1"}
        How the values of the items become one score.
    gold : (n,) array
        Ratings, or classes; for ``mean`` not read.
    items : tuple of arrays or lists
        What the rungs are asked: rows of both words, of a, b, c, d, or the words.
    left_out : int
        Items of the published set that the vocabulary cannot answer.
    labels : int
        For the topic probe: labelled documents to learn from.
    """

    name: str
    kind: str
    gold: NDArray[np.float64] = field(repr=False)
    items: tuple[Any, ...] = field(repr=False)
    left_out: int = 0
    labels: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown kind {self.kind!r}; there are {KINDS}")
        if len(self.gold) < 2:
            raise ValueError(
                f"column {self.name!r} has {len(self.gold)} items, at least 2 needed: "
                "take more text or a lower min_count"
            )

    def __len__(self) -> int:
        return len(self.gold)


@dataclass(frozen=True, eq=False)
class Documents:
    """The topic probe's texts over the vocabulary.

    Attributes
    ----------
    weights : (documents, words) csr matrix
        Share of each known word in a text.
    labels : (documents,) int array
    pool, dev, test : row numbers
        Labels are drawn from the pool, the penalty is chosen on dev, the score is
        taken on test. No rung's text holds a test document.
    """

    weights: Any
    labels: NDArray[np.int64]
    pool: NDArray[np.int64]
    dev: NDArray[np.int64]
    test: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Trials:
    """All columns, and the documents behind the topic columns."""

    words: tuple[str, ...]
    columns: Mapping[str, Column]
    documents: Documents | None = None

    def __getitem__(self, name: str) -> Column:
        if name not in self.columns:
            raise KeyError(f"no column {name!r}; there are {', '.join(self.columns)}")
        return self.columns[name]

    def __repr__(self) -> str:
        return f"Trials({', '.join(f'{n}: {len(c)}' for n, c in self.columns.items())})"

    def only(self, *names: str) -> Trials:
        """Return these columns alone."""
        return replace(self, columns={name: self[name] for name in names})


# --- the text ------------------------------------------------------------------------
def thinned(corpus: Corpus, sample: float, *, seed: int = 0) -> Corpus:
    """Return the corpus after one subsampling; vocabulary and counts stay.

    Whatever reads the result, counts or trains, sees the same tokens in the same
    windows. Removed tokens close up, as in word2vec.
    """
    keep = sampling.keep_probability(corpus.vocabulary.counts, sample)
    kept = sampling.subsample(corpus.tokens, keep, seed)
    offsets = np.concatenate([[0], np.cumsum(kept)])[corpus.offsets]
    tokens = np.asarray(corpus.tokens)[kept]
    return replace(corpus, tokens=tokens, offsets=offsets.astype(np.int64))


@dataclass(frozen=True, eq=False)
class Ground:
    """What the ladder stands on: the text that is read, and the texts with topics."""

    corpus: Corpus
    texts: LabelledTexts
    pool: NDArray[np.int64]
    dev: NDArray[np.int64]
    test: NDArray[np.int64]


def leads(
    config: LadderConfig | None = None,
    *,
    tokens: int | None = None,
    test: int = 1500,
    pool: int = 1000,
    dev: int = 500,
) -> Ground:
    """Return the lead sections of Wikipedia, the test documents taken out, thinned.

    Parameters
    ----------
    config : LadderConfig, optional
    tokens : int, optional
        Read only so many tokens, before words are dropped; None reads all.
    test, pool, dev : int
        Documents to score on, to draw labels from, to choose the penalty on.

    Licence: CC BY-SA 4.0.
    """
    from tutor.datasets import Corpus, texts, tokenize
    from tutor.words import evaluation

    config = config or LadderConfig()
    task = evaluation.topics()
    rest, held = task.split(len(task) - test)
    others = [x.text for x in texts.wikipedia_leads() if x.topic == "Uncategorized"]
    documents = [list(task.documents[i]) for i in rest] + [*map(tokenize, others)]
    order = sampling.permutation(len(documents), 1).tolist()
    documents = [documents[i] for i in order]
    if tokens is not None:
        ends = np.cumsum([len(d) for d in documents])
        documents = documents[: int(np.searchsorted(ends, tokens)) + 1]
    corpus = Corpus.from_documents(
        documents, min_count=config.min_count, name="Wikipedia leads, no test documents"
    )
    return Ground(
        thinned(corpus, config.sample),
        task,
        rest[:pool],
        rest[pool : pool + dev],
        held,
    )


# --- columns -------------------------------------------------------------------------
def similarity(name: str, rated: Rated, corpus: Corpus) -> Column:
    """Return the pairs of two different words that the vocabulary has, in lower case.

    WordSim-353 holds *tiger, tiger*: every rung knows that a word is like itself, and
    with one-hot rows it would be the only pair that counts.
    """
    known = corpus.vocabulary
    pairs = [(a.lower(), b.lower(), score) for a, b, score in rated.pairs]
    kept = [p for p in pairs if p[0] in known and p[1] in known and p[0] != p[1]]
    left = known.ids([a for a, _, _ in kept])
    right = known.ids([b for _, b, _ in kept])
    gold = np.array([score for *_, score in kept])
    return Column(name, "spearman", gold, (left, right), len(pairs) - len(kept))


def unknown_pairs(name: str, rated: Rated, corpus: Corpus) -> Column:
    """Return the pairs with at least one word that the vocabulary lacks."""
    known = corpus.vocabulary
    pairs = [(a.lower(), b.lower(), score) for a, b, score in rated.pairs]
    kept = [p for p in pairs if p[0] not in known or p[1] not in known]
    left, right = [a for a, _, _ in kept], [b for _, b, _ in kept]
    gold = np.array([score for *_, score in kept])
    return Column(name, "spearman", gold, (left, right), len(pairs) - len(kept))


def analogy(name: str, asked: Asked, corpus: Corpus, *, form: bool) -> Column:
    """Return the questions whose four words the vocabulary has, in lower case.

    ``form`` takes the categories of Google's set that begin with ``gram`` (*slow,
    slowly*); the others ask for meaning (*Paris, France*).
    """
    known = corpus.vocabulary
    asked_here = [q for q in asked.questions if q[4].startswith("gram") == form]
    lower = [tuple(word.lower() for word in q[:4]) for q in asked_here]
    kept = [q for q in lower if all(word in known for word in q)]
    rows = np.array([known.ids(q) for q in kept], dtype=np.int64).reshape(-1, 4)
    return Column(name, "mean", np.zeros(len(kept)), (rows,), len(lower) - len(kept))


def documents(ground: Ground) -> Documents:
    """Return the texts of pool, dev and test as shares of their known words."""
    from scipy.sparse import csr_matrix

    known = ground.corpus.vocabulary
    parts = (ground.pool, ground.dev, ground.test)
    chosen = np.concatenate(parts)
    texts = [ground.texts.documents[i] for i in chosen.tolist()]
    columns = [[known.index(w) for w in text if w in known] for text in texts]
    lengths = np.array([len(c) for c in columns])
    shares = np.repeat(1.0 / np.maximum(lengths, 1), lengths)
    flat = np.array([i for c in columns for i in c], dtype=np.int64)
    edges = np.concatenate([[0], np.cumsum(lengths)])
    weights = csr_matrix((shares, flat, edges), (len(columns), len(known)))
    weights.sum_duplicates()
    rows = np.split(np.arange(len(chosen)), np.cumsum([len(p) for p in parts])[:2])
    return Documents(weights, ground.texts.labels[chosen], *rows)


def trials(ground: Ground) -> Trials:
    """Return the course's columns for a text: pairs, questions, topics, unknown words.

    Raises
    ------
    ValueError
        If the vocabulary is so small that a column has fewer than two items.
    """
    from tutor.datasets import lexicons

    corpus = ground.corpus
    columns = [similarity(n, lexicons.similarity(n), corpus) for n in SIMILARITY]
    google = lexicons.analogies("google")
    columns += [analogy(n, google, corpus, form=n == FORM) for n in (MEANING, FORM)]
    rare = lexicons.similarity("rareword")
    columns.append(unknown_pairs("unknown words", rare, corpus))
    texts = documents(ground)
    gold = texts.labels[texts.test].astype(np.float64)
    columns += [
        Column(name, "macro-F1", gold, (), labels=labels)
        for name, labels in TOPICS.items()
    ]
    return Trials(corpus.vocabulary.words, {c.name: c for c in columns}, texts)
