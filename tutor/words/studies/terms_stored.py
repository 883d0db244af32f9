"""Stored study of chapter ``words/terms``: four times the text, five ways to cut it.

What is judged and how stands in ``terms`` and ``terms_scores``, fixed before any run;
settings are those of the live runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor.claims.studies import Study
from tutor.evaluate.statistics import paired_bootstrap
from tutor.words.studies import terms as study
from tutor.words.studies import terms_scores as scores
from tutor.words.studies.terms import Bench, Floats, Judged
from tutor.words.studies.terms_scores import each

CONDITIONS = ("words", "phrases", "terms", "dictionary")
FREQUENT = 20
"""Occurrences of a term called frequent: the upper two bands."""
AGAINST = (
    ("terms", "words"),
    ("phrases", "words"),
    ("both", "words"),
    ("dictionary", "words"),
    ("dictionary", "terms"),
    ("words", "chance"),
)
Bools = NDArray[np.bool_]


def compare() -> dict[str, Any]:
    """Compare the ways to cut the whole text, five seeds each."""
    found = study.bench(study.text(whole=True), phrases=True)
    runs = {c: study.fits(found, c) for c in CONDITIONS}
    return {
        "words": len(found.corpus.tokens),
        "units": {c: len(found.units[c].tokens) for c in CONDITIONS},
        "extracted": len(found.found),
        "ontologies": {
            name: _ontology(judged, found, runs)
            for name, judged in found.judged.items()
        },
    }


def _ontology(judged: Judged, found: Bench, runs: Mapping[str, Any]) -> dict[str, Any]:
    stacks = {c: study.tables(judged, c, runs[c]) for c in CONDITIONS}
    stacks["both"] = (stacks["words"] + stacks["terms"]) / 2
    stacks["chance"] = study.chance(judged)
    table = {
        measure: {c: score(stack) for c, stack in stacks.items()}
        for measure, score in measures(judged).items()
    }
    groups = groups_of(judged, study.compositionality(judged, runs["terms"]))
    missing = {
        c: study.unit_vectors(runs[c][0], judged.names)[1]
        for c in CONDITIONS
        if c != "words"
    }
    return {
        "judged": len(judged),
        "in text": len(study.in_text(judged.ontology, found.units["dictionary"])),
        "missing": missing,
        "groups": {name: int(chosen.sum()) for name, chosen in groups.items()},
        "means": {m: _means(rows) for m, rows in table.items()},
        "bands": {
            c: [_mean(rows[:, chosen]) for chosen in groups.values()]
            for c, rows in table["rho"].items()
        },
        "effects": {
            measure: {
                f"{a} - {b}": {
                    name: _effect(rows[a], rows[b], chosen)
                    for name, chosen in groups.items()
                    if measure == "rho" or name == "all"
                }
                for a, b in AGAINST
            }
            for measure, rows in table.items()
        },
    }


def measures(judged: Judged) -> dict[str, Callable[[Floats], Floats]]:
    """Return the scores: cosines (seeds, n, n) to one value a term (seeds, n)."""
    apart, likeness = ~judged.shares_word, judged.likeness

    def recall_apart(stack: Floats) -> Floats:
        return each(scores.recall, np.where(apart, stack, -1.0), judged.near & apart)

    return {
        "rho": lambda s: each(scores.rank_agreement, s, likeness),
        "rho, no shared word": lambda s: each(
            scores.rank_agreement, s, likeness, apart
        ),
        "rho, frequency fixed": lambda s: each(
            scores.partial_agreement, s, likeness, judged.counts
        ),
        "recall": lambda s: each(scores.recall, s, judged.near),
        "recall, no shared word": recall_apart,
    }


def groups_of(judged: Judged, compositional: Floats) -> dict[str, Bools]:
    """Return which terms belong to all, to a band, to a third by compositionality.

    Terms whose words never stand alone belong to no third.
    """
    known = np.isfinite(compositional)
    low, high = np.quantile(compositional[known], [1 / 3, 2 / 3])
    least = known & (compositional <= low)
    often = judged.counts >= FREQUENT
    groups = {"all": np.ones(len(judged), bool)}
    edges = (*study.EDGES, np.inf)
    for first, last in pairwise(edges):
        name = f"{first} or more" if np.isinf(last) else f"{first} to {int(last) - 1}"
        groups[name] = (judged.counts >= first) & (judged.counts < last)
    groups["least compositional third"] = least
    groups["most compositional third"] = known & (compositional >= high)
    groups["frequent"] = often
    groups["frequent, least compositional"] = often & least
    return groups


def _mean(rows: Floats) -> float | None:
    """Return the mean of what exists; None where nothing does."""
    return round(float(np.nanmean(rows)), 4) if np.isfinite(rows).any() else None


def _means(rows: Mapping[str, Floats]) -> dict[str, float | None]:
    """Return the means over terms that have a value in every condition."""
    return dict(zip(rows, map(_mean, scores.paired(*rows.values())), strict=True))


def _effect(a: Floats, b: Floats, chosen: Bools) -> dict[str, Any] | None:
    """Return the difference over terms and seeds; None for fewer than five terms."""
    left, right = scores.paired(a[:, chosen], b[:, chosen])
    if left.shape[1] < 5:
        return None
    return asdict(paired_bootstrap(left, right))


STUDIES = {
    "terms-units": Study(
        run=compare, data=("course-en", "hpo", "icd-10-cm", "wordnet")
    ),
}
