"""The stored study of rivals that ``paragraphs-grid`` and its transfer left out.

At every size: hyperplanes on LSA, and the noisy autoencoder. Two stages without a code
trained as one: hyperplanes on PV-DBOW find, its vectors order. And all of them carried
to definitions of phenotypes. Settings are those of the grid; none was chosen here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from tutor.claims.studies import Study
from tutor.documents import autoencoder, bags, hashing
from tutor.documents import paragraphs as pv
from tutor.documents.studies import paragraphs as study
from tutor.documents.studies import paragraphs_grid as grid
from tutor.documents.studies.paragraphs import SEEDS, Collection, Pair, Scores
from tutor.evaluate.statistics import paired_bootstrap

BITS = 128
FEW = 16
"""Directions of LSA that did best under hyperplanes on dev queries, of four sizes."""


# --- hyperplanes on LSA, the autoencoder, at every size ------------------------------
def lsa_planes(data: Collection, bits: int, seed: int, *, dim: int = 0) -> Pair:
    """Hash LSA vectors by random hyperplanes: of ``dim``, or those that ITQ turns."""
    return study.lsh_codes(data.lsa(dim or max(bits, 64)), bits, seed)


def sizes(data: Collection) -> dict[str, Scores]:
    """Return the scores of each method at each size, named ``method bits``."""
    found = {}
    for bits in grid.BITS:
        config = study.binary_config(bits)
        methods = {
            "binary": lambda s, c=config: study.paragraph_codes(data, c, s),
            "lsh of lsa": lambda s, b=bits: lsa_planes(data, b, s),
            "lsh of lsa-16": lambda s, b=bits: lsa_planes(data, b, s, dim=FEW),
            "autoencoder": lambda s, b=bits: study.autoencoder_codes(data, b, s),
        }
        for name, method in methods.items():
            found[f"{name} {bits}"] = study.table(method, data)
    return found


# --- two stages ----------------------------------------------------------------------
def plain_stages(data: Collection, reals: Mapping[int, Pair]) -> dict[str, Scores]:
    """Return scores of real vectors: ranked whole, and behind their own hyperplanes."""
    rows: dict[str, list[Scores]] = {"real": [], "planes, then real": []}
    for seed, pair in reals.items():
        codes = study.lsh_codes(pair, BITS, seed)
        whole, both = study.distances(pair), study.two_stage(codes, pair)
        rows["real"].append(study.judge(whole, data.relevant))
        rows["planes, then real"].append(study.judge(both, data.relevant))
    return stacked(rows)


def stacked(rows: Mapping[str, list[Scores]]) -> dict[str, Scores]:
    """Return each method's scores as two tables (seeds, queries)."""
    return {
        name: Scores(np.array([r.ap for r in kept]), np.array([r.ndcg for r in kept]))
        for name, kept in rows.items()
    }


# --- transfer ------------------------------------------------------------------------
def carried_lsa(source: Collection, target: Collection, dim: int) -> Pair:
    """Return LSA vectors of a collection by weights and directions of another."""
    weights = bags.inverse_frequency(source.counts[0])
    directions = source.directions[:dim]
    mean = bags.unit(bags.project(source.tfidf[0], directions)).mean(axis=0)
    left, right = (
        bags.unit(bags.project(bags.tfidf(c, weights), directions)) - mean
        for c in carried_counts(source, target)
    )
    return left, right


def carried_counts(source: Collection, target: Collection) -> tuple[Any, Any]:
    """Count the words that the source knows in both parts of the target."""
    words = source.corpus.vocabulary
    left, right = (
        bags.word_counts(d, words) for d in (target.database, target.queries)
    )
    return left, right


def by_planes_of(own: Any, pair: Pair, seed: int) -> Pair:
    """Hash a pair by hyperplanes centred on vectors of the source."""
    drawn = hashing.lsh(own, BITS, seed=seed)
    return hashing.hash_codes(pair[0], drawn), hashing.hash_codes(pair[1], drawn)


def carried(source: Collection, target: Collection) -> dict[str, Scores]:
    """Return the scores on the target of what was learned on the source alone."""
    own, flat = source.lsa(BITS)[0], carried_lsa(source, target, BITS)
    counts = carried_counts(source, target)
    rows: dict[str, list[Scores]] = {}
    for seed in SEEDS:
        binary = pv.fit(source.corpus, study.binary_config(BITS), seed=seed)
        real = pv.fit(source.corpus, study.real_config(BITS), seed=seed)
        parts = (target.database, target.queries)
        left, right = (np.asarray(pv.infer(real, d, seed=seed).vectors) for d in parts)
        model = autoencoder.fit(
            source.counts[0], study.autoencoder_config(BITS), seed=seed
        )
        a, b = (autoencoder.codes(model, c) for c in counts)
        pairs = {
            "binary": grid.carried_codes(binary, target, seed),
            "real": (left, right),
            "lsh": by_planes_of(real.parameters.D, (left, right), seed),
            "autoencoder": (a, b),
            "lsa": flat,
            "lsh of lsa": by_planes_of(own, flat, seed),
        }
        for name, pair in pairs.items():
            scores = study.judge(study.distances(pair), target.relevant)
            rows.setdefault(name, []).append(scores)
    return stacked(rows)


# --- what is stored ------------------------------------------------------------------
def rivals() -> dict[str, Any]:
    """Judge all of it on 6,500 lead sections, 1,533 test queries, and 1,000 abroad."""
    data, target = study.leads(), study.phenotypes()
    trained = grid.two_stages(data)
    stages = plain_stages(data, grid.learned_reals(data))
    found = {
        "sizes": sizes(data),
        "stages": stages | {f"real-binary: {k}": v for k, v in trained.items()},
        "carried": carried(data, target),
    }
    return {
        **{name: grid.report(scores) for name, scores in found.items()},
        "effect": effects(found),
    }


def effects(found: Mapping[str, Mapping[str, Scores]]) -> dict[str, Any]:
    """Return each comparison with its interval: MAP, of the two stages nDCG@10."""
    one, two, abroad = (found[part] for part in ("sizes", "stages", "carried"))
    pairs = {
        f"binary {b} minus {name} {b}": (one[f"binary {b}"].ap, one[f"{name} {b}"].ap)
        for b in grid.BITS
        for name in ("lsh of lsa", "lsh of lsa-16", "autoencoder")
    }
    plain = two["planes, then real"].ndcg
    learned = two["real-binary: two stages"].ndcg
    pairs["plain minus real-binary stages"] = plain, learned
    pairs["plain stages minus real"] = plain, two["real"].ndcg
    for name in ("real", "lsh", "autoencoder", "lsh of lsa"):
        pairs[f"carried binary minus {name}"] = abroad["binary"].ap, abroad[name].ap
    return {name: asdict(paired_bootstrap(a, b)) for name, (a, b) in pairs.items()}


_INPUTS = (
    "tutor.documents.paragraphs.config",
    "tutor.documents.paragraphs.reference",
    "tutor.documents.paragraphs.walk",
    "tutor.documents.paragraphs.fast",
    "tutor.documents.bags",
    "tutor.documents.hashing",
    "tutor.documents.autoencoder",
    "tutor.documents.studies.paragraphs",
    "tutor.documents.studies.paragraphs_grid",
    "tutor.documents.studies.paragraphs_rivals",
    "tutor.evaluate.binary",
    "tutor.evaluate.statistics",
    *(pv.fit, pv.infer, pv.codes),
)
STUDIES = {
    "paragraphs-rivals": Study(
        run=rivals, inputs=_INPUTS, data=["wikipedia-leads-en", "hpo"]
    ),
}
