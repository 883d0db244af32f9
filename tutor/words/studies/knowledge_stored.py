"""Stored study of chapter ``words/knowledge``: classifying with knowledge, or without.

Texts and vectors stand in ``knowledge_texts``; the network's settings were chosen on
validation texts, in ``knowledge_choice``. Chapter: ``words/knowledge``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from tutor.claims.studies import Study
from tutor.datasets.definitions import definitions
from tutor.embedding import Embedding
from tutor.words.studies.knowledge_choice import GRID
from tutor.words.studies.knowledge_scores import (
    Counts,
    Metric,
    counts_of,
    difference,
    f1,
    macro,
    mean_of,
    micro,
    rare,
    rare_gap,
)
from tutor.words.studies.knowledge_texts import (
    FOLDS,
    JUDGED,
    Bench,
    bench,
    embeddings,
    graph,
    network,
    svm,
)

SEEDS = (1, 2, 3, 4, 5)
NETWORK = GRID["100 filters, rate 0.003, 300 steps"]
"""What the stored study ``knowledge-choice`` chose."""
SVM = "TF-IDF + SVM"
ARMS = (
    *("random", "word2vec", "retrofit", "retrofit, shuffled"),
    *("joint", "joint, shuffled"),
)
FEW = ("random", "word2vec", "joint", "joint, shuffled")
PLAN: dict[str, tuple[float, Sequence[str]]] = {
    "2 %": (0.02, ARMS),
    "10 %": (0.10, ARMS),
    "43 %": (0.43, FEW),
}
"""Shares of all texts to train on, and the arms; 43 % is the whole pool."""
COMPARED = (
    ("joint", "word2vec"),
    ("joint", "joint, shuffled"),
    ("joint, shuffled", "word2vec"),
    ("retrofit", "word2vec"),
    ("retrofit", "retrofit, shuffled"),
    ("word2vec", "random"),
)


def answers(
    of: Bench, vectors: Sequence[Mapping[str, Embedding]], share: float, arm: str
) -> Counts:
    """Return an arm's counts over all seeds and both parts."""
    tested = [of.tested(fold) for fold in range(FOLDS)]
    found = []
    for s, seed in enumerate(SEEDS):
        parts = []
        for fold, test in enumerate(tested):
            train = of.drawn(fold, share, seed)
            if arm == SVM:
                parts.append(svm(of, train, test))
                continue
            net = network(of, train, vectors[s].get(arm), NETWORK, seed)
            parts.append(net.predict([of.data.words[i] for i in test]))
        found.append({t: np.concatenate([p[t] for p in parts]) for t in JUDGED})
    return counts_of(of, found, np.concatenate(tested))


def classify() -> dict[str, Any]:
    """Compare all arms at three shares of training texts, five seeds each."""
    import torch

    torch.set_num_threads(1)
    of, corpus = bench(), definitions()
    edges = graph(corpus)
    vectors = [embeddings(corpus, edges, seed) for seed in SEEDS]
    metrics = {"macro": macro, "micro": micro, "rare": rare_gap(rare(of))}
    payload: dict[str, Any] = {
        "texts": sum(len(of.tested(fold)) for fold in range(FOLDS)),
        "edges": len(edges),
        "rare": rare(of).tolist(),
        "shares": {},
    }
    for name, (share, arms) in PLAN.items():
        found = {arm: answers(of, vectors, share, arm) for arm in (*arms, SVM)}
        payload["families"] = found[SVM].table.shape[1]
        payload["shares"][name] = report(found, metrics)
    kept = answers(bench(label_words=True), (), PLAN["10 %"][0], SVM)
    payload["label words kept"] = _means(kept, metrics)
    return payload


def report(
    found: Mapping[str, Counts], metrics: Mapping[str, Metric]
) -> dict[str, Any]:
    """Return means, the F1 of each class, and the differences that are compared."""
    effects = {
        f"{one} - {other}": {
            m: asdict(difference(found[one], found[other], metric))
            for m, metric in metrics.items()
        }
        for one, other in COMPARED
        if one in found and other in found
    }
    return {
        "means": {arm: _means(counts, metrics) for arm, counts in found.items()},
        "classes": {
            arm: np.round(
                np.mean([f1(t.sum(axis=0)) for t in counts.table], axis=0), 4
            ).tolist()
            for arm, counts in found.items()
        },
        "effects": effects,
    }


def _means(counts: Counts, metrics: Mapping[str, Metric]) -> dict[str, float]:
    return {m: round(mean_of(counts, metric), 4) for m, metric in metrics.items()}


STUDIES = {
    "knowledge-classify": Study(
        run=classify,
        inputs=(
            "tutor.words.studies.knowledge_stored",
            "tutor.words.studies.knowledge_choice",
            "tutor.words.studies.knowledge_texts",
            "tutor.words.studies.knowledge_scores",
            "tutor.words.knowledge:fit",
            "tutor.words.knowledge:retrofit",
            "tutor.words.knowledge.fast",
            "tutor.words.knowledge.learn",
            "tutor.words.knowledge.classifier",
            "tutor.words.word2vec",
            "tutor.datasets.neoplasms",
            "tutor.datasets.relations",
            "tutor.datasets.definitions",
        ),
        data=("wordnet", "hpo", "icd-10-cm"),
    )
}
