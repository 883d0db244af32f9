"""A small table of categories with a planted truth, for the tests of part *systems*."""

import numpy as np

from tutor.datasets.tables import FieldTable
from tutor.systems.multiplexing import MultiplexingConfig, train
from tutor.systems.multiplexing.reference import Network
from tutor.systems.table import RowTable


def planted(n=3000, seed=0):
    """Return a small field table in which every film and user has a taste."""
    rng = np.random.default_rng(seed)
    codes = np.stack([rng.integers(0, 60, n), rng.integers(0, 20, n)], axis=1)
    film, user = rng.normal(size=60), rng.normal(size=20)
    z = 2 * film[codes[:, 0]] + user[codes[:, 1]]
    labels = rng.random(n) < 1 / (1 + np.exp(-z))
    values = (
        tuple(f"f{i:02}" for i in range(60)),
        tuple(f"u{i:02}" for i in range(20)),
    )
    return FieldTable("planted", ("film", "user"), values, codes, labels, np.arange(n))


CONFIG = MultiplexingConfig(
    dim=8, budget=0.3, hidden=6, epochs=4, batch_size=64, learning_rate=0.02
)


def double(model):
    """Return the same model in float64."""
    table = model.table
    wide = RowTable(table.weights.astype(np.float64), table.places, table.fields)
    parts = (part.astype(np.float64) for part in model.network)
    return train.Model(wide, Network(*parts))
