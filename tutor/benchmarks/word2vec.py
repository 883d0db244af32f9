"""Benchmarks of chapter ``words/word2vec``: our kernels and gensim on the same tokens.

Both sides get the same documents, vocabulary, counts and hyper-parameters, one epoch
and two threads that update without locks; tables and vocabulary are made beforehand, so
only training is timed. gensim is fed by its iterable mode, whose learning rate falls
over the whole corpus as ours does.

Nine turns, since gensim's time swings by a third from one to the next. Each turn has a
seed, an order of the documents and starting vectors of its own, the same for both
sides. The order matters: gensim's threads walk the text side by side,
ours take a half each, so one order gives each side another succession of documents, and
that alone moves the analogies by .015. The start matters as well: gensim's own vectors
start twice as wide as word2vec's, which in one epoch is worth .005 to .01 of analogies.

The limit is arithmetic alone: multiplications and additions of a token at the speed of
this machine's float32 matrix product on one core, times the threads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from tutor.benchmarks import Row
from tutor.benchmarks._machine import matmul_speed

THREADS, TURNS, TREE = 2, 9, "hierarchical_softmax"


def rows(quick: bool) -> list[Row]:
    """Return the rows; ``quick`` takes a tenth of the corpus."""
    from tutor.datasets import texts

    corpus = texts.course_en()
    if quick:
        corpus = corpus.head(len(corpus.tokens) // 10, min_count=5)
    orders = [mixed(corpus, seed) for seed in range(TURNS + 1)]
    names = np.array(corpus.vocabulary.words, dtype=object)
    words = [[list(names[ids]) for ids in order.documents()] for order in orders]
    return [
        _row("SGNS, the tuned kernel", orders, words, {}, 10),
        _row("SGNS, the readable kernel", orders, words, {"batch_pairs": 1}, 6),
        _row("CBOW", orders, words, {"architecture": "cbow"}, 4),
        _row("Hierarchical softmax", orders, words, {"objective": TREE}, 6),
    ]


def mixed(corpus: Any, seed: int) -> Any:
    """Return the corpus with its documents in a random order."""
    from tutor import sampling

    documents = list(corpus.documents())
    order = sampling.permutation(len(documents), seed=seed)
    chosen = [documents[i] for i in order]
    offsets = np.cumsum([0, *map(len, chosen)]).astype(corpus.offsets.dtype)
    return replace(corpus, tokens=np.concatenate(chosen), offsets=offsets)


def _row(
    name: str, orders: list[Any], words: list[Any], change: dict[str, Any], aim: float
) -> Row:
    from tutor.words.word2vec import Word2VecConfig

    config = Word2VecConfig(epochs=1, threads=THREADS, deterministic=False, **change)
    corpus = orders[0]
    return Row(
        name=f"{name}, {THREADS} threads",
        ours=_ours(orders, config),
        rival=_gensim(corpus.vocabulary, words, config),
        rival_name="gensim Word2Vec.train (iterable mode)",
        threads=THREADS,
        unit="tokens",
        work=float(len(corpus.tokens)),
        quality=quality,
        notes=(
            f"dim {config.dim}, window {config.window}, {_outputs(config)}, "
            f"sample {config.sample}, learning rate {config.learning_rate} to "
            f"{config.min_learning_rate}, one epoch of {len(corpus.tokens):,} tokens, "
            f"{len(corpus.vocabulary):,} words; a turn has its own seed, order of "
            "documents and starting vectors, the same for both; training alone. "
            f"{_kernel(config)}{_unequal(config)}; the limit is arithmetic alone"
        ),
        limit=_limit(corpus, config),
        aim=aim,
        turns=TURNS,
    )


def _outputs(config: Any) -> str:
    return (
        "Huffman tree" if config.objective == TREE else f"{config.negatives} negatives"
    )


def _kernel(config: Any) -> str:
    """Say which kernel it is, where there are two."""
    if config.architecture == "cbow" or config.objective == TREE:
        return ""
    early = "the rows of the next window are asked for early. "
    if config.batch_pairs == 1:
        return f"The kernel that the chapter shows, a pair a step; {early}"
    return f"Two pairs a step; {early}"


def _unequal(config: Any) -> str:
    """Say what differs between the sides."""
    if config.objective == TREE:
        return "Both train every node of a word's path"
    return (
        "Not equal: gensim keeps noise that repeats, ours is masked; ours shares noise "
        "in a window"
    )


def _start(vocabulary: Any, config: Any, seed: int) -> np.ndarray:
    """Return the starting vectors of a turn, for both sides."""
    from tutor import sampling

    return sampling.initial_vectors(len(vocabulary), config.dim, seed)


def _ours(orders: list[Any], config: Any) -> Callable[[], Any]:
    """Return the work of a turn: one epoch on tables made beforehand."""
    from tutor.embedding import Embedding
    from tutor.words.word2vec import epoch, make_plan

    vocabulary = orders[0].vocabulary
    ready = []
    for seed, corpus in enumerate(orders):
        U = epoch.padded(_start(vocabulary, config, seed))
        V = epoch.padded(np.zeros((len(vocabulary), config.dim), np.float32))
        ready.append((seed, U, V, make_plan(corpus, config, seed=seed)))

    def work() -> Any:
        seed, U, V, plan = ready.pop(0)
        epoch.train_epoch(U, V, plan, config, seed=seed)
        return lambda: Embedding(vocabulary.words, U[:, : config.dim])

    return work


def gensim_settings(config: Any) -> dict[str, Any]:
    """Return a configuration of ours under gensim's names."""
    return {
        "vector_size": config.dim,
        "window": config.window,
        "negative": 0 if config.objective == TREE else config.negatives,
        "hs": int(config.objective == TREE),
        "sg": int(config.architecture == "skipgram"),
        "sample": config.sample,
        "alpha": config.learning_rate,
        "min_alpha": config.min_learning_rate,
        "workers": THREADS,
    }


def _gensim(vocabulary: Any, words: list[Any], config: Any) -> Callable[[], Any]:
    """Return the same work for gensim: a model a turn, its vocabulary built."""
    from gensim.models import Word2Vec

    from tutor.embedding import Embedding

    counts = dict(zip(vocabulary.words, vocabulary.counts.tolist(), strict=True))
    ready = []
    for seed, documents in enumerate(words):
        model = Word2Vec(**gensim_settings(config), min_count=1, seed=seed + 1)
        model.build_vocab_from_freq(counts, corpus_count=len(documents))
        start = _start(vocabulary, config, seed)
        model.wv.vectors[[model.wv.key_to_index[w] for w in vocabulary.words]] = start
        ready.append((model, documents))

    def work() -> Any:
        model, documents = ready.pop(0)
        model.train(
            documents,
            total_examples=len(documents),
            total_words=int(vocabulary.counts.sum()),
            epochs=1,
        )
        return lambda: Embedding(model.wv.index_to_key, model.wv.vectors)

    return work


def quality(made: Callable[[], Any]) -> Mapping[str, float]:
    """Return similarity and analogy scores of one result."""
    from tutor.datasets import lexicons
    from tutor.evaluate import similarity

    embedding = made()
    scores = {
        name: float(similarity.correlate(embedding, lexicons.similarity(name)).rho)
        for name in ("wordsim353", "simlex999", "men")
    }
    google = similarity.analogies(embedding, lexicons.analogies("google"), limit=10_000)
    return {**scores, "google analogies": float(google.accuracy)}


def _limit(corpus: Any, config: Any) -> float:
    """Return the tokens a second that this machine's arithmetic allows."""
    from tutor.words.word2vec import make_plan, walk

    part = corpus.head(min(200_000, len(corpus.tokens)))
    plan = make_plan(part, config)
    centers, _, places = walk.pairs(plan, config)
    updates = len(centers)
    if config.architecture == "cbow":
        updates = len(np.unique(places))
    outputs, width = config.negatives + 1.0, -(-config.dim // 16) * 16
    if config.objective == TREE:
        outputs = float(plan.tree.lengths[centers].mean())
    work = 3 * 2 * outputs * width * updates / len(part.tokens)
    return float(THREADS * matmul_speed() / work)
