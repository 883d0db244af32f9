"""tutor.sampling: the same bits everywhere, and the distributions they must follow."""

import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutor import sampling
from tutor.datasets import Corpus, Vocabulary
from tutor.sampling import reference

U64 = (1 << 64) - 1


def splitmix64(state, n):
    """Return n outputs of SplitMix64 run in sequence: Steele et al. (2014), fig. 17."""
    out = []
    for _ in range(n):
        state = (state + 0x9E3779B97F4A7C15) & U64
        out.append(reference._mix(state))
    return out


def test_known_answers_of_splitmix64():
    """The first outputs from state 0 are those of the published C program."""
    assert splitmix64(0, 3) == [
        0xE220A8397B1DCDAF,
        0x6E789E6AA1B965F4,
        0x06C45D188009454F,
    ]


def test_random_access_equals_the_sequential_generator():
    key = int(sampling.stream_key(5, 2, sampling.NOISE))
    bits = sampling.random_bits(5, 2, sampling.NOISE, np.arange(50))
    assert bits.tolist() == splitmix64(key, 50)


@given(st.integers(0, 2**40), st.integers(0, 1000), st.integers(1, 7))
@settings(max_examples=50, deadline=None)
def test_a_draw_depends_on_its_address_alone(seed, epoch, stream):
    positions = np.arange(100)
    whole = sampling.uniform(seed, epoch, stream, positions)
    part = sampling.uniform(seed, epoch, stream, positions[90:30:-1])
    np.testing.assert_array_equal(whole[90:30:-1], part)
    assert whole.min() >= 0
    assert whole.max() < 1


def test_seeds_epochs_and_streams_are_uncorrelated():
    n = 20_000
    base = sampling.uniform(1, 0, sampling.NOISE, np.arange(n))
    for other in (
        (2, 0, sampling.NOISE),
        (1, 1, sampling.NOISE),
        (1, 0, sampling.INIT),
    ):
        r = np.corrcoef(base, sampling.uniform(*other, np.arange(n)))[0, 1]
        assert abs(r) < 4 / np.sqrt(n)


def test_uniform_passes_a_chi_square_of_256_cells():
    """99.9 % quantile of chi-square with 255 degrees of freedom: 330.5."""
    cells = sampling.integers(0, 0, 1, np.arange(256_000), 256)
    observed = np.bincount(cells, minlength=256)
    assert ((observed - 1000) ** 2 / 1000).sum() < 330.5


@pytest.mark.parametrize("bad", [(-1, 0, 1), (0, -1, 1), (0, 0, -1)])
def test_negative_seed_epoch_or_stream_is_refused(bad):
    with pytest.raises(ValueError, match="must be a whole number from 0"):
        sampling.stream_key(*bad)


def test_numba_draws_the_same_bits():
    pytest.importorskip("numba")
    from numba import njit

    from tutor.sampling import fast

    @njit
    def draw(key, n):
        bits = np.empty(n, np.uint64)
        reals = np.empty(n)
        whole = np.empty(n, np.int64)
        for p in range(n):
            bits[p] = fast.bits_at_jit(key, p)
            reals[p] = fast.uniform_at_jit(key, p)
            whole[p] = fast.integer_at_jit(key, p, 5)
        return bits, reals, whole

    bits, reals, whole = draw(sampling.stream_key(7, 3, sampling.WINDOW), 2000)
    where = (7, 3, sampling.WINDOW, np.arange(2000))
    np.testing.assert_array_equal(bits, sampling.random_bits(*where))
    np.testing.assert_array_equal(reals, sampling.uniform(*where))
    np.testing.assert_array_equal(whole, sampling.integers(*where, 5))
    with pytest.raises(AssertionError):  # alive: another stream is another sequence
        np.testing.assert_array_equal(bits, sampling.random_bits(7, 3, 1, where[3]))


def test_keep_probability_by_hand():
    """t/f = .001/.25 = .004 gives sqrt(.004) + .004 = .0672; rare words are kept."""
    keep = sampling.keep_probability([250, 749, 1], 1e-3)
    np.testing.assert_allclose(keep[0], np.sqrt(0.004) + 0.004, atol=1e-12)
    assert keep[2] == 1
    np.testing.assert_array_equal(sampling.keep_probability([3, 1], 0), [1, 1])


def test_subsample_keeps_the_stated_share_and_is_blind_to_how_it_is_cut():
    tokens = np.zeros(50_000, np.int32)
    whole = sampling.subsample(tokens, [0.3], seed=1)
    parts = [
        sampling.subsample(tokens[a : a + 10_000], [0.3], seed=1, start=a)
        for a in range(0, 50_000, 10_000)
    ]
    np.testing.assert_array_equal(whole, np.concatenate(parts))
    assert abs(whole.mean() - 0.3) < 4 * np.sqrt(0.3 * 0.7 / 50_000)


def test_window_sizes_are_uniform_on_1_to_window():
    sizes = sampling.window_sizes(np.arange(50_000), 5, seed=2)
    assert set(sizes.tolist()) == {1, 2, 3, 4, 5}
    assert np.abs(np.bincount(sizes)[1:] / 50_000 - 0.2).max() < 0.01
    with pytest.raises(ValueError, match="window must be at least 1, got 0"):
        sampling.window_sizes([0], 0, seed=0)


def test_noise_deck_follows_the_smoothed_unigram_distribution():
    counts = np.array([1000, 100, 10, 1])
    deck = sampling.noise_deck(counts, size=100_000, seed=3)
    share = counts**0.75 / (counts**0.75).sum()
    np.testing.assert_allclose(np.bincount(deck) / len(deck), share, atol=2e-5)
    uniform = sampling.noise_deck(counts, power=0, size=1000)
    np.testing.assert_array_equal(np.bincount(uniform), [250] * 4)
    assert len(np.unique(sampling.noise_deck(np.ones(50), size=10))) == 50


@pytest.mark.parametrize("counts", [[], [1, 0], [3, -1], [np.nan]])
def test_counts_must_be_positive(counts):
    with pytest.raises(ValueError, match="positive"):
        sampling.noise_deck(counts)
    with pytest.raises(ValueError, match="positive"):
        sampling.keep_probability(counts, 1e-3)


def test_noise_reads_the_deck_in_sequence_and_wraps():
    deck = np.arange(7, dtype=np.int32)
    drawn = sampling.noise(deck, np.arange(5), 2, seed=0, epoch=1)
    start = sampling.noise_start(7, 0, 1)
    np.testing.assert_array_equal(drawn.ravel(), (start + np.arange(10)) % 7)


def pairs_by_loop(tokens, offsets, window, dynamic, keep, seed, epoch):
    """Return what skipgram_pairs must, in the plainest way."""
    out = []
    kept = (
        np.ones(len(tokens), bool)
        if keep is None
        else sampling.subsample(tokens, keep, seed, epoch)
    )
    for a, b in pairwise(offsets):
        words = [p for p in range(a, b) if kept[p]]
        for i, p in enumerate(words):
            r = (
                sampling.window_sizes([p], window, seed, epoch)[0]
                if dynamic
                else window
            )
            for j in range(max(0, i - r), min(len(words), i + r + 1)):
                if j != i:
                    out.append((tokens[p], tokens[words[j]], p))
    return out


@given(
    st.lists(st.integers(0, 12), min_size=1, max_size=6),
    st.integers(1, 4),
    st.booleans(),
    st.booleans(),
    st.integers(0, 99),
)
@settings(max_examples=60, deadline=None)
def test_skipgram_pairs_equal_the_loop(lengths, window, dynamic, drop, seed):
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    tokens = (np.arange(offsets[-1]) % 5).astype(np.int32)
    keep = np.array([0.3, 1, 0.5, 0.9, 0.7]) if drop else None
    pairs = sampling.skipgram_pairs(
        tokens, offsets, window=window, dynamic=dynamic, keep=keep, seed=seed, epoch=1
    )
    loop = pairs_by_loop(tokens, offsets, window, dynamic, keep, seed, 1)
    assert list(zip(*(p.tolist() for p in pairs), strict=True)) == loop


def test_pairs_of_pieces_are_the_pairs_of_the_whole():
    tokens = (np.arange(60) % 7).astype(np.int32)
    keep = np.full(7, 0.6)
    whole = sampling.skipgram_pairs(
        tokens, [0, 25, 40, 60], window=3, keep=keep, seed=1
    )
    parts = [
        sampling.skipgram_pairs(tokens[a:b], cut, window=3, keep=keep, seed=1, start=a)
        for a, b, cut in ((0, 25, [0, 25]), (25, 60, [0, 15, 35]))
    ]
    for one, several in zip(whole, zip(*parts, strict=True), strict=True):
        np.testing.assert_array_equal(one, np.concatenate(several))


@pytest.mark.parametrize("offsets", [[0], [1, 3], [0, 2], [0, 3, 2, 3]])
def test_offsets_must_cut_the_tokens(offsets):
    with pytest.raises(ValueError, match="offsets must"):
        sampling.check_offsets(3, offsets)


BLOCK = 1 << 20


@pytest.mark.parametrize("place", [1, BLOCK - 1, BLOCK, BLOCK + 1, BLOCK + 4])
def test_a_border_that_falls_is_found_wherever_it_lies(place):
    """Borders are looked at a block at a time; a fall between two blocks counts."""
    offsets = np.arange(1, BLOCK + 7)
    offsets[0] = 0
    sampling.check_offsets(BLOCK + 6, offsets)
    offsets[place] = offsets[place + 1] + 1
    with pytest.raises(ValueError, match="offsets must rise"):
        sampling.check_offsets(BLOCK + 6, offsets)
    with pytest.raises(ValueError, match="offsets must not fall"):
        corpus_of(offsets)


def corpus_of(offsets):
    tokens = np.zeros(int(offsets[-1]), np.int32)
    return Corpus(tokens, offsets, Vocabulary(["a"], [len(tokens)]))


def test_looking_at_mapped_borders_holds_a_block_only(tmp_path):
    """Memory does not grow with the number of documents: 32 MB of them here."""
    path = tmp_path / "offsets.npy"
    np.save(path, np.arange(4 * BLOCK + 1))
    offsets = np.load(path, mmap_mode="r")
    tracemalloc.start()
    try:
        sampling.check_offsets(4 * BLOCK, offsets)
        assert tracemalloc.get_traced_memory()[1] < 12e6
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        corpus_of(offsets)
        tokens = 4 * 4 * BLOCK
        assert tracemalloc.get_traced_memory()[1] - before < tokens + 12e6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("seed", [0.5, "1", None, 1 << 64])
def test_a_seed_that_would_alias_another_is_refused(seed):
    """``int(0.5)`` is 0 and 2**64 is 0 modulo 2**64: both would repeat seed 0."""
    with pytest.raises(ValueError, match="seed must be a whole number"):
        sampling.stream_key(seed, 0, 1)


@pytest.mark.parametrize("token", [-1, 2])
def test_subsample_refuses_an_id_without_a_probability(token):
    with pytest.raises(ValueError, match="ids below 2, as keep"):
        sampling.subsample([0, token], [1.0, 1.0], 0)


@pytest.mark.parametrize("sample", [-1e-3, np.nan, np.inf])
def test_sample_must_be_a_share(sample):
    with pytest.raises(ValueError, match="sample must be 0"):
        sampling.keep_probability([3, 1], sample)


def test_a_deck_needs_cards_and_shares_it_can_hold():
    with pytest.raises(ValueError, match="at least 1 card, got 0"):
        sampling.noise_deck([1, 2], size=0)
    for power in (np.nan, 1e6):
        with pytest.raises(ValueError, match="beyond floating point"):
            sampling.noise_deck([1, 10], power=power)
    with pytest.raises(ValueError, match="negatives must be 0 or more"):
        sampling.noise(sampling.noise_deck([1, 2], size=8), [0], -1, 0)


@pytest.mark.parametrize("dynamic", [True, False])
def test_window_zero_is_refused(dynamic):
    with pytest.raises(ValueError, match="window must be at least 1, got 0"):
        sampling.skipgram_pairs(
            np.array([0, 1], np.int32), [0, 2], window=0, dynamic=dynamic
        )


def test_initial_vectors_lie_in_the_cube_and_repeat():
    a = sampling.initial_vectors(40, 10, seed=4)
    assert a.dtype == np.float32
    assert np.abs(a).max() <= 0.05
    np.testing.assert_array_equal(a, sampling.initial_vectors(40, 10, seed=4))
    assert not np.array_equal(a, sampling.initial_vectors(40, 10, seed=5))
    with pytest.raises(ValueError, match="got 3 x 0"):
        sampling.initial_vectors(3, 0, seed=0)


def test_permutation_is_one():
    order = sampling.permutation(1000, seed=1)
    np.testing.assert_array_equal(np.sort(order), np.arange(1000))
    assert not np.array_equal(order, np.arange(1000))
