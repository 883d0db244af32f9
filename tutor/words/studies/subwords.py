"""Studies of chapter ``words/subwords``, English: rare and unknown words.

Every arm is the same code on the same draws: word2vec is fastText with ``max_n=0``, the
untrained arm fastText's table before its first step. The chapter calls these functions
live on a prefix of the corpus; the stored study takes all of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tutor import sampling
from tutor.claims.studies import Study
from tutor.datasets import lexicons, texts
from tutor.evaluate.statistics import Effect, paired_bootstrap, spearman
from tutor.geometry import unit_rows
from tutor.words import subwords
from tutor.words.subwords import SubwordConfig, SubwordFit

if TYPE_CHECKING:
    from tutor.datasets import Corpus

Floats = NDArray[np.float64]
SEEDS = (1, 2, 3, 4, 5)
BIN = 100.0
"""Ratings run to 10: a rating plus a hundred times its bin holds both."""


class Pairs(NamedTuple):
    """Rated word pairs with what the corpus knows of them.

    Attributes
    ----------
    words : list of (str, str)
    gold : (n,) array
        People's ratings.
    unknown : (n,) int array
        How many of the two words the corpus lacks: 0, 1 or 2.
    rarer : (n,) int array
        Count of the rarer word; 0 where one is unknown.
    """

    words: list[tuple[str, str]]
    gold: Floats
    unknown: NDArray[np.int64]
    rarer: NDArray[np.int64]

    def cut(self, mask: NDArray[np.bool_]) -> Pairs:
        """Return the pairs under a mask."""
        words = [w for w, keep in zip(self.words, mask, strict=True) if keep]
        return Pairs(words, self.gold[mask], self.unknown[mask], self.rarer[mask])


def rated_pairs(corpus: Corpus, name: str = "rareword") -> Pairs:
    """Return the pairs of a similarity set, lower-cased, all of them."""
    rated = lexicons.similarity(name).pairs
    words = [(a.lower(), b.lower()) for a, b, _ in rated]
    counts = dict(
        zip(corpus.vocabulary.words, corpus.vocabulary.counts.tolist(), strict=True)
    )
    both = np.array([[counts.get(w, 0) for w in pair] for pair in words])
    gold = np.array([score for _, _, score in rated])
    return Pairs(words, gold, (both == 0).sum(axis=1), both.min(axis=1))


# --- arms ----------------------------------------------------------------------------
def arms(config: SubwordConfig) -> dict[str, SubwordConfig]:
    """Return the two trained arms: with n-grams, and the same without."""
    return {"fastText": config, "word2vec": replace(config, max_n=0)}


def untrained(run: SubwordFit) -> SubwordFit:
    """Return the run as it was before training: the same rows, still at random."""
    config = run.config
    return replace(run, Z=sampling.initial_vectors(len(run.Z), config.dim, run.seed))


def cosines(
    run: SubwordFit, words: Sequence[tuple[str, str]], *, alone: bool
) -> Floats:
    """Return the cosine of each pair; 0 where a word has no vector.

    Parameters
    ----------
    alone : bool
        Use n-grams alone, for known words too: how an untrained table is read.
    """
    flat = [word for pair in words for word in pair]
    if alone:
        rows = subwords.walk.rows_of(
            flat, run.config, first=len(run.embedding), own=False
        )
        vectors = subwords.mean_rows(run.Z, rows)
    else:
        vectors = run.vectors(flat)
    unit = np.zeros(vectors.shape)
    there = np.linalg.norm(vectors, axis=1) > 0
    unit[there] = unit_rows(vectors[there].astype(np.float64))
    return np.asarray(np.einsum("nd,nd->n", unit[0::2], unit[1::2]))


def spelling(words: Sequence[tuple[str, str]], config: SubwordConfig) -> Floats:
    """Return the cosine of each pair's counts of n-grams: shared spelling, exactly.

    An untrained table shows the same through ``dim`` random numbers, so with noise.
    """
    found = np.zeros(len(words))
    for i, pair in enumerate(words):
        a, b = (
            Counter(subwords.ngrams(w, config.min_n, config.max_n, units=config.units))
            for w in pair
        )
        size = sum(n * n for n in a.values()) * sum(n * n for n in b.values())
        found[i] = sum(n * b[g] for g, n in a.items()) / size**0.5 if size else 0.0
    return found


def scores(
    corpus: Corpus,
    config: SubwordConfig,
    pairs: Pairs,
    *,
    seeds: Sequence[int] = SEEDS,
) -> dict[str, Floats]:
    """Return the cosines (seeds, pairs) of three arms and of shared spelling."""
    found: dict[str, list[Floats]] = {"fastText": [], "word2vec": [], "untrained": []}
    for seed in seeds:
        for arm, settings in arms(config).items():
            run = subwords.fit(corpus, settings, seed=seed)
            found[arm].append(cosines(run, pairs.words, alone=False))
            if arm == "fastText":
                start = cosines(untrained(run), pairs.words, alone=True)
                found["untrained"].append(start)
    found["spelling"] = [spelling(pairs.words, config)] * len(seeds)
    return {arm: np.array(rows) for arm, rows in found.items()}


# --- effects -------------------------------------------------------------------------
def difference(
    found: dict[str, Floats],
    pairs: Pairs,
    mask: NDArray[np.bool_],
    *,
    against: str = "word2vec",
) -> Effect:
    """Return fastText's Spearman correlation minus an arm's, on the pairs of a mask."""
    return paired_bootstrap(
        found["fastText"][:, mask],
        found[against][:, mask],
        gold=pairs.gold[mask],
        statistic="spearman",
    )


def growth(found: dict[str, Floats], pairs: Pairs, *, samples: int = 500) -> Effect:
    """Return the advantage among rare words minus that among frequent ones.

    Pairs with both words known, cut in three by the count of the rarer word; the
    outer thirds are compared. The effect is a difference of two differences.
    """
    known = np.flatnonzero(pairs.unknown == 0)
    order = known[np.argsort(pairs.rarer[known], kind="stable")]
    third = len(order) // 3
    chosen = np.concatenate([order[:third], order[-third:]])
    part = np.repeat([1.0, 0.0], third)

    def rare_minus_frequent(values: Floats, gold: Floats | None) -> float:
        assert gold is not None
        rare = gold >= BIN
        one = spearman(values[rare], gold[rare])
        return float(one - spearman(values[~rare], gold[~rare]))

    return paired_bootstrap(
        found["fastText"][:, chosen],
        found["word2vec"][:, chosen],
        gold=pairs.gold[chosen] + BIN * part,
        statistic=rare_minus_frequent,
        samples=samples,
    )


def correlations(
    found: dict[str, Floats], pairs: Pairs, mask: NDArray[np.bool_]
) -> dict[str, float]:
    """Return each arm's mean correlation on the pairs of a mask; NaN for constants."""
    return {
        arm: float(np.mean([_rho(row[mask], pairs.gold[mask]) for row in rows]))
        for arm, rows in found.items()
    }


def _rho(values: Floats, gold: Floats) -> float:
    constant = len(values) < 2 or bool((values == values[0]).all())
    return float("nan") if constant else float(spearman(values, gold))


# --- stored: the whole corpus --------------------------------------------------------
def rare_words() -> dict[str, Any]:
    """Compare the arms on RareWords and MEN after training on the whole corpus."""
    corpus = texts.course_en()
    config = SubwordConfig(epochs=2)
    rare, men = rated_pairs(corpus), rated_pairs(corpus, "men")
    both = Pairs(
        rare.words + men.words,
        *(np.concatenate([a, b]) for a, b in zip(rare[1:], men[1:], strict=True)),
    )
    found = scores(corpus, config, both)
    cut = len(rare.words)
    on_rare = {arm: table[:, :cut] for arm, table in found.items()}
    on_men = {arm: table[:, cut:] for arm, table in found.items()}
    return {
        "corpus": {"tokens": len(corpus.tokens), "words": len(corpus.vocabulary)},
        "config": asdict(config),
        "seeds": list(SEEDS),
        **_report(on_rare, rare, on_men, men),
    }


def _report(
    on_rare: dict[str, Floats], rare: Pairs, on_men: dict[str, Floats], men: Pairs
) -> dict[str, Any]:
    """Return sizes, correlations and compared differences of both sets."""
    masks = {
        "all": rare.unknown >= 0,
        "known": rare.unknown == 0,
        "unknown": rare.unknown > 0,
    }
    known = men.unknown == 0
    rho = {name: correlations(on_rare, rare, mask) for name, mask in masks.items()}
    rho["men"] = correlations(on_men, men, known)
    effects = {
        "all": difference(on_rare, rare, masks["all"]),
        "known": difference(on_rare, rare, masks["known"]),
        "unknown": difference(on_rare, rare, masks["unknown"], against="spelling"),
        "untrained": difference(on_rare, rare, masks["unknown"], against="untrained"),
        "growth": growth(on_rare, rare),
        "men": difference(on_men, men, known),
    }
    return {
        "pairs": {name: int(m.sum()) for name, m in {**masks, "men": known}.items()},
        "rho": {
            name: {arm: v for arm, v in row.items() if np.isfinite(v)}
            for name, row in rho.items()
        },
        "effect": {name: asdict(effect) for name, effect in effects.items()},
    }


STUDIES = {
    "subwords-rare": Study(
        run=rare_words,
        inputs=[
            "tutor.sampling",
            "tutor.words.subwords",
            "tutor.words.subwords.config",
            "tutor.words.subwords.reference",
            "tutor.words.subwords.hashing",
            "tutor.words.subwords.walk",
            "tutor.words.subwords.epoch",
            "tutor.words.subwords.fast",
            "tutor.evaluate.statistics",
            "tutor.words.studies.subwords",
        ],
        data=["course-en", "rareword", "men"],
    )
}
