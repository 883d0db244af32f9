"""Study of chapter ``closing/one_world``: every two spaces, by all three measures.

Pairs, neighbours and one rotation, each with the noise ceiling of every family that has
two runs; and the claims that rest on them, on all concepts and on the parts of
``one_world_subsets``. Nothing is trained but skip-gram and SVD on halves of the text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tutor import claims
from tutor.claims.studies import Study
from tutor.closing.one_world import ceilings as noise
from tutor.closing.one_world import every, spaces, stored
from tutor.closing.one_world import reference as rsa
from tutor.closing.studies import one_world as first
from tutor.closing.studies import one_world_subsets as subsets
from tutor.datasets import texts
from tutor.datasets.world import World, world
from tutor.datasets.world_links import LEAST
from tutor.evaluate.statistics import paired_bootstrap
from tutor.words.counts import fit as fit_svd
from tutor.words.word2vec import fit as fit_sgns

if TYPE_CHECKING:
    from tutor.datasets import Corpus
    from tutor.evaluate.statistics import Effect

Table = NDArray[np.float64]

WORD, NODE = "SGNS, word", "DeepWalk, node"
DISTANCE, PRODUCT = "RotatE, entity", "DistMult, entity"


def effects(runs: Mapping[str, Table]) -> dict[str, Effect]:
    """Return what three claims rest on, by the end of their names."""
    cross = noise.beside(runs[WORD], runs[NODE])
    own = noise.beside_next(runs[NODE])
    distance, product = (
        [tuple(map(rsa.similarities, pair)) for pair in noise.beside_next(runs[name])]
        for name in (DISTANCE, PRODUCT)
    )
    return {
        "ceiling-neighbours": paired_bootstrap(
            noise.shared_neighbours(cross), noise.shared_neighbours(own)
        ),
        "ceiling-rotation": paired_bootstrap(
            noise.found_by_rotation(cross), noise.found_by_rotation(own)
        ),
        "distances": rsa.agreement_effect(distance, product),  # type: ignore[arg-type]
    }


def on_parts(runs: Mapping[str, Table], concepts: World) -> dict[str, Any]:
    """Return the same effects on each part of the concepts."""
    found = {}
    for name, mask in subsets.parts(concepts).items():
        cut = {space: V[..., np.flatnonzero(mask), :] for space, V in runs.items()}
        found[name] = {n: asdict(e) for n, e in effects(cut).items()}
    return found


def compared(runs: Mapping[str, Table]) -> dict[str, Any]:
    """Return all three measures of every two spaces, and each family's ceilings."""
    tables = first.tables_of(runs)
    kept = {
        name: noise.ceilings(V)
        for name, V in runs.items()
        if V.ndim == 3 and len(V) > 1
    }
    return {
        "pairs": first.every_pair(tables, rsa.agreement),
        "neighbours": first.every_pair(
            tables, lambda A, B: float(rsa.neighbour_overlap(A, B).mean())
        ),
        "rotation": first.searches(runs),
        "ceilings": {
            name: {how: asdict(effect) for how, effect in own.items()}
            for name, own in kept.items()
        },
    }


def halves(corpus: Corpus, words: Sequence[str]) -> dict[str, Any]:
    """Return how far two halves of the text come: what stands in for SVD's ceiling.

    Even and odd documents, as in ``one_world``; names of which one half lacks a word
    are left out of both.
    """
    rows = np.arange(len(corpus))
    parts = [corpus.subset(rows[start::2]) for start in (0, 1)]
    known = [
        name
        for name in words
        if all(piece in part.vocabulary for part in parts for piece in name.split())
    ]
    runs = {
        WORD: [fit_sgns(p, first.SGNS, seed=first.SEEDS[0]).embedding for p in parts],
        "SVD, word": [fit_svd(p, first.SVD).embedding for p in parts],
    }
    found: dict[str, Any] = {"words": len(known)}
    for name, pair in runs.items():
        table = np.stack([spaces.composed(run, known) for run in pair])
        own = noise.ceilings(table)
        found[name] = {how: round(effect.estimate, 4) for how, effect in own.items()}
    return found


def compare() -> dict[str, Any]:
    """Compare all spaces of the concepts; nothing is written but the record."""
    import torch

    torch.set_num_threads(1)
    concepts = world().core()
    names = concepts.column("name")
    trained = every.trained(names)
    runs = trained | spaces.fixed(concepts)
    corpus = texts.course_en(min_count=LEAST)
    return {
        "sha256": [claims.stored(r)["sha256"] for r in (stored.RECORD, every.RECORD)],
        "spaces": list(runs),
        "seeds": {name: len(table) for name, table in trained.items()},
        "chance": noise.by_chance(len(concepts)),
        **compared(runs),
        "halves": halves(corpus, concepts.column("word")),
        "parts": on_parts(trained, concepts),
    }


_ONE = "tutor.closing.one_world"
STUDIES = {
    "one_world-compared": Study(
        run=compare,
        inputs=(
            *(f"{_ONE}.{n}" for n in ("reference", "rotation", "ceilings", "spaces")),
            *(every.trained, every.joined, f"{_ONE}.stored"),
            *(f"tutor.datasets.world{end}" for end in ("", "_links", "_texts")),
            *("tutor.datasets.world_graph", "tutor.datasets.graphs"),
            *("tutor.words.word2vec.fast", "tutor.words.word2vec.walk"),
            *("tutor.words.counts.reference", "tutor.words.counts.svd"),
            *(fit_sgns, fit_svd, first.tables_of, first.every_pair, first.paired),
            *(first.searches, subsets.parts),
            *(effects, on_parts, compared, halves),
        ),
        data=(
            *("course-en", "wordnet", "openmoji-font", "emoji-names"),
            *("emoji-categories", "glove-6b-50d", "minilm-l6-v2"),
            *("efficientnet-lite0", "wikipedia-leads-en"),
        ),
    ),
}
