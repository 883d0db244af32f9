"""Studies of chapter ``words/evaluation``: what more text changes.

`interaction` measures how much a difference between two models grows from a small text
to a large one. :func:`by_size` does so from 100,000 tokens to all of course-en;
:func:`in_use` takes the vectors of all of course-en to the two tasks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor.claims.studies import Study
from tutor.datasets import lexicons, texts
from tutor.embedding import Embedding
from tutor.evaluate.similarity import common_pairs
from tutor.evaluate.statistics import Effect, paired_bootstrap, spearman
from tutor.words import evaluation
from tutor.words.studies.evaluation import (
    COUNTS,
    WORD2VEC,
    after_each_epoch,
    compare,
    cosines,
    train,
)
from tutor.words.studies.evaluation_text import definitions, domain
from tutor.words.studies.evaluation_use import (
    drawn,
    features_right,
    label_curve,
    uses,
)

Table = NDArray[np.float64]

SMALL = 100_000
PASSES, MANY = 5, 50
"""Passes over either text; and over the small one in the control."""
STEPS = (("skip-gram", "count-svd"), ("cbow", "skip-gram"))
"""A richer model and the simpler one it is held against."""


# --- a difference of differences -----------------------------------------------------
def interaction(
    large: tuple[Table, Table],
    small: tuple[Table, Table],
    gold: ArrayLike,
    *,
    samples: int = 1000,
) -> Effect:
    r"""Return how much a difference in rank correlation grows from small to large.

    .. math:: \Delta = (\rho_{a,L} - \rho_{b,L}) - (\rho_{a,S} - \rho_{b,S})

    where a is the richer model and b the simpler, L the large text and S the small. All
    four are scored on the same pairs and, in each resample, on the same draw.

    Shapes: ``large`` and ``small`` hold the cosines of a and b, each (seeds, items).
    """
    tables = np.stack([*large, *small])
    items = tables.shape[2]
    # A table of places stands in for the values: one draw then reads all four.
    places = np.arange(tables[0].size, dtype=np.float64).reshape(tables[0].shape)

    def statistic(chosen: Table, ratings: Table | None) -> float:
        assert ratings is not None
        seed, item = np.divmod(chosen.astype(np.int64), items)
        a, b, c, d = (float(spearman(t[seed, item], ratings)) for t in tables)
        return (a - b) - (c - d)

    return paired_bootstrap(places, gold=gold, statistic=statistic, samples=samples)


def growth(
    large: tuple[Sequence[Embedding], Sequence[Embedding]],
    small: tuple[Sequence[Embedding], Sequence[Embedding]],
    *,
    samples: int = 1000,
) -> Effect:
    """Return `interaction` on the MEN pairs that all four embeddings know."""
    men = lexicons.similarity("men")
    firsts = [runs[0] for runs in (*large, *small)]
    pairs = replace(men, pairs=common_pairs(firsts, men))
    (a, b), (c, d) = (
        [cosines(runs, pairs) for runs in side] for side in (large, small)
    )
    gold = [score for *_, score in pairs.pairs]
    return interaction((a, b), (c, d), gold, samples=samples)


# --- stored --------------------------------------------------------------------------
def by_size() -> dict[str, Any]:
    """Compare richer with simpler models on little text and on all of course-en.

    ``many passes`` gives the two trained models ten times the passes over the small
    text, so that a richer model cannot lose there for want of training alone.
    """
    corpus = texts.course_en()
    models = ("count-svd", "skip-gram", "cbow")
    little = corpus.head(SMALL, min_count=5)
    large = {m: train(corpus, m, epochs=PASSES) for m in models}
    small = {m: train(little, m, epochs=PASSES) for m in models}
    longer = {m: train(little, m, epochs=MANY) for m in models[1:]}
    longer["count-svd"] = small["count-svd"]
    men = lexicons.similarity("men")
    known = replace(men, pairs=common_pairs([small["skip-gram"][0]], men))
    found: dict[str, Any] = {
        "tokens": {"small": len(little.tokens), "large": len(corpus.tokens)}
    }
    for a, b in STEPS:
        found[f"{a} - {b}"] = {
            "small": asdict(compare(small[a], small[b], known)),
            "small, many passes": asdict(compare(longer[a], longer[b], known)),
            "large": asdict(compare(large[a], large[b], known)),
            "large, all its pairs": asdict(compare(large[a], large[b], men)),
            "growth": asdict(growth((large[a], large[b]), (small[a], small[b]))),
            "growth, many passes": asdict(
                growth((large[a], large[b]), (longer[a], longer[b]))
            ),
        }
    return found


def in_use() -> dict[str, Any]:
    """Take skip-gram vectors of all of course-en to the organ systems and the topics.

    ``domain`` holds them against 140,000 tokens of definitions, ``labels`` against
    TF-IDF and against dealt vectors, from 220 labels to 6,000.
    """
    corpus = texts.course_en()
    runs = train(corpus, "skip-gram", epochs=PASSES)
    return {
        "tokens": len(corpus.tokens),
        "domain": domain(evaluation.organ_systems(), {"course-en": runs}),
        "labels": label_curve(runs, evaluation.topics(), (220, 1000, 6000)),
    }


_INPUTS = (
    *WORD2VEC,
    "tutor.evaluate.statistics",
    "tutor.evaluate.similarity",
    *(train, after_each_epoch, cosines, compare),
)
STUDIES = {
    "evaluation-size": Study(
        run=by_size,
        inputs=[*_INPUTS, *COUNTS, interaction, growth],
        data=["course-en", "men"],
    ),
    "evaluation-use": Study(
        run=in_use,
        inputs=[
            *_INPUTS,
            "tutor.words.evaluation",
            *(definitions, domain, features_right, drawn, uses, label_curve),
        ],
        data=["course-en", "hpo", "men"],
    ),
}
