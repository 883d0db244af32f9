"""Correlation, bootstrap, signed ranks, Holm, power: against SciPy and simulation."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tutor.evaluate import statistics as s
from tutor.evaluate.correlation import centred_ranks, sort, weighted_spearman

RNG = np.random.default_rng(11)
GOLD = RNG.normal(size=80).round(1)  # rounded, so that there are ties
GOOD = GOLD + RNG.normal(size=(5, 80))
POOR = GOLD + 3 * RNG.normal(size=(5, 80))

small = arrays(np.float64, st.integers(2, 30), elements=st.integers(-3, 3))


# --- rank correlation ----------------------------------------------------------------
def test_spearman_by_hand():
    """Rung 0: ranks 1, 2, 3 against 1, 3, 2: rho = 1 - 6(0+1+1)/(3*8) = 1/2."""
    np.testing.assert_allclose(s.spearman([10, 20, 30], [1, 9, 4]), 0.5, atol=1e-12)


@pytest.mark.oracle
@settings(max_examples=80, deadline=None)
@given(st.data())
def test_spearman_and_ranks_equal_scipy(data):
    stats = pytest.importorskip("scipy.stats")
    x = data.draw(small)
    y = data.draw(arrays(np.float64, len(x), elements=st.integers(-3, 3)))
    np.testing.assert_array_equal(s.average_ranks(x), stats.rankdata(x))
    if len(set(x)) == 1 or len(set(y)) == 1:
        with pytest.raises(ValueError, match="all values of one list are equal"):
            s.spearman(x, y)
        return
    np.testing.assert_allclose(
        s.spearman(x, y), stats.spearmanr(x, y).statistic, atol=1e-12
    )


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_weighted_correlation_equals_really_repeating_the_items(data):
    """Rung 1: the shortcut of the bootstrap against the resample written out."""
    x = data.draw(small)
    y = data.draw(arrays(np.float64, len(x), elements=st.integers(-3, 3)))
    weights = data.draw(arrays(np.int64, len(x), elements=st.integers(0, 3)))
    xs, ys = np.repeat(x, weights), np.repeat(y, weights)
    w = weights[:, None].astype(float)
    ranks = [centred_ranks(w, sort(v)) for v in (x, y)]
    got = weighted_spearman(w, *ranks)[0]
    if len(set(xs)) < 2 or len(set(ys)) < 2:
        assert math.isnan(got)
    else:
        np.testing.assert_allclose(got, s.spearman(xs, ys), atol=1e-10)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        ([1.0], [1.0], "length >= 2"),
        ([1, 2, 3], [1, 2], r"\(3,\) and \(2,\)"),
        ([1, np.nan], [1, 2], "1 values are NaN"),
    ],
)
def test_spearman_refuses(x, y, message):
    with pytest.raises(ValueError, match=message):
        s.spearman(x, y)


# --- paired bootstrap ----------------------------------------------------------------
def test_estimate_is_the_mean_of_the_seeds():
    effect = s.paired_bootstrap(GOOD, POOR, gold=GOLD, statistic="spearman")
    expected = [s.spearman(a, GOLD) - s.spearman(b, GOLD) for a, b in zip(GOOD, POOR)]  # noqa: B905
    np.testing.assert_allclose(effect.per_seed, expected, atol=1e-12)
    np.testing.assert_allclose(effect.estimate, np.mean(expected), atol=1e-12)
    assert effect.low < effect.estimate < effect.high
    assert effect.items == 80
    assert repr(effect).startswith("Effect(+0.")
    assert "5 seeds x 80 items" in repr(effect)


def test_fast_paths_equal_the_general_one():
    """Rung 1: the same resamples, each statistic computed by calling a function."""
    fast = s.paired_bootstrap(GOOD, POOR, gold=GOLD, statistic="spearman", samples=200)
    slow = s.paired_bootstrap(GOOD, POOR, gold=GOLD, statistic=s.spearman, samples=200)
    np.testing.assert_allclose([slow.low, slow.high], [fast.low, fast.high], atol=1e-10)
    fast = s.paired_bootstrap(GOOD, POOR, samples=200)
    slow = s.paired_bootstrap(
        GOOD, POOR, statistic=lambda v, _: float(v.mean()), samples=200
    )
    np.testing.assert_allclose([slow.low, slow.high], [fast.low, fast.high], atol=1e-10)


def test_parity_above_sees_one_per_cent():
    """Rung 9."""
    a = s.paired_bootstrap(GOOD, POOR, samples=200)
    b = s.paired_bootstrap(GOOD * 1.01, POOR, samples=200)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose([a.low, a.high], [b.low, b.high], atol=1e-10)


def test_swapping_the_sides_mirrors_the_interval():
    there = s.paired_bootstrap(GOOD, POOR, gold=GOLD, statistic="spearman")
    back = s.paired_bootstrap(POOR, GOOD, gold=GOLD, statistic="spearman")
    np.testing.assert_allclose(
        [back.estimate, back.low, back.high],
        [-there.estimate, -there.high, -there.low],
        atol=1e-10,
    )


def test_pairing_cancels_what_is_hard_for_both():
    shared = RNG.normal(size=400) * 10
    a = shared + RNG.normal(size=(5, 400)) * 0.1
    b = shared + RNG.normal(size=(5, 400)) * 0.1
    paired = s.paired_bootstrap(a, b)
    alone = s.paired_bootstrap(a)
    assert paired.high - paired.low < 0.05 * (alone.high - alone.low)


def test_one_row_stands_against_several():
    effect = s.paired_bootstrap(GOOD, POOR[0], gold=GOLD, statistic="spearman")
    assert len(effect.per_seed) == 5
    again = s.paired_bootstrap(
        GOOD, np.repeat(POOR[:1], 5, axis=0), gold=GOLD, statistic="spearman"
    )
    assert effect == again
    single = s.paired_bootstrap(GOOD[0])
    assert len(single.per_seed) == 1


def test_resamples_without_a_correlation_are_left_out():
    """Three items: a ninth of the resamples is one item three times."""
    gold = np.array([1.0, 2.0, 3.0])
    thrice = np.array([[3.0], [0.0], [0.0]])
    ranks = centred_ranks(thrice, sort(gold))
    assert np.isnan(weighted_spearman(thrice, ranks, ranks)).all()
    found = s.paired_bootstrap(gold[None], gold=gold, statistic="spearman")
    ends = (found.low, found.estimate, found.high)
    np.testing.assert_allclose(ends, 1, rtol=1e-12)


def test_same_seed_same_interval_other_seed_nearly():
    one = s.paired_bootstrap(GOOD, POOR)
    assert one == s.paired_bootstrap(GOOD, POOR)
    other = s.paired_bootstrap(GOOD, POOR, seed=1)
    assert one != other
    np.testing.assert_allclose(one.low, other.low, atol=0.1)


@pytest.mark.slow
def test_the_interval_covers_as_often_as_it_says():
    """Simulation: 95 % of 300 intervals of a mean over 60 items hold the true 0."""
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(300):
        e = s.paired_bootstrap(rng.normal(size=(1, 60)), samples=500)
        inside += e.low <= 0 <= e.high
    assert 0.90 <= inside / 300 <= 0.985


def test_interval_of_the_mean_is_the_textbooks():
    """One seed, 4,000 items: half-width 1.96 * sd / sqrt(n)."""
    x = RNG.normal(size=4000)
    e = s.paired_bootstrap(x, samples=4000)
    half = 1.96 * x.std() / math.sqrt(4000)
    np.testing.assert_allclose((e.high - e.low) / 2, half, rtol=0.05)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: s.paired_bootstrap(GOOD, POOR[:, :5]), "same items"),
        (lambda: s.paired_bootstrap(GOOD, POOR[:3]), "5 seeds cannot be paired with 3"),
        (lambda: s.paired_bootstrap([[1.0]]), "same items"),
        (lambda: s.paired_bootstrap(np.zeros((0, 5))), "same items"),
        (lambda: s.paired_bootstrap(GOOD * np.nan), "400 values of treatment"),
        (lambda: s.paired_bootstrap(GOOD, gold=GOLD[:3]), "gold must have 80"),
        (lambda: s.paired_bootstrap(GOOD, statistic="spearman"), "needs gold"),
        (lambda: s.paired_bootstrap(GOOD, statistic="median"), "unknown statistic"),
        (lambda: s.paired_bootstrap(GOOD, samples=10), "samples >= 100"),
        (lambda: s.paired_bootstrap(GOOD, level=95), "0 < level < 1"),
        (
            lambda: s.paired_bootstrap(GOOD * 0, gold=GOLD, statistic="spearman"),
            "all values are equal",
        ),
    ],
)
def test_bootstrap_refuses(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# --- significance --------------------------------------------------------------------
@pytest.mark.oracle
@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.integers(-60, 60).filter(lambda d: d != 0),
        min_size=1,
        max_size=40,
        unique_by=abs,
    )
)
def test_exact_wilcoxon_equals_scipy(differences):
    stats = pytest.importorskip("scipy.stats")
    ours = s.wilcoxon(differences)
    theirs = stats.wilcoxon(differences, method="exact")
    assert ours.exact
    assert ours.statistic == theirs.statistic
    np.testing.assert_allclose(ours.p, theirs.pvalue, rtol=1e-9)


@pytest.mark.oracle
def test_wilcoxon_with_ties_and_zeros_equals_scipy():
    stats = pytest.importorskip("scipy.stats")
    x, y = GOOD[0].round(), POOR[0].round()
    ours = s.wilcoxon(x, y)
    theirs = stats.wilcoxon(x, y, method="approx", correction=False)
    assert not ours.exact
    np.testing.assert_allclose(ours.p, theirs.pvalue, rtol=1e-9)
    assert "normal approximation" in repr(ours)


def test_five_seeds_cannot_reach_five_per_cent():
    assert s.wilcoxon([1, 2, 3, 4, 5]).p == 2 / 32


def test_holm_by_hand():
    """Rung 0: .01*3, max(.03*2), max(.06, .04*1), in the order given."""
    np.testing.assert_allclose(s.holm([0.04, 0.01, 0.03]), [0.06, 0.03, 0.06])
    np.testing.assert_allclose(s.holm([0.9, 0.9]), [1, 1])
    assert s.holm([]).shape == (0,)


def test_power_by_simulation():
    """A true difference of the stated size is found about 80 % of the time."""
    rng = np.random.default_rng(2)
    n = 100
    sight = s.power(s.paired_bootstrap(rng.normal(size=(1, 4000))))
    delta = sight.detectable * math.sqrt(4000 / n)
    assert abs(sight.items_needed(delta) - n) <= 1
    found = np.mean(
        [
            abs(x.mean()) / (x.std(ddof=1) / math.sqrt(n)) > 1.96
            for x in rng.normal(delta, 1, size=(1000, n))
        ]
    )
    assert 0.75 < found < 0.85
    assert "80% of the time" in repr(sight)


def test_correlation_interval_covers():
    """Bonett and Wright's interval holds the true value about 95 % of the time."""
    rng = np.random.default_rng(4)
    rho = 0.6
    true = 6 / math.pi * math.asin(rho / 2)  # Spearman of the bivariate normal
    inside = 0
    for _ in range(400):
        x = rng.normal(size=120)
        y = rho * x + math.sqrt(1 - rho**2) * rng.normal(size=120)
        low, high = s.correlation_interval(s.spearman(x, y), 120)
        inside += low <= true <= high
    assert 0.92 <= inside / 400 <= 0.98


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: s.wilcoxon([0.0, 0.0]), "no pair differs"),
        (lambda: s.wilcoxon([1.0], [1.0, 2.0]), "one shape"),
        (lambda: s.wilcoxon([np.nan]), "finite"),
        (lambda: s.holm([1.5]), r"\[0, 1\]"),
        (lambda: s.power(s.paired_bootstrap(GOOD), power=1.0), "between 0 and 1"),
        (lambda: s.correlation_interval(1.0, 10), "rho"),
        (lambda: s.correlation_interval(0.5, 3), "n >= 4"),
        (lambda: s.power(s.paired_bootstrap(GOOD)).items_needed(0), "positive"),
    ],
)
def test_significance_refuses(call, message):
    with pytest.raises(ValueError, match=message):
        call()
