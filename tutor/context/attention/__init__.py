"""The transformer encoder: attention, masks, blocks, and a packaged one to run.

Forms: ``reference`` (NumPy forward), ``gradients`` (the same by hand, backward),
``torch`` (:class:`~tutor.context.attention.torch.Encoder`, for CPU and CUDA). Beside
them: ``masks`` (who may look at whom), ``cost`` (operations against length),
``pretrained`` (MiniLM under our names), ``packed`` (batches, filled up or not).
Nothing here learns an embedding of words; later chapters train the encoder.
Chapter: ``context/attention``.
"""

from __future__ import annotations

from tutor.context.attention.config import (
    Block,
    EncoderConfig,
    Parameters,
    initial_parameters,
)
from tutor.context.attention.cost import (
    Cost,
    block_cost,
    crossover_length,
    parameter_count,
)
from tutor.context.attention.gradients import (
    BlockGradients,
    attention_gradients,
    block_gradients,
    feed_forward_gradients,
    gelu_slope,
    layer_norm_gradients,
    multi_head_gradients,
    softmax_gradients,
)
from tutor.context.attention.masks import MASKS, allowed, causal, padding, prefix
from tutor.context.attention.pretrained import (
    Pretrained,
    bert_config,
    bert_parameters,
    minilm,
)
from tutor.context.attention.reference import (
    attention,
    attention_weights,
    block,
    embed,
    feed_forward,
    gelu,
    hidden_states,
    layer_norm,
    multi_head_attention,
    sinusoidal,
    softmax,
)
from tutor.lazy import members

__all__ = [
    "MASKS",
    "Block",
    "BlockGradients",
    "Cost",
    "Encoder",
    "EncoderConfig",
    "Parameters",
    "Pretrained",
    "allowed",
    "attention",
    "attention_gradients",
    "attention_weights",
    "bert_config",
    "bert_parameters",
    "block",
    "block_cost",
    "block_gradients",
    "causal",
    "crossover_length",
    "embed",
    "feed_forward",
    "feed_forward_gradients",
    "gelu",
    "gelu_slope",
    "hidden_states",
    "initial_parameters",
    "layer_norm",
    "layer_norm_gradients",
    "minilm",
    "multi_head_attention",
    "multi_head_gradients",
    "padding",
    "parameter_count",
    "prefix",
    "sinusoidal",
    "softmax",
    "softmax_gradients",
]

__getattr__ = members(__name__, ["Encoder"], "torch", __all__)
