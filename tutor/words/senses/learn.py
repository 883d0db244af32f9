"""What a fit is made of: checks, the epochs of a backend, keys of the result.

Chapter: ``words/senses``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tutor import training
from tutor.words import word2vec
from tutor.words.senses import places, walk
from tutor.words.senses.config import SensesConfig
from tutor.words.senses.walk import Layout, Tables

if TYPE_CHECKING:
    from tutor.datasets import Corpus
    from tutor.embedding import Embedding


def check_batch(config: SensesConfig, backend: str) -> None:
    """Raise ValueError for a batch that this backend does not take."""
    if backend != "torch" and config.engine.batch_pairs not in (None, 1):
        raise ValueError(
            f"engine.batch_pairs={config.engine.batch_pairs}: {backend} takes one "
            "window a step; give None or 1, or backend='torch'"
        )


def check_targets(
    corpus: Corpus, given: Sequence[str] | None, config: SensesConfig
) -> list[str]:
    """Return the target words, checked; see :func:`tutor.words.senses.fit`."""
    vocabulary, least = corpus.vocabulary, config.min_occurrences
    enough = vocabulary.counts >= least
    if given is None:
        chosen = [w for w, ok in zip(vocabulary.words, enough, strict=True) if ok]
        if not chosen:
            raise ValueError(
                f"no word occurs min_occurrences={least} times; the most frequent "
                f"occurs {vocabulary.counts.max(initial=0)} times: lower it"
            )
        return chosen
    if isinstance(given, str):
        raise ValueError(f"targets must be a list of words, got the string {given!r}")
    chosen = list(given)
    if not chosen or len(set(chosen)) < len(chosen):
        twice = sorted({word for word in chosen if chosen.count(word) > 1})
        raise ValueError(
            f"targets must be different words, one or more; {len(chosen)} given, "
            f"repeated: {', '.join(twice) or 'none'}"
        )
    rare = [w for w in chosen if not enough[vocabulary.index(w)]]
    if rare:
        count = vocabulary.counts[vocabulary.index(rare[0])]
        raise ValueError(
            f"{rare[0]!r} occurs {count} times, fewer than min_occurrences={least} "
            f"({len(rare)} such targets): take more text, leave it out, or lower "
            "min_occurrences"
        )
    return chosen


def train(
    corpus: Corpus,
    where: Layout,
    config: SensesConfig,
    backend: str,
    seed: int,
    device: str,
) -> tuple[Tables, training.History]:
    """Return the trained tables and the history of a run."""
    engine = config.engine
    plan = word2vec.make_plan(corpus, engine, seed=seed)
    held: Any = walk.initial_tables(where, int(where.block.max()), config, seed=seed)
    read: Any = lambda tables: tables  # noqa: E731 - one of three ways to read
    step: Any = walk.train_epoch
    if backend == "numba":
        from tutor.words.senses import fast

        held, step = fast.padded(held), fast.train_epoch
        read = lambda tables: fast.unpadded(tables, engine.dim)  # noqa: E731
    elif backend == "torch":
        from tutor.words.senses import torch as twin

        held, step = twin.SkipGramSenses(held, device), twin.train_epoch
        read = twin.SkipGramSenses.arrays
    losses, rates = [], []
    for epoch in range(engine.epochs):
        walk.hand_over(_state(held), config, epoch)
        step(held, where, plan, config, seed=seed, epoch=epoch)
        tables = read(held)
        _check_finite(tables, config, epoch)
        losses.append(
            places.probe_loss(tables, where, plan, config, seed=seed, epoch=epoch)
        )
        rates.append(word2vec.rate_at(engine, epoch, 1.0))
    walk.hand_over(_state(held), config, engine.epochs)
    tables = Tables(*(np.array(table) for table in read(held)))
    return tables, training.History(
        {"loss": tuple(losses), "learning_rate": tuple(rates)}
    )


def _check_finite(tables: Tables, config: SensesConfig, epoch: int) -> None:
    if not all(np.isfinite(table).all() for table in tables):
        raise FloatingPointError(
            f"vectors are not finite after epoch {epoch}: lower engine.learning_rate "
            f"({config.engine.learning_rate}) or disambiguator_rate "
            f"({config.disambiguator_rate})"
        )


def priors(
    corpus: Corpus, where: Layout, tables: Tables, config: SensesConfig
) -> NDArray[np.float64]:
    """Return the mean share of each sense over the text: (targets, senses).

    Raises
    ------
    ValueError
        If no target has a context.
    """
    found = places.occurrences(corpus, where, config)
    targets = int(where.block.max())
    if len(found.block) == 0:
        raise ValueError(
            f"no target has a context: each of the {targets} stands alone in its "
            "documents: give longer documents or other targets"
        )
    c = places.context_means(tables.V, found.contexts)
    sums = np.zeros((targets + 1, config.senses))
    np.add.at(sums, found.block, places.sense_shares(tables, found.block, c, config))
    total: NDArray[np.float64] = sums[1:].sum(axis=1, keepdims=True)
    return np.asarray(sums[1:] / np.maximum(total, 1))


def _state(held: Any) -> Tables:
    """Return what phase 2 starts from, as arrays or tensors that may be written to."""
    return held if isinstance(held, Tables) else Tables(*held.state())


def keys_of(word: str, senses: int) -> list[str]:
    """Return the keys of a word's senses: its name alone where there is one."""
    return [word] if senses == 1 else [f"{word}#{s + 1}" for s in range(senses)]


def embeddings(
    corpus: Corpus,
    targets: list[str],
    tables: Tables,
    where: Layout,
    priors: NDArray[np.floating[Any]],
    config: SensesConfig,
) -> tuple[Embedding, Embedding]:
    """Return the kept senses, by word and falling prior, and the output vectors."""
    from tutor.embedding import Embedding

    keys, rows = [], []
    for word, first, block in zip(corpus.vocabulary.words, *where, strict=True):
        order = np.zeros(1, np.int64)
        if block:
            order = np.argsort(-priors[block - 1], kind="stable")
            order = order[priors[block - 1][order] >= config.prune]
        keys += keys_of(word, len(order))
        rows += (first + order).tolist()
    meta = {"algorithm": "senses", "corpus": corpus.name}
    return (
        Embedding(tuple(keys), tables.U[rows], meta={**meta, "matrix": "senses"}),
        Embedding(
            corpus.vocabulary.words, tables.V, meta={**meta, "matrix": "context"}
        ),
    )
