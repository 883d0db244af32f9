"""Studies of chapter ``words/senses``: senses with a known truth.

Pseudo-words come from ``senses_words``, by a rule fixed before any training. Settings
were chosen on the validation pairs alone, on a prefix of the corpus; the tests below
use the other pairs. The chapter calls the same functions live on that prefix.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor import sampling
from tutor.datasets import Corpus, readers, texts
from tutor.evaluate.clustering import adjusted_rand_index
from tutor.words import senses
from tutor.words.senses import SensesConfig, SensesFit
from tutor.words.senses.clusters import kmeans
from tutor.words.senses.places import Occurrences, context_means, occurrences
from tutor.words.senses.pseudo import Merged, merge
from tutor.words.studies import senses_words

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SEEDS = (1, 2, 3, 4, 5)
PREFIX = 1_500_000
"""Tokens of the live runs, and of those that chose the settings."""
LEAST = 20
"""Occurrences of a part in a prefix, for its pair to be judged there."""
COIN = 44
"""Stream that splits one word at random."""


# --- what is judged ------------------------------------------------------------------
@dataclass(frozen=True, eq=False, repr=False)
class Bench:
    """A corpus with pseudo-words, unmerged one-meaning words, and who wrote what.

    Attributes
    ----------
    merged : Merged
        Pseudo-words are the first targets, in order.
    singles : tuple of str
        Words with one meaning that stay as they are: the next targets.
    sources : (documents,)
        Number of the source of each document, in the order of the readers.
    """

    merged: Merged
    singles: tuple[str, ...]
    sources: Ints

    @property
    def targets(self) -> tuple[str, ...]:
        """Pseudo-words, then single words."""
        return (*self.merged.words, *self.singles)

    def __repr__(self) -> str:
        pairs, singles = len(self.merged.words), len(self.singles)
        return f"Bench({pairs} pseudo-words, {singles} single words)"


def bench(tokens: int | None = PREFIX, *, validation: bool = False) -> Bench:
    """Return the test pairs merged in a prefix of the course corpus.

    ``tokens=None`` takes it whole. With ``validation`` the other pairs are merged; the
    words of the pairs that are not merged are the single words. A pair with a part that
    occurs fewer than 20 times in the prefix is left out.
    """
    whole = texts.course_en()
    chosen, other = senses_words.split(senses_words.pairs(whole))
    if not validation:
        chosen, other = other, chosen
    corpus = whole if tokens is None else whole.head(tokens, min_count=5)
    chosen = [pair for pair in chosen if all(_enough(corpus, w) for w in pair)]
    singles = tuple(w for pair in other for w in pair if _enough(corpus, w))
    return Bench(merge(corpus, chosen), singles, document_sources(len(corpus)))


def _enough(corpus: Corpus, word: str) -> bool:
    """Return whether a word occurs often enough in this text to be judged."""
    words = corpus.vocabulary
    return word in words and words.counts[words.index(word)] >= LEAST


def document_sources(count: int) -> Ints:
    """Return the source of each of the first ``count`` documents of the course corpus.

    Its documents are those of the five sources in a fixed random order.
    """
    sizes = [len(texts.course_part(name)) for name in readers.COURSE_EN]
    order = sampling.permutation(sum(sizes), seed=0)
    return np.searchsorted(np.cumsum(sizes), order, side="right")[:count]


def fits(
    found: Bench, config: SensesConfig, *, seeds: Sequence[int] = SEEDS
) -> list[SensesFit]:
    """Return one run a seed."""
    corpus, targets = found.merged.corpus, found.targets
    return [senses.fit(corpus, config, targets=targets, seed=s) for s in seeds]


# --- scores --------------------------------------------------------------------------
def places(found: Bench, run: SensesFit) -> Occurrences:
    """Return the occurrences that are judged: the same for every run."""
    return occurrences(found.merged.corpus, run.where, run.config)


def induced(found: Bench, run: SensesFit) -> Ints:
    """Return the sense of each occurrence, chosen by the model."""
    return senses.disambiguate(run, found.merged.corpus).sense


def clustered(found: Bench, run: SensesFit, k: int) -> Ints:
    """Return the cluster of each occurrence: k-means of context means at length 1."""
    place = places(found, run)
    c = context_means(run.tables.V, place.contexts).astype(np.float64)
    c /= np.maximum(np.linalg.norm(c, axis=1, keepdims=True), 1e-12)
    clusters = np.zeros(len(c), np.int64)
    for block in np.unique(place.block):
        here = place.block == block
        clusters[here] = kmeans(c[here], k, seed=run.seed)
    return clusters


def truth(found: Bench, place: Occurrences) -> Ints:
    """Return which part each occurrence was; for a single word, a coin's side."""
    was = found.merged.truth[place.position].astype(np.int64)
    coin = sampling.integers(0, 0, COIN, place.position, 2)
    return np.where(was < 0, coin, was)


def agreement(
    block: Ints, labels: Ints, clusters: Ints, *, strata: Ints | None = None
) -> Floats:
    """Return the adjusted Rand index of each target, in order: (targets,)."""
    return np.array(
        [
            adjusted_rand_index(
                labels[here],
                clusters[here],
                strata=None if strata is None else strata[here],
            )
            for here in (block == b for b in range(1, block.max() + 1))
        ]
    )


def source_of(found: Bench, place: Occurrences) -> Ints:
    """Return the source of the text in which each occurrence stands."""
    corpus = found.merged.corpus
    document = np.searchsorted(corpus.offsets, place.position, side="right") - 1
    return found.sources[document]


def scores(
    found: Bench,
    runs: Sequence[SensesFit],
    group: Callable[[Bench, SensesFit], Ints] = induced,
    *,
    within_sources: bool = False,
) -> Floats:
    """Return how well groups agree with the truth: (seeds, targets)."""
    place = places(found, runs[0])
    labels = truth(found, place)
    strata = source_of(found, place) if within_sources else None
    return np.array(
        [agreement(place.block, labels, group(found, r), strata=strata) for r in runs]
    )


def pseudo(found: Bench, table: Floats) -> Floats:
    """Return the columns of the pseudo-words."""
    return table[:, : len(found.merged.words)]


def single(found: Bench, table: Floats) -> Floats:
    """Return the columns of the single words."""
    return table[:, len(found.merged.words) :]


# --- what is compared, and what is shown ---------------------------------------------
def plain_run(config: SensesConfig | None = None) -> SensesConfig:
    """Return the same engine and passes with one vector a word."""
    return replace(config or SensesConfig(), senses=1)


def by_kmeans(k: int) -> Callable[[Bench, SensesFit], Ints]:
    """Return the function that groups occurrences into k clusters."""
    return lambda found, run: clustered(found, run, k)


def neighbours(run: SensesFit, word: str, k: int = 6) -> dict[str, Any]:
    """Return the prior and the nearest words of each kept sense of a target."""
    priors = np.sort(run.priors[run.targets.index(word)])[::-1]
    found = {}
    for key, prior in zip(run.senses(word), priors, strict=False):
        near = run.embedding.nearest(key, k)
        found[key] = {"prior": round(float(prior), 3), "near": [n.key for n in near]}
    return found
