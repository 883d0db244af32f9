r"""A control of the mean shift: the same length, in a direction that knows nothing.

Paper: Gu et al. (2023), CLOSE, whose adapters include a fixed random shift. Chapter:
``multimodal/text_only``.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from tutor.multimodal.text_only.adapters import MeanShift, normal

DIRECTION = 315
"""Stream of random numbers: the direction of a random shift."""


def random_shift(like: MeanShift, *, seed: int = 0) -> MeanShift:
    r"""Return a shift as long as this one, in a direction drawn once.

    .. math:: s' = \lVert s \rVert \, \varepsilon / \lVert \varepsilon \rVert,
              \qquad \varepsilon \sim N(0, I_d)

    It knows how far the pictures are, not where. The noise of ``like`` is kept.
    """
    draw = normal((1, len(like.shift)), seed=seed, step=0, stream=DIRECTION)[0]
    return replace(like, shift=np.linalg.norm(like.shift) * draw / np.linalg.norm(draw))


def stretched(like: MeanShift, factor: float) -> MeanShift:
    r"""Return the shift :math:`c \, s`: the same direction, another length.

    Raises
    ------
    ValueError
        If the factor is negative or not finite.
    """
    if not (math.isfinite(factor) and factor >= 0):
        raise ValueError(
            f"factor must be finite and 0 or more, got {factor}: it stretches the "
            "shift (1 keeps it, 0 takes it away)"
        )
    return replace(like, shift=factor * like.shift)
