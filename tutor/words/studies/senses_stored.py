"""Stored studies of chapter ``words/senses``: models compared, and their controls.

The models run on the whole course corpus, the controls on the prefix that the chapter
reads live. What was fixed beforehand stands in ``senses`` and ``senses_words``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tutor.claims.studies import Study
from tutor.evaluate.statistics import Effect, paired_bootstrap
from tutor.words.senses import SensesConfig, SensesFit
from tutor.words.senses.pseudo import thin
from tutor.words.studies.senses import (
    Bench,
    Floats,
    Ints,
    agreement,
    bench,
    by_kmeans,
    fits,
    induced,
    neighbours,
    places,
    plain_run,
    pseudo,
    single,
    source_of,
    truth,
)

AMBIGUOUS = ("bank", "plant", "cell", "bark", "spring", "bass")
"""Real words, for illustration only."""


def models() -> dict[str, SensesConfig]:
    """Return the models that are compared, all on the same passes.

    One phase has the disambiguator's rate that was best for it on the validation pairs.
    """
    base = SensesConfig()
    return {
        "two phases": base,
        "one phase": replace(base, shared_epochs=0, disambiguator_rate=2.0),
        "temperature 1": replace(base, temperature=1.0),
        "hard (MSSG)": replace(base, assignment="hard", shared_epochs=3),
    }


def changes() -> dict[str, SensesConfig]:
    """Return what the controls change."""
    base = SensesConfig()
    return {
        "no entropy": replace(base, entropy=0.0),
        "entropy 0.1": replace(base, entropy=0.1),
        "2 senses": replace(base, senses=2),
        "5 senses": replace(base, senses=5),
        "one phase, rate 5": replace(base, shared_epochs=0),
    }


class Report:
    """What a stored study keeps: tables of seeds by pseudo-words, and means."""

    def __init__(self, found: Bench) -> None:
        self.found = found
        self.payload: dict[str, Any] = {
            "words": list(found.merged.words),
            "singles": len(found.singles),
            **{key: {} for key in ("table", "within sources", "random split", "kept")},
        }

    def add(
        self,
        name: str,
        runs: Sequence[SensesFit],
        group: Callable[[Bench, SensesFit], Ints] = induced,
        *,
        found: Bench | None = None,
    ) -> None:
        """Score runs overall and within sources; single words by a coin."""
        found = found or self.found
        place = places(found, runs[0])
        labels, strata = truth(found, place), source_of(found, place)
        groups = [group(found, run) for run in runs]
        whole = np.array([agreement(place.block, labels, g) for g in groups])
        within = [agreement(place.block, labels, g, strata=strata) for g in groups]
        self.payload["table"][name] = _rounded(pseudo(found, whole))
        self.payload["within sources"][name] = _rounded(pseudo(found, np.array(within)))
        self.payload["random split"][name] = _rounded(single(found, whole).mean(axis=1))
        if group is induced:
            first = slice(len(found.merged.words))
            kept = np.mean([run.kept[first].sum(axis=1) for run in runs])
            self.payload["kept"][name] = round(float(kept), 3)


def _rounded(table: Floats) -> Any:
    return np.round(table, 4).tolist()


def compare() -> dict[str, Any]:
    """Compare the models on the whole course corpus, five seeds each."""
    report = Report(bench(None))
    for name, config in models().items():
        report.add(name, fits(report.found, config))
    plain = fits(report.found, plain_run())
    for k in (2, 3):
        report.add(f"k-means, k = {k}", plain, by_kmeans(k))
    report.add(
        "the source of the text", plain[:1], lambda b, r: source_of(b, places(b, r))
    )
    return report.payload


def controls() -> dict[str, Any]:
    """Change entropy, senses and balance on the prefix that the chapter reads live.

    Real words are shown from one run on the whole corpus.
    """
    found = bench()
    report = Report(found)
    report.add("3 senses", fits(found, SensesConfig()))
    for name, config in changes().items():
        report.add(name, fits(found, config))
    uneven = replace(found, merged=thin(found.merged, 0.25))
    report.add("one part in four", fits(uneven, SensesConfig()), found=uneven)
    plain = fits(uneven, plain_run())
    report.add("one part in four, k-means", plain, by_kmeans(3), found=uneven)
    whole = bench(None)
    whole = replace(whole, singles=(*whole.singles, *AMBIGUOUS))
    run = fits(whole, SensesConfig(), seeds=(1,))[0]
    shown = {word: neighbours(run, word) for word in AMBIGUOUS}
    return {**report.payload, "neighbours": shown}


def effect(
    kept: Mapping[str, Any],
    name: str,
    control: str | None = None,
    *,
    key: str = "table",
) -> Effect:
    """Return the difference of two stored tables over pseudo-words and seeds."""
    table = kept[key]
    return paired_bootstrap(table[name], None if control is None else table[control])


_DATA = ("course-en", "wordnet")
STUDIES = {
    "senses-models": Study(run=compare, data=_DATA),
    "senses-controls": Study(run=controls, data=_DATA),
}
