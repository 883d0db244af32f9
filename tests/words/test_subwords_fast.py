"""fastText's Numba kernels: rows as in Python; epochs as one NumPy step a pair."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numeric import assert_same_moves

from tutor.datasets import Corpus
from tutor.words import subwords
from tutor.words.subwords import SubwordConfig, reference, walk

pytest.importorskip("numba", reason="numba is not installed")
from tutor.words.subwords import epoch, fast, hashing

BASE = SubwordConfig(dim=10, window=3, epochs=2, sample=0.05, buckets=50)
KINDS = {
    "full step": {},
    "exact step": {"cbow_step": "exact"},
    "14 negatives": {"negatives": 14, "dim": 20},
    "2 negatives": {"negatives": 2, "dim": 16},
    "flat window": {"dynamic": False},
    "no n-grams": {"max_n": 0},
    "few buckets": {"buckets": 12},
    "graphemes": {"units": "grapheme", "min_n": 1, "max_n": 3},
}


@pytest.fixture(scope="module")
def corpus():
    """Return documents of 0 to 60 words and a long one that outgrows the buffer."""
    rng = np.random.default_rng(0)
    names = np.array([f"banana{i}বাংলা"[: 4 + i % 9] + str(i) for i in range(60)])
    share = 1 / np.arange(1, 61)
    lengths = [*rng.integers(0, 60, 30), 1, 2500]
    documents = [list(rng.choice(names, n, p=share / share.sum())) for n in lengths]
    return Corpus.from_documents(documents, name="toy")


@pytest.mark.parametrize("kind", KINDS)
def test_epochs_numpy_equal_numba(corpus, kind):
    config = replace(BASE, **KINDS[kind])
    one = subwords.fit(corpus, config, backend="numpy", seed=3)
    two = subwords.fit(corpus, config, backend="numba", seed=3)
    np.testing.assert_allclose(one.history["loss"], two.history["loss"], atol=1e-4)
    np.testing.assert_allclose(one.Z, two.Z, atol=2e-4)
    np.testing.assert_allclose(one.context.vectors, two.context.vectors, atol=2e-4)
    word = one.embedding.keys[7]
    near = [[n.key for n in f.embedding.nearest(word, 5)] for f in (one, two)]
    assert near[0] == near[1]


@pytest.mark.parametrize("kind", KINDS)
def test_one_window_numpy_equals_numba(kind):
    """Rung 4 from vectors that are not small; "banana" repeats an n-gram. Rung 9."""
    config = replace(BASE, **{**KINDS[kind], "sample": 0, "dynamic": False})
    words = ["banana", "nab", "ban"] + [f"w{i:02d}" for i in range(20)]
    corpus = Corpus.from_documents([words], name="twenty")
    plan = subwords.make_plan(corpus, config)
    base = plan.words._replace(tokens=plan.words.tokens[:3], offsets=np.array([0, 3]))
    plan = plan._replace(words=base)
    rng = np.random.default_rng(1)
    size, dim = len(words) + config.buckets, config.dim
    Z = rng.normal(scale=0.5, size=(size, dim)).astype(np.float32)
    V = rng.normal(scale=0.5, size=(len(words), dim)).astype(np.float32)
    tables, before = (epoch.padded(Z), epoch.padded(V)), (Z.copy(), V.copy())
    epoch.train_epoch(*tables, plan, config, seed=2)
    walk.train_epoch(Z, V, plan, config, seed=2)
    assert_same_moves(tables, (Z, V), before)


WORDS = st.lists(
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=9), min_size=1
)


@settings(deadline=None)
@given(WORDS, st.integers(1, 4), st.integers(0, 3), st.booleans(), st.booleans())
def test_rows_python_equal_numba(words, low, more, own, whole):
    options = {
        "min_n": low,
        "max_n": low + more,
        "buckets": 997,
        "units": "grapheme" if whole else "codepoint",
        "first": len(words),
        "own": own,
    }
    one = reference.rows_of_words(words, **options)
    two = hashing.rows_of_words(words, **options)
    np.testing.assert_array_equal(one.starts, two.starts)
    np.testing.assert_array_equal(one.rows, two.rows)


def test_no_ngrams_and_no_own_row_give_no_rows():
    rows = hashing.rows_of_words(
        ["a", "b"], first=2, own=False, min_n=3, max_n=0, buckets=9
    )
    np.testing.assert_array_equal(rows.starts, [0, 0, 0])
    assert len(rows.rows) == 0


def test_means_numpy_equal_numba():
    rng = np.random.default_rng(0)
    Z = rng.normal(size=(40, 7)).astype(np.float32)
    rows = hashing.rows_of_words(
        ["a", "abc", "banana"], first=0, own=False, min_n=4, max_n=5, buckets=40
    )
    out = np.full((3, 7), np.nan, np.float32)
    fast.mean_rows_jit(Z, rows.starts, rows.rows, out)
    np.testing.assert_allclose(out, reference.mean_rows(Z, rows), atol=1e-6)
    assert not out[0].any()


def test_one_thread_repeats_bit_for_bit_and_two_learn_as_well(corpus):
    runs = [subwords.fit(corpus, BASE, seed=1) for _ in range(2)]
    np.testing.assert_array_equal(runs[0].Z, runs[1].Z)
    two = replace(BASE, threads=2, deterministic=False)
    loss = subwords.fit(corpus, two, seed=1).history["loss"][-1]
    assert abs(loss - runs[0].history["loss"][-1]) < 0.1


def test_a_warm_kernel_is_not_compiled_again(corpus):
    subwords.warm()
    there = fast.walk_jit.signatures
    assert {1, 4, 7} <= {len(signature[-1]) for signature in there}
    for dim in (10, 50, 100):
        subwords.fit(corpus, SubwordConfig(dim=dim, epochs=1, buckets=99))
    assert fast.walk_jit.signatures == there
