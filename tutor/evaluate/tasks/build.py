"""The fourteen tasks of the small benchmark, each built from pinned data.

Items are drawn once, by a seed that stands here; every task fits in a few hundred
texts, so that a whole run takes about a minute on one core. Chapter:
``context/matryoshka``.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

import numpy as np

from tutor import sampling
from tutor.datasets import collections, lexicons
from tutor.datasets.examples import definition, wordnet_examples
from tutor.evaluate.tasks.base import Task
from tutor.evaluate.tasks.kinds import (
    Classification,
    Clustering,
    Retrieval,
    Similarity,
)
from tutor.evaluate.tasks.trees import path_length, related_pairs, wu_palmer

T = TypeVar("T")
SEED = 7
PAIRS, RATED, LIKE = 400, 300, 300
ROOT = "HP:0000118"  # phenotypic abnormality: its children are the organ systems


def _draw(things: Sequence[T], count: int) -> list[T]:
    """Return the first ``count`` things of an order drawn once."""
    order = sampling.permutation(len(things), seed=SEED)[:count]
    return [things[i] for i in order]


def _balanced(
    labelled: Sequence[tuple[str, Hashable]], a_class: int, classes: int
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return ``a_class`` texts of each of the largest classes, and class numbers."""
    groups: dict[Hashable, dict[str, None]] = {}
    for text, label in labelled:
        groups.setdefault(label, {})[text] = None
    large = sorted(groups, key=lambda g: (-len(groups[g]), str(g)))[:classes]
    texts: list[str] = []
    for label in large:
        members = _draw(list(groups[label]), a_class)
        if len(members) < a_class:
            raise ValueError(f"class {label!r} has {len(members)} of {a_class} texts")
        texts += members
    return tuple(texts), tuple(np.repeat(np.arange(len(large)), a_class).tolist())


# --- retrieval -----------------------------------------------------------------------
def hpo_names() -> Task:
    """Find the name of a phenotype by its definition."""
    terms = [t for t in collections.phenotypes().values() if t.definition]
    drawn = _draw(terms, PAIRS)
    return Retrieval(
        "hpo-names", "phenotype: definition to name", ("hpo",),
        "definitions often use words of the name",
        tuple(t.definition for t in drawn), tuple(t.name for t in drawn),
        tuple(range(PAIRS)),
    )  # fmt: skip


def wordnet_definitions() -> Task:
    """Find the definition of the word a sentence is an example of."""
    chosen: dict[str, str] = {}
    for example in wordnet_examples():
        if len(example.text.split()) >= 5:
            chosen.setdefault(example.synset, example.text)
    net = lexicons.wordnet()
    drawn = _draw(list(chosen), PAIRS)
    return Retrieval(
        "wordnet-definitions", "WordNet: example to definition", ("wordnet",),
        "these pairs are among the test pairs of the chapter's own training",
        tuple(chosen[k] for k in drawn), tuple(definition(net[k]) for k in drawn),
        tuple(range(PAIRS)),
    )  # fmt: skip


def functions() -> Task:
    """Find the code of a function by what its author says of it."""
    found = collections.documented_functions()
    return Retrieval(
        "functions", "Python: docstring to code", ("python-functions",),
        "the name and the docstring are taken out of the code",
        tuple(f.summary for f in found), tuple(f.body for f in found),
        tuple(range(len(found))),
    )  # fmt: skip


def icd_parents() -> Task:
    """Find the diagnosis one level up."""
    rows = [d for d in collections.diagnoses() if d.parent and d.parent != d.text]
    drawn = _draw(list({d.text: d for d in rows}.values()), PAIRS)
    parents = list(dict.fromkeys(d.parent for d in drawn))
    return Retrieval(
        "icd-parents", "ICD: diagnosis to its heading", ("icd-10-cm",),
        "a heading's words often stand in the diagnosis; two of them are headings too",
        tuple(d.text for d in drawn), tuple(parents),
        tuple(parents.index(d.parent) for d in drawn), k=10,
    )  # fmt: skip


# --- classification ------------------------------------------------------------------
def _polarity(subject: str, title: str) -> Task:
    rated = [r for r in collections.reviews(subject) if abs(r.rating) >= 0.5]
    texts, labels = _balanced([(r.text, r.rating > 0) for r in rated], RATED, 2)
    return Classification(
        f"{subject}-polarity", title, ("review-snippets",),
        "ratings between -0.5 and 0.5 are left out", texts, labels,
    )  # fmt: skip


def movie_polarity() -> Task:
    """Tell whether a sentence on a movie is positive."""
    return _polarity("movie", "movie sentences: good or bad")


def amazon_polarity() -> Task:
    """Tell whether a sentence on a product is positive."""
    return _polarity("amazon", "product sentences: good or bad")


def noun_classes() -> Task:
    """Tell which of WordNet's 26 noun files a definition belongs to."""
    net, classes = lexicons.wordnet(), collections.noun_classes()
    labelled = [(definition(net[key]), number) for key, number in classes.items()]
    texts, labels = _balanced([x for x in labelled if x[0]], 25, 26)
    return Classification(
        "noun-classes", "WordNet: 26 classes of nouns", ("wordnet",),
        "seen in the definition only; chapter matryoshka trains on definitions",
        texts, labels,
    )  # fmt: skip


def _systems() -> dict[str, str]:
    """Return the one organ system of each phenotype that has exactly one."""
    terms = collections.phenotypes()
    parents = {key: term.parents for key, term in terms.items()}
    tops = {key for key, above in parents.items() if ROOT in above}
    above: dict[str, frozenset[str]] = {}

    def systems(key: str) -> frozenset[str]:
        if key not in above:
            own = frozenset({key} & tops)
            above[key] = own.union(*(systems(p) for p in parents.get(key, ())))
        return above[key]

    return {k: next(iter(systems(k))) for k in terms if len(systems(k)) == 1}


def hpo_systems() -> Task:
    """Tell the organ system of a phenotype from its definition."""
    terms = collections.phenotypes()
    labelled = [(terms[k].definition, s) for k, s in _systems().items()]
    texts, labels = _balanced([x for x in labelled if x[0]], 45, 12)
    return Classification(
        "hpo-systems", "phenotypes: organ system of a definition", ("hpo",),
        "terms of exactly one of the twelve largest systems", texts, labels,
    )  # fmt: skip


# --- clustering ----------------------------------------------------------------------
def icd_chapters() -> Task:
    """Find the chapters of ICD among diagnoses."""
    labelled = [(d.text, d.chapter) for d in collections.diagnoses()]
    texts, labels = _balanced(labelled, 25, 21)
    return Clustering(
        "icd-chapters", "ICD: 21 chapters", ("icd-10-cm",),
        "the smallest chapter, codes for special purposes, is left out", texts, labels,
    )  # fmt: skip


def hpo_groups() -> Task:
    """Find the organ systems among names of phenotypes."""
    terms = collections.phenotypes()
    texts, labels = _balanced(
        [(terms[k].name, s) for k, s in _systems().items()], 45, 12
    )
    return Clustering(
        "hpo-groups", "phenotypes: organ systems of names", ("hpo",),
        "terms of exactly one of the twelve largest systems", texts, labels,
    )  # fmt: skip


def emoji_groups() -> Task:
    """Find the groups of emoji among their names."""
    named = [e for e in collections.emoji_names() if e.group not in _GIVEN_AWAY]
    texts, labels = _balanced([(e.name, e.group) for e in named], 60, 8)
    return Clustering(
        "emoji-groups", "emoji: groups of names", ("emoji-categories",),
        "flags and components, whose names give them away, are left out", texts, labels,
    )  # fmt: skip


_GIVEN_AWAY = ("Flags", "Component")


# --- similarity ----------------------------------------------------------------------
def wordnet_likeness() -> Task:
    """Order pairs of definitions as Wu and Palmer order the nouns they define."""
    net = lexicons.wordnet()
    nouns = [k for k, s in net.synsets.items() if s.pos == "n" and definition(s)]
    parents = {k: net[k].hypernyms + net[k].instance_of for k in nouns}
    drawn = related_pairs(parents, nouns, LIKE, seed=SEED)
    gold = tuple(wu_palmer(parents, a, b) for a, b in drawn)
    return _pairs(
        "wordnet-likeness", "WordNet: likeness of two nouns", ("wordnet",),
        "gold is the hierarchy, not people; chapter matryoshka trains on the texts",
        drawn,
        lambda key: definition(net[key]), gold,
    )  # fmt: skip


def hpo_distance() -> Task:
    """Order pairs of names by their distance in the ontology."""
    terms = collections.phenotypes()
    parents = {key: term.parents for key, term in terms.items()}
    drawn = related_pairs(parents, list(terms), LIKE, seed=SEED)
    gold = tuple(-float(path_length(parents, a, b)) for a, b in drawn)
    return _pairs(
        "hpo-distance", "phenotypes: distance of two names", ("hpo",),
        "gold is the hierarchy, not a human judgement", drawn,
        lambda key: terms[key].name, gold,
    )  # fmt: skip


def lee_likeness() -> Task:
    """Order pairs of news texts as people did."""
    found = collections.lee_documents()
    return Similarity(
        "lee-likeness", "news: likeness judged by people", ("lee-documents",),
        "1,225 pairs of only 50 texts: an interval over pairs is too narrow",
        found.texts, tuple(found.left.tolist()), tuple(found.right.tolist()),
        tuple(found.likeness.tolist()),
    )  # fmt: skip


def _pairs(
    name: str,
    title: str,
    sources: tuple[str, ...],
    note: str,
    drawn: Sequence[tuple[str, str]],
    text: Callable[[str], str],
    gold: tuple[float, ...],
) -> Task:
    keys = list(dict.fromkeys(key for pair in drawn for key in pair))
    row = {key: i for i, key in enumerate(keys)}
    left, right = (tuple(row[pair[side]] for pair in drawn) for side in (0, 1))
    texts = tuple(text(key) for key in keys)
    return Similarity(name, title, sources, note, texts, left, right, gold)


BUILDERS: tuple[Callable[[], Task], ...] = (
    *(hpo_names, wordnet_definitions, functions, icd_parents),
    *(movie_polarity, amazon_polarity, noun_classes, hpo_systems),
    *(icd_chapters, hpo_groups, emoji_groups),
    *(wordnet_likeness, hpo_distance, lee_likeness),
)
