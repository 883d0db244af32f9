"""Stored study of chapter ``words/subwords``: RareWords, band by band.

Pairs of two known words are cut in three by the count of the rarer word, pairs with
unknown words by how many there are. Arms, corpus, settings and seeds are those of
``subwords-rare``; one core takes about four minutes.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor.claims.studies import Study
from tutor.datasets import texts
from tutor.words.studies.subwords import (
    SEEDS,
    Floats,
    Pairs,
    correlations,
    difference,
    rated_pairs,
    scores,
)
from tutor.words.subwords import SubwordConfig

THIRDS = ("rarest third", "middle third", "most frequent third")


def bands(pairs: Pairs) -> dict[str, NDArray[np.bool_]]:
    """Return a mask a band: two unknown words, one, and thirds of the known pairs.

    Thirds by the count of the rarer word, in the order of the file where counts are
    equal; where three does not divide the pairs, the middle third is the larger.
    """
    found = {"two words unknown": pairs.unknown == 2, "one unknown": pairs.unknown == 1}
    known = np.flatnonzero(pairs.unknown == 0)
    order = known[np.argsort(pairs.rarer[known], kind="stable")]
    third = len(order) // 3
    ends = (0, third, len(order) - third, len(order))
    for name, low, high in zip(THIRDS, ends[:-1], ends[1:], strict=True):
        mask = np.zeros(len(pairs.words), bool)
        mask[order[low:high]] = True
        found[name] = mask
    return found


def report(found: dict[str, Floats], pairs: Pairs) -> dict[str, dict[str, Any]]:
    """Return of each band: pairs, counts, every arm's correlation, fastText's lead.

    The lead is over word2vec where both words are known, else over shared spelling:
    there word2vec gives every pair the same.
    """
    rows = {}
    for name, mask in bands(pairs).items():
        rho = correlations(found, pairs, mask)
        against = "word2vec" if name in THIRDS else "spelling"
        rows[name] = {
            "pairs": int(mask.sum()),
            "counts": [int(pairs.rarer[mask].min()), int(pairs.rarer[mask].max())],
            "rho": {arm: value for arm, value in rho.items() if np.isfinite(value)},
            "against": against,
            "lead": asdict(difference(found, pairs, mask, against=against)),
        }
    return rows


def by_band() -> dict[str, Any]:
    """Compare the arms in every band, after training on the whole corpus."""
    corpus = texts.course_en()
    config = SubwordConfig(epochs=2)
    pairs = rated_pairs(corpus)
    found = scores(corpus, config, pairs)
    return {
        "corpus": {"tokens": len(corpus.tokens), "words": len(corpus.vocabulary)},
        "config": asdict(config),
        "seeds": list(SEEDS),
        "bands": report(found, pairs),
    }


STUDIES = {
    "subwords-bands": Study(
        run=by_band,
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
            "tutor.words.studies.subwords_bands",
        ],
        data=["course-en", "rareword"],
    )
}
