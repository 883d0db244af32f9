"""Study of chapter ``words/glove``: GloVe against SGNS on the whole corpus, stored.

Both sides get the same search on validation pairs, then five seeds; the other arms are
one change from the chosen GloVe. One core takes about half an hour.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from tutor.claims.studies import Study
from tutor.datasets import lexicons, texts
from tutor.evaluate.statistics import paired_bootstrap, spearman
from tutor.words.glove import GloVeConfig
from tutor.words.studies.counts import gold, halves, known
from tutor.words.studies.glove import Arm, Floats, Pair, Zeros, scores
from tutor.words.word2vec import Word2VecConfig

if TYPE_CHECKING:
    from tutor.datasets import Corpus


def grids() -> dict[str, list[Arm]]:
    """Return four settings a side, at window 10 and dimension 100."""
    base = GloVeConfig(window=10, x_max=10.0, learning_rate=0.1, epochs=15)
    return {
        "glove": [
            Arm(replace(base, weighting=weighting), sample=sample)
            for weighting, sample in product(("harmonic", "dynamic"), (0.0, 1e-3))
        ],
        "sgns": [
            Arm(Word2VecConfig(window=10, epochs=epochs, sample=sample))
            for epochs, sample in product((5, 10), (1e-3, 1e-4))
        ],
    }


def arms_of(best: Arm, sgns: Arm) -> dict[str, Arm]:
    """Return the arms to report; most are one change from the chosen GloVe."""
    config = best.config
    assert isinstance(config, GloVeConfig)
    plain = replace(config, weighting="harmonic")
    return {
        "glove": best,
        "sgns": sgns,
        "word alone": replace(best, word_alone=True),
        "even weights": replace(best, config=replace(config, alpha=0.0)),
        "other tokens and window": Arm(plain),
        "published settings": Arm(GloVeConfig(window=10, epochs=15)),
        "glove with zeros": replace(best, zeros=Zeros()),
    }


def comparisons() -> dict[str, tuple[str, str]]:
    """Return which arm is held against which."""
    return {
        "glove - sgns": ("glove", "sgns"),
        "published - sgns": ("published settings", "sgns"),
        "other tokens - sgns": ("other tokens and window", "sgns"),
        "matched - other tokens": ("glove", "other tokens and window"),
        "zeros - glove": ("glove with zeros", "glove"),
        "zeros - sgns": ("glove with zeros", "sgns"),
        "weighted - even": ("glove", "even weights"),
        "both - word": ("glove", "word alone"),
    }


def search(
    grid: Sequence[Arm], corpus: Corpus, pairs: Sequence[Pair]
) -> tuple[Arm, list[dict[str, Any]]]:
    """Return the best arm of a grid on the pairs, and all that were tried."""
    rhos = [
        float(spearman(scores(arm, corpus, pairs, seeds=[0])[0], gold(pairs)))
        for arm in grid
    ]
    tried = [
        {"arm": asdict(arm), "rho": round(rho, 4)}
        for arm, rho in zip(grid, rhos, strict=True)
    ]
    return grid[int(np.argmax(rhos))], tried


def against_sgns() -> dict[str, Any]:
    """Choose settings on half of MEN; compare on the other half and on two more lists.

    Four settings a side at window 10 and dimension 100, seed 0. Then seeds 1 to 5 of
    each arm. Words below 20 occurrences are left out for all of them.
    """
    corpus = texts.course_en(min_count=20)
    pairs = {
        name: known(lexicons.similarity(name).pairs, corpus)
        for name in ("men", "wordsim353", "mturk771")
    }
    choose, pairs["men"] = halves(pairs["men"])
    found = {side: search(grid, corpus, choose) for side, grid in grids().items()}
    arms = arms_of(found["glove"][0], found["sgns"][0])
    asked = [pair for test in pairs.values() for pair in test]
    runs = {name: scores(arm, corpus, asked) for name, arm in arms.items()}
    return {
        "corpus": {"tokens": len(corpus.tokens), "words": len(corpus.vocabulary)},
        "items": {"choose": len(choose)} | {n: len(p) for n, p in pairs.items()},
        "tried": {side: tried for side, (_, tried) in found.items()},
        "arms": {name: asdict(arm) for name, arm in arms.items()},
        **_report(runs, pairs),
    }


def _report(
    runs: Mapping[str, Floats], pairs: Mapping[str, Sequence[Pair]]
) -> dict[str, Any]:
    """Return each arm's correlations by test and seed, and the compared differences."""
    ends = np.cumsum([len(test) for test in pairs.values()])
    parts = {
        name: slice(end - len(test), end)
        for (name, test), end in zip(pairs.items(), ends, strict=True)
    }
    truth = {name: gold(test) for name, test in pairs.items()}
    rho = {
        arm: {
            test: [float(spearman(row[part], truth[test])) for row in table]
            for test, part in parts.items()
        }
        for arm, table in runs.items()
    }
    effect = {
        name: {
            test: asdict(
                paired_bootstrap(
                    runs[one][:, part],
                    runs[other][:, part],
                    gold=truth[test],
                    statistic="spearman",
                )
            )
            for test, part in parts.items()
        }
        for name, (one, other) in comparisons().items()
    }
    return {"rho": rho, "effect": effect}


def _own(module: str, *names: str) -> list[str]:
    return [f"tutor.words.studies.{module}:{name}" for name in names]


STUDIES = {
    "glove-sgns": Study(
        run=against_sgns,
        inputs=[
            "tutor.sampling",
            "tutor.words.counts.reference",
            "tutor.words.counts.chunks",
            "tutor.words.counts.fast",
            "tutor.words.glove.reference",
            "tutor.words.glove.fast",
            "tutor.words.glove.tiles",
            "tutor.words.word2vec.config",
            "tutor.words.word2vec.epoch",
            "tutor.words.word2vec.fast",
            "tutor.words.word2vec.walk",
            "tutor.evaluate.statistics",
            *_own("glove", "Arm", "Zeros", "vectors", "tabulate"),
            *_own("glove", "with_zeros", "scores"),
            *_own("glove_sgns", "grids", "arms_of", "comparisons"),
            *_own("glove_sgns", "search", "against_sgns", "_report"),
            *_own("counts", "cosines", "halves", "known", "gold"),
        ],
        data=["course-en", "men", "wordsim353", "mturk771"],
    )
}
