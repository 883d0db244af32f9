"""Benchmarks of chapter ``documents/paragraphs``: PV-DBOW against gensim's Doc2Vec.

Both make the same number of passes over the same documents with as many noise words;
the quality beside the speed is MAP by topic of unseen documents' inferred vectors.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np

from tutor.benchmarks import Row

DIM, EPOCHS, NEGATIVES, SAMPLE = 100, 10, 5, 1e-4
RATES = {"dbow": 0.05, "dm": 0.025}
"""Learning rates of the best MAP on the ``dev`` queries, one seed: the same for both
sides. Tried were .025, .05 and .1 on either, and .2 for gensim."""


def rows(quick: bool) -> list[Row]:
    """Return the rows; ``quick`` takes 1,000 documents."""
    from tutor.documents import paragraphs as pv
    from tutor.documents.studies import paragraphs as study

    data = study.leads(database=1000 if quick else study.DATABASE, queries=500)
    found = []
    for architecture, rate in RATES.items():
        config = pv.ParagraphConfig(
            dim=DIM,
            architecture=architecture,
            epochs=EPOCHS,
            negatives=NEGATIVES,
            sample=SAMPLE,
            learning_rate=rate,
        )
        found.append(_row(data, config))
    return found


def _row(data: Any, config: Any) -> Row:
    from tutor.documents import paragraphs as pv

    seeds = itertools.count()

    def ours() -> Any:
        run = pv.fit(data.corpus, config, seed=next(seeds))
        return run.parameters.D, lambda: pv.infer(run, data.queries).vectors

    return Row(
        name=f"paragraph vectors, {config.architecture}, 1 thread",
        ours=ours,
        rival=lambda: _gensim(data, config, next(seeds)),
        rival_name="gensim Doc2Vec, 1 worker, whole windows",
        threads=1,
        unit="words",
        work=float(len(data.corpus.tokens) * EPOCHS),
        quality=lambda result: _quality(data, result),
        notes=f"dim {DIM}, {EPOCHS} passes, {NEGATIVES} noise words, {SAMPLE:g} "
        "subsampling; learning rates chosen on other queries, on either side; ours "
        "AdaGrad and a bias a word, which cost a root and a division a number; "
        "counting words is left out on our side only, inference on both",
        aim=3,
    )


def _gensim(data: Any, config: Any, seed: int) -> Any:
    from gensim.models.doc2vec import Doc2Vec, TaggedDocument

    tagged = [TaggedDocument(list(d), [i]) for i, d in enumerate(data.database)]
    model = Doc2Vec(
        tagged,
        dm=int(config.architecture == "dm"),
        vector_size=DIM,
        negative=NEGATIVES,
        sample=SAMPLE,
        window=config.window,
        shrink_windows=False,
        alpha=config.learning_rate,
        min_count=5,
        epochs=EPOCHS,
        workers=1,
        seed=seed,
    )
    return model.dv.vectors, lambda: np.array(
        [model.infer_vector(list(d)) for d in data.queries]
    )


def _quality(data: Any, result: Any) -> Mapping[str, float]:
    """Score one result: MAP and nDCG@10 of inferred queries."""
    from tutor.documents.studies import paragraphs as study

    vectors, infer = result
    scores = study.judge(study.distances((vectors, infer())), data.relevant)
    return {"map": float(scores.ap.mean()), "ndcg@10": float(scores.ndcg.mean())}
