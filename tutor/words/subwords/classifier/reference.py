r"""The multichannel convolutional LSTM in NumPy: what each layer computes.

A text is the list of its words' vectors, which stay as they are. Three channels of
filters look at windows of 4, 6 and 8 words and keep the strongest answer of each pair
of places; an LSTM reads the same vectors from left to right and keeps its last state.
Both sides meet in a small layer.

Left out: the gradients; torch trains. The forward pass here is the oracle of
``torch.py``.

Source: Karim et al. (2020), "Classification benchmarks for under-resourced Bengali
language based on multichannel convolutional-LSTM network"; layers as in the authors'
program. Chapter: ``words/subwords``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from tutor.words.word2vec.reference import sigmoid

Float = NDArray[np.floating[Any]]


def convolution(x: Float, weight: Float, bias: Float) -> Float:
    r"""Return the answers of filters that slide over the words of a text.

    .. math:: y_{tf} = b_f + \sum_{k=0}^{w-1} \sum_d W_{fdk}\, x_{t+k,d}

    where :math:`x_t` is the t-th word's vector and :math:`W_f` a filter of width w.

    Shapes: ``x`` (batch, length, dim), ``weight`` (filters, dim, width), ``bias``
    (filters,) → (batch, length - width + 1, filters).
    """
    windows = sliding_window_view(x, weight.shape[2], axis=1)  # b, t, d, k
    return np.asarray(np.einsum("btdk,fdk->btf", windows, weight) + bias)


def max_pool(y: Float, pool: int) -> Float:
    r"""Return the larger of each ``pool`` neighbouring places; a rest is dropped.

    .. math:: z_{tf} = \max_{0 \le k < p} y_{tp+k,f}

    Shapes: ``y`` (batch, places, filters) → (batch, places // pool, filters).
    """
    batch, places, filters = y.shape
    whole = places // pool * pool
    return np.asarray(y[:, :whole].reshape(batch, -1, pool, filters).max(axis=2))


def lstm(x: Float, W: Float, U: Float, b: Float) -> Float:
    r"""Return the last state of an LSTM.

    .. math:: \begin{aligned}
        (i, f, g, o)_t &= W x_t + U h_{t-1} + b \\
        c_t &= \sigma(f_t) \odot c_{t-1} + \sigma(i_t) \odot \tanh g_t \\
        h_t &= \sigma(o_t) \odot \tanh c_t \end{aligned}

    where i, f and o are the input, forget and output gates and g the candidate; c is
    what is remembered, h what is told.

    Shapes: ``x`` (batch, length, dim), ``W`` (4 hidden, dim), ``U`` (4 hidden,
    hidden), ``b`` (4 hidden,) → (batch, hidden). The order of the gates is torch's.
    """
    hidden = U.shape[1]
    h = c = np.zeros((len(x), hidden), x.dtype)
    for t in range(x.shape[1]):
        gates = x[:, t] @ W.T + h @ U.T + b
        i, f, g, o = np.split(gates, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
    return np.asarray(h)


def scores(x: Float, parameters: Mapping[str, Float], *, pool: int = 2) -> Float:
    """Return the class scores of texts: the whole network, without dropout.

    Parameters
    ----------
    x : (batch, length, dim)
        Vectors of words, zeros where a text is shorter.
    parameters : named arrays
        Under the names of the torch module: ``channels.0.weight`` and so on.
    pool : int

    Shapes: → (batch, classes). A branch without parameters is left out.
    """
    p, found, channel = parameters, [], 0
    while f"channels.{channel}.weight" in p:
        name = f"channels.{channel}"
        y = np.maximum(convolution(x, p[f"{name}.weight"], p[f"{name}.bias"]), 0)
        # torch keeps filters before places; so does the flattened row
        found.append(max_pool(y, pool).transpose(0, 2, 1).reshape(len(x), -1))
        channel += 1
    if "lstm.weight_ih_l0" in p:
        b = p["lstm.bias_ih_l0"] + p["lstm.bias_hh_l0"]
        found.append(lstm(x, p["lstm.weight_ih_l0"], p["lstm.weight_hh_l0"], b))
    joined = np.concatenate(found, axis=1)
    z = np.maximum(joined @ p["dense.weight"].T + p["dense.bias"], 0)
    return np.asarray(z @ p["out.weight"].T + p["out.bias"])
