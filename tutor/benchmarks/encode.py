"""Benchmark of chapter ``context/matryoshka``: vectors from an exit, MiniLM.

Ours stops after a layer, packs tokens without padding and keeps the first coordinates;
the rival is sentence-transformers with the later layers taken out, ``truncate_dim`` and
its own normalisation. Both sides tokenise inside the measured part, use float32 and one
thread, and must return the same vectors. The whole model at full length is a row of
``benchmarks/attention``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tutor.benchmarks import Row
from tutor.datasets import encoders

BATCH, DIM = 32, 64
_NOTES = (
    "float32, 1 thread, tokenising included, models loaded and cut before; ours about "
    "1,024 tokens at a time without padding, theirs batches of 32 sorted by length"
)


def rows(quick: bool) -> list[Row]:
    """Return one row an exit; ``quick`` takes an eighth of the texts."""
    import torch

    torch.set_num_threads(1)
    texts = _texts(64 if quick else 512)
    return [_row(layer, texts) for layer in (6, 3)]


def _row(layer: int, texts: list[str]) -> Row:
    from tutor.context import matryoshka
    from tutor.context.studies.attention import reader, tokens_of

    model = reader()
    short = matryoshka.shortened(model.encoder, layer)
    rival = _sentence_transformers(layer, texts)
    wanted = rival()

    def ours() -> Any:
        return matryoshka.exit_vectors(short, tokens_of(model, texts), dim=DIM)

    def quality(vectors: Any) -> Mapping[str, float]:
        cosines = (np.asarray(vectors) * wanted).sum(axis=1)
        return {"least cosine to sentence-transformers": float(cosines.min())}

    return Row(
        name=f"MiniLM, exit after layer {layer}, {DIM} coordinates",
        ours=ours,
        rival=rival,
        rival_name="sentence-transformers, layers taken out, truncate_dim",
        threads=1,
        unit="texts",
        work=float(len(texts)),
        quality=quality,
        notes=_NOTES,
        aim=1.6,
    )


def _texts(count: int) -> list[str]:
    """Return definitions and example sentences of WordNet, in an order drawn once."""
    from tutor.context.studies.attention import definitions_task

    task = definitions_task(count // 2)
    return [*task.sentences, *task.definitions]


def _sentence_transformers(layer: int, texts: list[str]) -> Callable[[], Any]:
    """Return the library's encoder without the layers behind an exit."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(encoders.minilm().folder), device="cpu")
    bert: Any = model[0].auto_model
    bert.encoder.layer = bert.encoder.layer[:layer]
    return lambda: model.encode(
        texts,
        batch_size=BATCH,
        truncate_dim=DIM,
        normalize_embeddings=True,
        show_progress_bar=False,
    )
