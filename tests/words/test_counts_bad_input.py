"""Bad input for count vectors: each error says what was given and what helps."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from tutor.datasets import Corpus
from tutor.words import counts
from tutor.words.counts import fast

CORPUS = Corpus.from_documents([["a", "b", "c", "a"], ["b", "c", "d"]])
EMPTY = SimpleNamespace(
    tokens=np.array([], np.int32), offsets=np.array([0, 0]), vocabulary=()
)


@pytest.mark.parametrize("backend", counts.BACKENDS)
def test_empty_corpus(backend):
    with pytest.raises(ValueError, match="nothing to count: the corpus has 0 tokens"):
        counts.fit(EMPTY, backend=backend)


@pytest.mark.parametrize("backend", counts.BACKENDS)
@pytest.mark.parametrize("window", [0, -1, 2.5, True])
def test_window_is_a_whole_number_from_one(backend, window):
    with pytest.raises(ValueError, match=f"at least 1 and a whole.* got {window}"):
        counts.cooccurrence(CORPUS, window=window, backend=backend)


@pytest.mark.parametrize("backend", counts.BACKENDS)
@pytest.mark.parametrize("dim", [0, -3, 5])
def test_dim_out_of_range(backend, dim):
    with pytest.raises(ValueError, match=f"between 1 and 4 .*, got {dim}"):
        counts.fit(CORPUS, counts.CountsConfig(dim=dim), backend=backend)


@pytest.mark.parametrize("backend", counts.BACKENDS)
def test_one_word(backend):
    """One token: nothing to count. One word again and again: nothing surprising."""
    config = counts.CountsConfig(dim=1)
    with pytest.raises(ValueError, match="at least two tokens"):
        counts.fit(Corpus.from_documents([["a"]]), config, backend=backend)
    with pytest.raises(ValueError, match="all zeros"):
        counts.fit(Corpus.from_documents([["a"] * 9]), config, backend=backend)


@pytest.mark.parametrize("backend", counts.BACKENDS)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_not_finite(backend, bad):
    X = counts.cooccurrence(CORPUS)
    X.data[0] = bad
    with pytest.raises(ValueError, match=r"1 of .* NaN or infinite"):
        counts.ppmi(X)
    with pytest.raises(ValueError, match=r"1 of .* NaN or infinite"):
        counts.truncated_svd(X, 2, backend=backend)


def test_negative_counts():
    with pytest.raises(ValueError, match="must not be negative, got -1"):
        counts.ppmi(csr_matrix(np.array([[1.0, -1.0], [0.0, 2.0]])))


def test_no_counts_at_all():
    with pytest.raises(ValueError, match="every count is zero"):
        counts.ppmi(csr_matrix((3, 3)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"shift": 0}, "shift must be positive"),
        ({"shift": np.nan}, "shift must be positive"),
        ({"smoothing": 1.5}, "smoothing must lie between 0 and 1, got 1.5"),
        ({"smoothing": np.nan}, "smoothing must lie between 0 and 1"),
    ],
)
def test_ppmi_parameters(arguments, message):
    with pytest.raises(ValueError, match=message):
        counts.ppmi(counts.cooccurrence(CORPUS), **arguments)


def test_eigenvalue_power_out_of_range():
    config = counts.CountsConfig(dim=2, eigenvalue_power=1.5)
    with pytest.raises(ValueError, match=r"between 0 and 1, got 1\.5"):
        counts.fit(CORPUS, config)


def test_unknown_names_list_what_there_is():
    with pytest.raises(ValueError, match="there are flat, harmonic, dynamic"):
        counts.cooccurrence(CORPUS, weighting="linear")
    with pytest.raises(ValueError, match="numba, numpy, torch"):
        counts.cooccurrence(CORPUS, backend="jax")
    with pytest.raises(ValueError, match="available: cpu"):
        counts.fit(CORPUS, backend="torch", device="cuda:97")
    with pytest.raises(ValueError, match="runs on the CPU only"):
        counts.fit(CORPUS, backend="numba", device="cuda")


def test_harmonic_window_has_a_limit_and_a_remedy():
    with pytest.raises(ValueError, match="smaller window, or weighting='dynamic'"):
        counts.cooccurrence(CORPUS, window=21, weighting="harmonic")
    counts.cooccurrence(CORPUS, window=20, weighting="harmonic")


def test_tokens_outside_the_vocabulary():
    """A kernel without bounds checks must never see them."""
    for token in (4, -1):
        bad = SimpleNamespace(
            tokens=np.array([0, token], np.int32),
            offsets=np.array([0, 2]),
            vocabulary="abcd",
        )
        with pytest.raises(ValueError, match=r"must lie in 0\.\.3"):
            counts.cooccurrence(bad)


def test_keys_must_match():
    with pytest.raises(ValueError, match="got 2 keys and a 4 x 4 matrix"):
        counts.factorize(counts.cooccurrence(CORPUS), ["a", "b"])


@pytest.mark.parametrize("name", ["threads", "chunk_tokens", "block_cells"])
def test_fast_limits(name):
    with pytest.raises(ValueError, match="at least 1"):
        fast.cooccurrence(CORPUS, **{name: 0})


def test_iterations_below_zero():
    with pytest.raises(ValueError, match="iterations must be 0 or more, got -1"):
        counts.truncated_svd(counts.cooccurrence(CORPUS), 2, iterations=-1)


def test_given_matrix_is_left_alone():
    X = counts.cooccurrence(CORPUS)
    before = X.copy()
    counts.fit(CORPUS, counts.CountsConfig(dim=2))
    counts.ppmi(X, smoothing=0.75)
    np.testing.assert_array_equal(X.data, before.data)
    np.testing.assert_array_equal(X.indices, before.indices)
