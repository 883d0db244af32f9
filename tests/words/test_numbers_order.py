"""Order among numbers of equal length: fresh pairs, planted knowledge, a pencil."""

import numpy as np
import pytest

from tutor.embedding import Embedding
from tutor.words.studies import numbers as study
from tutor.words.studies import numbers_order as order


def world_of(vectors):
    return study.world(Embedding([str(n) for n in NUMBERS], vectors), test=300)


NUMBERS = np.array([*range(1, 2601), *range(100_000, 300_000, 1000)])


@pytest.fixture(scope="module")
def planted():
    """Return vectors with the logarithm in the first coordinate, noise in all."""
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(len(NUMBERS), 6)) * 0.05
    vectors[:, 0] += np.log10(NUMBERS)
    return world_of(vectors)


def test_pairs_are_of_equal_length_and_not_those_of_the_tables(planted):
    for x, y in order.asked(planted, count=200).values():
        np.testing.assert_array_equal(study.same_length(x, y), True)
        np.testing.assert_equal([len(x), int((x == y).sum())], [200, 0])
    x, y = order.asked(planted, count=200)["outside"]
    old = set(zip(*study.pairs(planted.outside, 1500, 999), strict=True))
    np.testing.assert_array_less(len(old & set(zip(x, y, strict=True))), 20)
    with pytest.raises(ValueError, match="40 draws hold 0 pairs of equal length, 2 "):
        order.equal_pairs(np.array([1, 10]), 2, 0)


def test_a_planted_logarithm_is_found_and_random_rows_are_not(planted):
    how = {"count": 400, "rows": 1000, "seeds": (5,)}
    words, random = (order.ordered(planted, n, **how) for n in ("words", "random"))
    np.testing.assert_equal(words["inside"].shape, (1, 400))
    np.testing.assert_array_less(0.7, words["inside"].mean())
    np.testing.assert_allclose(random["inside"].mean(), 0.5, atol=0.08)
    np.testing.assert_allclose(random["outside"].mean(), 0.5, atol=0.08)


def test_the_probe_of_order_is_that_of_the_tables(planted):
    """Same seed and same pairs: the same answers as the chapter's tables."""
    mine = order.ordered(planted, "digits", count=50, rows=500, seeds=(0,))
    theirs = study.one_run(planted, "digits", "network", 0, rows=500)
    x, y = study.pairs(planted.outside, 1500, 999)
    a, b = order.asked(planted, count=50)["outside"]
    shared = [i for i in range(50) if any((x == a[i]) & (y == b[i]))]
    for i in shared:
        j = np.flatnonzero((x == a[i]) & (y == b[i]))[0]
        np.testing.assert_equal(mine["outside"][0, i], theirs["order outside"][j])
    np.testing.assert_array_less(0, len(shared))


def test_rarer_by_hand():
    """Outside, the later word is the larger number: correlation 1, and -1 reversed."""
    numbers = ["7", *map(str, range(1, 3)), "100000", "200000", "300000"]
    at = study.world(Embedding(numbers, np.ones((6, 2))), test=1)
    np.testing.assert_allclose(order.rarer(at), 1)
    at = study.world(Embedding(numbers[::-1], np.ones((6, 2))), test=1)
    np.testing.assert_allclose(order.rarer(at), -1)
