"""Benchmark of chapter ``context/attention``: texts to sentence vectors, MiniLM.

Ours packs tokens without padding and runs plain matrix products; the rivals are
sentence-transformers as its documentation calls it, and transformers on batches sorted
by length. Both sides load the same file, tokenise inside the measured part, use float32
and one thread. The limit is arithmetic alone: the operations of the texts' tokens at
the speed of this machine's float32 matrix product.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np

from tutor.benchmarks import Row
from tutor.datasets import encoders

BATCH = 32
_NOTES = (
    "float32, 1 thread, tokenising included, models loaded before; ours about 1,024 "
    "tokens at a time without padding, theirs batches of 32 sorted by length"
)


def rows(quick: bool) -> list[Row]:
    """Return the rows; ``quick`` takes an eighth of the texts."""
    import torch

    from tutor.context.studies import attention as study

    torch.set_num_threads(1)
    texts = _texts(64 if quick else 512)
    model = study.reader()
    wanted = _sentence_transformers(texts)()

    def quality(vectors: Any) -> Mapping[str, float]:
        cosines = (np.asarray(vectors) * wanted).sum(axis=1)
        return {"least cosine to sentence-transformers": float(cosines.min())}

    rivals: dict[str, Callable[[], Any]] = {
        "sentence-transformers encode(batch_size=32)": _sentence_transformers(texts),
        "transformers BertModel (sdpa), sorted by length": _transformers(texts),
    }
    return [
        Row(
            name=f"MiniLM sentence vectors, against {name.split()[0]}",
            ours=lambda: study.sentence_vectors(model, texts),
            rival=rival,
            rival_name=name,
            threads=1,
            unit="texts",
            work=float(len(texts)),
            quality=quality,
            notes=_NOTES,
            limit=_limit(study.tokens_of(model, texts)),
            aim=1.6 if name.startswith("sentence-transformers") else 0.0,
        )
        for name, rival in rivals.items()
    ]


def _texts(count: int) -> list[str]:
    """Return pieces of encyclopedia, 5 to 60 words long, drawn once."""
    from tutor import sampling
    from tutor.datasets import texts

    corpus = texts.course_en()
    first = sampling.permutation(len(corpus), seed=0)[:count]
    size = 5 + sampling.integers(0, 0, sampling.SHUFFLE, np.arange(count), 56)
    pairs = zip(first, size, strict=True)
    return [" ".join(corpus.words(int(i))[: int(n)]) for i, n in pairs]


@cache
def _library(name: str) -> Any:
    """Load a rival's model once, from the packaged folder."""
    folder = str(encoders.minilm().folder)
    if name == "sentence-transformers":
        from sentence_transformers import SentenceTransformer

        return SentenceTransformer(folder, device="cpu")
    import transformers

    bert: Any = transformers.BertModel.from_pretrained(folder)
    return transformers.AutoTokenizer.from_pretrained(folder), bert.eval()


def _sentence_transformers(texts: list[str]) -> Callable[[], Any]:
    model = _library("sentence-transformers")
    return lambda: model.encode(texts, batch_size=BATCH, show_progress_bar=False)


def _transformers(texts: list[str]) -> Callable[[], Any]:
    import torch

    tokenizer, model = _library("transformers")
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))

    def work() -> Any:
        vectors = np.empty((len(texts), model.config.hidden_size), dtype=np.float32)
        with torch.inference_mode():
            for start in range(0, len(order), BATCH):
                piece = order[start : start + BATCH]
                chosen = [texts[i] for i in piece]
                given = tokenizer(chosen, padding=True, return_tensors="pt")
                real = given["attention_mask"][..., None]
                states = model(**given).last_hidden_state * real
                mean = states.sum(dim=1) / real.sum(dim=1)
                vectors[piece] = torch.nn.functional.normalize(mean).numpy()
        return vectors

    return work


def _limit(tokens: list[list[int]]) -> float:
    """Return the texts a second that arithmetic alone would allow here."""
    import torch

    from tutor.context import attention

    config = attention.bert_config(encoders.minilm().config)
    costs = [config.layers * attention.block_cost(len(t), config).total for t in tokens]
    n = 1024
    a, b = torch.ones(n, config.dim), torch.ones(config.dim, config.hidden)
    best = np.inf
    for _ in range(30):
        began = time.perf_counter()
        a @ b
        best = min(best, time.perf_counter() - began)
    speed = 2.0 * n * config.dim * config.hidden / best
    return float(speed / np.mean(costs))
