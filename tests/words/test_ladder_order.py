"""How sure an order is: planted ladders whose order is known, and noise alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutor.evaluate.statistics import paired_bootstrap
from tutor.words import ladder
from tutor.words.ladder import Column, Ladder, Mark, Rung, order

ITEMS, SEEDS = 300, 5
NAMES = ("a", "b", "c", "d", "e")


def planted(strength, other=None, *, seed=0, noise=0.05):
    """Return a ladder whose rungs follow the gold with given strengths, by column."""
    rng = np.random.default_rng(seed)
    columns = {
        "one": Column("one", "spearman", rng.normal(size=ITEMS), ()),
        "two": Column("two", "macro-F1", rng.integers(0, 4, ITEMS).astype(float), ()),
    }
    marks = {}
    for name, s, t in zip(NAMES, strength, other or strength, strict=False):
        own, hit = rng.normal(size=ITEMS), rng.random(ITEMS)
        runs = []
        for _ in range(SEEDS):
            jitter = noise * rng.normal(size=ITEMS)
            gold = columns["two"].gold
            said = np.where(hit + jitter < t, gold, (gold + 1) % 4)
            values = {"one": s * columns["one"].gold + own + jitter, "two": said}
            runs.append(Mark(values, 8, 0, 0.0, 1.0))
        marks[name] = tuple(runs)
    rungs = tuple(Rung(n, len, i) for i, n in enumerate(NAMES[: len(strength)]))
    return Ladder(rungs, columns, marks)


UP = (0.1, 0.5, 1.0, 2.0, 4.0)
SHARE = (0.2, 0.35, 0.5, 0.65, 0.8)


def test_a_ladder_that_rises_is_seen_to_rise():
    up = planted(UP, SHARE)
    for column in ("one", "two"):
        effect = ladder.rising(up, column, samples=200)
        np.testing.assert_allclose(effect.estimate, 1)
        np.testing.assert_array_less(0.8, effect.low)
    down = planted(UP[::-1], SHARE[::-1])
    np.testing.assert_allclose(ladder.rising(down, "one", samples=50).estimate, -1)


def test_ranks_hold_the_planted_ones_and_know_a_tie():
    found = ladder.rank_intervals(
        planted((0.1, 1.0, 1.0, 4.0), (0.5,) * 4), NAMES[:4], "one"
    )
    np.testing.assert_equal(found["d"], (1, 1, 1))
    np.testing.assert_equal(found["a"], (4, 4, 4))
    for name in "bc":
        np.testing.assert_equal(found[name][1:], (2, 3))


def test_decided_says_up_down_and_neither():
    found = ladder.decided(
        planted((2.0, 0.1, 2.0), (0.5,) * 3), NAMES[:3], "one", margin=0.02
    )
    np.testing.assert_array_equal(found, [[0, -1, 0], [1, 0, 1], [0, -1, 0]])


def test_equal_orders_are_not_apart_and_opposite_ones_are():
    """Noise alone gives no less agreement across columns than within."""
    same = ladder.columns_apart(planted(UP, SHARE), NAMES, "one", "two", samples=60)
    np.testing.assert_array_less(abs(same.estimate), 0.05)
    apart = ladder.columns_apart(
        planted(UP, SHARE[::-1]), NAMES, "one", "two", samples=60
    )
    np.testing.assert_array_less(apart.high, -1)
    np.testing.assert_allclose(apart.estimate, -2, atol=0.1)
    np.testing.assert_allclose(
        ladder.agreement(
            planted(UP, SHARE[::-1]), NAMES, "one", "two", samples=50
        ).estimate,
        -1,
    )


def test_noise_lowers_agreement_but_does_not_set_columns_apart():
    """Rungs a hair apart in both columns: tau is low, the halves are as low."""
    close = planted(
        (1.0, 1.02, 1.04, 1.06, 1.08), (0.5, 0.505, 0.51, 0.515, 0.52), seed=3
    )
    effect = ladder.columns_apart(close, NAMES, "one", "two", samples=100)
    np.testing.assert_array_less(effect.low, 0.0)
    np.testing.assert_array_less(0.0, effect.high)


def test_one_seed_cannot_be_halved():
    up = planted(UP, SHARE)
    short = Ladder(up.rungs, up.columns, {n: m[:1] for n, m in up.marks.items()})
    with pytest.raises(ValueError, match="need two seeds or more to halve them, got 1"):
        ladder.columns_apart(short, NAMES, "one", "two")


@pytest.mark.parametrize("column", ["one", "two"])
def test_resampled_differences_are_those_of_the_paired_bootstrap(column):
    """Two ways to the same interval; its ends differ by the draws alone."""
    up = planted(UP, SHARE)
    theirs = up.effect("d", "b", column, samples=2000)
    draws = order.resampled(up, ("b", "d"), column, samples=2000)
    ours = np.quantile(draws[1] - draws[0], [0.025, 0.975])
    width = theirs.high - theirs.low
    np.testing.assert_allclose(ours, [theirs.low, theirs.high], atol=0.15 * width)
    whole = order.run_scores(up, ("b", "d"), column)[:, :, 0].mean(axis=1)
    np.testing.assert_allclose(whole[1] - whole[0], theirs.estimate)


def test_an_effect_alone_is_the_score_and_its_interval():
    up = planted(UP, SHARE)
    alone = up.effect("e", None, "one", samples=200)
    theirs = paired_bootstrap(
        up.values("e", "one"),
        gold=up.columns["one"].gold,
        statistic="spearman",
        samples=200,
    )
    assert alone == theirs


def test_a_rung_without_an_order_counts_as_zero():
    up = planted(UP, SHARE)
    flat = tuple(
        Mark({**m.values, "one": np.zeros(ITEMS)}, 8, 0, 0.0, 1.0)
        for m in up.marks["e"]
    )
    held = Ladder(up.rungs, up.columns, {**up.marks, "e": flat})
    np.testing.assert_equal(order.run_scores(held, ("e",), "one"), 0)
    np.testing.assert_equal(
        ladder.rank_intervals(held, NAMES, "one", samples=50)["e"][0], 5
    )


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(1, 6), st.integers(0, 5))
def test_a_resample_draws_as_many_as_there_are(n, samples, seed):
    found = order.multiplicities(n, samples, seed=seed, stream=9)
    np.testing.assert_equal(found.shape, (n, samples))
    np.testing.assert_array_equal(found.sum(axis=0), n)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(-9, 9), min_size=2, max_size=12, unique=True))
def test_kendall_reverses_with_its_list(x):
    np.testing.assert_allclose(ladder.kendall(x, x), 1)
    np.testing.assert_allclose(ladder.kendall(x, [-v for v in x]), -1)
