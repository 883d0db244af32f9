r"""Where training begins: two heads that look at the neighbours, and louder matrices.

A hidden place has no word of its own: all it can use comes through attention, and fresh
heads look everywhere alike. A large model finds its neighbours after billions of words;
a small run of minutes would spend itself on that alone. So the first block gets a head
start: one head leans towards the place before, one towards the place behind.

Positions begin as waves, and a step by s places turns each wave by a fixed angle:

.. math:: \begin{pmatrix} \sin \omega (t + s)\\ \cos \omega (t + s) \end{pmatrix} =
          \begin{pmatrix} \cos \omega s & \sin \omega s\\ -\sin \omega s & \cos \omega s
          \end{pmatrix}
          \begin{pmatrix} \sin \omega t\\ \cos \omega t \end{pmatrix}

A head whose keys are the waves and whose queries are the waves turned by s therefore
scores :math:`\sum_k \cos \omega_k (t + s - j)`: highest at the place :math:`j = t + s`.

All of it is only a beginning: every number is trained from there. BERT begins with
:math:`\mathcal N(0, 0.02^2)` everywhere. Chapter: ``context/bert``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tutor.context.attention.config import Block, EncoderConfig, Parameters
from tutor.context.attention.config import initial_parameters as plain
from tutor.context.attention.reference import sinusoidal

STEPS = (-1, 1)
"""Which places the first heads lean towards."""
LOUDER = 3.0  # 0.02 suits a state of 768 coordinates; 0.06 one of about 100
WAVE, SHARPNESS = 0.08, 4.0  # height of the waves; factor of the planted scores


def turn(dim: int, heads: int, step: int) -> NDArray[np.float64]:
    r"""Return the matrix that turns the first waves of a position by ``step`` places.

    Row vectors: ``sinusoidal(n, dim)[t] @ turn(...)`` are the first
    ``dim / heads`` coordinates of place ``t + step``.

    Shapes: → (dim, dim / heads).
    """
    size = dim // heads
    omega = 10000.0 ** (-np.arange(0, size, 2) / dim)
    sin, cos = np.sin(omega * step), np.cos(omega * step)
    W = np.zeros((dim, size))
    even, odd = np.arange(0, size, 2), np.arange(1, size, 2)
    W[even, even], W[odd, even] = cos, sin
    W[even, odd], W[odd, odd] = -sin, cos
    return W


def initial_parameters(config: EncoderConfig, seed: int = 0) -> Parameters:
    """Return fresh parameters with the head start.

    Raises
    ------
    ValueError
        If positions are not learned, or a head's size is odd or below 4.
    """
    size = config.dim // config.heads
    if config.positions != "learned" or config.heads < len(STEPS) or size % 2:
        raise ValueError(
            "the head start needs learned positions, two heads or more and an even "
            f"number of coordinates a head; got positions={config.positions!r}, "
            f"{config.heads} heads of {size}"
        )
    found = plain(config, seed)
    blocks = [_louder(block) for block in found.blocks]
    W_q, W_k = blocks[0].W_q.copy(), blocks[0].W_k.copy()
    root = np.sqrt(SHARPNESS)
    for head, step in enumerate(STEPS):
        columns = slice(head * size, (head + 1) * size)
        W_q[:, columns] = root * turn(config.dim, config.heads, step)
        W_k[:, columns] = root * turn(config.dim, config.heads, 0)
    blocks[0] = blocks[0]._replace(W_q=W_q, W_k=W_k)
    waves = WAVE * sinusoidal(config.max_length, config.dim)
    return found._replace(positions=waves.astype(np.float32), blocks=tuple(blocks))


def _louder(block: Block) -> Block:
    parts = block._asdict()
    loud = {k: v * np.float32(LOUDER) for k, v in parts.items() if k.startswith("W")}
    return Block(**{**parts, **loud})
