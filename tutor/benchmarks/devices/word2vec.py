"""Chapter ``words/word2vec`` on a GPU: torch by batch, the Triton kernel by walkers.

The processor's side is the tuned Numba kernel on all cores. Both sides start from the
same vectors; each turn has a seed of its own. For the kernel training alone is timed,
the copy of the corpus to the GPU included; torch is timed by the whole call.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from typing import Any

from tutor.benchmarks import Row
from tutor.benchmarks.devices import CORES, finished, last_loss, row, seeds, sides

CHAPTER = "words/word2vec"
WALKERS = (64, 256, 1024, 2048, 4096)
BATCHES = (512, 4096)
TORCH_TOKENS, TURNS = 100_000, 9


def rows(quick: bool, device: str) -> list[Row]:
    """Return torch's rows and the kernel's; ``quick`` takes the smallest of each."""
    found = [_torch(size, device) for size in (BATCHES[:1] if quick else BATCHES)]
    if device == "cpu":
        return found
    return found + [_triton(n, device) for n in (WALKERS[:1] if quick else WALKERS)]


@cache
def corpus() -> Any:
    """Return the course's corpus, read once."""
    from tutor.datasets import texts

    return texts.course_en()


def _torch(size: int, device: str) -> Row:
    """Return the row of torch with ``size`` pairs summed into one step."""
    from tutor.words import word2vec
    from tutor.words.word2vec import Word2VecConfig

    part = corpus().head(TORCH_TOKENS, min_count=5)
    many = Word2VecConfig(epochs=1, threads=CORES, deterministic=False)
    one = Word2VecConfig(epochs=1, batch_pairs=size)
    return row(
        CHAPTER,
        f"torch, {size:,} pairs a step, {len(part.tokens):,} tokens",
        **sides(
            partial(word2vec.fit, part, one, backend="torch", device=device),
            partial(word2vec.fit, part, many),
        ),
        cpu_name=f"numba, {CORES} threads",
        unit="tokens",
        work=float(len(part.tokens)),
        quality=last_loss,
        notes="the whole call, one epoch: deck, windows and probe loss are made on the "
        "processor on both sides; the GPU sums a batch into one step",
    )


def _triton(walkers: int, device: str) -> Row:
    """Return the row of the GPU kernel with so many walkers."""
    from tutor.benchmarks.word2vec import quality
    from tutor.words.word2vec import Word2VecConfig

    config = Word2VecConfig(epochs=1, threads=walkers, deterministic=False)
    tokens = len(corpus().tokens)
    made = row(
        CHAPTER,
        f"Triton, {walkers:,} walkers, {tokens:,} tokens",
        gpu=_kernel(config, device),
        cpu=_processor(replace(config, threads=CORES)),
        cpu_name=f"numba, {CORES} threads",
        unit="tokens",
        work=float(tokens),
        quality=quality,
        notes=(
            f"dim {config.dim}, window {config.window}, {config.negatives} negatives, "
            f"sample {config.sample}, one epoch; one pair a step on the GPU, two on "
            "the processor; training alone, with the copy of the corpus; the same seed "
            "and start on both sides"
        ),
    )
    return replace(made, turns=TURNS)


@cache
def _plan(seed: int) -> Any:
    """Return a turn's fixed arrays: the same for both sides and any walkers."""
    from tutor.words.word2vec import Word2VecConfig, make_plan

    return make_plan(corpus(), Word2VecConfig(epochs=1), seed=seed)


def _start(config: Any, seed: int) -> tuple[Any, Any]:
    """Return the starting vectors of a turn, and zeros."""
    import numpy as np

    from tutor import sampling

    U = sampling.initial_vectors(len(corpus().vocabulary), config.dim, seed)
    return U, np.zeros_like(U)


def _kernel(config: Any, device: str) -> Callable[[], Any]:
    from tutor.embedding import Embedding
    from tutor.words.word2vec import torch as twin

    plans = [_plan(seed) for seed in range(TURNS + 1)]
    tables = [twin.tables(*_start(config, s), device) for s in range(TURNS + 1)]
    turn = seeds()

    def work() -> Any:
        from tutor.words.word2vec import triton

        seed = next(turn)
        U, V = tables[seed]
        triton.train_epoch(U, V, plans[seed], config, seed=seed)
        finished(U)
        return lambda: Embedding(corpus().vocabulary.words, U.cpu().numpy())

    return work


def _processor(config: Any) -> Callable[[], Any]:
    from tutor.embedding import Embedding
    from tutor.words.word2vec import epoch

    plans = [_plan(seed) for seed in range(TURNS + 1)]
    starts = [_start(config, seed) for seed in range(TURNS + 1)]
    tables = [(epoch.padded(U), epoch.padded(V)) for U, V in starts]
    turn = seeds()

    def work() -> Any:
        seed = next(turn)
        U, V = tables[seed]
        epoch.train_epoch(U, V, plans[seed], config, seed=seed)
        return lambda: Embedding(corpus().vocabulary.words, U[:, : config.dim])

    return work
