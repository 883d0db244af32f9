"""Two graphs around the one world: WordNet's relations, and who mentions whom.

How the graph of relations is made, in full:

1. The core are the concepts' synsets. With them come what they point to (``RELATIONS``:
   the class, and the whole they are a member, substance or part of), the noun synsets
   that are a member, substance or part of them, and everything above any of these.
   Their subclasses do not come: no concept is drawn as its kinds.
2. Facts are those pointers between two kept synsets, (lower, relation, upper): a dog is
   a canine, a wing is a part of a bird. Of two pointers between the same two synsets
   the first stays.
3. One fact in ``ONE_IN`` is held out for testing, chosen by a fixed draw among those
   whose both ends have two facts or more; all others are for training.

The graph of mentions is that of :mod:`tutor.datasets.graphs`, by the same rules, with
definitions of a dictionary as further nodes. Their titles stand in lower case, as the
dictionary has them. Where an article has the same title but for case or brackets, the
title is ambiguous: it is put in brackets, so that the definition mentions others and is
not mentioned. All mentions are found anew over more texts, so arcs between articles
differ a little from the graph without definitions: a word at the edge may now stand in
less than one text of a hundred, and a longer title takes what a shorter one had.

Chapter: ``closing/one_world``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from tutor.datasets import graphs
from tutor.datasets.sources import source
from tutor.datasets.triples import TripleSet
from tutor.datasets.wordnet_graph import RELATIONS, _nouns, _with_ancestors
from tutor.sampling import permutation

ONE_IN = 20
_PARTS = ("#m", "#s", "#p")
_BRACKETS = re.compile(r" \([^()]*\)$")


def world_triples(synsets: Sequence[str]) -> TripleSet:
    """Return the facts around these synsets; the rules stand at the top of this module.

    Entities are named by synset id, the given ones first and in their order.

    Raises
    ------
    ValueError
        If no synset is given, one repeats, or one is no noun of WordNet.
    MissingCarrierError, DamagedFileError
        With the remedy, or the two hashes.

    Licence: WordNet's own, free for any use with its notice.
    """
    nouns = _nouns()
    if not synsets or len(set(synsets)) != len(synsets):
        raise ValueError(
            f"{len(synsets)} synsets, {len(set(synsets))} different ones: give one or "
            "more, each once"
        )
    if unknown := [key for key in synsets if key not in nouns]:
        raise ValueError(
            f"{len(unknown)} ids are no noun synsets, the first is {unknown[0]!r}: "
            "give ids as in tutor.datasets.wordnet, 'n-02084071'"
        )
    kept = _with_ancestors(nouns, _near(set(synsets)))
    rest = kept - set(synsets)
    entities = (*synsets, *(key for key in nouns if key in rest))
    row = {key: number for number, key in enumerate(entities)}
    signs = tuple(RELATIONS)
    facts: dict[tuple[int, int], int] = {}
    for key in entities:
        for sign, target in nouns[key].targets:
            ends = row[key], row.get(target, -1)
            if ends[1] >= 0 and ends[::-1] not in facts:
                facts.setdefault(ends, signs.index(sign))
    rows = np.array([(h, r, t) for (h, t), r in facts.items()], np.int64)
    train, test = _held_out(rows)
    record = source("wordnet")
    return TripleSet(
        name="one-world",
        entities=entities,
        relations=tuple(RELATIONS[sign] for sign in signs),
        train=train,
        valid=np.empty((0, 3), np.int64),
        test=test,
        licence=record.licence,
        citation=record.citation,
    )


def world_mentions(definitions: Mapping[str, str]) -> graphs.MentionGraph:
    """Return the graph of mentions over all lead sections and these definitions.

    Articles keep their rows of :func:`tutor.datasets.graphs.wikipedia_mentions`, which
    stays as it is; definitions, by name, follow in their order. Takes some seconds.

    Raises
    ------
    MissingCarrierError, DamagedFileError
        With the remedy, or the two hashes.

    Licence: CC BY-SA 4.0; definitions GPL-3.0-or-later.
    """
    base = graphs.wikipedia_mentions()
    known = {_BRACKETS.sub("", title).lower() for title in base.titles}
    added = (f"{n} (definition)" if n in known else n for n in definitions)
    titles = (*base.titles, *added)
    texts = (*base.texts, *definitions.values())
    record = source("gcide")
    return graphs.MentionGraph(
        titles,
        (*base.topics, *(graphs.UNCATEGORIZED,) * len(definitions)),
        texts,
        graphs.mentions(titles, texts),
        f"{base.licence}; {record.licence}",
        f"{base.citation}; {record.citation}",
    )


def _near(core: set[str]) -> set[str]:
    """Return the core, what it points to, and its parts: rule 1."""
    found = {target for key in core for _, target in _nouns()[key].targets} | core
    for key, noun in _nouns().items():
        if any(sign in _PARTS and target in core for sign, target in noun.targets):
            found.add(key)
    return found


def _held_out(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return facts to train on and to test on: rule 3."""
    degree = Counter(rows[:, [0, 2]].ravel().tolist())
    chosen: list[int] = []
    for i in permutation(len(rows), seed=0).tolist():
        if len(chosen) == len(rows) // ONE_IN:
            break
        h, t = int(rows[i, 0]), int(rows[i, 2])
        if degree[h] > 1 and degree[t] > 1:
            degree[h] -= 1
            degree[t] -= 1
            chosen.append(i)
    test = np.zeros(len(rows), bool)
    test[chosen] = True
    return rows[~test], rows[test]
