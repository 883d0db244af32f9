"""Benchmarks of chapter ``words/subwords``: training and looking up unknown words.

The rivals are the fastText program through its Python library, and gensim. All get the
same documents, n-grams, buckets, noise words, passes and learning rate. The program
reads its text from a file and counts its words in every call, which ours and gensim's
do not: with several passes that is a small part, and the notes say so.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from tutor.benchmarks import Row

EPOCHS, DIM, BUCKETS, RATE, UNKNOWN = 3, 100, 200_000, 0.05, 100_000


def rows(quick: bool) -> list[Row]:
    """Return the rows; ``quick`` takes a twenty-fifth of the corpus."""
    from tutor.datasets import texts

    corpus = texts.course_en()
    part = len(corpus.tokens) // (25 if quick else 2)
    corpus = corpus.head(part, min_count=5)
    words = unknown_words(corpus, UNKNOWN // (10 if quick else 1))
    return [
        _training(corpus, 6, _program, "fastText program (fasttext-community)", 4.0),
        _training(corpus, 6, _gensim, "gensim FastText", 4.0),
        _training(corpus, 0, _program, "fastText program, no n-grams", 4.0),
        _lookup(corpus, words, _program, "fastText get_word_vector"),
        _lookup(corpus, words, _gensim, "gensim FastText.wv"),
    ]


def unknown_words(corpus: Any, n: int) -> list[str]:
    """Return different words that a corpus lacks: two of its words written as one."""
    names = np.array(corpus.vocabulary.words)
    rng = np.random.default_rng(0)
    left, right = rng.choice(names, n), rng.choice(names, n)
    joined = dict.fromkeys(a + b for a, b in zip(left, right, strict=True))
    return [word for word in joined if word not in corpus.vocabulary]


def _config(max_n: int) -> Any:
    from tutor.words.subwords import SubwordConfig

    return SubwordConfig(
        dim=DIM, epochs=EPOCHS, buckets=BUCKETS, learning_rate=RATE, max_n=max_n
    )


Train = Callable[[Any, list[list[str]], Path, int, int], Any]


def _program(
    corpus: Any, documents: list[list[str]], path: Path, max_n: int, seed: int
) -> Any:
    """Train the program on a file of the same words; its binding takes no seed."""
    import fasttext

    model = fasttext.train_unsupervised(
        str(path),
        model="skipgram",
        dim=DIM,
        ws=5,
        neg=5,
        epoch=EPOCHS,
        minCount=1,
        t=1e-3,
        lr=RATE,
        minn=3 if max_n else 0,
        maxn=max_n,
        bucket=BUCKETS if max_n else 1,
        thread=1,
        verbose=0,
    )
    return model.get_word_vector


def _gensim(
    corpus: Any, documents: list[list[str]], path: Path, max_n: int, seed: int
) -> Any:
    """Train gensim on the same words, fed by lists."""
    from gensim.models import FastText

    model = FastText(
        vector_size=DIM,
        window=5,
        negative=5,
        sg=1,
        sample=1e-3,
        alpha=RATE,
        min_alpha=0.0001,
        min_count=1,
        min_n=3,
        max_n=max_n,
        bucket=BUCKETS,
        workers=1,
        seed=seed + 1,
    )
    model.build_vocab(documents)
    model.train(
        documents,
        total_examples=len(documents),
        total_words=len(corpus.tokens),
        epochs=EPOCHS,
    )
    return model.wv.__getitem__


def _material(corpus: Any) -> tuple[list[list[str]], Path]:
    """Return the documents as lists of words, and a file that holds them."""
    documents = [corpus.words(i) for i in range(len(corpus))]
    documents = [d for d in documents if d]
    folder = Path(tempfile.mkdtemp(prefix="tutor-bench-"))
    path = folder / "words.txt"
    path.write_text("\n".join(" ".join(d) for d in documents), encoding="utf-8")
    return documents, path


def _training(corpus: Any, max_n: int, train: Train, name: str, aim: float) -> Row:
    from tutor.words import subwords

    documents, path = _material(corpus)
    seeds, words = itertools.count(), corpus.vocabulary.words

    def ours() -> Any:
        run = subwords.fit(corpus, _config(max_n), seed=next(seeds))
        return words, run.embedding.vectors

    def rival() -> Any:
        look = train(corpus, documents, path, max_n, next(seeds))
        return words, np.array([look(word) for word in words], np.float32)

    kind = "3 to 6-grams" if max_n else "no n-grams"
    return Row(
        name=f"fastText training, {kind}, 1 thread, against {name.split()[0]}",
        ours=ours,
        rival=rival,
        rival_name=name,
        threads=1,
        unit="tokens",
        work=float(len(corpus.tokens) * EPOCHS),
        quality=_quality,
        notes=(
            f"dim {DIM}, window 5, 5 negatives, sample 1e-3, {BUCKETS:,} buckets, "
            f"{EPOCHS} passes of {len(corpus.tokens):,} tokens, vectors of all words "
            "made on both sides. Not equal: the program also reads and counts its "
            "file, and gensim counts its lists; ours computes a probe loss a pass; "
            "noise that repeats is masked on our side only; the program takes no "
            "seed, so its scores are alike in every turn"
        ),
        aim=aim,
    )


def _lookup(corpus: Any, words: list[str], train: Train, name: str) -> Row:
    from tutor.words import subwords

    run = cache(lambda: subwords.fit(corpus, _config(6), seed=0))
    look = cache(lambda: train(corpus, *_material(corpus), 6, 0))

    def rival() -> Any:
        one = look()
        return np.array([one(word) for word in words])

    return Row(
        name=f"vectors of unknown words, against {name.split()[0]}",
        ours=lambda: run().vectors(words),
        rival=rival,
        rival_name=name,
        threads=1,
        unit="words",
        work=float(len(words)),
        notes=f"{len(words):,} words of two known ones; ours takes a list, theirs a "
        "word a call, as their users write it; models trained in the warm-up",
    )


def _quality(made: tuple[Any, np.ndarray]) -> Mapping[str, float]:
    """Return similarity scores of one result."""
    from tutor.datasets import lexicons
    from tutor.embedding import Embedding
    from tutor.evaluate import similarity

    embedding = Embedding(*made)
    return {
        name: float(similarity.correlate(embedding, lexicons.similarity(name)).rho)
        for name in ("wordsim353", "men")
    }
