"""Studies of chapter ``words/terms``: the same text, cut into other units.

All settings were fixed before a vector was judged. Terms are extracted from text alone;
only the dictionary, the upper bound, reads names of the ontologies. Judged are names
of several words that occur as units both by extraction and by dictionary.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tutor import sampling
from tutor.datasets import Corpus, readers, texts
from tutor.datasets.collections import diagnoses
from tutor.datasets.tokenizer import tokenize
from tutor.datasets.wordnet import wordnet
from tutor.embedding import Embedding
from tutor.geometry import unit_rows
from tutor.words import terms, word2vec
from tutor.words.terms.ontology import (
    Ontology,
    is_near,
    noun_ontology,
    phenotype_ontology,
)
from tutor.words.terms.speech import STOP_WORDS
from tutor.words.word2vec import Word2VecConfig
from tutor.words.word2vec.phrases import join_phrases

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

SEEDS = (1, 2, 3, 4, 5)
ENGINE = Word2VecConfig(dim=50)
LIVE = replace(ENGINE, epochs=3)
LEAST = 5
"""Occurrences of a unit that is judged."""
MOST = 1_000
"""Names of an ontology that are judged: of more, a random thousand."""
EDGES = (5, 10, 20, 50)
"""Where the bands of frequency begin."""
MEDICAL = ("hpo-definitions", "icd-10-cm", "wikipedia-leads-en")
DRAWN, CHANCE = 46, 47  # streams: which names are judged; vectors that know nothing
_DICTIONARY_LONGEST = 5


# --- texts ---------------------------------------------------------------------------
def text(*, whole: bool = False) -> Corpus:
    """Return the medical text, or with ``whole`` the rest of the course corpus too.

    Definitions of phenotypes, descriptions of diagnoses, and lead sections of
    Wikipedia. Names and synonyms of phenotypes are not in it. No word is dropped.
    """
    names = [*MEDICAL, *(n for n in readers.COURSE_EN if whole and n not in MEDICAL)]
    return Corpus.from_documents(
        (words for name in names for words in _documents(name)), name="terms"
    )


def _documents(name: str) -> Iterator[list[str]]:
    if name == "icd-10-cm":
        yield from (tokenize(diagnosis.text) for diagnosis in diagnoses())
        return
    load = texts.hpo_definitions if name == "hpo-definitions" else None
    part = load(min_count=1) if load else texts.course_part(name, min_count=1)
    yield from (part.words(i) for i in range(len(part)))


# --- what is judged ------------------------------------------------------------------
@dataclass(frozen=True, eq=False, repr=False)
class Judged:
    """Names of an ontology that the text holds often enough.

    Attributes
    ----------
    ontology : Ontology
    names : tuple of tuples of str
    counts : (n,) int64
        How often each is a unit of the text whose terms were extracted.
    """

    ontology: Ontology
    names: tuple[tuple[str, ...], ...]
    counts: Ints

    def __len__(self) -> int:
        return len(self.names)

    def __repr__(self) -> str:
        return f"Judged({len(self)} names of {self.ontology.name})"

    @cached_property
    def likeness(self) -> Floats:
        """Wu and Palmer's, (n, n)."""
        return terms.wu_palmer(self.ontology, self.names)

    @cached_property
    def near(self) -> Bools:
        """Which are is-a neighbours: two steps apart or fewer, (n, n)."""
        return is_near(terms.is_a_distance(self.ontology, self.names))

    @cached_property
    def shares_word(self) -> Bools:
        """Which have a word in common, (n, n)."""
        words = sorted({word for name in self.names for word in name})
        place = {word: i for i, word in enumerate(words)}
        holds = np.zeros((len(self), len(words)))
        for row, name in zip(holds, self.names, strict=True):
            row[[place[word] for word in name]] = 1
        return np.asarray(holds @ holds.T > 0)

    @property
    def band(self) -> Ints:
        """The number of the band of frequency of each, from 0 on."""
        return np.searchsorted(EDGES, self.counts, side="right") - 1


@dataclass(frozen=True, eq=False, repr=False)
class Bench:
    """A text, the terms found in it, the text in units, and what is judged."""

    corpus: Corpus
    found: terms.Terms
    units: Mapping[str, Corpus]
    judged: Mapping[str, Judged]

    def __repr__(self) -> str:
        what = ", ".join(map(repr, self.judged.values()))
        return f"Bench({len(self.corpus.tokens):,} words; {what})"


def bench(corpus: Corpus, *, phrases: bool = False) -> Bench:
    """Extract terms, cut the text into units, and choose the names that are judged."""
    lexicon = wordnet()
    speech = terms.parts_of_speech(corpus.vocabulary.words, lexicon)
    found = terms.extract(corpus, speech)
    ontologies = (phenotype_ontology(), noun_ontology(lexicon))
    units = {"words": corpus, "terms": terms.rewrite(corpus, found.words)}
    if phrases:
        pairs = join_phrases(corpus, threshold=100, min_count=1)
        units["phrases"] = join_phrases(pairs, threshold=50, min_count=1)
    units["dictionary"] = terms.rewrite(corpus, dictionary(ontologies))
    judged = {o.name: _judged(o, units) for o in ontologies}
    return Bench(corpus, found, units, judged)


def dictionary(ontologies: Sequence[Ontology]) -> list[tuple[str, ...]]:
    """Return the names of two to five words: the upper bound, and nothing else."""
    names = dict.fromkeys(name for o in ontologies for name in o.names)
    return [name for name in names if 2 <= len(name) <= _DICTIONARY_LONGEST]


def count_of(corpus: Corpus, name: Sequence[str]) -> int:
    """Return how often a name is a unit of this text."""
    key, words = "_".join(name), corpus.vocabulary
    return int(words.counts[words.index(key)]) if key in words else 0


def in_text(ontology: Ontology, corpus: Corpus) -> list[tuple[str, ...]]:
    """Return the names that are units often enough, none with a stop word in it."""
    return [
        name
        for name in ontology.names
        if len(name) > 1
        and STOP_WORDS.isdisjoint(name)
        and count_of(corpus, name) >= LEAST
    ]


def _judged(ontology: Ontology, units: Mapping[str, Corpus]) -> Judged:
    names = [
        name
        for name in in_text(ontology, units["dictionary"])
        if count_of(units["terms"], name) >= LEAST
    ]
    drawn = sampling.permutation(len(names), seed=0, stream=DRAWN)[:MOST]
    chosen = tuple(names[i] for i in sorted(drawn.tolist()))
    counts = np.array([count_of(units["terms"], name) for name in chosen])
    return Judged(ontology, chosen, counts)


# --- vectors -------------------------------------------------------------------------
def fits(
    found: Bench, condition: str, config: Word2VecConfig = LIVE
) -> list[Embedding]:
    """Return the vectors of each seed, learned from the text in these units."""
    corpus = found.units[condition]
    return [word2vec.fit(corpus, config, seed=s).embedding for s in SEEDS]


def word_means(embedding: Embedding, names: Sequence[Sequence[str]]) -> Floats:
    """Return the mean of each name's words at length 1: (n, dim)."""
    X = unit_rows(np.asarray(embedding.vectors, np.float64))
    return np.stack([X[embedding.rows(name)].mean(axis=0) for name in names])


def unit_vectors(
    embedding: Embedding, names: Sequence[Sequence[str]]
) -> tuple[Floats, int]:
    """Return each name's own vector, and how many lack one.

    Those get the mean of their words, and 0 where none of the words has a vector.
    """
    X = np.zeros((len(names), embedding.dim))
    missing = 0
    for row, name in zip(X, names, strict=True):
        key = "_".join(name)
        known = [key] if key in embedding else [w for w in name if w in embedding]
        missing += key not in embedding
        if known:
            vectors = np.asarray(embedding.vectors[embedding.rows(known)], np.float64)
            row[:] = unit_rows(vectors).mean(axis=0)
    return X, missing


def cosines(vectors: Floats) -> Floats:
    """Return the cosine of every pair: (n, n)."""
    X = unit_rows(vectors)
    return np.asarray(X @ X.T, np.float64)


def tables(found: Judged, condition: str, runs: Sequence[Embedding]) -> Floats:
    """Return the cosines of all pairs of names in each run: (seeds, n, n)."""
    if condition == "words":
        return np.stack([cosines(word_means(run, found.names)) for run in runs])
    return np.stack([cosines(unit_vectors(run, found.names)[0]) for run in runs])


def chance(found: Judged) -> Floats:
    """Return cosines of means of random word vectors: shared words and nothing else."""
    words = tuple(sorted({word for name in found.names for word in name}))
    dim = ENGINE.dim
    where = np.arange(len(words) * dim).reshape(len(words), dim)
    drawn = [
        Embedding(words, sampling.uniform(seed, 0, CHANCE, where) - 0.5)
        for seed in SEEDS
    ]
    return tables(found, "words", drawn)


def compositionality(found: Judged, runs: Sequence[Embedding]) -> Floats:
    """Return the mean cosine of a unit and the mean of its words, in its own space.

    NaN where a word of the name never stands alone. Shapes: → (n,).
    """
    values = np.full((len(runs), len(found)), np.nan)
    for row, run in zip(values, runs, strict=True):
        whole = [i for i, name in enumerate(found.names) if all(w in run for w in name)]
        names = [found.names[i] for i in whole]
        own = unit_rows(unit_vectors(run, names)[0])
        row[whole] = (own * unit_rows(word_means(run, names))).sum(axis=1)
    mean: Floats = values.mean(axis=0)
    return mean
