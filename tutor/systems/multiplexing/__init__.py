"""Multiplexing: several fields of categories in one table of a few rows.

Forms: ``reference`` (NumPy network and its gradients), ``tables`` (four ways to spend a
budget of bytes), ``train`` (batches, Adam), ``torch`` (module for CPU and CUDA). There
is no Numba form: a step is a few matrix products, which NumPy leaves to BLAS.

Left out: fields with several values at once, look-ups that differ from field to field,
and the base methods of the paper other than plain hashing.
Source: Coleman et al. (2023). Chapter: ``systems/multiplexing``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tutor import training
from tutor.systems.multiplexing import data, reference, tables, train
from tutor.systems.multiplexing.config import MultiplexingConfig
from tutor.systems.multiplexing.data import keys_of, make_split
from tutor.systems.multiplexing.reference import Network, block_cosines
from tutor.systems.multiplexing.tables import make_table, vocabulary
from tutor.systems.multiplexing.train import Model, Split

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tutor.datasets.tables import FieldTable
    from tutor.embedding import Embedding
    from tutor.training import Fit

__all__ = [
    "Model",
    "MultiplexingConfig",
    "Network",
    "Split",
    "block_cosines",
    "data",
    "fit",
    "keys_of",
    "make_split",
    "make_table",
    "reference",
    "tables",
    "train",
    "vocabulary",
]

BACKENDS = ("numpy", "torch")


def fit(
    table: FieldTable, parts: tuple[NDArray[np.int64], ...],
    config: MultiplexingConfig | None = None, *,
    backend: str = "numpy", seed: int = 0, device: str = "cpu",
) -> Fit:  # fmt: skip
    r"""Learn a table's rows, and a small network behind it, from labelled rows.

    .. math:: \min_{W, \theta} \frac1n \sum_i \ell\bigl(f_\theta(e(x_i)), y_i\bigr)

    where :math:`e` looks the fields up in W, f is the network with weights
    :math:`\theta` and :math:`\ell` the logistic loss.

    Parameters
    ----------
    table : FieldTable
    parts : three int64 arrays
        Rows of train, validation and test, as ``datasets.tables.split_by_time`` gives.
        The test rows are not looked at.
    config : MultiplexingConfig or None
        None is the default configuration.
    backend : {"numpy", "torch"}
    seed : int
        Fixes salts, initial numbers and order.
    device : str
        For torch only: ``cpu``, ``cuda``, ``mps``.

    Returns
    -------
    Fit
        ``embedding`` has a key ``field=value`` for each value among the training rows
        (what the table answers for it), ``history`` ``loss`` and validation ``auc``.

    Raises
    ------
    ValueError
        For an unknown backend or device, or a budget that leaves no row.
    FloatingPointError
        If training diverged.
    """
    config = config or MultiplexingConfig()
    training.check_backend(backend, BACKENDS)
    if device != "cpu" and backend != "torch":
        raise ValueError(
            f"device={device!r} needs backend='torch'; {backend} runs on the CPU"
        )
    split = make_split(table, parts)
    if backend == "torch":
        from tutor.systems.multiplexing import torch as twin

        model = twin.train(split, config, seed=seed, device=device)
    else:
        model = train.train(split, config, seed=seed)
    return training.Fit(
        embedding=vectors(model, table, parts[0], seed=seed),
        context=None,
        history=training.History({"loss": model.losses, "auc": model.aucs}),
        config=config, seed=seed, backend=backend,
    )  # fmt: skip


def vectors(
    model: Model, table: FieldTable, rows: NDArray[np.int64], *, seed: int = 0
) -> Embedding:
    """Return what the table answers for each value of the given rows."""
    from tutor.embedding import Embedding

    keys = keys_of(table)
    width = model.table.width // model.table.fields
    names: list[str] = []
    found = []
    for t, (field, values) in enumerate(zip(table.fields, table.values, strict=True)):
        codes, first = np.unique(table.codes[rows, t], return_index=True)
        answers = model.table.lookup(keys[rows[first]])
        found.append(answers[:, t * width : (t + 1) * width])
        names += [f"{field}={values[code]}" for code in codes]
    meta = {"algorithm": "multiplexing", "data": table.name, "seed": seed}
    return Embedding(tuple(names), np.concatenate(found), meta=meta)
