"""Studies of chapter ``words/evaluation``: model, corpus, settings and use, measured.

Each function takes its sizes: the chapter runs them small and live, and a larger run
needs no other code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tutor import sampling
from tutor.datasets import Corpus, lexicons
from tutor.embedding import Embedding
from tutor.evaluate.similarity import analogies, common_pairs, correlate
from tutor.evaluate.statistics import Effect, paired_bootstrap
from tutor.words import counts, evaluation, glove, word2vec
from tutor.words.evaluation import FineTuneConfig, LabelledTexts
from tutor.words.word2vec import Word2VecConfig

if TYPE_CHECKING:
    from tutor.datasets.lexicons import SimilaritySet

Table = NDArray[np.float64]
_Cell = tuple[str | None, str | None, int | None]

SEEDS = (1, 2, 3, 4, 5)
MODELS = ("count-svd", "skip-gram", "cbow", "glove")


# --- vectors -------------------------------------------------------------------------
def train(
    corpus: Corpus,
    model: str,
    *,
    seeds: Sequence[int] = SEEDS,
    dim: int = 50,
    window: int = 5,
    epochs: int = 10,
) -> list[Embedding]:
    """Learn one embedding a seed.

    ``count-svd`` and ``glove`` count once; GloVe makes half as many passes again over
    its cells, with ``x_max`` 10 as its authors' program takes for a small corpus.
    """
    if model == "count-svd":
        matrix = counts.cooccurrence(corpus, window=window, weighting="dynamic")
        settings = counts.CountsConfig(dim=dim, window=window)
        keys = corpus.vocabulary.words
        return [
            counts.factorize(matrix, keys, settings, seed=s).embedding for s in seeds
        ]
    if model == "glove":
        matrix = counts.cooccurrence(corpus, window=window, weighting="harmonic")
        chosen = glove.GloVeConfig(
            dim=dim, window=window, epochs=epochs * 3 // 2, x_max=10
        )
        keys = corpus.vocabulary.words
        return [
            glove.fit(matrix, chosen, keys=keys, seed=s, threads=1).embedding
            for s in seeds
        ]
    if model not in MODELS:
        raise ValueError(f"unknown model {model!r}; there are {', '.join(MODELS)}")
    config = Word2VecConfig(
        dim=dim,
        window=window,
        epochs=epochs,
        architecture="cbow" if model == "cbow" else "skipgram",
    )
    return [word2vec.fit(corpus, config, seed=s).embedding for s in seeds]


def cosines(embeddings: Sequence[Embedding], pairs: SimilaritySet) -> Table:
    """Return the cosine of each pair, one embedding a row: (seeds, pairs)."""
    return np.array([correlate(e, pairs).scores for e in embeddings])


def compare(
    treatment: Sequence[Embedding],
    control: Sequence[Embedding],
    pairs: SimilaritySet,
    **options: Any,
) -> Effect:
    """Return the difference in rank correlation on the pairs both sides know."""
    shared = replace(pairs, pairs=common_pairs([treatment[0], control[0]], pairs))
    gold = [score for *_, score in shared.pairs]
    return paired_bootstrap(
        cosines(treatment, shared),
        cosines(control, shared),
        gold=gold,
        statistic="spearman",
        **options,
    )


# --- model x corpus x window ---------------------------------------------------------
def design(
    corpora: Mapping[str, Corpus],
    *,
    models: Sequence[str] = MODELS,
    windows: Sequence[int] = (2, 8),
    seeds: Sequence[int] = SEEDS,
    labels: int = 500,
) -> dict[str, Any]:
    """Train every combination and measure it on pairs, analogies and a task.

    Contrasts are taken on the MEN pairs that every corpus knows. A contrast over a
    factor pairs runs that differ in nothing else, so its rows are runs, not seeds
    alone.
    """
    sets = {n: lexicons.similarity(n) for n in ("wordsim353", "simlex999", "men")}
    google, task = lexicons.analogies("google"), evaluation.topics()
    smallest = min(corpora.values(), key=lambda c: len(c.vocabulary))
    known = Embedding(smallest.vocabulary.words, np.ones((len(smallest.vocabulary), 1)))
    sets = {n: replace(s, pairs=common_pairs([known], s)) for n, s in sets.items()}
    rows, men = [], {}
    for corpus, model, window in product(corpora, models, windows):
        runs = train(corpora[corpus], model, seeds=seeds, window=window)
        men[corpus, model, window] = cosines(runs, sets["men"])
        row: dict[str, Any] = {"corpus": corpus, "model": model, "window": window}
        row["tokens"] = len(corpora[corpus].tokens)
        for name, pairs in sets.items():
            row[name] = [correlate(e, pairs).rho for e in runs]
        row["google"] = [analogies(e, google).accuracy for e in runs]
        row["topics"] = [
            float(features_right(task, e, labels, seed=s).mean())
            for e, s in zip(runs, seeds, strict=True)
        ]
        rows.append(row)
    gold = [score for *_, score in sets["men"].pairs]
    wanted = _contrasts(corpora, models, windows)
    return {
        "rows": rows,
        "effects": {n: asdict(contrast(men, gold, *w)) for n, w in wanted.items()},
        "pairs": {name: len(pairs.pairs) for name, pairs in sets.items()},
    }


def _contrasts(
    corpora: Mapping[str, Corpus], models: Sequence[str], windows: Sequence[int]
) -> dict[str, tuple[_Cell, _Cell]]:
    """Name the comparisons: each a pair of conditions on (corpus, model, window)."""
    first, last = next(iter(corpora)), next(reversed(list(corpora)))
    wide, narrow = windows[-1], windows[0]
    found: dict[str, tuple[_Cell, _Cell]] = {}
    for c, m in product(corpora, models):
        if m != "skip-gram":
            found[f"skip-gram - {m}, {c}"] = (c, "skip-gram", None), (c, m, None)
    for m in models if first != last else ():
        found[f"{last} - {first}, {m}"] = (last, m, None), (first, m, None)
    for c in corpora if wide != narrow else ():
        found[f"window {wide} - {narrow}, {c}"] = (c, None, wide), (c, None, narrow)
    return found


def contrast(
    cells: Mapping[tuple[str, str, int], Table], gold: Any, one: _Cell, other: _Cell
) -> Effect:
    """Return the difference between two levels of a factor over all else."""

    def stack(wanted: _Cell) -> Table:
        chosen = [
            table
            for key, table in cells.items()
            if all(w is None or w == k for w, k in zip(wanted, key, strict=True))
        ]
        return np.concatenate(chosen)

    return paired_bootstrap(
        stack(one), stack(other), gold=gold, statistic="spearman", samples=1000
    )


# --- use in a task -------------------------------------------------------------------
def features_right(
    task: LabelledTexts,
    embedding: Embedding,
    labels: int,
    *,
    seed: int,
    train: int = 6000,
    only: Sequence[str] | None = None,
) -> NDArray[np.bool_]:
    """Return which test texts a probe on mean vectors gets right.

    The last texts of one fixed split are tested on, whatever the seed; the seed draws
    the ``labels`` texts that are learned from.
    """
    chosen, test = drawn(task, labels, seed=seed, train=train)
    vectors = evaluation.document_features(task, embedding, only=only).vectors
    return evaluation.probe(vectors, task.labels, chosen, test)


def drawn(
    task: LabelledTexts, labels: int, *, seed: int, train: int = 6000
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return ``labels`` training rows, drawn by the seed, and the test rows."""
    pool, test = task.split(train)
    return pool[sampling.permutation(train, seed)[:labels]], test


def label_curve(
    runs: Sequence[Embedding],
    task: LabelledTexts,
    sizes: Sequence[int],
    *,
    seeds: Sequence[int] = SEEDS,
) -> dict[str, Any]:
    """Measure one embedding a seed in each use, by how many labels there are.

    Uses: mean vectors as features; a fine-tuned classifier that starts from them; the
    same started from vectors dealt to other words; TF-IDF without vectors.
    """
    right: dict[str, dict[int, list[NDArray[np.bool_]]]] = {
        use: {size: [] for size in sizes}
        for use in ("features", "features dealt", "start", "start dealt", "tf-idf")
    }
    pool, _ = task.split(6000)
    words = evaluation.bag_of_words(task, pool)
    for size, (run, seed) in product(sizes, zip(runs, seeds, strict=True)):
        dealt = evaluation.deal_again(run, seed)
        chosen, test = drawn(task, size, seed=seed)
        config = FineTuneConfig(epochs=max(4, min(15, 12_000 // size)))
        for name, start in (("", run), (" dealt", dealt)):
            right["features" + name][size].append(
                features_right(task, start, size, seed=seed)
            )
            right["start" + name][size].append(
                evaluation.fine_tuned(task, start, chosen, test, config, seed=seed)
            )
        right["tf-idf"][size].append(
            evaluation.probe(words, task.labels, chosen, test, c=10)
        )
    return {
        "sizes": list(sizes),
        "accuracy": {
            use: [[float(r.mean()) for r in of[size]] for size in sizes]
            for use, of in right.items()
        },
        "effects": {
            f"{one} - {other}, {size}": asdict(
                paired_bootstrap(
                    np.array(right[one][size], dtype=float),
                    np.array(right[other][size], dtype=float),
                )
            )
            for (one, other), size in product(
                (
                    ("features", "features dealt"),
                    ("features", "tf-idf"),
                    ("start", "start dealt"),
                ),
                sizes,
            )
        },
    }
