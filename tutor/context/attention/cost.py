r"""What a block costs: floating-point operations, exactly, against the length.

A product of an (a, b) and a (b, c) matrix takes :math:`2abc` operations, a
multiplication and an addition for each term; biases, softmax and LayerNorm are left
out, as is usual.
Chapter: ``context/attention``.
"""

from __future__ import annotations

from typing import NamedTuple

from tutor.context.attention.config import EncoderConfig, block_shapes


class Cost(NamedTuple):
    """Floating-point operations of one block on one sequence.

    ``projections`` makes queries, keys, values and the output; ``pairs`` compares all
    tokens with all and mixes their values; ``feed_forward`` is the two-layer network.
    """

    projections: int
    pairs: int
    feed_forward: int

    @property
    def total(self) -> int:
        """All three together."""
        return self.projections + self.pairs + self.feed_forward

    @property
    def share_of_pairs(self) -> float:
        """The part of the total that grows with the square of the length."""
        return self.pairs / self.total


def block_cost(n: int, config: EncoderConfig) -> Cost:
    r"""Return what one block costs on n tokens.

    .. math:: \underbrace{8 n d^2}_{\text{projections}}
              + \underbrace{4 n^2 d}_{\text{pairs}}
              + \underbrace{4 n d h}_{\text{feed-forward}}

    The number of heads does not matter: more heads are narrower heads.
    """
    if n < 1:
        raise ValueError(f"a sequence has 1 token or more, got n={n}")
    d, h = config.dim, config.hidden
    return Cost(8 * n * d * d, 4 * n * n * d, 4 * n * d * h)


def crossover_length(config: EncoderConfig) -> int:
    r"""Return the length at which pairs cost as much as all the rest: :math:`2d + h`.

    From :math:`4 n^2 d = 8 n d^2 + 4 n d h`. With :math:`h = 4d` it is :math:`6d`.
    """
    return 2 * config.dim + config.hidden


def parameter_count(config: EncoderConfig) -> int:
    """Return how many numbers an encoder of this configuration learns."""
    d = config.dim
    tables = config.vocab + config.segments
    tables += config.max_length if config.positions == "learned" else 0
    inside = 0
    for shape in block_shapes(config):
        size = 1
        for side in shape:
            size *= int(side)
        inside += size
    return tables * d + 2 * d + config.layers * inside
