"""A second study of chapter ``words/terms``: the same vectors, their mean taken out.

The first study compared vectors as they were learned. Units then turned out to point
nearly one way, and three pilot seeds showed that centring changes the answer on the
very names that had been judged. So this study asks again on names that were *not*
judged before, neither in the small text nor in the whole one, with its claims stated
first. Phenotypes have no names left over: theirs are shown beside it and decide
nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from tutor import sampling
from tutor.claims.studies import Study
from tutor.embedding import Embedding
from tutor.geometry import mean_center, unit_rows
from tutor.words.studies import terms as study
from tutor.words.studies import terms_scores as scores
from tutor.words.studies import terms_stored as stored
from tutor.words.studies.terms import Bench, Floats, Judged
from tutor.words.studies.terms_scores import each

CONDITIONS = ("words", "terms")


def unseen(
    found: Bench, ontology: str = "WordNet", *, seen: Iterable[Sequence[str]] = ()
) -> Judged:
    """Return names that could have been judged and were not, a thousand at most.

    Parameters
    ----------
    found : Bench
        The names that it judges are left out.
    ontology : str
    seen : iterable of names
        Left out as well: what was judged in another text. A name is its words.

    Raises
    ------
    TypeError
        If a name of ``seen`` is a string.
    ValueError
        If no name is left.
    """
    judged = found.judged[ontology]
    before = set(judged.names)
    for name in seen:
        if isinstance(name, str):
            raise TypeError(f"give a name as its words, not {name!r}: split it")
        before.add(tuple(name))
    units = found.units
    names = [
        name
        for name in study.in_text(judged.ontology, units["dictionary"])
        if name not in before and study.count_of(units["terms"], name) >= study.LEAST
    ]
    if not names:
        raise ValueError(
            f"no name of {ontology} is left beside {len(before)} that were judged: "
            "take more text"
        )
    drawn = sampling.permutation(len(names), seed=0, stream=study.DRAWN)
    chosen = tuple(names[i] for i in sorted(drawn[: study.MOST].tolist()))
    counts = np.array([study.count_of(units["terms"], name) for name in chosen])
    return Judged(judged.ontology, chosen, counts)


def second_looks(
    small: Bench, whole: Bench, ontology: str = "WordNet"
) -> tuple[Judged, Judged]:
    """Return the names judged again in both texts: none was judged in any look before.

    The small text comes first. What it judges again is left out of the other's.
    """
    again = unseen(small, ontology, seen=whole.judged[ontology].names)
    seen = (*small.judged[ontology].names, *again.names)
    return again, unseen(whole, ontology, seen=seen)


def centred(judged: Judged, condition: str, runs: Sequence[Embedding]) -> Floats:
    r"""Return cosines of the judged names after their mean was taken out.

    .. math:: \cos(x_i - \bar x,\; x_j - \bar x)

    with every :math:`x_i` at length 1 before. Shapes: → (seeds, n, n).
    """
    tables = []
    for run in runs:
        if condition == "words":
            vectors = study.word_means(run, judged.names)
        else:
            vectors = study.unit_vectors(run, judged.names)[0]
        tables.append(study.cosines(mean_center(unit_rows(vectors))))
    return np.stack(tables)


def agreements(
    judged: Judged, runs: Mapping[str, Sequence[Embedding]]
) -> dict[str, Floats]:
    """Return the agreement of each name, as learned and centred: (seeds, n)."""
    stacks = {}
    for way in CONDITIONS:
        stacks[way] = study.tables(judged, way, runs[way])
        stacks[f"{way}, centred"] = centred(judged, way, runs[way])
    stacks["both, centred"] = (stacks["words, centred"] + stacks["terms, centred"]) / 2
    return {
        name: each(scores.rank_agreement, stack, judged.likeness)
        for name, stack in stacks.items()
    }


def compare() -> dict[str, Any]:
    """Compare words and terms on the whole text, as learned and centred.

    The names judged in the first look at it are kept: the live part leaves them out.
    """
    found = study.bench(study.text(whole=True))
    live, fresh = second_looks(study.bench(study.text()), found)
    runs = {way: study.fits(found, way) for way in CONDITIONS}
    return {
        "first look": [" ".join(name) for name in found.judged["WordNet"].names],
        "second look, live": len(live),
        "WordNet, unseen names": _report(fresh, runs),
        "HPO": _report(found.judged["HPO"], runs),
    }


def _report(judged: Judged, runs: Mapping[str, Sequence[Embedding]]) -> dict[str, Any]:
    rows = agreements(judged, runs)
    compositional = study.compositionality(judged, runs["terms"])
    groups = stored.groups_of(judged, compositional)
    pairs = (
        ("terms", "words"),
        ("terms, centred", "words, centred"),
        ("both, centred", "words, centred"),
        ("terms, centred", "terms"),
        ("words, centred", "words"),
    )
    return {
        "judged": len(judged),
        "groups": {name: int(chosen.sum()) for name, chosen in groups.items()},
        "means": {
            way: {name: stored._mean(row[:, chosen]) for name, chosen in groups.items()}
            for way, row in rows.items()
        },
        "effects": {
            f"{a} - {b}": {
                name: stored._effect(rows[a], rows[b], chosen)
                for name, chosen in groups.items()
            }
            for a, b in pairs
        },
    }


STUDIES = {
    "terms-centred": Study(
        run=compare, data=("course-en", "hpo", "icd-10-cm", "wordnet")
    ),
}
