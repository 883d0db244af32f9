"""The studies of chapter words/numbers: parts that do not overlap, planted effects."""

import numpy as np
import pytest

from tutor.datasets.antonyms import Opposites
from tutor.datasets.ratings import FilmRatings
from tutor.embedding import Embedding
from tutor.words.numbers import axes, linear
from tutor.words.studies import numbers as study
from tutor.words.studies import numbers_people as people

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def small():
    """2,600 numerals inside, 200 outside; their vectors hold magnitude and noise."""
    numbers = [*range(1, 2601), *range(100_000, 300_000, 1000)]
    vectors = RNG.normal(size=(len(numbers), 6)) * 0.1
    vectors[:, 0] += np.log10(1.0 + np.array(numbers))
    return study.world(Embedding([str(n) for n in numbers], vectors), test=300)


# --- numbers -------------------------------------------------------------------------
def test_the_parts_of_a_world_do_not_overlap(small):
    np.testing.assert_equal(
        [len(small.pool), len(small.inside), len(small.outside)], [2300, 300, 200]
    )
    np.testing.assert_equal(set(small.pool) & set(small.inside), set())
    np.testing.assert_array_less(small.pool, study.INSIDE)
    np.testing.assert_array_less(study.INSIDE - 1, small.outside)
    assert "2,300 numbers to train on" in repr(small)


def test_every_code_has_the_same_columns(small):
    for name in study.CODES:
        code = study.code(name, small.embedding)
        np.testing.assert_equal(code(small.inside).shape, (300, 64))
    with pytest.raises(ValueError, match="no code 'bytes'; there are random"):
        study.code("bytes", small.embedding)


def test_frequency_is_rank_and_comma():
    held = Embedding(["the", "1,500", "7"], np.ones((3, 2)))
    found = study.code("frequency", held)(np.array([7, 1500]))
    np.testing.assert_allclose(found[:, :2], [[np.log(3), 0], [np.log(2), 1]])
    np.testing.assert_array_equal(found[:, 2:], 0)


def test_pairs_are_of_different_numbers_and_repeat(small):
    x, y = study.pairs(small.inside, 500, 3)
    np.testing.assert_equal(int((x == y).sum()), 0)
    np.testing.assert_array_equal(x, study.pairs(small.inside, 500, 3)[0])
    np.testing.assert_array_equal(
        study.same_length(np.array([9, 99]), np.array([10, 11])), [False, True]
    )


@pytest.mark.parametrize("kind", ["ridge", "network"])
def test_planted_magnitude_is_found_and_random_rows_are_not(small, kind):
    """Vectors hold the magnitude, so their error is a third of the random rows'."""
    words, random = (
        study.one_run(small, name, kind, 0, rows=1000) for name in ("words", "random")
    )
    key = "magnitude inside"
    np.testing.assert_array_less(words[key].mean(), random[key].mean() / 3)
    np.testing.assert_allclose(random["order inside"].mean(), 0.5, atol=0.1)
    np.testing.assert_array_less(0.8, words["order inside"].mean())


def test_the_value_alone_adds_outside(small):
    found = study.all_runs(small, "ridge", names=("value", "digits"), seeds=range(1))
    np.testing.assert_array_less(found["value"]["sum outside"].mean(), 0.01)
    np.testing.assert_array_less(0.5, found["digits"]["sum outside"].mean())
    np.testing.assert_allclose(
        study.largest_seen(small), np.log10(1.0 + small.outside) - np.log10(2601.0),
        atol=0.01,
    )  # fmt: skip


def test_cosines_do_not_depend_on_the_basis():
    cosines, distance = study.cosines_and_distances(planar=True, count=50)
    np.testing.assert_allclose(
        cosines, np.cos(np.pi * distance / 1e6)[None] + 0 * cosines
    )


# --- rated words ---------------------------------------------------------------------
def test_known_words_are_plain_and_have_a_vector():
    held = Embedding(["good", "lol", "naïve", "Bad"], np.ones((4, 1)))
    kept = study.known_words(["good", ":)", "Bad", "naïve", "ugly", "lol"], held)
    np.testing.assert_array_equal(kept, [0, 5])


def test_explained_has_the_mean_r_squared():
    y, guess = RNG.normal(size=60), RNG.normal(size=60)
    groups = [f"g{i % 7}" for i in range(60)]
    found = study.explained(y, guess, groups)
    np.testing.assert_equal(len(found), 7)
    np.testing.assert_allclose(found.mean(), linear.r_squared(y, guess), atol=1e-12)


def test_neighbours_out_of_fold_equal_the_loop_and_leak_through_relatives():
    """Twins with one rating: found across folds by word, not by family."""
    X = np.repeat(RNG.normal(size=(60, 8)), 2, axis=0) + 1e-3 * RNG.normal(
        size=(120, 8)
    )
    y = np.repeat(RNG.normal(size=60), 2)
    names = [f"w{i // 2}" for i in range(120)]
    loose, whole = linear.folds(120, 0), linear.group_folds(names, 0)
    found = study.nearest_out_of_fold(X, y, loose, k=1)
    unit = X / np.linalg.norm(X, axis=1, keepdims=True)
    for i in range(120):
        rest = np.flatnonzero(loose != loose[i])
        np.testing.assert_equal(found[i], y[rest[(unit[rest] @ unit[i]).argmax()]])
    by_word, by_family = (
        linear.r_squared(y, study.nearest_out_of_fold(X, y, f, k=1))
        for f in (loose, whole)
    )
    np.testing.assert_array_less(0.1, by_word)
    np.testing.assert_array_less(by_family, 0)


def test_reliability_of_noise_and_of_agreement():
    true = RNG.normal(size=(3000, 1))
    np.testing.assert_allclose(study.reliability(true + np.zeros((1, 10))), 1)
    noisy = true + 2 * RNG.normal(size=(3000, 10))
    np.testing.assert_allclose(study.reliability(noisy), 1 / (1 + 0.4), atol=0.05)


# --- people --------------------------------------------------------------------------
@pytest.fixture(scope="module")
def planted():
    """400 users with an offset and a taste, 60 films of 3 genres, 30 ratings each."""
    rng = np.random.default_rng(1)
    users, films = 400, 60
    has = rng.random((films, 3)) < 0.4
    user = np.repeat(np.arange(users), 30)
    film = np.concatenate([rng.permutation(films)[:30] for _ in range(users)])
    taste = rng.normal(0, 0.8, (users, 3))
    stars = 3 + rng.normal(0, 0.7, users)[user] + rng.normal(0, 0.5, films)[film]
    stars += (taste[user] * has[film]).sum(axis=1) + rng.normal(0, 0.5, len(user))
    names = [
        tuple(f"{k}{i}" for i in range(n)) for k, n in (("u", users), ("f", films))
    ]
    return FilmRatings(
        names[0], names[1], ("a", "b", "c"), user, film, stars, has, "", ""
    )


def test_new_users_are_tested_on_what_they_did_not_teach(planted):
    new = people.new_users(planted)
    np.testing.assert_equal(len(set(new)), people.NEW_USERS)
    row = np.full(400, -1)
    row[new] = np.arange(300)
    user = row[planted.user]
    parts = [people._parted(user, 5, seed) for seed in (0, 1)]
    for learn, asked in parts:
        np.testing.assert_equal(set(learn) & set(asked), set())
        np.testing.assert_array_equal(np.bincount(user[learn]), 5)
        np.testing.assert_array_equal(np.bincount(user[asked]), 9)  # 3 in 10 of 30
        np.testing.assert_array_less(-1, user[learn])
    np.testing.assert_array_equal(parts[0][1], parts[1][1])
    np.testing.assert_array_less(0, len(set(parts[0][0]) - set(parts[1][0])))


def test_cold_start_finds_planted_offsets_and_tastes(planted):
    first, second = people.cold_start(planted, kept=15, seed=0)
    error = {name: found.mean() for name, found in (first | {
        f"taste {k}": v for k, v in second.items()}).items()}  # fmt: skip
    np.testing.assert_array_less(error["shrunk"], error["complete"])
    np.testing.assert_array_less(
        error["taste shrunk"], 0.8 * error["taste offset only"]
    )
    np.testing.assert_array_less(error["taste shrunk"], error["taste none"])
    np.testing.assert_array_less(error["taste offset only"], error["taste shuffled"])
    np.testing.assert_allclose(error["taste offset only"], error["shrunk"])


def test_nobody_keeps_their_own_vector():
    for seed in range(5):
        order = people._derangement(50, seed)
        np.testing.assert_array_equal(np.sort(order), np.arange(50))
        np.testing.assert_equal(int((order == np.arange(50)).sum()), 0)


# --- axes ----------------------------------------------------------------------------
def test_nouns_have_one_class_and_no_other_sense():
    """WordNet: *guitar* is an artifact only; *run* is a verb too."""
    held = Embedding(["run", "guitar", "xyzzy", "violin"], np.ones((4, 1)))
    words, classes = people.nouns(held, 2)
    np.testing.assert_equal(words, ("guitar", "violin"))
    np.testing.assert_equal(classes[0], classes[1])


def test_scales_keep_a_planted_promise():
    words = ["cold", "hot", "icy", "frosty", "torrid", "warm"]
    line = np.array([-1.0, 1, -0.5, -0.7, 0.4, 0.2])
    held = Embedding(words, np.stack([line, np.ones(6)], axis=1))
    pair = Opposites("cold", "hot", ("icy", "frosty"), ("torrid", "warm"))
    A = axes.polar_directions(held, [("cold", "hot")])
    np.testing.assert_equal(people.kept_promises(held, [pair], A), [1.0])
    np.testing.assert_equal(people.kept_promises(held, [pair], -A), [0.0])
    again = Opposites("hot", "icy", ("warm",), ("frosty",))
    np.testing.assert_equal(people.frequent_opposites([again, pair], held, 2), (pair,))


def test_random_ends_differ_and_depend_on_the_seed():
    words = [f"w{i}" for i in range(9)]
    found = people.random_ends(words, 200, 0)
    np.testing.assert_equal(sum(a == b for a, b in found), 0)
    assert found != people.random_ends(words, 200, 1)
