"""What an exit costs: operations to make a vector, bytes to keep it.

Chapter: ``context/matryoshka``.
"""

from __future__ import annotations

from typing import NamedTuple

from tutor.context.attention.config import EncoderConfig
from tutor.context.attention.cost import block_cost
from tutor.context.matryoshka.config import check_dims, check_layer

FLOAT = 4  # bytes of a float32


class Exit(NamedTuple):
    """Floating-point operations of one text, and bytes of its vector in float32."""

    operations: int
    bytes: int


def exit_cost(
    n: int, config: EncoderConfig, *, layer: int | None = None, dim: int | None = None
) -> Exit:
    r"""Return the cost of n tokens up to a layer, and of d coordinates kept.

    .. math:: \ell\,(8 n d_m^2 + 4 n^2 d_m + 4 n d_m h), \qquad 4 d

    where :math:`\ell` is the layer, :math:`d_m` the model's dim and h its hidden width.
    Depth saves work when texts are encoded, length saves memory and work in every
    comparison: neither does the other's job.
    """
    layer = config.layers if layer is None else layer
    dim = config.dim if dim is None else dim
    check_layer(layer, config.layers)
    check_dims([dim], config.dim)
    return Exit(layer * block_cost(n, config).total, FLOAT * dim)
