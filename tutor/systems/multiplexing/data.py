"""From a table of categories to keys and splits. Chapter: ``systems/multiplexing``."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tutor.datasets.tables import FieldTable
from tutor.systems.hashing import Keys, fingerprint
from tutor.systems.multiplexing.train import Split


def keys_of(table: FieldTable) -> Keys:
    """Return the 64-bit key of every value: (rows, fields).

    A key depends on the value alone, so an hour ``5`` and a weekday ``5`` have one key;
    salts keep the fields apart.
    """
    columns = [
        fingerprint(values)[table.codes[:, t]] for t, values in enumerate(table.values)
    ]
    return np.stack(columns, axis=1)


def make_split(
    table: FieldTable, parts: tuple[NDArray[np.int64], ...], *, keys: Keys | None = None
) -> Split:
    """Return keys and labels of train, validation and test rows."""
    found = keys_of(table) if keys is None else keys
    train, valid, test = ((found[rows], table.labels[rows]) for rows in parts)
    return Split(train, valid, test)
