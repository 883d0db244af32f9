"""The weights of a BERT, renamed for our encoder; MiniLM ready to use.

Nothing is converted but names, and matrices are transposed: libraries keep a layer as
``x @ W.T + b``, we as ``x @ W + b``. Chapter: ``context/attention``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tutor.context.attention.config import Block, EncoderConfig, Float, Parameters

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_LAYERS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "o": "attention.output.dense",
    "1": "intermediate.dense",
    "2": "output.dense",
}
_NORMS = {"1": "attention.output.LayerNorm", "2": "output.LayerNorm"}


class Pretrained(NamedTuple):
    """An encoder somebody trained: settings, parameters, tokenizer."""

    config: EncoderConfig
    parameters: Parameters
    tokenizer: Tokenizer


def bert_config(settings: Mapping[str, Any]) -> EncoderConfig:
    """Read a BERT's ``config.json``; dropout is left at 0, since we only run it.

    Raises
    ------
    ValueError
        If its activation or its positions are not those of BERT.
    """
    wanted = {
        "model_type": "bert",
        "hidden_act": "gelu",
        "position_embedding_type": "absolute",
    }
    for name, value in wanted.items():
        if settings.get(name, value) != value:
            raise ValueError(
                f"{name} is {settings[name]!r}; this encoder reads {value!r} only"
            )
    return EncoderConfig(
        layers=settings["num_hidden_layers"],
        dim=settings["hidden_size"],
        heads=settings["num_attention_heads"],
        hidden=settings["intermediate_size"],
        vocab=settings["vocab_size"],
        max_length=settings["max_position_embeddings"],
        segments=settings["type_vocab_size"],
        epsilon=settings["layer_norm_eps"],
    )


def bert_parameters(
    config: EncoderConfig, weights: Mapping[str, Float], *, dtype: Any = np.float32
) -> Parameters:
    """Return a BERT's weights under our names.

    Parameters
    ----------
    config : EncoderConfig
        Of :func:`bert_config`.
    weights : mapping of name to array
        As in its ``safetensors`` file, without a ``bert.`` in front.
    dtype : floating type
        float64 for checks against other implementations.

    Raises
    ------
    KeyError
        If a weight is missing; its full name is given.
    """

    def get(name: str, *, transposed: bool = False) -> Float:
        if name not in weights:
            raise KeyError(
                f"no weight {name!r}; a BERT of {config.layers} layers has one, so "
                "this file holds another model or another prefix"
            )
        part = weights[name]
        return np.array(part.T if transposed else part, dtype=dtype, order="C")

    def block(i: int) -> Block:
        found = {}
        for ours, theirs in _LAYERS.items():
            place = f"encoder.layer.{i}.{theirs}"
            found[f"W_{ours}"] = get(f"{place}.weight", transposed=True)
            found[f"b_{ours}"] = get(f"{place}.bias")
        for ours, theirs in _NORMS.items():
            place = f"encoder.layer.{i}.{theirs}"
            found[f"gain_{ours}"] = get(f"{place}.weight")
            found[f"shift_{ours}"] = get(f"{place}.bias")
        return Block(**found)

    return Parameters(
        tokens=get("embeddings.word_embeddings.weight"),
        positions=get("embeddings.position_embeddings.weight"),
        segments=get("embeddings.token_type_embeddings.weight"),
        gain=get("embeddings.LayerNorm.weight"),
        shift=get("embeddings.LayerNorm.bias"),
        blocks=tuple(block(i) for i in range(config.layers)),
    )


def minilm(dtype: Any = np.float32) -> Pretrained:
    """Return the packaged all-MiniLM-L6-v2: 22.6 million parameters.

    Its pooler, which sentence vectors do not use, is left out.

    Sources: Wang et al. (2020), "MiniLM"; Reimers and Gurevych (2019),
    "Sentence-BERT". Licence of the weights: Apache-2.0.
    """
    from tutor.datasets import encoders

    packed = encoders.minilm()
    config = bert_config(packed.config)
    parameters = bert_parameters(config, packed.weights, dtype=dtype)
    return Pretrained(config, parameters, packed.tokenizer)
