"""The stored study of PV-DM against PV-DBOW, the two paragraph vectors.

Same documents, length, passes, noise and subsampling. Step and window of PV-DM were
chosen on dev queries, from as many settings as PV-DBOW's had been. The package takes
one step a document in PV-DBOW and one a window in PV-DM, so in equal passes a
document's vector moves far more often in PV-DM: `moves` counts it.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import numpy as np

from tutor.claims.studies import Study
from tutor.documents import paragraphs as pv
from tutor.documents.paragraphs import ParagraphConfig, walk
from tutor.documents.studies import paragraphs as study
from tutor.documents.studies.paragraphs import Collection, Scores
from tutor.evaluate.statistics import paired_bootstrap

DATABASE = 1200
TRIED = {"dbow": 13, "dm": 13}
LONGER = 2
"""How many times the passes of the control."""


def dbow_config() -> ParagraphConfig:
    """Return the chosen settings of PV-DBOW on this small collection."""
    return replace(study.real_config(128), learning_rate=0.05)


def dm_config(*, longer: bool = False) -> ParagraphConfig:
    """Return the chosen settings of PV-DM: at equal passes, or at twice as many."""
    chosen = replace(dbow_config(), architecture="dm", window=2)
    if longer:
        return replace(chosen, epochs=LONGER * chosen.epochs, learning_rate=0.05)
    return replace(chosen, learning_rate=0.07)


def moves(data: Collection, config: ParagraphConfig, *, seed: int = 1) -> float:
    """Return how often a document's vector moves in the first pass, on average."""
    if config.architecture == "dbow":
        return 1.0
    plan = pv.make_plan(data.corpus, config, seed=seed)
    kept = [
        len(walk.kept_tokens(plan, i, seed=seed, epoch=0)[0])
        for i in range(len(data.database))
    ]
    return float(np.mean(kept))


def judged(data: Collection) -> dict[str, Scores]:
    """Return the scores of PV-DBOW, PV-DM, and PV-DM at twice the passes."""
    configs = {
        "dbow": dbow_config(),
        "dm": dm_config(),
        "dm longer": dm_config(longer=True),
    }

    def scores(config: ParagraphConfig) -> Scores:
        return study.table(lambda s: study.paragraph_vectors(data, config, s), data)

    return {name: scores(config) for name, config in configs.items()}


def architectures() -> dict[str, Any]:
    """Judge both on 1,200 lead sections and all 1,533 test queries."""
    data = study.leads(database=DATABASE)
    found = judged(data)
    best = found["dbow"].ap
    return {
        **{
            measure: {
                name: getattr(scores, measure).mean(axis=1).round(5).tolist()
                for name, scores in found.items()
            }
            for measure in ("ap", "ndcg")
        },
        "sizes": [len(data.database), len(data.queries)],
        "moves": moves(data, dm_config()),
        "effect": {
            "dbow minus dm": asdict(paired_bootstrap(best, found["dm"].ap)),
            "dbow minus dm longer": asdict(
                paired_bootstrap(best, found["dm longer"].ap)
            ),
        },
    }


_INPUTS = (
    "tutor.documents.paragraphs.config",
    "tutor.documents.paragraphs.reference",
    "tutor.documents.paragraphs.walk",
    "tutor.documents.paragraphs.fast",
    "tutor.documents.studies.paragraphs",
    "tutor.documents.studies.paragraphs_dm",
    "tutor.evaluate.binary",
    "tutor.evaluate.statistics",
    *(pv.fit, pv.infer),
)
STUDIES = {
    "paragraphs-dm": Study(
        run=architectures, inputs=_INPUTS, data=["wikipedia-leads-en"]
    ),
}
