r"""The multi-task convolutional network in NumPy: what each layer computes.

A text is a list of word numbers. Filters of several widths slide over its vectors, each
keeps its strongest answer, and one softmax a task reads them all:

.. math:: h = \Bigl[\max_t \mathrm{relu}(W^{(w)} * x)_t\Bigr]_{w}, \qquad
          \ell = \mu \lVert E \rVert^2
          - \sum_{k} \log \mathrm{softmax}(A_k h + b_k)_{y_k}

where E is the table of all word vectors, trained along, and k runs over tasks.

Left out: the gradients; torch trains. The forward pass here is the oracle of
``torch.py``.

Source: Alawad et al. (2021), with the layers of their published benchmark program.
Chapter: ``words/knowledge``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor.words.subwords.classifier.reference import convolution

Float = NDArray[np.floating[Any]]
Ints = NDArray[np.int64]


def same_convolution(x: Float, weight: Float, bias: Float) -> Float:
    """Return as many answers as there are words: zeros stand around the text.

    Of the w - 1 zeros the smaller half stands in front, as in Keras.

    Shapes: ``x`` (batch, length, dim), ``weight`` (filters, dim, width), ``bias``
    (filters,) → (batch, length, filters).
    """
    more = weight.shape[2] - 1
    front = more // 2
    return convolution(np.pad(x, ((0, 0), (front, more - front), (0, 0))), weight, bias)


def pooled(x: Float, parameters: Mapping[str, Float]) -> Float:
    """Return the strongest answer of each filter: (batch, length, dim) → (batch, all).

    ``parameters`` have the names of the torch module: ``channels.0.weight`` and so on.
    """
    found, channel = [], 0
    while f"channels.{channel}.weight" in parameters:
        weight, bias = (
            parameters[f"channels.{channel}.{n}"] for n in ("weight", "bias")
        )
        found.append(np.maximum(same_convolution(x, weight, bias), 0).max(axis=1))
        channel += 1
    return np.concatenate(found, axis=1)


def scores(rows: Ints, parameters: Mapping[str, Float]) -> list[Float]:
    """Return the class scores of texts, one table a task, without dropout.

    Shapes: ``rows`` (batch, length) into ``parameters["E"]`` → (batch, classes) each.
    """
    found: list[Float] = []
    h = pooled(parameters["E"][rows], parameters)
    while f"tasks.{len(found)}.weight" in parameters:
        name = f"tasks.{len(found)}"
        found.append(h @ parameters[f"{name}.weight"].T + parameters[f"{name}.bias"])
    return found


def multitask_loss(found: Sequence[Float], labels: Ints) -> float:
    """Return the sum over tasks of the mean cross-entropy.

    Shapes: (batch, classes) for each task, ``labels`` (tasks, batch) → scalar.
    """
    total = 0.0
    for z, y in zip(found, labels, strict=True):
        z = z - z.max(axis=1, keepdims=True)
        log = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        total -= float(log[np.arange(len(y)), y].mean())
    return total
