"""Our weights in transformers' ``BertForMaskedLM``: the proof on the outside.

Only names change, and matrices are transposed: libraries keep a layer as
``x @ W.T + b``. Segments, which we have not, get a row of zeros. Chapter:
``context/bert``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tutor.context.attention.config import Float, Parameters
from tutor.context.bert.reference import Head

_LAYERS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "o": "attention.output.dense",
    "1": "intermediate.dense",
    "2": "output.dense",
}
_NORMS = {"1": "attention.output.LayerNorm", "2": "output.LayerNorm"}


def bert_weights(parameters: Parameters, head: Head) -> dict[str, Float]:
    """Return our arrays under the names that ``BertForMaskedLM`` gives them."""
    start, top = "bert.embeddings.", "cls.predictions."
    dim = parameters.tokens.shape[1]
    found = {
        f"{start}word_embeddings.weight": parameters.tokens,
        f"{start}position_embeddings.weight": parameters.positions,
        f"{start}token_type_embeddings.weight": np.zeros((1, dim), np.float32),
        f"{start}LayerNorm.weight": parameters.gain,
        f"{start}LayerNorm.bias": parameters.shift,
        f"{top}transform.dense.weight": head.W.T,
        f"{top}transform.dense.bias": head.b,
        f"{top}transform.LayerNorm.weight": head.gain,
        f"{top}transform.LayerNorm.bias": head.shift,
        f"{top}bias": head.bias,
        f"{top}decoder.weight": parameters.tokens,
        f"{top}decoder.bias": head.bias,
    }
    for i, block in enumerate(parameters.blocks):
        for ours, theirs in _LAYERS.items():
            place = f"bert.encoder.layer.{i}.{theirs}"
            found[f"{place}.weight"] = getattr(block, f"W_{ours}").T
            found[f"{place}.bias"] = getattr(block, f"b_{ours}")
        for ours, theirs in _NORMS.items():
            place = f"bert.encoder.layer.{i}.{theirs}"
            found[f"{place}.weight"] = getattr(block, f"gain_{ours}")
            found[f"{place}.bias"] = getattr(block, f"shift_{ours}")
    return {name: part for name, part in found.items() if part is not None}


def bert_for_masked_lm(model: Any) -> Any:
    """Return transformers' ``BertForMaskedLM`` with the weights of our ``MaskedLM``.

    Raises
    ------
    ValueError
        For a model that sees the left only: the library's class looks both ways.
    """
    import torch
    import transformers

    if model.mask != "bidirectional":
        raise ValueError(
            f"BertForMaskedLM looks both ways, this model is {model.mask}; give it one "
            "trained with objective='masked'"
        )
    c = model.config
    theirs = transformers.BertForMaskedLM(
        transformers.BertConfig(
            vocab_size=c.vocab, hidden_size=c.dim, num_hidden_layers=c.layers,
            num_attention_heads=c.heads, intermediate_size=c.hidden,
            max_position_embeddings=c.max_length, type_vocab_size=1,
            layer_norm_eps=c.epsilon, hidden_act="gelu",
        )
    )  # fmt: skip
    arrays = bert_weights(model.encoder.values(), model.head())
    state = {k: torch.tensor(np.ascontiguousarray(v)) for k, v in arrays.items()}
    left = theirs.load_state_dict(state, strict=False)
    missing = [name for name in left.missing_keys if "position_ids" not in name]
    if missing or left.unexpected_keys:
        raise RuntimeError(
            f"the library's names have changed: missing {missing}, unknown "
            f"{left.unexpected_keys}"
        )
    return theirs.eval()  # type: ignore[no-untyped-call]
