"""The studies of multiplexing on fewer rows: which rows, and which arms."""

import numpy as np
import pytest
from planted_fields import planted

from tutor.datasets.tables import split_by_time
from tutor.systems import multiplexing as mx
from tutor.systems.studies import multiplexing as study
from tutor.systems.studies import multiplexing_live as live


@pytest.fixture(scope="module")
def split():
    table = planted()
    return mx.make_split(table, split_by_time(table))


def test_every_takes_each_part_alone(split):
    """Rows 0, 3, 6, … of train, validation and test, keys with their labels."""
    fewer = live.every(split, 3)
    for whole, part in zip(
        (split.train, split.valid, split.test),
        (fewer.train, fewer.valid, fewer.test),
        strict=True,
    ):
        for before, after in zip(whole, part, strict=True):
            np.testing.assert_array_equal(after, before[::3])
    with pytest.raises(ValueError, match="1 or more"):
        live.every(split, 0)


def test_some_users_are_whole(split):
    """Half of the values of the field, each with all of its rows."""
    fewer = live.some_users(split, 2)
    known = np.unique(split.train[0][:, 0])
    kept = set(known[::2].tolist())
    np.testing.assert_equal(set(np.unique(fewer.train[0][:, 0]).tolist()), kept)
    for (keys, labels), (few, their) in (
        (split.train, fewer.train),
        (split.test, fewer.test),
    ):
        rows = [i for i, key in enumerate(keys[:, 0].tolist()) if key in kept]
        np.testing.assert_array_equal(few, keys[rows])
        np.testing.assert_array_equal(their, labels[rows])
    with pytest.raises(ValueError, match="1 or more"):
        live.some_users(split, 0)


def test_the_arms_are_those_of_the_studies(split, monkeypatch):
    """Shared first, then fair; between fields first, then inside; the busiest meet."""
    asked = []

    def scores(part, config):
        asked.append((config.method, config.lookups, config.budget, config.epochs))
        return np.zeros((1, len(part.test[1])))

    def kinds(part, kind, *, hosts):
        asked.append((kind, hosts.tolist()))
        return np.zeros((1, len(part.test[1])))

    monkeypatch.setattr(live, "trained_scores", scores)
    monkeypatch.setattr(live, "kinds_of_collision", kinds)
    monkeypatch.setattr(live, "busiest", lambda part: np.array([2, 0]))
    live.shared_and_fair(split)
    live.between_and_inside(split)
    assert asked == [
        ("unified", 1, 0.02, 3),
        ("fair", 1, 0.02, 3),
        ("inter", [2, 0]),
        ("intra", [2, 0]),
    ]


def test_scores_have_a_row_a_seed(split, monkeypatch):
    """One value a seed and test row, all finite."""
    monkeypatch.setattr(study.trained_scores, "__defaults__", ((1, 2),))
    for scores in live.shared_and_fair(split, budget=0.5, epochs=1):
        assert scores.shape == (2, len(split.test[1]))
        assert np.isfinite(scores).all()
