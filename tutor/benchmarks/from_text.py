"""Benchmark of chapter ``words/word2vec``: from a text file to vectors, all of it.

A reader waits for more than the training: the text is read and split, words are
counted, ids and tables made, vectors trained and handed out. Both sides do all that,
from one plain file with a document a line and a space between words, with the same
hyper-parameters, one epoch and two threads. Each turn has a seed and an order of the
documents of its own.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from tutor.benchmarks import Row
from tutor.benchmarks.word2vec import THREADS, TURNS, gensim_settings, mixed, quality

MIN_COUNT = 5


def rows(quick: bool) -> list[Row]:
    """Return the row; ``quick`` takes a tenth of the corpus."""
    from tutor.datasets import texts
    from tutor.words.word2vec import Word2VecConfig

    corpus = texts.course_en()
    if quick:
        corpus = corpus.head(len(corpus.tokens) // 10, min_count=MIN_COUNT)
    config = Word2VecConfig(epochs=1, threads=THREADS, deterministic=False)
    files = [_file(mixed(corpus, seed), seed) for seed in range(TURNS + 1)]
    return [
        Row(
            name=f"SGNS from a text file, {THREADS} threads",
            ours=_ours(list(enumerate(files)), config),
            rival=_gensim(list(enumerate(files)), config),
            rival_name="gensim Word2Vec of LineSentence",
            threads=THREADS,
            unit="tokens",
            work=float(len(corpus.tokens)),
            quality=quality,
            notes=(
                f"dim {config.dim}, window {config.window}, {config.negatives} "
                f"negatives, one epoch of {len(corpus.tokens):,} tokens, the tuned "
                "kernel; reading, splitting, counting and training. Not equal: each "
                "side draws its own starting vectors; gensim keeps noise that repeats, "
                "ours is masked; ours shares noise in a window"
            ),
            aim=10,
            turns=TURNS,
        )
    ]


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """Return a folder that goes when the process ends."""
    return tempfile.TemporaryDirectory()


def _file(corpus: Any, seed: int) -> Path:
    """Write a corpus as text, a document a line."""
    words = corpus.vocabulary.words
    path = Path(_folder().name) / f"{seed}.txt"
    with path.open("w", encoding="utf-8") as file:
        for document in corpus.documents():
            file.write(" ".join(words[i] for i in document.tolist()) + "\n")
    return path


def _ours(turns: list[tuple[int, Path]], config: Any) -> Callable[[], Any]:
    from tutor.datasets.corpus import Corpus
    from tutor.words import word2vec

    def work() -> Any:
        seed, path = turns.pop(0)
        with path.open(encoding="utf-8") as lines:
            documents = (line.split() for line in lines)
            corpus = Corpus.from_documents(documents, min_count=MIN_COUNT)
        embedding = word2vec.fit(corpus, config, seed=seed).embedding
        return lambda: embedding

    return work


def _gensim(turns: list[tuple[int, Path]], config: Any) -> Callable[[], Any]:
    from gensim.models import Word2Vec
    from gensim.models.word2vec import LineSentence

    from tutor.embedding import Embedding

    def work() -> Any:
        seed, path = turns.pop(0)
        model = Word2Vec(
            LineSentence(path),
            **gensim_settings(config),
            min_count=MIN_COUNT,
            epochs=1,
            seed=seed + 1,
        )
        return lambda: Embedding(model.wv.index_to_key, model.wv.vectors)

    return work
