"""What several tests compare with: slopes by central differences."""

import numpy as np


def differences(loss, x, step=1e-6):
    """Return the central differences of ``loss`` at ``x``, an array of the same shape.

    The error is of the order ``step**2``; in float64 a step of 1e-6 leaves about ten
    digits where the loss is of order 1.
    """
    slope = np.zeros_like(x)
    for i in np.ndindex(*x.shape):
        up, down = x.copy(), x.copy()
        up[i] += step
        down[i] -= step
        slope[i] = (loss(up) - loss(down)) / (2 * step)
    return slope
