"""Train an encoder on pairs of texts, and read its vectors at every depth.

Chapter: ``context/matryoshka``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tutor import sampling
from tutor.context.matryoshka.config import MatryoshkaConfig, check_dims, check_layer
from tutor.context.matryoshka.pooling import check_how, check_texts
from tutor.geometry import unit_rows
from tutor.training import History, train

if TYPE_CHECKING:
    from tutor.context.attention.torch import Encoder

Floats = NDArray[np.floating[Any]]
Ids = Sequence[Sequence[int]]
LAYER, DIM = 201, 202
"""Streams of the layer and the length that are drawn for each step."""
TOKENS = 1024  # tokens a batch, when nothing is learned


def draws(
    pairs: int, layers: int, config: MatryoshkaConfig, seed: int
) -> Iterator[tuple[NDArray[np.int64], int, int]]:
    r"""Yield the rows of each batch, a layer and a length.

    Batches are cut from one shuffle after another; each pair occurs once in a shuffle.
    The layer is uniform on :math:`1, \dots, N - 1`, the length on ``config.dims``.
    """
    if pairs < config.batch_size:
        raise ValueError(
            f"{pairs} pairs do not fill a batch of {config.batch_size}; give more "
            "pairs or lower batch_size"
        )
    steps = np.arange(config.steps)
    whole = pairs // config.batch_size
    layer = 1 + sampling.integers(seed, 0, LAYER, steps, max(layers - 1, 1))
    dim = sampling.integers(seed, 0, DIM, steps, len(config.dims))
    order = np.empty(0, np.int64)
    for step in steps:
        epoch, place = divmod(int(step), whole)
        if place == 0:
            order = sampling.permutation(pairs, seed=seed, epoch=epoch)
        rows = order[place * config.batch_size :][: config.batch_size]
        yield rows, int(layer[step]), int(config.dims[dim[step]])


def tune(
    encoder: Encoder,
    anchors: Ids,
    positives: Ids,
    config: MatryoshkaConfig,
    *,
    seed: int = 0,
    device: str = "cpu",
) -> History:
    """Train an encoder in place on pairs of texts; return its loss.

    Parameters
    ----------
    encoder : Encoder
    anchors, positives : sequences of token ids
        Text i of one belongs to text i of the other.
    config : MatryoshkaConfig
    seed : int
        Of the batches, the layers and the lengths: the same for every method.
    device : str

    Raises
    ------
    ValueError
        If the sides differ in number, there are too few pairs, a prefix is longer than
        the vectors, or a two-dimensional method has only one layer.
    """
    from tutor.context.matryoshka.torch import MatryoshkaTuner

    if len(anchors) != len(positives):
        raise ValueError(f"{len(anchors)} anchors but {len(positives)} positives")
    layers, dim = encoder.config.layers, encoder.config.dim
    if config.method != "full":
        check_dims(config.dims, dim - 1)
    if config.method.startswith("2d") and layers < 2:
        raise ValueError("a model of 1 layer has no earlier one; use 'matryoshka'")
    model = MatryoshkaTuner(encoder, anchors, positives, config).train()
    batches = draws(len(anchors), layers, config, seed)
    steps = ([(np.asarray(r), np.asarray(n), np.asarray(d))] for r, n, d in batches)
    return train(
        model,
        steps,
        learning_rate=config.learning_rate,
        optimizer="adam",
        device=device,
    )


def layer_vectors(encoder: Encoder, texts: Ids, *, how: str = "mean") -> Floats:
    """Return the pooled states at every depth, not at length 1.

    Shapes: token ids a text → (layers + 1, texts, dim); depth 0 is what enters the
    first block.
    """
    import torch

    from tutor.context.attention import packed
    from tutor.context.matryoshka.torch import pooled_states

    check_how(how)
    check_texts(texts)
    depths = range(encoder.config.layers + 1)
    found = np.empty((len(depths), len(texts), encoder.config.dim), np.float32)
    was = encoder.training
    encoder.eval()
    with torch.inference_mode():
        for piece in packed.batches([len(ids) for ids in texts], TOKENS):
            group = [texts[k] for k in piece]
            states = pooled_states(encoder, group, depths, how=how, pieces=1)
            found[:, piece] = states.cpu().numpy()
    encoder.train(was)
    return found


def exit_vectors(
    encoder: Encoder, texts: Ids, *, layer: int | None = None, dim: int | None = None
) -> Floats:
    """Return vectors at length 1 from an early exit, cut short: packed, no padding.

    Parameters
    ----------
    encoder : Encoder
        Blocks after ``layer`` do not run.
    texts : sequences of token ids
    layer, dim : int, optional
        Where to stop and how much to keep; all by default.

    Shapes: → (texts, dim).
    """
    from tutor.context.attention import packed
    from tutor.context.matryoshka.torch import shortened

    layers = encoder.config.layers
    layer = layers if layer is None else layer
    dim = encoder.config.dim if dim is None else dim
    check_layer(layer, layers)
    check_dims([dim], encoder.config.dim)
    short = encoder if layer == layers else shortened(encoder, layer)
    states = packed.last_states(short, texts)
    return unit_rows(np.stack([state.mean(axis=0)[:dim] for state in states]))
