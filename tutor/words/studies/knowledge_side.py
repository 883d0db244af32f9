"""The third task of chapter ``words/knowledge``: the side, with its words and without.

Site and behaviour are compared in ``knowledge_stored``. The side is not among them,
since *right* and *left* are label words. Here they stay in, as reports have them, and
the arms are compared again; all are judged on the texts that are tested there. Vectors
are those of the chapter's half a million tokens, on a lexicon without pairs of the
similarity tests. Left out: retrofitted vectors, and networks on more than 2 % of the
texts; what the words alone tell is shown at 10 % as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from tutor.claims.studies import Study
from tutor.datasets.neoplasms import SIDES
from tutor.embedding import Embedding
from tutor.words.studies import knowledge as study
from tutor.words.studies.knowledge_scores import Counts, difference, f1, mean_of
from tutor.words.studies.knowledge_stored import FEW, NETWORK, SEEDS
from tutor.words.studies.knowledge_texts import (
    FOLDS,
    Bench,
    Floats,
    Ints,
    bench,
    network,
)

Answer = Callable[[Ints, Ints, int], Ints]
"""From training texts, tested texts and a seed to the sides of the tested."""
USUAL, OUT, IN = (
    "the most frequent side",
    "TF-IDF + SVM, without the words",
    "TF-IDF + SVM",
)
PLAN: dict[str, tuple[float, Sequence[str]]] = {
    "2 %": (0.02, (USUAL, OUT, IN, *FEW)),
    "10 %": (0.10, (USUAL, OUT, IN)),
}
"""Shares of all texts to train on, and who is asked."""
COMPARED = (
    ("joint", "word2vec"),
    ("joint", "joint, shuffled"),
    ("joint, shuffled", "word2vec"),
    ("word2vec", "random"),
    (IN, "word2vec"),
    (IN, OUT),
)


# --- who answers ---------------------------------------------------------------------
def usual(of: Bench) -> Answer:
    """Answer with the most frequent side of the training texts."""

    def answer(train: Ints, test: Ints, seed: int) -> Ints:
        side = np.bincount(of.data.labels["side"][train]).argmax()
        return np.full(len(test), side, np.int64)

    return answer


def by_words(of: Bench) -> Answer:
    """Answer by TF-IDF of words and pairs of words, with a linear SVM."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    texts = np.array([" ".join(words) for words in of.data.words], dtype=object)

    def answer(train: Ints, test: Ints, seed: int) -> Ints:
        grams = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
        model = make_pipeline(grams, LinearSVC(random_state=0))
        model.fit(texts[train], of.data.labels["side"][train])
        return np.asarray(model.predict(texts[test]), np.int64)

    return answer


def by_network(of: Bench, vectors: Mapping[int, Embedding]) -> Answer:
    """Answer by the chapter's network on each seed's vectors, else on random ones."""

    def answer(train: Ints, test: Ints, seed: int) -> Ints:
        net = network(of, train, vectors.get(seed), NETWORK, seed)
        return np.asarray(net.predict([of.data.words[i] for i in test])["side"])

    return answer


def answers(
    of: Bench, answer: Answer, share: float, seeds: Sequence[int] = SEEDS
) -> list[Ints]:
    """Return each seed's sides of the tested texts of all parts, one after another."""
    found = []
    for seed in seeds:
        drawn = [
            (of.drawn(fold, share, seed), of.tested(fold)) for fold in range(FOLDS)
        ]
        found.append(np.concatenate([answer(*rows, seed) for rows in drawn]))
    return found


# --- scores --------------------------------------------------------------------------
def side_counts(of: Bench, found: Sequence[Ints], test: Ints) -> Counts:
    """Return the counts of each seed's sides of the tested texts."""
    names, family = np.unique([of.data.families[i] for i in test], return_inverse=True)
    y = of.data.labels["side"][test]
    table = np.zeros((len(found), len(names), 3, len(SIDES)))
    for seed, z in zip(table, found, strict=True):
        np.add.at(seed[:, 0], (family, y), y == z)
        np.add.at(seed[:, 1], (family, z), 1)
        np.add.at(seed[:, 2], (family, y), 1)
    return Counts(table, np.zeros(len(SIDES), np.int64))


def macro(c: Floats, tasks: Ints) -> float:
    r"""Return the mean F1 of the sides that are present.

    .. math:: \frac1{|C|} \sum_{c \in C} \frac{2 h_c}{g_c + t_c}

    with hits, guesses and truths of each side c.
    """
    del tasks
    return float(np.nanmean(f1(c)))


def micro(c: Floats, tasks: Ints) -> float:
    """Return micro-F1: the share of right answers."""
    del tasks
    return float(c[0].sum() / c[2].sum())


METRICS = {"macro": macro, "micro": micro}


def told(of: Bench, found: Sequence[Ints], test: Ints) -> dict[str, float]:
    """Return who is given a side at all, and whether it is the right one.

    ``asked``: of the texts with a side, the share that is given one; ``else``: of those
    without; ``which``: of the texts with a side that are given one, the share right.
    """
    y, z = of.data.labels["side"][test], np.array(found)
    given, right = (z > 0)[:, y > 0], (z == y)[:, y > 0]
    return {
        "asked": round(float(given.mean()), 4),
        "else": round(float((z > 0)[:, y == 0].mean()), 4),
        "which": round(float(right.sum() / max(given.sum(), 1)), 4),
    }


# --- the study -----------------------------------------------------------------------
def arms(kept: Bench, bare: Bench) -> dict[str, Answer]:
    """Return who is asked: all read the words of the sides, but one baseline."""
    world = study.world()
    vectors: dict[str, list[Embedding]] = {
        "random": [],
        "word2vec": study.plain(world),
        "joint": study.joined(world, world.clean),
        "joint, shuffled": study.joined(world, study.shuffles(world.clean)),
    }
    own = {name: dict(zip(study.SEEDS, v, strict=False)) for name, v in vectors.items()}
    return {
        USUAL: usual(kept),
        OUT: by_words(bare),
        IN: by_words(kept),
        **{name: by_network(kept, held) for name, held in own.items()},
    }


def sides() -> dict[str, Any]:
    """Ask the arms of each share of training texts for the side, five seeds each.

    Draws and tested texts are those of ``bare``, which are what the other tasks have.
    """
    import torch

    torch.set_num_threads(1)
    kept, bare = bench(label_words=True), bench()
    test = np.concatenate([bare.tested(fold) for fold in range(FOLDS)])
    asked = arms(kept, bare)
    payload: dict[str, Any] = {
        "sizes": np.bincount(bare.data.labels["side"][test]).tolist(),
        "families": len({bare.data.families[i] for i in test}),
        "shares": {},
    }
    for name, (share, who) in PLAN.items():
        found = {arm: answers(bare, asked[arm], share) for arm in who}
        counts = {arm: side_counts(bare, z, test) for arm, z in found.items()}
        payload["shares"][name] = {
            "means": {
                arm: {m: round(mean_of(c, metric), 4) for m, metric in METRICS.items()}
                for arm, c in counts.items()
            },
            "told": {arm: told(bare, z, test) for arm, z in found.items()},
            "effects": {
                f"{one} - {other}": {
                    m: asdict(difference(counts[one], counts[other], metric))
                    for m, metric in METRICS.items()
                }
                for one, other in COMPARED
                if one in counts and other in counts
            },
        }
    return payload


STUDIES = {
    "knowledge-side": Study(
        run=sides,
        inputs=(
            "tutor.words.studies.knowledge_side",
            "tutor.words.studies.knowledge_stored",
            "tutor.words.studies.knowledge_texts",
            "tutor.words.studies.knowledge_scores",
            "tutor.words.studies.knowledge",
            "tutor.words.knowledge:fit",
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
