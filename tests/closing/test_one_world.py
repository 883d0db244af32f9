"""The comparison of spaces: pencil, loops, outside libraries, properties, bad input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutor.closing.one_world import reference as rsa
from tutor.closing.one_world import rotation, stored
from tutor.datasets.errors import DamagedFileError, DataError


def cloud(n=40, dim=8, noise=0.3, seed=0):
    """Return two spaces of the same things: one turned, with noise."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, dim))
    turn = np.linalg.qr(rng.normal(size=(dim, dim)))[0]
    return X, X @ turn + noise * rng.normal(size=(n, dim))


def tables(**options):
    return tuple(rsa.similarities(X) for X in cloud(**options))


# --- pencil and loops ----------------------------------------------------------------
def test_pencil():
    """The chapter's four concepts: ranks 1..6 against 2 1 3 4 6 5: 1 - 6 * 4 / 210."""
    A, B = np.zeros((4, 4)), np.zeros((4, 4))
    upper = np.triu_indices(4, 1)
    A[upper], B[upper] = [1, 2, 3, 4, 5, 6], [2, 1, 3, 4, 6, 5]
    found = rsa.agreement(A + A.T, B + B.T)
    np.testing.assert_allclose(found, 1 - 6 * 4 / 210, atol=1e-12)


def test_agreement_is_scipys_spearman_of_the_upper_triangle():
    stats = pytest.importorskip("scipy.stats")
    A, B = tables()
    upper = np.triu_indices(len(A), 1)
    expected = stats.spearmanr(A[upper], B[upper]).statistic
    np.testing.assert_allclose(rsa.agreement(A, B), expected, atol=1e-12)
    moved = A + 0.01 * np.random.default_rng(1).normal(size=A.shape)
    with pytest.raises(AssertionError):  # alive: one table moved by 1 %
        np.testing.assert_allclose(rsa.agreement(moved, B), expected, atol=1e-12)


def test_agreement_within_groups_is_spearman_of_those_pairs():
    stats = pytest.importorskip("scipy.stats")
    A, B = tables()
    groups = ["a"] * 25 + ["b"] * 15
    cells = [(i, j) for i in range(40) for j in range(i) if groups[i] == groups[j]]
    rows, columns = np.array(cells).T
    expected = stats.spearmanr(A[rows, columns], B[rows, columns]).statistic
    found = rsa.agreement(A, B, rsa.pairs_within(groups))
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_weighted_agreement_equals_a_loop_over_the_drawn_pairs():
    """Each pair of different concepts counts w_i times w_j; copies make no pair."""
    A, B = tables(n=9)
    pairs = rsa.all_pairs(9)
    R, Q = rsa.rank_matrix(A, pairs), rsa.rank_matrix(B, pairs)
    drawn = np.array([0, 0, 1, 3, 3, 3, 5, 7, 8])
    x, y = [], []
    for i in range(9):
        for j in range(i):
            if drawn[i] != drawn[j]:
                x.append(R[drawn[i], drawn[j]])
                y.append(Q[drawn[i], drawn[j]])
    weights = np.bincount(drawn, minlength=9)[None].astype(float)
    found = rsa.weighted_agreement(R, Q, pairs, weights)[0]
    np.testing.assert_allclose(found, np.corrcoef(x, y)[0, 1], atol=1e-10)


def test_overlap_equals_sets():
    A, B = tables()
    expected = []
    for a, b in zip(A, B, strict=True):
        near = [set(np.argsort(-row, kind="stable")[1:6]) for row in (a, b)]
        expected.append(len(near[0] & near[1]) / 5)
    np.testing.assert_allclose(rsa.neighbour_overlap(A, B, 5), expected, atol=1e-12)


def test_neighbours_of_equals_go_by_row():
    np.testing.assert_array_equal(rsa.neighbours(np.ones((4, 4)), 2)[3], [0, 1])


# --- the interval --------------------------------------------------------------------
def test_interval_covers_the_truth_as_often_as_it_says():
    """80 draws of 60 concepts from one world: about 95 % hold the truth of 6,000."""
    rng = np.random.default_rng(0)
    draw = lambda n: (X := rng.normal(size=(n, 6)), X + rng.normal(size=(n, 6)))  # noqa: E731
    truth = np.mean(
        [rsa.agreement(*map(rsa.similarities, draw(400))) for _ in range(8)]
    )
    held = 0
    for seed in range(80):
        effect = rsa.agreement_effect(
            [tuple(map(rsa.similarities, draw(60)))], samples=300, seed=seed
        )
        held += effect.low <= truth <= effect.high
    assert 66 <= held <= 80, held


def test_bootstrap_of_pairs_would_be_too_sure():
    """What the chapter warns of: pairs drawn alone give a far narrower interval."""
    A, B = tables(n=50, noise=1.0)
    effect = rsa.agreement_effect([(A, B)])
    upper = np.triu_indices(50, 1)
    rng = np.random.default_rng(0)
    alone = [
        np.corrcoef(A[upper][k], B[upper][k])[0, 1]
        for k in rng.integers(0, len(upper[0]), (300, len(upper[0])))
    ]
    low, high = np.quantile(alone, [0.025, 0.975])
    assert effect.high - effect.low > 1.5 * (high - low)


def test_effect_of_a_space_against_itself():
    A, B = tables()
    zero = rsa.agreement_effect([(A, B)] * 5, [(A, B)] * 5)
    np.testing.assert_allclose([zero.estimate, zero.low, zero.high], 0, atol=1e-12)
    assert len(zero.per_seed) == 5
    assert zero.items == 40
    one = rsa.agreement_effect([(A, B)])
    np.testing.assert_allclose(one.estimate, rsa.agreement(A, B), atol=1e-12)


# --- permutations --------------------------------------------------------------------
def test_shuffled_agreement_is_zero_on_average_and_matches_a_plain_shuffle():
    A, B = tables()
    values = rsa.shuffled_agreements(A, B, samples=300)
    assert abs(values.mean()) < 0.02
    order = rsa.shuffle_within([""] * 40, seed=7)
    expected = rsa.agreement(A, B[np.ix_(order, order)])
    np.testing.assert_allclose(values[7], expected, atol=1e-10)


def test_what_groups_alone_explain_survives_a_shuffle_inside_them():
    rng = np.random.default_rng(0)
    groups = ["a"] * 20 + ["b"] * 20
    centre = np.repeat(3 * rng.normal(size=(2, 8)), 20, axis=0)
    A, B = (rsa.similarities(centre + rng.normal(size=(40, 8))) for _ in range(2))
    whole = rsa.agreement(A, B)
    assert whole > 0.5
    inside = rsa.shuffled_agreements(A, B, samples=100, groups=groups).mean()
    np.testing.assert_allclose(inside, whole, atol=0.05)
    assert abs(rsa.agreement(A, B, rsa.pairs_within(groups))) < 0.2


@settings(deadline=None, max_examples=25)
@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=30), st.integers(0, 99))
def test_a_shuffle_keeps_every_group_in_its_places(groups, seed):
    order = rsa.shuffle_within(groups, seed=seed)
    np.testing.assert_array_equal(np.sort(order), np.arange(len(groups)))
    np.testing.assert_array_equal(np.array(groups)[order], groups)


def test_without_groups_leaves_every_group_a_mean_of_zero():
    X, names = cloud(n=9)[0], list("aaabbbbcc")
    found = rsa.without_groups(X, names)
    for start, stop in ((0, 3), (3, 7), (7, 9)):
        np.testing.assert_allclose(found[start:stop].mean(axis=0), 0, atol=1e-12)
        moved = X[start:stop] - found[start:stop]
        np.testing.assert_allclose(moved, np.tile(moved[:1], (stop - start, 1)))
    np.testing.assert_allclose(rsa.without_groups(X, list("abcdefghi")), 0, atol=1e-12)


# --- properties ----------------------------------------------------------------------
@settings(deadline=None, max_examples=25)
@given(st.integers(0, 999), st.floats(0.1, 10))
def test_turning_moving_and_scaling_a_space_changes_no_agreement(seed, factor):
    X, Y = cloud(n=15, seed=seed)
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.normal(size=(8, 8)))[0]
    moved = factor * (X @ turn) + rng.normal(size=8)
    A, B = rsa.similarities(X), rsa.similarities(Y)
    C = rsa.similarities(moved)
    np.testing.assert_allclose(C, A, atol=1e-9)
    np.testing.assert_allclose(rsa.agreement(C, B), rsa.agreement(A, B), atol=1e-3)
    np.testing.assert_allclose(rsa.agreement(A, B), rsa.agreement(B, A), atol=1e-12)
    np.testing.assert_allclose(rsa.agreement(A, A), 1, atol=1e-12)


# --- one rotation --------------------------------------------------------------------
def test_a_turned_space_is_found_again_and_a_dealt_one_is_not():
    X, Y = cloud(n=100, noise=0.0)
    np.testing.assert_allclose(rotation.transfer(X, Y, seed=0, dim=8), 1)
    chance = (1 / np.arange(1, 21)).mean()  # 20 candidates a fold
    dealt = np.mean(
        [rotation.transfer(X, Y, seed=s, dim=8, dealt=True).mean() for s in range(5)]
    )
    np.testing.assert_allclose(dealt, chance, atol=0.06)


def test_the_rotation_is_scipys():
    linalg = pytest.importorskip("scipy.linalg")
    X, Y = cloud(n=60, noise=0.8)
    train, test = np.arange(40), np.arange(40, 60)
    A, B = X - X[train].mean(axis=0), Y - Y[train].mean(axis=0)
    turn = linalg.orthogonal_procrustes(_unit(A[train]) @ np.eye(8), _unit(B[train]))[0]
    scores = _unit(A[test]) @ turn @ _unit(B[test]).T
    own = np.diag(scores)[:, None]
    expected = 1 + (scores > own).sum(axis=1)
    found = rotation.transfer_ranks(X, Y, train, test, dim=8)
    np.testing.assert_allclose(found, expected)


def _unit(X):
    return X / np.linalg.norm(X, axis=1, keepdims=True)


def test_nothing_of_the_test_rows_reaches_the_rotation():
    """Replace the test partners of others: each row's own rank may change, no map."""
    X, Y = cloud(n=60)
    train, test = np.arange(40), np.arange(40, 60)
    spoilt = Y.copy()
    spoilt[test[1:]] = 1e-3 * spoilt[test[1:]][:, ::-1]
    one = rotation.transfer_ranks(X, spoilt, train, test[:1], dim=8)
    np.testing.assert_allclose(one, 1)  # one candidate, whatever the others are
    with pytest.raises(ValueError, match="training and test"):
        rotation.transfer_ranks(X, Y, train, np.arange(39, 60), dim=8)


# --- ceilings ------------------------------------------------------------------------
def test_attenuation_is_undone():
    np.testing.assert_allclose(rsa.disattenuated(0.3, 0.9, 0.4), 0.5, atol=1e-12)
    for bad in (0.0, 1.2):
        with pytest.raises(ValueError, match="ceilings"):
            rsa.disattenuated(0.3, bad, 0.4)


# --- stored vectors ------------------------------------------------------------------
def test_stored_vectors_come_back_and_are_checked(tmp_path):
    runs = {"a": np.random.default_rng(0).normal(size=(2, 3, 4))}
    file, names = tmp_path / "v.safetensors", ["x", "y", "z"]
    mark = stored.write(file, names, runs)
    np.testing.assert_allclose(
        stored.read(file, names, mark)["a"], runs["a"], atol=2e-3
    )
    with pytest.raises(DataError, match="another order"):
        stored.read(file, ["y", "x", "z"], mark)
    with pytest.raises(DamagedFileError):
        stored.read(file, names, "0" * 64)
    with pytest.raises(DataError, match="tutor claims"):
        stored.read(tmp_path / "none", names, mark)
    with pytest.raises(ValueError, match="expected"):
        stored.write(file, ["x"], runs)
    with pytest.raises(ValueError, match="half precision"):
        stored.write(file, names, {"a": 1e9 * runs["a"]})


# --- bad input -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda A: rsa.agreement(A[:, :3], A), "similarities"),
        (lambda A: rsa.agreement(A, np.eye(5)), "same concepts"),
        (lambda A: rsa.agreement(A, A, np.ones_like(A)), "without i, i"),
        (lambda A: rsa.agreement(A, A, np.zeros_like(A)), "at least 3"),
        (lambda A: rsa.agreement(A * np.nan, A), "NaN"),
        (lambda A: rsa.neighbours(A, 40), "between 1 and 39"),
        (lambda A: rsa.agreement_effect([]), "0 runs"),
        (lambda A: rsa.agreement_effect([(A, A)] * 2, [(A, A)] * 3), "paired"),
        (lambda A: rotation.transfer(A, A[:9], seed=0), "rows must pair"),
        (lambda A: rsa.without_groups(A, ["a"]), "name of a group for each"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call(tables()[0])
