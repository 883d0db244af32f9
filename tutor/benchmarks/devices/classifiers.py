"""Classifiers on ready vectors, on a GPU: of texts, of numbers, of captions.

The texts are pieces of course-en, all of one length, and the vectors of their words
are drawn at random: what a step costs depends on shapes alone. A text's class is the
one that most of its words fall into, so that there is something to learn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any

from tutor.benchmarks import Row
from tutor.benchmarks.devices import finished, last_loss, row, seeds, sides

COMMON, CLASSES = 100, 11
TEXTS = "pieces of course-en, word vectors drawn at random"
TORCH = "torch, all cores"


def rows(quick: bool, device: str) -> list[Row]:
    """Return the rows of all classifiers; ``quick`` takes the smallest of each."""
    found: list[Row] = []
    for kind in (_bags, _subwords, _knowledge, _probe, _heads):
        found += kind(quick, device)
    return found


def _sides(fit: Callable[..., Any], device: str) -> dict[str, Callable[[], Any]]:
    """Return both sides of a row: ``fit(seed=, device=)`` there and on the CPU."""
    return sides(partial(fit, device=device), partial(fit, device="cpu"))


def _loss(model: Any) -> Mapping[str, float]:
    """Return the loss of the last pass."""
    return {"loss": float(model.losses[-1])}


# --- texts ---------------------------------------------------------------------------
@lru_cache(maxsize=1)
def _words() -> tuple[Any, Any]:
    """Return the words of course-en and its tokens as rows of them."""
    from tutor.datasets import texts

    corpus = texts.course_en()
    return corpus.vocabulary.words, corpus.tokens


@lru_cache(maxsize=4)
def _texts(count: int, length: int, most: int) -> tuple[Any, Any]:
    """Return texts of the ``most`` frequent words as lists, and their classes."""
    import numpy as np

    words, tokens = _words()
    tokens = tokens[: 3 * count * length]
    pieces = tokens[tokens < most][: count * length].reshape(count, length)
    votes = [np.bincount(p[p >= COMMON] % CLASSES, minlength=CLASSES) for p in pieces]
    labels = np.array(votes).argmax(axis=1).astype(np.int64)
    return [[words[i] for i in piece] for piece in pieces.tolist()], labels


@lru_cache(maxsize=2)
def _vectors(count: int, dim: int) -> Any:
    """Return vectors of the ``count`` most frequent words, drawn at random."""
    import numpy as np

    from tutor.embedding import Embedding

    drawn = np.random.default_rng(0).standard_normal((count, dim), dtype=np.float32)
    return Embedding(tuple(_words()[0][:count]), drawn)


def _bags(quick: bool, device: str) -> list[Row]:
    """Return rows of the fine-tuned softmax on a mean of word vectors."""
    sizes = [(1_000, 100, 32, 5), (8_000, 300, 32, 1), (8_000, 300, 512, 4)]
    if quick:
        sizes = [(200, 50, 32, 1)]
    length = 50
    return [
        row(
            "words/evaluation",
            f"batches of {batch}, {count:,} texts, {dim} dimensions",
            **_sides(partial(_fine_tuned, count, length, dim, batch, passes), device),
            cpu_name=TORCH,
            unit="texts × passes",
            work=float(count * passes),
            quality=lambda right: {"share right": float(right.mean())},
            notes=f"{TEXTS}; {length} words a text, {passes} passes; all word vectors "
            "of the texts are trained along by Adam; judged on texts of the training",
        )
        for count, dim, batch, passes in sizes
    ]


def _fine_tuned(
    count: int, length: int, dim: int, batch: int, passes: int, **where: Any
) -> Any:
    """Return which of the first 500 training texts are classified rightly."""
    import numpy as np

    from tutor.words import evaluation

    documents, labels = _texts(count, length, 40_000)
    names = tuple(str(i) for i in range(CLASSES))
    texts = evaluation.LabelledTexts("pieces", tuple(documents), labels, names)
    config = evaluation.FineTuneConfig(epochs=passes, batch_size=batch)
    every, table = np.arange(count), _vectors(40_000, dim)
    return evaluation.fine_tuned(texts, table, every, every[:500], config, **where)


def _subwords(quick: bool, device: str) -> list[Row]:
    """Return rows of the convolutional LSTM, by length and batch."""
    sizes = [(2_000, 24, 64, 32), (300, 300, 100, 128), (400, 300, 400, 128)]
    if quick:
        sizes = [(200, 24, 64, 32)]
    return [
        row(
            "words/subwords",
            f"classifier, texts of {length} words, batches of {batch:,}",
            **_sides(partial(_lstm, count, length, batch, hidden), device),
            cpu_name=TORCH,
            unit="texts × passes",
            work=float(2 * count),
            quality=_loss,
            notes=f"{TEXTS}, 100 dimensions, as they are in training; {count:,} texts, "
            f"two passes; {hidden} units of the LSTM",
        )
        for count, length, batch, hidden in sizes
    ]


def _lstm(count: int, length: int, batch: int, hidden: int, **where: Any) -> Any:
    """Return a trained convolutional LSTM."""
    from tutor.words.subwords import classifier

    documents, labels = _texts(count, length, 40_000)
    table = _vectors(40_000, 100)
    config = classifier.ClassifierConfig(
        length=length, batch=batch, hidden=hidden, epochs=2
    )

    def lookup(words: list[str]) -> Any:
        return table.vectors[table.rows(words)]

    return classifier.fit(documents, labels, lookup, config, **where)


def _knowledge(quick: bool, device: str) -> list[Row]:
    """Return rows of the multi-task network, by the table trained along and batch."""
    sizes = [(1_000, 5_000, 10), (1_000, 40_000, 10), (10_000, 40_000, 500)]
    if quick:
        sizes = [(100, 1_000, 10)]
    return [
        row(
            "words/knowledge",
            f"classifier, {words:,} words, batches of {batch}",
            **_sides(partial(_tasks, count, words, batch), device),
            cpu_name=TORCH,
            unit="texts",
            work=float(count),
            quality=_loss,
            notes=f"{TEXTS}; 300 dimensions, all trained along by Adam with a penalty; "
            f"{count:,} texts of 20 words, one pass, two tasks",
        )
        for count, words, batch in sizes
    ]


def _tasks(count: int, words: int, batch: int, **where: Any) -> Any:
    """Return a trained multi-task network."""
    import numpy as np

    from tutor.words.knowledge import classifier

    documents, labels = _texts(count, 20, words)
    table = _vectors(words, 300)
    start = np.array(table.vectors)  # torch warns of rows that are locked
    # the paper's penalty on the whole table would hide the losses of the tasks
    config = classifier.MultiTaskConfig(epochs=1, batch=batch, l2=1e-6)
    both = {"class": labels, "half": labels % 2}
    return classifier.fit(documents, both, table.keys, start, config, **where)


# --- numbers and captions ------------------------------------------------------------
@lru_cache(maxsize=1)
def _linear(count: int, dim: int) -> tuple[Any, Any]:
    """Return rows drawn at random, and a bent sum of their columns."""
    import numpy as np

    rng = np.random.default_rng(0)
    X = rng.normal(size=(count, dim))
    return X, np.abs(X @ rng.normal(size=dim)) / np.sqrt(dim)


def _probe(quick: bool, device: str) -> list[Row]:
    """Return rows of the probe network, from the chapter's size upwards."""
    sizes = [(5_000, 64, 32, 50, "numpy"), (50_000, 64, 256, 500, "numpy")]
    sizes = [*sizes, (20_000, 768, 1_024, 2_000, "torch")]
    if quick:
        sizes = [(500, 64, 32, 50, "numpy")]
    return [
        row(
            "words/numbers",
            f"{dim} columns, {hidden:,} units, batches of {batch:,}",
            gpu=_probing(count, dim, hidden, batch, "torch", device),
            cpu=_probing(count, dim, hidden, batch, kernel, "cpu"),
            cpu_name="NumPy" if kernel == "numpy" else TORCH,
            unit="rows × passes",
            work=float(5 * count),
            quality=partial(_error, count=count, dim=dim),
            notes=f"{count:,} rows drawn at random, five passes; float64",
        )
        for count, dim, hidden, batch, kernel in sizes
    ]


def _probing(
    count: int, dim: int, hidden: int, batch: int, backend: str, device: str
) -> Callable[[], Any]:
    """Return the training of a probe network on one side."""
    turns = seeds()

    def work() -> Any:
        from tutor.words.numbers import probe

        config = probe.ProbeConfig(hidden, 5, batch, learning_rate=0.64 / hidden)
        fit = partial(probe.train, *_linear(count, dim), config, seed=next(turns))
        return finished(fit(backend=backend, device=device))

    return work


def _error(network: Any, count: int, dim: int) -> Mapping[str, float]:
    """Return the loss on a thousand of the rows."""
    from tutor.words.numbers import probe

    X, y = _linear(count, dim)
    return {"loss": probe.probe_loss(network, X[:1_000], y[:1_000])}


def _heads(quick: bool, device: str) -> list[Row]:
    """Return rows of the head on text vectors, from the chapter's size upwards."""
    sizes = [(2_000, 64, 64, 200, "numpy"), (4_000, 768, 1_024, 30, "torch")]
    if quick:
        sizes = [(500, 64, 64, 20, "numpy")]
    return [
        row(
            "multimodal/text_only",
            f"{dim} dimensions, {hidden:,} units",
            gpu=_heading(count, dim, hidden, steps, "torch", device),
            cpu=_heading(count, dim, hidden, steps, kernel, "cpu"),
            cpu_name="NumPy" if kernel == "numpy" else TORCH,
            unit="texts",
            work=float(128 * steps),
            quality=last_loss,
            notes=f"{count:,} unit rows drawn at random around {CLASSES} centres; "
            f"{steps} batches of 128 with noise of .28, drawn on the CPU; float64 in "
            "NumPy, float32 in torch",
        )
        for count, dim, hidden, steps, kernel in sizes
    ]


@lru_cache(maxsize=1)
def _captions(count: int, dim: int) -> tuple[Any, Any]:
    """Return unit rows around eleven centres, and the centre of each."""
    import numpy as np

    from tutor.geometry import unit_rows

    rng = np.random.default_rng(0)
    labels = rng.integers(CLASSES, size=count)
    centres = rng.normal(size=(CLASSES, dim))
    return unit_rows(centres[labels] + rng.normal(size=(count, dim))), labels


def _heading(
    count: int, dim: int, hidden: int, steps: int, backend: str, device: str
) -> Callable[[], Any]:
    """Return the training of a head on one side."""
    turns = seeds()

    def work() -> Any:
        from tutor.multimodal import text_only

        config = text_only.HeadConfig(hidden, steps, learning_rate=0.64 / hidden)
        noise = text_only.GaussianAdapter(0.28)
        fit = partial(text_only.fit, *_captions(count, dim), noise, config)
        return finished(fit(seed=next(turns), backend=backend, device=device))

    return work
