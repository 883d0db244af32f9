"""Stored study of chapter ``words/knowledge``: synonyms told from antonyms.

Stored because two of its intervals end near their margin: decided in the page, another
processor might round them across it. Chapter: ``words/knowledge``.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from tutor.claims.studies import Study
from tutor.evaluate.auc import auc, auc_difference
from tutor.geometry import mean_center
from tutor.words import knowledge
from tutor.words.knowledge import CounterfitConfig
from tutor.words.studies import knowledge as study

STEPS = CounterfitConfig(steps=6, learning_rate=0.3)


def opposites() -> dict[str, Any]:
    """Counter-fit the vectors of each seed; judge them on pairs that were held out.

    The control has other antonyms, shuffled so that each word keeps as many, and the
    same synonyms but those that the shuffling made antonyms.
    """
    world = study.world()
    pairs = study.opposed(world)
    vectors: dict[str, list[Any]] = {"word2vec": [], "fitted": [], "shuffled": []}
    for plain, seed in zip(study.plain(world), study.SEEDS, strict=True):
        centred = plain.transform(mean_center)
        other = knowledge.shuffled_edges(pairs.antonyms, seed=seed)
        same = pairs.synonyms.without(other.pairs)
        vectors["word2vec"].append(centred)
        vectors["fitted"].append(
            knowledge.counterfit(centred, pairs.synonyms, pairs.antonyms, STEPS)
        )
        vectors["shuffled"].append(knowledge.counterfit(centred, same, other, STEPS))
    found = {n: study.pair_cosines(v, pairs.judged) for n, v in vectors.items()}
    parts = {"all": np.ones_like(pairs.met), "met": pairs.met, "not met": ~pairs.met}
    return {
        "pairs": {name: int(part.sum()) for name, part in parts.items()},
        "auc": {
            way: {
                name: [round(auc(row[part], pairs.same[part]), 4) for row in rows]
                for name, part in parts.items()
            }
            for way, rows in found.items()
        },
        "fitted - word2vec": asdict(
            auc_difference(found["fitted"], found["word2vec"], pairs.same)
        ),
        "fitted - shuffled": asdict(
            auc_difference(found["fitted"], found["shuffled"], pairs.same)
        ),
    }


STUDIES = {
    "knowledge-opposites": Study(
        run=opposites,
        inputs=(
            "tutor.words.studies.knowledge_opposites",
            "tutor.words.studies.knowledge",
            "tutor.words.knowledge:counterfit",
            "tutor.words.word2vec",
            "tutor.datasets.relations",
            "tutor.datasets.definitions",
        ),
        data=("wordnet", "hpo"),
    )
}
