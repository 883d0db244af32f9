"""The settings of the encoder, and its parameters by name.

Chapter: ``context/attention``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.floating[Any]]

NORMS = ("post", "pre")
ACTIVATIONS = ("gelu", "relu")
POSITIONS = ("learned", "sinusoidal", "none")


@dataclass(frozen=True)
class EncoderConfig:
    r"""Settings of an encoder; values in brackets: [MiniLM-L6].

    Attributes
    ----------
    layers : int
        Blocks, one after the other :math:`N` [6].
    dim : int
        Length of a state :math:`d` [384].
    heads : int
        Heads :math:`H`; each works on :math:`d / H` coordinates [12].
    hidden : int
        Width of the feed-forward layer :math:`h` [1536].
    vocab : int
        Different tokens [30,522].
    max_length : int
        Longest sequence; learned positions have that many rows [512].
    norm : {"post", "pre"}
        Normalise after each residual sum, or before each sublayer [post]. Vaswani
        et al. have post.
    activation : {"gelu", "relu"}
        Between the two feed-forward matrices [gelu]. Vaswani et al. have relu.
    positions : {"learned", "sinusoidal", "none"}
        What is added to the token vectors [learned]. Vaswani et al. have waves.
    segments : int
        Rows of the segment table, 0 for none [2].
    dropout : float
        Chance to drop a coordinate in training, as BERT does it: after the
        embeddings, in the attention weights, after each sublayer [0.1].
    epsilon : float
        Added to the variance in LayerNorm [1e-12].

    Raises
    ------
    ValueError
        If a value is out of its range; the message names field, value and remedy.
    """

    layers: int = 4
    dim: int = 128
    heads: int = 4
    hidden: int = 512
    vocab: int = 5000
    max_length: int = 128
    norm: str = "post"
    activation: str = "gelu"
    positions: str = "learned"
    segments: int = 0
    dropout: float = 0.0
    epsilon: float = 1e-12

    def __post_init__(self) -> None:
        for name in ("layers", "dim", "heads", "hidden", "vocab", "max_length"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more, got {getattr(self, name)}")
        if self.dim % self.heads:
            raise ValueError(
                f"dim={self.dim} cannot be split into {self.heads} heads of equal "
                f"size; choose heads that divide dim"
            )
        for name, known in (
            ("norm", NORMS),
            ("activation", ACTIVATIONS),
            ("positions", POSITIONS),
        ):
            if getattr(self, name) not in known:
                raise ValueError(
                    f"unknown {name} {getattr(self, name)!r}; there are "
                    f"{', '.join(known)}"
                )
        if self.positions == "sinusoidal" and self.dim % 2:
            raise ValueError(
                f"sinusoidal positions come in pairs of coordinates; dim={self.dim} "
                "is odd"
            )
        if self.segments < 0:
            raise ValueError(f"segments must be 0 or more, got {self.segments}")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout must lie in [0, 1), got {self.dropout}")
        if not self.epsilon > 0:
            raise ValueError(f"epsilon must be above 0, got {self.epsilon}")


class Block(NamedTuple):
    """The parameters of one block; vectors are rows, so a layer is ``x @ W + b``.

    Shapes: ``W_q``, ``W_k``, ``W_v``, ``W_o`` (dim, dim); ``W_1`` (dim, hidden),
    ``W_2`` (hidden, dim); ``b_1`` (hidden,); all others (dim,). ``gain_1, shift_1``
    belong to the attention's LayerNorm, ``gain_2, shift_2`` to the feed-forward's.
    """

    W_q: Float
    b_q: Float
    W_k: Float
    b_k: Float
    W_v: Float
    b_v: Float
    W_o: Float
    b_o: Float
    gain_1: Float
    shift_1: Float
    W_1: Float
    b_1: Float
    W_2: Float
    b_2: Float
    gain_2: Float
    shift_2: Float


class Parameters(NamedTuple):
    """All parameters of an encoder.

    Attributes
    ----------
    tokens : (vocab, dim)
    positions : (max_length, dim) or None
        None unless they are learned.
    segments : (segments, dim) or None
    gain, shift : (dim,)
        LayerNorm of the embeddings with ``norm="post"`` (as BERT has it), of the last
        state with ``norm="pre"``.
    blocks : tuple of Block
    """

    tokens: Float
    positions: Float | None
    segments: Float | None
    gain: Float
    shift: Float
    blocks: tuple[Block, ...]


def block_shapes(config: EncoderConfig) -> Block:
    """Return the shape of each parameter of a block, by its name."""
    d, h = config.dim, config.hidden
    square: Any = (d, d)
    row: Any = (d,)
    shapes: dict[str, Any] = dict.fromkeys(Block._fields, row)
    shapes.update(dict.fromkeys(("W_q", "W_k", "W_v", "W_o"), square))
    shapes.update(W_1=(d, h), b_1=(h,), W_2=(h, d))
    return Block(**shapes)


def initial_parameters(
    config: EncoderConfig, seed: int = 0, dtype: Any = np.float32
) -> Parameters:
    r"""Return fresh parameters: weights from :math:`\mathcal N(0, 0.02^2)`, as BERT.

    Biases and shifts are 0, gains 1. NumPy and torch begin from the same numbers.

    Parameters
    ----------
    config : EncoderConfig
    seed : int
        Each seed gives other weights; each parameter has a stream of its own.
    dtype : floating type
    """
    from scipy.special import ndtri

    from tutor import sampling

    stream = iter(range(10**6))

    def normal(*shape: int) -> Float:
        places = np.arange(int(np.prod(shape)))
        u = sampling.uniform(seed, next(stream), sampling.INIT, places)
        # the middle of its cell of width 2**-53: never 0, whose quantile is infinite
        drawn = 0.02 * ndtri(u + 2.0**-54).reshape(shape)
        return np.asarray(drawn.astype(dtype))

    def fresh(name: str, shape: Any) -> Float:
        if name.startswith("W"):
            return normal(*shape)
        return np.full(shape, float(name.startswith("gain")), dtype=dtype)

    d, shapes = config.dim, block_shapes(config)._asdict()
    learned = config.positions == "learned"
    return Parameters(
        tokens=normal(config.vocab, d),
        positions=normal(config.max_length, d) if learned else None,
        segments=normal(config.segments, d) if config.segments else None,
        gain=np.ones(d, dtype=dtype),
        shift=np.zeros(d, dtype=dtype),
        blocks=tuple(
            Block(**{name: fresh(name, shape) for name, shape in shapes.items()})
            for _ in range(config.layers)
        ),
    )
