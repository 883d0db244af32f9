"""Studies of chapter ``words/evaluation``: model, corpus and settings, measured.

Each function takes its sizes: the chapter runs it small and live, a stored study runs
it large. Beside this file: ``evaluation_use`` (vectors in a task), ``evaluation_text``
(which text, how long) and ``evaluation_size`` (what more text changes).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tutor import sampling
from tutor.claims.studies import Study
from tutor.datasets import Corpus, lexicons, texts
from tutor.embedding import Embedding
from tutor.evaluate.similarity import analogies, common_pairs, correlate
from tutor.evaluate.statistics import Effect, paired_bootstrap
from tutor.words import counts, evaluation, glove, word2vec
from tutor.words.studies.evaluation_use import SEEDS, drawn, features_right
from tutor.words.word2vec import Word2VecConfig

if TYPE_CHECKING:
    from tutor.datasets.lexicons import SimilaritySet

Table = NDArray[np.float64]
Matrix = NDArray[np.float32]
_Cell = tuple[str | None, str | None, int | None]

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
    keys, found = corpus.vocabulary.words, []
    for seed in seeds:
        *_, (U, _) = after_each_epoch(corpus, config, seed)
        found.append(Embedding(keys, U))
    return found


def after_each_epoch(
    corpus: Corpus, config: Word2VecConfig, seed: int
) -> Iterator[tuple[Matrix, Matrix]]:
    """Yield U and V after each epoch of the Numba kernels.

    The vectors are those of ``word2vec.fit`` to the bit. Its loss is not taken: with
    CBOW and a short text that costs more than the training.
    """
    from tutor.words.word2vec import epoch as kernels

    plan = word2vec.make_plan(corpus, config, seed=seed)
    U = sampling.initial_vectors(len(corpus.vocabulary), config.dim, seed)
    tables = kernels.padded(U), kernels.padded(np.zeros_like(U))
    for number in range(config.epochs):
        kernels.train_epoch(*tables, plan, config, seed=seed, epoch=number)
        U, V = (np.array(table[:, : config.dim]) for table in tables)
        yield U, V


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


# --- stored --------------------------------------------------------------------------
WORD2VEC = tuple(
    f"tutor.words.word2vec.{name}" for name in ("config", "walk", "fast", "epoch")
)
COUNTS = tuple(
    f"tutor.words.counts.{name}" for name in ("reference", "svd", "chunks", "fast")
)


def factors() -> dict[str, Any]:
    """Vary model, size and window of Wikipedia's lead sections, five seeds each."""
    leads = texts.course_part("wikipedia-leads-en")
    corpora = {f"{n:,}": leads.head(n, min_count=5) for n in (100_000, 400_000)}
    return design(corpora, models=("count-svd", "skip-gram", "cbow"))


STUDIES = {
    "evaluation-design": Study(
        run=factors,
        inputs=[
            *WORD2VEC,
            *COUNTS,
            "tutor.words.evaluation",
            "tutor.evaluate.statistics",
            "tutor.evaluate.similarity",
            *(train, after_each_epoch, cosines, design, _contrasts, contrast),
            *(features_right, drawn),
        ],
        data=["course-en", "men", "wordsim353", "simlex999", "google-analogies"],
    )
}
