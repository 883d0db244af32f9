"""Every family's vectors of the same concepts, in the order of the world.

What is packaged or fixed is computed here on the spot; what a run of minutes trains
stands in ``stored``. A space is named by its family and by what it was shown: *MiniLM,
gloss* read the gloss, *MiniLM, text* the lead section or the definition. A name of
several words has the mean of their vectors. Chapter: ``closing/one_world``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tutor.context.studies import pooling
from tutor.context.studies.attention import Reader, reader
from tutor.datasets import models
from tutor.datasets.world import World

if TYPE_CHECKING:
    from tutor.embedding import Embedding

Table = NDArray[np.float64]

SENTENCES = 3
"""Sentences of a text that are read: what a reader of a search result sees."""


def openings(texts: Sequence[str], sentences: int = SENTENCES) -> list[str]:
    """Return the first sentences of each text."""
    return [
        " ".join(re.split(r"(?<=[.!?])\s+", text.strip())[:sentences]) for text in texts
    ]


def first_words(texts: Sequence[str], count: int) -> list[str]:
    """Return the first ``count`` words of each text, cut at spaces."""
    return [" ".join(text.split()[:count]) for text in texts]


def composed(embedding: Embedding, words: Sequence[str]) -> Table:
    r"""Return the mean of the vectors of each word's pieces: (n, dim).

    .. math:: x_i = \frac{1}{|W_i|} \sum_{w \in W_i} v_w

    Pieces stand in one string, with spaces between them; one piece keeps its vector.
    """
    pieces = [word.split() for word in words]
    keys = tuple(dict.fromkeys(piece for one in pieces for piece in one))
    V = np.asarray(embedding.subset(keys).vectors, np.float64)
    row = {key: i for i, key in enumerate(keys)}
    return np.stack([V[[row[piece] for piece in one]].mean(axis=0) for one in pieces])


def words(world: World) -> Table:
    """Return GloVe-6B's vectors of the concepts' words (n, 50)."""
    return composed(models.glove(), world.column("word"))


def bags(texts: Sequence[str]) -> dict[str, Table]:
    """Return LSA and SIF vectors of texts: what words alone say of them."""
    both = {"LSA": pooling.lsa, "SIF": pooling.glove_encoder(sif=True)}
    return {name: np.asarray(f(list(texts)), np.float64) for name, f in both.items()}


def minilm(texts: Sequence[str], model: Reader | None = None) -> Table:
    """Return MiniLM's sentence vectors (n, 384), texts cut at 128 tokens."""
    encode = pooling.minilm_encoders(model or reader())["MiniLM mean"]
    return np.asarray(encode(list(texts)), np.float64)


def own_bert(texts: Sequence[str]) -> Table:
    """Return means of the last states of the book's own small BERT (n, 128)."""
    from tutor.context.bert import encoded, trained
    from tutor.context.studies.bert import mean_states

    found = trained("masked")
    ids = encoded(found.vocabulary, list(texts))
    return np.asarray(mean_states(found.model.encoder, ids), np.float64)


def imagenet(world: World) -> Table:
    """Return the frozen ImageNet encoder's features of the drawings (n, 1280)."""
    from tutor.multimodal.frozen import features

    return np.asarray(features(world.drawings(96)), np.float64)


def clip_images(world: World) -> Table:
    """Return the image side of the book's own CLIP (n, 64)."""
    from tutor.multimodal.clip.weights import preset

    model = preset("learned")
    return np.asarray(model.encode_image(world.drawings(32)), np.float64)


def pixels(world: World, size: int = 8) -> Table:
    """Return the drawings themselves, very small: shape and colour, nothing learned."""
    small = world.drawings(size).astype(np.float64) / 255
    return small.reshape(len(world), -1)


def fixed(world: World) -> dict[str, Table]:
    """Return all spaces that need no training, by name."""
    glosses, told = world.column("gloss"), openings(world.texts())
    model = reader()
    spaces = {"GloVe-6B, word": words(world)}
    for kind, texts in (("gloss", glosses), ("text", told)):
        spaces |= {f"{name}, {kind}": X for name, X in bags(texts).items()}
        spaces[f"MiniLM, {kind}"] = minilm(texts, model)
    spaces["own BERT, gloss"] = own_bert(glosses)
    spaces["ImageNet, drawing"] = imagenet(world)
    spaces["own CLIP, drawing"] = clip_images(world)
    spaces["pixels, drawing"] = pixels(world)
    return spaces
