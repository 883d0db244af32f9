"""Live study of chapter ``words/subwords``: rare words, after a run that is there.

The chapter trains one table to look at. Here it is the first seed of the comparison, so
that nothing is trained twice.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tutor.datasets import Corpus
from tutor.words import subwords
from tutor.words.studies import subwords as study
from tutor.words.studies.subwords import SEEDS, Floats, Pairs
from tutor.words.subwords import SubwordFit


def scores(
    run: SubwordFit, corpus: Corpus, pairs: Pairs, *, seeds: Sequence[int] = SEEDS
) -> dict[str, Floats]:
    """Return what ``study.scores`` returns, the first seed's fastText run given.

    Raises
    ------
    ValueError
        If the run is not of the first seed.
    """
    first, *others = seeds
    if run.seed != first:
        raise ValueError(f"the run has seed {run.seed}, not {first}: train that one")
    bare = subwords.fit(corpus, study.arms(run.config)["word2vec"], seed=first)
    found = study.scores(corpus, run.config, pairs, seeds=others)
    own = {
        "fastText": study.cosines(run, pairs.words, alone=False),
        "word2vec": study.cosines(bare, pairs.words, alone=False),
        "untrained": study.cosines(study.untrained(run), pairs.words, alone=True),
        "spelling": found["spelling"][0],
    }
    return {arm: np.vstack([own[arm], rows]) for arm, rows in found.items()}
