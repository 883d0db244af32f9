"""Studies of chapter ``words/word2vec``: one change at a time; tokens that decide.

Nothing is tuned: the base run is the default configuration, each change was fixed
before its first run, and every change is reported. The chapter calls the same functions
live on a prefix of the corpus.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor import sampling
from tutor.claims.studies import Study
from tutor.datasets import Corpus, lexicons, texts
from tutor.evaluate import similarity
from tutor.evaluate.statistics import Effect, paired_bootstrap, spearman
from tutor.words import word2vec
from tutor.words.word2vec import Word2VecConfig

if TYPE_CHECKING:
    from tutor.datasets.lexicons import SimilaritySet
    from tutor.training import Fit

Floats = NDArray[np.float64]
Scores = dict[str, Floats]

SEEDS = (1, 2, 3, 4, 5)
TESTS = ("men", "wordsim353", "simlex999")
BAND_SHARE = 0.15


# --- scores of runs ------------------------------------------------------------------
def known_tests(corpus: Corpus, names: Sequence[str] = TESTS) -> list[SimilaritySet]:
    """Return the test sets cut to the pairs whose two words the corpus has."""
    words = corpus.vocabulary
    found = []
    for name in names:
        whole = lexicons.similarity(name)
        pairs = [p for p in whole.pairs if all(w.lower() in words for w in p[:2])]
        found.append(replace(whole, pairs=tuple(pairs)))
    return found


def fits(
    corpus: Corpus, config: Word2VecConfig, *, seeds: Sequence[int] = SEEDS
) -> list[Fit]:
    """Return one run a seed."""
    return [word2vec.fit(corpus, config, seed=seed) for seed in seeds]


def scores(runs: Sequence[Fit], tests: Sequence[SimilaritySet]) -> Scores:
    """Return the cosines (seeds, items) of the pairs of each test set."""
    return {
        test.name: np.array(
            [similarity.correlate(run.embedding, test).scores for run in runs]
        )
        for test in tests
    }


def gold(test: SimilaritySet) -> Floats:
    """Return people's ratings of the pairs."""
    return np.array([score for _, _, score in test.pairs], dtype=np.float64)


def effect(treatment: Scores, control: Scores | None, test: SimilaritySet) -> Effect:
    """Return the difference in Spearman correlation on a test set, with interval."""
    return paired_bootstrap(
        treatment[test.name],
        None if control is None else control[test.name],
        gold=gold(test),
        statistic="spearman",
    )


def one_at_a_time(
    corpus: Corpus,
    tests: Sequence[SimilaritySet],
    base: Word2VecConfig,
    changes: Mapping[str, Mapping[str, Any]],
    *,
    seeds: Sequence[int] = SEEDS,
) -> dict[str, Scores]:
    """Return the scores of the base run and of each change to it."""
    found = {"base": scores(fits(corpus, base, seeds=seeds), tests)}
    for name, change in changes.items():
        config = replace(base, **change)
        found[name] = scores(fits(corpus, config, seeds=seeds), tests)
    return found


# --- the tokens that decide ----------------------------------------------------------
def test_words(corpus: Corpus, tests: Sequence[SimilaritySet]) -> NDArray[np.bool_]:
    """Return which words of the vocabulary a test set asks about."""
    asked = {w.lower() for test in tests for p in test.pairs for w in p[:2]}
    return np.array([word in asked for word in corpus.vocabulary.words])


def drop_masks(
    corpus: Corpus, protected: ArrayLike, *, share: float = BAND_SHARE
) -> dict[str, NDArray[np.bool_]]:
    """Return four sets of tokens to drop: equally many, from different words.

    ``frequent`` takes whole words from the top of the vocabulary, ``middle`` from rank
    300 on, ``rare`` from the end; ``random`` takes tokens wherever they stand. Words
    under test are never touched, so only their company changes.

    Shapes: ``protected`` (vocab,) bool → masks (tokens,) bool; ``share`` of the tokens,
    the last word of a band is cut short.
    """
    free = ~np.asarray(protected, dtype=bool)
    tokens = np.asarray(corpus.tokens)
    order = np.arange(len(free))
    bands = {"frequent": order, "middle": order[300:], "rare": order[::-1]}
    budget = int(share * len(tokens))
    masks = {}
    for name, ranks in bands.items():
        ranks = ranks[free[ranks]]
        rank_of = np.full(len(free), len(free))
        rank_of[ranks] = np.arange(len(ranks))
        places = np.flatnonzero(rank_of[tokens] < len(ranks))
        first = np.argsort(rank_of[tokens[places]], kind="stable")[:budget]
        masks[name] = np.isin(np.arange(len(tokens)), places[first])
    places = np.flatnonzero(free[tokens])
    drawn = sampling.permutation(len(places), seed=0)[:budget]
    masks["random"] = np.isin(np.arange(len(tokens)), places[drawn])
    return masks


def without(corpus: Corpus, dropped: NDArray[np.bool_]) -> Corpus:
    """Return the corpus without these tokens; windows reach over the gaps."""
    kept = np.append(0, np.cumsum(~dropped)).astype(np.int64)
    tokens = np.asarray(corpus.tokens)[~dropped]
    shorter = replace(corpus, tokens=tokens, offsets=kept[corpus.offsets])
    return shorter.subset(np.arange(len(shorter)))


def dropping(
    corpus: Corpus,
    tests: Sequence[SimilaritySet],
    base: Word2VecConfig,
    *,
    seeds: Sequence[int] = SEEDS,
    bands: Sequence[str] = ("frequent", "middle", "rare", "random"),
) -> dict[str, Scores]:
    """Return the scores after dropping equally many tokens of each band."""
    masks = drop_masks(corpus, test_words(corpus, tests))
    found = {}
    for band in bands:
        part = without(corpus, masks[band])
        found[band] = scores(fits(part, base, seeds=seeds), tests)
    return found


# --- the trap: cosine and frequency --------------------------------------------------
def random_pairs(
    corpus: Corpus, low: int, high: int, *, n: int = 2000, seed: int = 0
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw pairs of different words that occur ``low`` to ``high - 1`` times."""
    counts_ = corpus.vocabulary.counts
    band = np.flatnonzero((counts_ >= low) & (counts_ < high))
    drawn = band[
        sampling.integers(seed, 0, sampling.SHUFFLE, np.arange(2 * n), len(band))
    ]
    left, right = drawn[:n], drawn[n:]
    return left[left != right], right[left != right]


# --- stored --------------------------------------------------------------------------
def base_run() -> Word2VecConfig:
    """Return the configuration that each study changes."""
    return Word2VecConfig(epochs=2)


def changes() -> dict[str, dict[str, Any]]:
    """Return the changes of the stored study.

    All were fixed before the first run but one: a narrow window with as many updates
    as the wide one, added as a control when the wide window won.
    """
    return {
        "no subsampling": {"sample": 0.0},
        "window 2": {"window": 2},
        "window 2, 7 passes": {"window": 2, "epochs": 7},
        "window 10": {"window": 10},
        "1 negative": {"negatives": 1},
        "15 negatives": {"negatives": 15},
        "noise power 1": {"noise_power": 1.0},
        "CBOW": {"architecture": "cbow"},
        "hierarchical softmax": {"objective": "hierarchical_softmax"},
    }


def _report(
    found: Mapping[str, Scores], control: Scores, tests: Sequence[SimilaritySet]
) -> dict[str, Any]:
    """Return correlations by seed, and the effect of each run against ``control``."""
    report: dict[str, Any] = {
        "n": {test.name: len(test.pairs) for test in tests},
        "rho": {},
        "effect": {},
    }
    for name, table in found.items():
        report["rho"][name] = {
            t.name: [round(float(spearman(row, gold(t))), 5) for row in table[t.name]]
            for t in tests
        }
        if table is not control:
            report["effect"][name] = {
                t.name: asdict(effect(table, control, t)) for t in tests
            }
    return report


def choices() -> dict[str, Any]:
    """Change one setting at a time on the whole course corpus, five seeds each.

    ``wide minus narrow`` compares windows 10 and 2 at an equal number of updates.
    """
    corpus = texts.course_en()
    tests = known_tests(corpus)
    found = one_at_a_time(corpus, tests, base_run(), changes())
    report = _report(found, found["base"], tests)
    wide, narrow = found["window 10"], found["window 2, 7 passes"]
    by_name = {test.name: test for test in tests}
    report["wide minus narrow"] = {
        name: asdict(effect(wide, narrow, by_name[name])) for name in TESTS
    }
    return report


def tokens() -> dict[str, Any]:
    """Drop equally many tokens of four bands on the whole course corpus."""
    corpus = texts.course_en()
    tests = known_tests(corpus)
    found = dropping(corpus, tests, base_run())
    report = _report(found, found["random"], tests)
    report["frequent minus middle"] = {
        t.name: asdict(effect(found["frequent"], found["middle"], t)) for t in tests
    }
    return report


_INPUTS = (
    "tutor.words.word2vec.config",
    "tutor.words.word2vec.walk",
    "tutor.words.word2vec.fast",
    "tutor.words.word2vec.epoch",
    "tutor.evaluate.statistics",
    *(known_tests, fits, scores, gold, effect, one_at_a_time, base_run, changes),
    *(test_words, drop_masks, without, dropping, _report),
)
_DATA = ("course-en", "men", "wordsim353", "simlex999")
STUDIES = {
    "word2vec-choices": Study(run=choices, inputs=_INPUTS, data=_DATA),
    "word2vec-tokens": Study(run=tokens, inputs=_INPUTS, data=_DATA),
}
