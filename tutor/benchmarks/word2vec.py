"""Benchmarks of chapter ``words/word2vec``: our kernels and gensim on the same tokens.

Both sides get the same documents, vocabulary, counts and hyper-parameters, one epoch
and two threads that update without locks; tables and vocabulary are made beforehand, so
only training is timed. gensim is fed by its iterable mode, whose learning rate falls
over the whole corpus as ours does. Each turn takes another seed. The documents are in
one random order for both: gensim's threads walk the text side by side, ours take a half
each, and our corpus has encyclopedia at one end and recipes at the other.

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

THREADS, TURNS = 2, 6


def rows(quick: bool) -> list[Row]:
    """Return the rows; ``quick`` takes a tenth of the corpus."""
    from tutor.datasets import texts

    corpus = texts.course_en()
    if quick:
        corpus = corpus.head(len(corpus.tokens) // 10, min_count=5)
    corpus = mixed(corpus)
    return [
        _row("SGNS, the tuned kernel", corpus, {}),
        _row("SGNS, the readable kernel", corpus, {"batch_pairs": 1}),
        _row("CBOW", corpus, {"architecture": "cbow"}),
    ]


def mixed(corpus: Any) -> Any:
    """Return the corpus with its documents in one random order."""
    from tutor import sampling

    documents = list(corpus.documents())
    order = sampling.permutation(len(documents), seed=0)
    chosen = [documents[i] for i in order]
    offsets = np.cumsum([0, *map(len, chosen)]).astype(corpus.offsets.dtype)
    return replace(corpus, tokens=np.concatenate(chosen), offsets=offsets)


def _row(name: str, corpus: Any, change: dict[str, Any]) -> Row:
    from tutor.words.word2vec import Word2VecConfig

    config = Word2VecConfig(epochs=1, threads=THREADS, deterministic=False, **change)
    return Row(
        name=f"{name}, {THREADS} threads",
        ours=_ours(corpus, config),
        rival=_gensim(corpus, config),
        rival_name="gensim Word2Vec.train (iterable mode)",
        threads=THREADS,
        unit="tokens",
        work=float(len(corpus.tokens)),
        quality=_quality,
        notes=(
            f"dim {config.dim}, window {config.window}, {config.negatives} negatives, "
            f"sample {config.sample}, learning rate {config.learning_rate} to "
            f"{config.min_learning_rate}, one epoch of {len(corpus.tokens):,} tokens, "
            f"{len(corpus.vocabulary):,} words, documents mixed; training alone; a "
            "seed a turn. Not equal: gensim keeps noise that repeats, ours is masked; "
            "ours shares noise in a window; the limit is arithmetic alone"
        ),
        limit=_limit(corpus, config),
    )


def _ours(corpus: Any, config: Any) -> Callable[[], Any]:
    """Return the work of a turn: one epoch on tables made beforehand."""
    from tutor import sampling
    from tutor.embedding import Embedding
    from tutor.words.word2vec import epoch, make_plan

    vocab = len(corpus.vocabulary)
    plan = make_plan(corpus, config)
    ready = []
    for seed in range(TURNS):
        U = epoch.padded(sampling.initial_vectors(vocab, config.dim, seed))
        V = epoch.padded(np.zeros_like(U))  # its pages are touched, as U's are
        ready.append((seed, U, V))

    def work() -> Any:
        seed, U, V = ready.pop(0)
        epoch.train_epoch(U, V, plan, config, seed=seed)
        return lambda: Embedding(corpus.vocabulary.words, U[:, : config.dim])

    return work


def _gensim(corpus: Any, config: Any) -> Callable[[], Any]:
    """Return the same work for gensim: a model a turn, its vocabulary built."""
    from gensim.models import Word2Vec

    from tutor.embedding import Embedding

    names = np.array(corpus.vocabulary.words, dtype=object)
    documents = [list(names[ids]) for ids in corpus.documents()]
    counts = dict(
        zip(corpus.vocabulary.words, corpus.vocabulary.counts.tolist(), strict=True)
    )
    ready = []
    for seed in range(TURNS):
        model = Word2Vec(
            vector_size=config.dim,
            window=config.window,
            negative=config.negatives,
            sg=int(config.architecture == "skipgram"),
            sample=config.sample,
            alpha=config.learning_rate,
            min_alpha=config.min_learning_rate,
            min_count=1,
            workers=THREADS,
            seed=seed + 1,
        )
        model.build_vocab_from_freq(counts, corpus_count=len(documents))
        ready.append(model)

    def work() -> Any:
        model = ready.pop(0)
        model.train(
            documents,
            total_examples=len(documents),
            total_words=len(corpus.tokens),
            epochs=1,
        )
        return lambda: Embedding(model.wv.index_to_key, model.wv.vectors)

    return work


def _quality(made: Callable[[], Any]) -> Mapping[str, float]:
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
    centers, _, places = walk.pairs(make_plan(part, config), config)
    updates = len(centers)
    if config.architecture == "cbow":
        updates = len(np.unique(places))
    outputs, width = config.negatives + 1, -(-config.dim // 16) * 16
    work = 3 * 2 * outputs * width * updates / len(part.tokens)
    return float(THREADS * matmul_speed() / work)
