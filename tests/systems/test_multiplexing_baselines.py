"""The two tables added later: what they are, and that the stored rows pair."""

from dataclasses import replace

import numpy as np
import pytest
from planted_fields import planted

from tutor import claims
from tutor.datasets.tables import split_by_time
from tutor.systems import multiplexing as mx
from tutor.systems.multiplexing import tables
from tutor.systems.studies import multiplexing as study
from tutor.systems.studies import multiplexing_baselines as added


@pytest.fixture(scope="module")
def split():
    table = planted()
    return mx.make_split(table, split_by_time(table))


def known(*fields):
    return tuple(np.array(keys, dtype=np.uint64) for keys in fields)


def test_separate_look_ups_stay_in_the_rows_of_their_field(split):
    found = mx.vocabulary(split.train[0])
    config = replace(added.ADDED[added.APART], budget=0.5)
    table = mx.make_table(found, config, seed=1)
    rows = table.rows(split.test[0])
    assert rows.shape[1] == 2 * len(found)
    fields = [set(rows[:, 2 * t : 2 * t + 2].ravel()) for t in range(len(found))]
    for t, mine in enumerate(fields):
        assert not any(mine & other for other in fields[t + 1 :])
    large = int(np.argmax([len(keys) for keys in found]))
    pair = rows[:, 2 * large : 2 * large + 2]
    assert (pair[:, 0] != pair[:, 1]).mean() > 0.5  # two functions, not one
    assert table.bytes <= 0.5 * tables.full_bytes(found, config.dim)


def test_without_salt_equal_text_is_one_row_in_every_field():
    found = known([5, 6, 7], [5, 8])
    keys = np.array([[5, 5], [6, 5], [7, 8]], dtype=np.uint64)
    bare = mx.make_table(found, replace(added.ADDED[added.BARE], budget=0.9), seed=3)
    rows = bare.rows(keys)
    np.testing.assert_equal(rows[0, 0], rows[0, 1])
    config = replace(study.UNIFIED, budget=0.9)
    salted = [mx.make_table(found, config, seed=seed) for seed in range(40)]
    met = [len(set(table.rows(keys)[0])) == 1 for table in salted]
    assert 0 < np.mean(met) < 0.9
    np.testing.assert_equal(bare.bytes, salted[0].bytes)


def test_names_in_common_counts_every_value_that_has_a_namesake():
    np.testing.assert_equal(added.names_in_common(known([5, 6, 7], [5, 8])), 2)
    np.testing.assert_equal(added.names_in_common(known([1, 2], [2, 1], [1])), 5)
    np.testing.assert_equal(added.names_in_common(known([1, 2], [3])), 0)


def test_settings_differ_from_the_other_study_in_what_is_said():
    apart, bare = added.ADDED[added.APART], added.ADDED[added.BARE]
    np.testing.assert_equal(apart, replace(study.HASHED, lookups=2, power=0.5))
    np.testing.assert_equal(bare, replace(study.UNIFIED, salts="none"))
    np.testing.assert_equal(apart.dim, bare.dim)


def test_intervals_hold_every_table_and_budget(split, monkeypatch):
    monkeypatch.setattr(study.trained_scores, "__defaults__", ((1, 2),))
    small = {name: replace(config, dim=4) for name, config in added.ALL.items()}
    monkeypatch.setattr(added, "ALL", small)
    monkeypatch.setattr(added, "_SAMPLES", 100)
    found = added.intervals(split, (0.5,), 1)
    for name in small:
        effect = found["effect"][name]["0.5"]
        np.testing.assert_allclose(effect["per_seed"], found["auc"][name]["0.5"])
        assert effect["low"] <= effect["estimate"] <= effect["high"]
    for what, (left, right) in added.COMPARED.items():
        gap = np.subtract(found["auc"][left]["0.5"], found["auc"][right]["0.5"])
        np.testing.assert_allclose(found[what]["0.5"]["per_seed"], gap, atol=1e-12)


def test_the_tables_of_both_studies_are_the_same():
    """Trained twice, they agree; so rows of one study stand beside the other's."""
    one = claims.stored("multiplexing-movielens")
    other = claims.stored("multiplexing-baselines")
    for name in study.METHODS:
        np.testing.assert_equal(one["bytes"][name], other["bytes"][name])
        for share in map(str, study.BUDGETS):
            np.testing.assert_allclose(
                one["auc"][name][share], other["auc"][name][share], atol=2e-3
            )
