"""What several tests compare with: slopes by differences, tables after steps."""

import numpy as np
import pytest


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


def assert_same_moves(theirs, mine, before):
    """Compare padded tables of a kernel with plain ones trained from ``before``.

    The moves must be large enough to be seen, and one per cent of them must be.
    """
    for fast, plain, old in zip(theirs, mine, before, strict=True):
        dim = plain.shape[1]
        np.testing.assert_allclose(fast[:, :dim], plain, atol=1e-5)
        assert not fast[:, dim:].any()  # padding stays zero
        step, whole = fast[:, :dim] - old, plain - old
        assert np.abs(whole).max() > 0.01
        with pytest.raises(AssertionError):
            np.testing.assert_allclose(1.01 * step, whole, atol=1e-5)


def assert_autograd_agrees(net, batch, loss, gE, gR):
    """Compare loss and gradients by hand with those of a torch model of (E, R)."""
    theirs = net(batch)
    theirs.backward()
    np.testing.assert_allclose(loss, theirs.item(), rtol=1e-10)
    np.testing.assert_allclose(gE, net.E.grad, atol=1e-8)
    np.testing.assert_allclose(gR, net.R.grad, atol=1e-8)
    with pytest.raises(AssertionError):  # alive: one per cent is seen
        np.testing.assert_allclose(1.01 * gE, net.E.grad, atol=1e-8)
