"""Word chapters on a GPU: counting, GloVe, subwords, senses, edges, and debiasing.

Where a corpus is named it is the first documents of course-en, words of fewer than five
occurrences left out. torch sums the gradients of a batch into one step, where the
kernels take a step a pair or cell: the largest batches need a smaller learning rate,
and the loss of either side stands beside its time. Skip-gram alone is not here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any

from tutor.benchmarks import Row
from tutor.benchmarks.devices import CORES, finished, last_loss, row, sides

HEAD = "first documents of course-en"
KERNEL = "the kernel takes one {} a step, at a rate of {}"


def rows(quick: bool, device: str) -> list[Row]:
    """Return the rows of all word chapters; ``quick`` takes the smallest of each."""
    kinds = (_counts, _glove, _subwords, _senses, _joint, _counterfit, _bias)
    found: list[Row] = []
    for kind in kinds:
        found += kind(quick, device)
    return found


@lru_cache(maxsize=8)
def _corpus(tokens: int) -> Any:
    """Return the first documents of course-en, with about so many tokens."""
    from tutor.datasets import texts

    return texts.course_en().head(tokens, min_count=5)


def _sides(
    fit: Callable[..., Any], device: str, batched: Any, single: Any, kernel: str
) -> dict[str, Callable[[], Any]]:
    """Return both sides of a row: ``fit`` by torch on the GPU and by ``kernel``."""
    gpu = partial(fit, batched, backend="torch", device=device)
    return sides(gpu, partial(fit, single, backend=kernel))


def _by_torch(call: Callable[..., Any], device: str) -> Callable[[], Any]:
    """Return ``call`` with torch on the GPU."""
    return lambda: finished(call(backend="torch", device=device))


def _last(column: str) -> Callable[[Any], Mapping[str, float]]:
    """Return a score: the last value of a column of a run's history."""
    return lambda fit: {column: float(fit.history[column][-1])}


# --- counting and GloVe --------------------------------------------------------------
def _counts(quick: bool, device: str) -> list[Row]:
    """Return rows of counting, PPMI and SVD on growing corpora."""
    from tutor.words import counts

    config = counts.CountsConfig()
    found = []
    for tokens in (20_000,) if quick else (200_000, 1_000_000, 6_000_000):
        corpus = _corpus(tokens)
        size = len(corpus.tokens)
        found.append(
            row(
                "words/counts",
                f"{size:,} tokens, {len(corpus.vocabulary):,} words",
                **_sides(partial(counts.fit, corpus), device, config, config, "numba"),
                cpu_name="numba, all cores",
                unit="tokens",
                work=float(size),
                quality=_last("captured"),
                notes=f"{HEAD}; window {config.window}, dim {config.dim}, "
                f"{config.iterations} passes of the SVD; PPMI by NumPy on both sides",
            )
        )
    return found


def _glove(quick: bool, device: str) -> list[Row]:
    """Return rows of GloVe: two sizes of corpus, two of batch."""
    from tutor.words.glove import GloVeConfig, fit

    sizes = [(200_000, 4_096, 0.02), (1_000_000, 4_096, 0.02)]
    sizes = [*sizes, (1_000_000, 65_536, 0.004)]
    if quick:
        sizes = [(20_000, 4_096, 0.02)]
    passes = 1 if quick else 3
    single = GloVeConfig(x_max=10.0, learning_rate=0.1, epochs=passes)
    found = []
    for tokens, batch, rate in sizes:
        corpus = _corpus(tokens)
        batched = replace(single, learning_rate=rate, batch_size=batch)
        found.append(
            row(
                "words/glove",
                f"batches of {batch:,} cells, {len(corpus.tokens):,} tokens",
                **_sides(partial(fit, corpus), device, batched, single, "numba"),
                cpu_name="numba, all cores, a cell a step",
                unit="tokens × passes",
                work=float(len(corpus.tokens) * passes),
                quality=last_loss,
                notes=f"{HEAD}, {len(corpus.vocabulary):,} words; dim {single.dim}, "
                f"window {single.window}, {passes} passes; cells are counted by the "
                f"kernel and put in order on the CPU on both sides; rate {rate} in "
                f"batches; {KERNEL.format('cell', single.learning_rate)}",
            )
        )
    return found


# --- models of pairs and windows -----------------------------------------------------
def _subwords(quick: bool, device: str) -> list[Row]:
    """Return rows of fastText by pairs a step; 20,000 buckets keep the start short."""
    from tutor.words.subwords import SubwordConfig, fit

    sizes = [(100_000, 512, 0.05), (100_000, 4_096, 0.05), (400_000, 16_384, 0.01)]
    if quick:
        sizes = [(4_000, 512, 0.05)]
    base = SubwordConfig(epochs=1, buckets=20_000)
    single = replace(base, threads=CORES, deterministic=CORES == 1)
    found = []
    for tokens, batch, rate in sizes:
        corpus = _corpus(tokens)
        batched = replace(base, batch_pairs=batch, learning_rate=rate)
        found.append(
            row(
                "words/subwords",
                f"batches of {batch:,} pairs, {len(corpus.tokens):,} tokens",
                **_sides(partial(fit, corpus), device, batched, single, "numba"),
                cpu_name="numba, all cores without locks, a pair a step",
                unit="tokens",
                work=float(len(corpus.tokens)),
                quality=last_loss,
                notes=f"{HEAD}, {len(corpus.vocabulary):,} words; dim {single.dim}, "
                f"n-grams of 3 to 6, {single.buckets:,} buckets, one pass; pairs and "
                f"noise are drawn on the CPU; rate {rate} in batches; "
                f"{KERNEL.format('pair', single.learning_rate)}",
            )
        )
    return found


def _senses(quick: bool, device: str) -> list[Row]:
    """Return rows of sense models by windows a step: a pass of either phase."""
    from tutor.words.senses import SensesConfig, fit

    sizes = [(50_000, 64, 0.05), (50_000, 512, 0.05), (400_000, 2_048, 0.012)]
    if quick:
        sizes = [(20_000, 512, 0.05)]
    single = SensesConfig().with_engine(epochs=2)
    engine = single.engine
    found = []
    for tokens, batch, rate in sizes:
        corpus = _corpus(tokens)
        batched = single.with_engine(batch_pairs=batch, learning_rate=rate)
        found.append(
            row(
                "words/senses",
                f"{batch:,} windows a step, {len(corpus.tokens):,} tokens",
                **_sides(partial(fit, corpus), device, batched, single, "numba"),
                cpu_name="numba, one thread, a window a step",
                unit="tokens × passes",
                work=float(len(corpus.tokens) * engine.epochs),
                quality=last_loss,
                notes=f"{HEAD}, {len(corpus.vocabulary):,} words, {single.senses} "
                f"senses for words of {single.min_occurrences} occurrences or more; "
                f"dim {engine.dim}, a pass of either phase; windows and noise are "
                f"drawn on the CPU; rate {rate} in batches; "
                f"{KERNEL.format('window', engine.learning_rate)}",
            )
        )
    return found


# --- knowledge -----------------------------------------------------------------------
def _edges(words: Any, named: int, count: int, seed: int) -> Any:
    """Return ``count`` edges between the first ``named`` words, drawn at random."""
    import numpy as np

    from tutor.words.knowledge import edge_rows

    drawn = np.random.default_rng(seed).integers(named, size=(count, 2))
    pairs = [(words[a], words[b]) for a, b in drawn.tolist() if a != b]
    return edge_rows(words, pairs)


def _joint(quick: bool, device: str) -> list[Row]:
    """Return rows of skip-gram with edges, by pairs a step."""
    from tutor.words.knowledge import JointConfig, fit
    from tutor.words.word2vec import Word2VecConfig

    sizes = [(100_000, 512, 0.05), (100_000, 4_096, 0.05), (400_000, 16_384, 0.01)]
    if quick:
        sizes = [(20_000, 4_096, 0.05)]
    single = JointConfig(engine=Word2VecConfig(epochs=1))
    found = []
    for tokens, batch, rate in sizes:
        corpus = _corpus(tokens)
        words = corpus.vocabulary.words
        engine = replace(single.engine, batch_pairs=batch, learning_rate=rate)
        call = partial(fit, corpus, _edges(words, len(words), len(words), 0))
        found.append(
            row(
                "words/knowledge",
                f"skip-gram with edges, batches of {batch:,} pairs, "
                f"{len(corpus.tokens):,} tokens",
                **_sides(call, device, JointConfig(engine=engine), single, "numba"),
                cpu_name="numba, one thread, two pairs a step",
                unit="tokens",
                work=float(len(corpus.tokens)),
                quality=last_loss,
                notes=f"{HEAD}; as many edges as words ({len(words):,}), drawn at "
                f"random, {single.visits} visits each; dim {engine.dim}, one pass; "
                "pairs and noise are drawn on the CPU; "
                f"rate {rate} in batches, {single.engine.learning_rate} on the CPU",
            )
        )
    return found


def _cloud(words: int, dim: int) -> Any:
    """Return vectors at random, in groups of some twenty words."""
    import numpy as np

    from tutor.embedding import Embedding

    rng = np.random.default_rng(0)
    groups = rng.normal(size=(words // 20, dim))[rng.integers(words // 20, size=words)]
    vectors = groups + 0.5 * rng.normal(size=(words, dim))
    keys = tuple(f"w{i}" for i in range(words))
    return Embedding(keys, vectors.astype(np.float32))


def _counterfit(quick: bool, device: str) -> list[Row]:
    """Return rows of counter-fitting, by edges among 4,000 of 20,000 words."""
    from tutor.words.knowledge import CounterfitConfig, counterfit

    table = _cloud(2_000 if quick else 20_000, 100)
    named = len(table) // 5
    config = CounterfitConfig(steps=2 if quick else 10)
    found = []
    for count in (500,) if quick else (2_000, 20_000):
        near = _edges(table.keys, named, count, 1)
        far = _edges(table.keys, named, count // 4, 2).without(near.pairs)
        call = partial(counterfit, table, near, far, config)
        found.append(
            row(
                "words/knowledge",
                f"counter-fitting, {count:,} synonyms",
                gpu=_by_torch(call, device),
                cpu=call,
                cpu_name="NumPy",
                unit="synonyms × steps",
                work=float(count * config.steps),
                notes=f"{len(table):,} vectors of 100 dimensions and pairs of "
                f"{named:,} of their words, drawn at random, a quarter as many "
                f"antonyms; {config.steps} steps; float64; near pairs are sought by "
                "NumPy on both sides",
            )
        )
    return found


# --- bias ----------------------------------------------------------------------------
def _bias(quick: bool, device: str) -> list[Row]:
    """Return rows of soft debiasing, by dimensions."""
    from tutor.words import bias

    words = 2_000 if quick else 20_000
    pairs = [(f"w{2 * i}", f"w{2 * i + 1}") for i in range(10)]
    specific = frozenset(f"w{i}" for i in range(200))
    found = []
    for dim in (50,) if quick else (50, 200):
        call = partial(bias.soft_debias, _cloud(words, dim), pairs, specific=specific)
        found.append(
            row(
                "words/bias",
                f"soft debiasing, {dim} dimensions",
                gpu=_by_torch(call, device),
                cpu=call,
                cpu_name="NumPy, linear equations",
                unit="words",
                work=float(words),
                notes=f"{words:,} vectors of GloVe's width drawn at random, ten "
                "pairs; torch searches the map by L-BFGS, NumPy solves for it",
            )
        )
    return found
