"""Rated words, stars and opposites: counts, rows read by eye, damage seen."""

import numpy as np
import pytest

from tutor.datasets import antonyms, ratings
from tutor.datasets.errors import DataError


def test_valence_counts_and_rows():
    """Read in the file: 7,520 lines, 14 of them repeats; *foolproof* has mean 1.6."""
    found = ratings.valence()
    np.testing.assert_equal([len(found), found.ratings.shape[1]], [7506, 10])
    row = found.words.index("foolproof")
    np.testing.assert_array_equal(found.ratings[row], [2, 1, 3, 1, 1, 0, 1, 2, 2, 3])
    np.testing.assert_allclose(found.means[row], 1.6)
    np.testing.assert_array_less(np.abs(found.ratings), 4.001)
    assert found.licence == "MIT"
    np.testing.assert_equal(repr(found), "RatedWords(7,506 words, 10 ratings each)")


@pytest.mark.parametrize(
    ("text", "word"),
    [("good\t1\t1\t[1, 2]\n", "2 ratings"), ("good\t1\n", "no rated word"),
     ("good\t1\t1\t[1, print(2)]\n", "no rated word"),
     ("good\t1\t1\t[1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n", "expected 7520 lines")],
)  # fmt: skip
def test_valence_refuses_other_files(tmp_path, monkeypatch, text, word):
    path = tmp_path / "vader_lexicon.txt"
    path.write_text(text, encoding="utf-8")
    monkeypatch.setattr(ratings, "file", lambda name: path)
    with pytest.raises(DataError, match=word):
        ratings.valence()


def test_film_ratings_counts():
    """Counts of the GroupLens README; stars in halves; genres of each film."""
    found = ratings.film_ratings()
    np.testing.assert_equal(
        [len(found), len(found.users), len(found.films), len(found.genres)],
        [100_004, 671, 9066, 19],
    )
    np.testing.assert_array_equal(np.unique(found.stars), np.arange(1, 11) / 2)
    np.testing.assert_array_less(19, np.bincount(found.user))  # 20 and more each
    np.testing.assert_equal(found.has_genre.shape, (9066, 19))
    assert "no commercial use" in found.licence
    np.testing.assert_equal(found.row(found.users[5]), 5)
    with pytest.raises(KeyError, match="no user '99999'; there are 671"):
        found.row("99999")
    assert "671 users" in repr(found)


def test_film_ratings_miss_a_column(monkeypatch):
    monkeypatch.setattr(ratings, "read_frame", lambda path: {"userId": np.ones(2)})
    with pytest.raises(DataError, match="lacks the columns movieId, rating, genres"):
        ratings.film_ratings()


def test_opposites_of_wordnet():
    """Read in data.adj: hot against cold; torrid is near hot, icy near cold."""
    words = {"hot", "cold", "torrid", "icy", "good", "bad"}
    (found,) = antonyms.opposites(words, least=1)
    np.testing.assert_equal({found.low, found.high}, {"hot", "cold"})
    near = {found.low: found.near_low, found.high: found.near_high}
    np.testing.assert_equal(near, {"hot": ("torrid",), "cold": ("icy",)})


def test_opposites_share_no_satellite_and_stand_once():
    from tutor.datasets import models

    words = set(models.glove().keys[:30_000])
    found = antonyms.opposites(words, least=2)
    pairs = [frozenset((p.low, p.high)) for p in found]
    np.testing.assert_equal(len(set(pairs)), len(pairs))
    np.testing.assert_array_less(100, len(pairs))
    for p in found:
        np.testing.assert_equal(set(p.near_low) & set(p.near_high), set())
        np.testing.assert_equal({p.low, p.high} & {*p.near_low, *p.near_high}, set())
        np.testing.assert_array_less(1, min(len(p.near_low), len(p.near_high)))
        assert {p.low, p.high, *p.near_low, *p.near_high} <= words
    np.testing.assert_equal(antonyms.opposites(set()), ())
