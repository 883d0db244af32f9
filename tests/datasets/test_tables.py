"""Flights and MovieLens: counts, order, splits, and tables that must be refused."""

import lzma
import pickle

import numpy as np
import pytest

from tutor.datasets import frames, tables
from tutor.datasets.errors import DataError, UnsafeContentError


@pytest.fixture(scope="module")
def ratings():
    return tables.movielens()


@pytest.fixture(scope="module")
def late():
    return tables.flights()


def test_movielens_counts(ratings):
    """Counts of the GroupLens README: 100,004 ratings, 671 users, 9,066 rated films."""
    np.testing.assert_equal(len(ratings), 100_004)
    sizes = dict(zip(ratings.fields, map(len, ratings.values), strict=True))
    np.testing.assert_equal([sizes["user"], sizes["film"]], [671, 9066])
    np.testing.assert_equal([sizes["hour"], sizes["weekday"]], [24, 7])
    assert "no commercial use" in ratings.licence
    np.testing.assert_allclose(ratings.labels.mean(), 0.516, atol=0.001)


def test_flights_counts(late):
    """336,776 flights, 9,430 without an arrival delay (the R package's own counts)."""
    np.testing.assert_equal(len(late), 336_776 - 9_430)
    np.testing.assert_equal(late.values[late.fields.index("origin")],
                            ("EWR", "JFK", "LGA"))  # fmt: skip
    weekday = late.values[late.fields.index("weekday")]
    first = late.codes[0, late.fields.index("weekday")]
    np.testing.assert_equal(weekday[first], "1")  # 1 January 2013 was a Tuesday
    assert "delay" not in " ".join(late.fields)


@pytest.mark.parametrize("within", [None, "user"])
def test_split_is_a_partition_in_order_of_time(ratings, within):
    parts = tables.split_by_time(ratings, within=within)
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(100_004))
    users = ratings.codes[:, 0] if within else np.zeros(100_004, int)
    for user in np.unique(users)[:20]:
        moments = [ratings.times[p[users[p] == user]] for p in parts]
        assert moments[0].max() <= moments[1].min()
        assert moments[1].max() <= moments[2].min()
    np.testing.assert_allclose([len(p) / 100_004 for p in parts], [0.7, 0.1, 0.2],
                               atol=0.002)  # fmt: skip


def test_bad_splits(ratings):
    with pytest.raises(ValueError, match="no field 'month'; there are user"):
        tables.split_by_time(ratings, within="month")
    with pytest.raises(ValueError, match="three parts of 1"):
        tables.split_by_time(ratings, shares=(0.5, 0.2, 0.2))


def make(**change):
    good = {
        "name": "x",
        "fields": ("a",),
        "values": (("p", "q"),),
        "codes": [[0], [1]],
        "labels": [True, False],
        "times": [1, 2],
    }
    return tables.FieldTable(**{**good, **change})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"codes": [[0], [2]]}, "codes without a value"),
        ({"times": [2, 1]}, "not in order of time"),
        ({"labels": [True]}, "expected codes"),
    ],
)
def test_bad_tables(change, words):
    assert "2 rows; a 2" in repr(make())
    with pytest.raises(ValueError, match=words):
        make(**change)


# --- frames --------------------------------------------------------------------------
def packed(tmp_path, thing):
    path = tmp_path / "table"
    path.write_bytes(lzma.compress(pickle.dumps(thing)))
    return path


class Planted:
    def __reduce__(self):
        return (print, ("run",))


def test_a_name_off_the_list_is_refused_and_nothing_runs(tmp_path, capsys):
    with pytest.raises(UnsafeContentError, match=r"builtins\.print"):
        frames.read_frame(packed(tmp_path, [Planted()]))
    np.testing.assert_equal(capsys.readouterr().out, "")


def test_what_is_no_table_is_refused(tmp_path):
    with pytest.raises(DataError, match="holds a list, expected a table"):
        frames.read_frame(packed(tmp_path, [1]))
    path = tmp_path / "plain"
    path.write_bytes(b"no archive")
    with pytest.raises(DataError, match="not LZMA-packed"):
        frames.read_frame(path)


def test_pandas_is_not_loaded():
    import subprocess
    import sys

    code = "import sys, tutor.datasets.tables as t; t.movielens(); "
    code += "assert 'pandas' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code], check=False)
    np.testing.assert_equal(done.returncode, 0)


def test_names_admitted_are_pandas_six_slice_and_numpys():
    from tutor.datasets.restricted_pickle import NUMPY

    np.testing.assert_equal(len(frames.ADMITTED), len(NUMPY) + 7)
