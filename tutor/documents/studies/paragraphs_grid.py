"""The stored study of ``documents/paragraphs``: all sizes of code, and the transfer.

The functions are those of ``studies.paragraphs``, on the whole collection.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from tutor.claims.studies import Study
from tutor.documents import bags, hashing
from tutor.documents import paragraphs as pv
from tutor.documents.studies import paragraphs as study
from tutor.documents.studies.paragraphs import SEEDS, Collection, Scores
from tutor.evaluate.statistics import paired_bootstrap

BITS = (16, 32, 64, 128)


# --- all sizes -----------------------------------------------------------------------
def learned_reals(data: Collection) -> dict[int, study.Pair]:
    """Return real paragraph vectors, a pair a seed: upper bound, and LSH's input."""
    config = study.real_config()
    return {seed: study.paragraph_vectors(data, config, seed) for seed in SEEDS}


def all_methods(data: Collection) -> dict[str, Scores]:
    """Return the scores of every method and size, named ``method bits``."""
    reals = learned_reals(data)
    found = {"real": study.table(lambda s: reals[s], data)}
    found["lsa"] = study.table(lambda s: data.lsa(64), data, seeds=SEEDS[:1])
    for bits in BITS:
        config = study.binary_config(bits)
        methods = {
            "binary": lambda s, c=config: study.paragraph_codes(data, c, s),
            "lsh": lambda s, b=bits: study.lsh_codes(reals[s], b, s),
            "itq": lambda s, b=bits: study.itq_codes(data, b, s),
            "coins": lambda s, b=bits: study.coin_codes(data, b, s),
        }
        if bits in (32, 128):
            methods["autoencoder"] = lambda s, b=bits: study.autoencoder_codes(
                data, b, s
            )
        for name, method in methods.items():
            found[f"{name} {bits}"] = study.table(method, data)
    return found


def shuffled(data: Collection, bits: int = 64) -> Scores:
    """Return the scores of learned codes handed to the wrong documents."""
    from tutor.sampling import permutation

    def method(seed: int) -> study.Pair:
        left, right = study.paragraph_codes(data, study.binary_config(bits), seed)
        return left[permutation(len(left), seed)], right

    return study.table(method, data, seeds=SEEDS[:1])


def two_stages(data: Collection, bits: int = 128) -> dict[str, Scores]:
    """Return scores of one real-binary run a seed: by code, by vector, by both."""
    config = study.binary_config(bits, code="real-binary")
    rows: dict[str, list[Scores]] = {"code": [], "real": [], "two stages": []}
    for seed in SEEDS:
        run = pv.fit(data.corpus, config, seed=seed)
        codes, reals = study.codes_and_vectors(run, data, seed)
        ranked = {
            "code": study.distances(codes),
            "real": study.distances(reals),
            "two stages": study.two_stage(codes, reals),
        }
        for name, order in ranked.items():
            rows[name].append(study.judge(order, data.relevant))
    return {
        name: Scores(np.array([r.ap for r in kept]), np.array([r.ndcg for r in kept]))
        for name, kept in rows.items()
    }


PAIRS = {
    "binary 32 minus lsh 32": ("binary 32", "lsh 32"),
    "binary 128 minus lsh 128": ("binary 128", "lsh 128"),
    "binary 32 minus itq 32": ("binary 32", "itq 32"),
    "binary 128 minus itq 128": ("binary 128", "itq 128"),
    "binary 128 minus autoencoder 128": ("binary 128", "autoencoder 128"),
    "binary 32 minus autoencoder 128": ("binary 32", "autoencoder 128"),
    "binary 32 minus autoencoder 32": ("binary 32", "autoencoder 32"),
    "binary 128 minus real": ("binary 128", "real"),
    "real minus lsa": ("real", "lsa"),
}


def report(found: Mapping[str, Scores]) -> dict[str, Any]:
    """Return the mean of each seed, for both measures."""
    return {
        measure: {
            name: getattr(scores, measure).mean(axis=1).round(5).tolist()
            for name, scores in found.items()
        }
        for measure in ("ap", "ndcg")
    }


def grid() -> dict[str, Any]:
    """Judge every method at every size on 6,500 lead sections, 1,533 test queries."""
    data = study.leads()
    found = all_methods(data)
    stages = two_stages(data)
    result = report({**found, **{f"real-binary: {k}": v for k, v in stages.items()}})
    result["shuffled"] = float(shuffled(data).ap.mean())
    result["sizes"] = [len(data.database), len(data.queries)]
    result["effect"] = {
        name: asdict(paired_bootstrap(found[a].ap, found[b].ap))
        for name, (a, b) in PAIRS.items()
    }
    both, real = stages["two stages"], stages["real"]
    result["effect"]["two stages minus real"] = asdict(
        paired_bootstrap(both.ndcg, real.ndcg)
    )
    return result


# --- transfer ------------------------------------------------------------------------
def carried_codes(run: pv.ParagraphFit, target: Collection, seed: int) -> study.Pair:
    """Infer codes of a collection that the run has never seen, both parts alike."""
    pair = (
        pv.infer(run, d, seed=seed).vectors for d in (target.database, target.queries)
    )
    left, right = (pv.codes(run, vectors) for vectors in pair)
    return left, right


def carried_itq(source: Collection, target: Collection, bits: int, seed: int) -> Any:
    """Hash a collection by TF-IDF weights, directions and ITQ of another one."""
    dim = max(bits, 64)
    own, _ = source.lsa(dim)
    learned, _ = hashing.itq(own, bits, seed=seed)
    weights = bags.inverse_frequency(source.counts[0])
    mean = bags.unit(bags.project(source.tfidf[0], source.directions[:dim])).mean(
        axis=0
    )
    pair = []
    for documents in (target.database, target.queries):
        counts = bags.word_counts(documents, source.corpus.vocabulary)
        table = bags.project(bags.tfidf(counts, weights), source.directions[:dim])
        pair.append(hashing.hash_codes(bags.unit(table) - mean, learned))
    return tuple(pair)


def transfer(bits: int = 128) -> dict[str, Any]:
    """Learn codes on Wikipedia, rank definitions of phenotypes by organ system."""
    source, target = study.leads(), study.phenotypes()
    config = study.binary_config(bits)
    runs = {s: pv.fit(source.corpus, config, seed=s) for s in SEEDS}
    found = {
        "binary": study.table(lambda s: carried_codes(runs[s], target, s), target),
        "itq": study.table(lambda s: carried_itq(source, target, bits, s), target),
        "coins": study.table(lambda s: study.coin_codes(target, bits, s), target),
        "binary, learned at home": study.table(
            lambda s: study.paragraph_codes(target, config, s), target
        ),
        "itq, learned at home": study.table(
            lambda s: study.itq_codes(target, bits, s), target
        ),
    }
    known = [w in source.corpus.vocabulary for d in target.database for w in d]
    return {
        **report(found),
        "sizes": [len(target.database), len(target.queries)],
        "known": float(np.mean(known)),
        "effect": {
            "binary minus itq": asdict(
                paired_bootstrap(found["binary"].ap, found["itq"].ap)
            ),
            "binary minus coins": asdict(
                paired_bootstrap(found["binary"].ap, found["coins"].ap)
            ),
        },
    }


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
    "tutor.evaluate.binary",
    "tutor.evaluate.statistics",
    *(pv.fit, pv.infer, pv.codes),
)
STUDIES = {
    "paragraphs-grid": Study(run=grid, inputs=_INPUTS, data=["wikipedia-leads-en"]),
    "paragraphs-transfer": Study(
        run=transfer, inputs=_INPUTS, data=["wikipedia-leads-en", "hpo"]
    ),
}
