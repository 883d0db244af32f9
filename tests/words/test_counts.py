"""Co-occurrence, PPMI, truncated SVD: the parity ladder from pencil to oracle."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from tutor.datasets import Corpus
from tutor.words import counts
from tutor.words.counts import fast, reference, svd

BACKENDS = ("numba", "torch")


def same_matrix(a, b):
    """Assert that two csr matrices hold the same bits in the same places."""
    np.testing.assert_array_equal(a.indptr, b.indptr)
    np.testing.assert_array_equal(a.indices, b.indices)
    np.testing.assert_array_equal(a.data, b.data)


def make_corpus(documents, n_words=None):
    """Return a Corpus of documents given as lists of small integers."""
    n_words = n_words or max((max(d) for d in documents if d), default=0) + 1
    width = len(str(n_words))
    words = [[f"w{i:0{width}d}" for i in d] for d in documents]
    return Corpus.from_documents(words)


def random_corpus(seed, documents=6, n_words=30, longest=40):
    """Return a corpus of random documents, some of them empty or of one token."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(0, longest, documents)
    lengths[0] = 3
    return make_corpus([rng.integers(0, n_words, n).tolist() for n in lengths])


def loop_cooccurrence(corpus, window, weight, symmetric=True):
    """Count with the five lines anybody would write."""
    X = np.zeros((len(corpus.vocabulary),) * 2)
    for document in corpus.documents():
        for t, word in enumerate(document):
            for s in range(max(0, t - window), min(len(document), t + window + 1)):
                if s < t or (symmetric and s > t):
                    X[word, document[s]] += weight(abs(s - t))
    return X


SENTENCES = [["the", "cat", "sat"], ["the", "dog", "sat"]]


# --- rung 0: pencil ------------------------------------------------------------------
def test_cooccurrence_by_hand():
    """The table of the chapter: two sentences of three words, window 2, flat."""
    corpus = Corpus.from_documents(SENTENCES)
    assert corpus.vocabulary.words == ("sat", "the", "cat", "dog")
    expected = [[0, 2, 1, 1], [2, 0, 1, 1], [1, 1, 0, 0], [1, 1, 0, 0]]
    X = counts.cooccurrence(corpus, window=2)
    np.testing.assert_array_equal(X.toarray(), expected)


def test_ppmi_by_hand():
    """PMI(sat, the) = log(2 * 12 / (4 * 4)) = log 1.5, counted with a finger."""
    corpus = Corpus.from_documents(SENTENCES)
    M = counts.ppmi(counts.cooccurrence(corpus, window=2)).toarray()
    np.testing.assert_allclose(M[0, 1], math.log(1.5), rtol=0, atol=1e-12)
    np.testing.assert_allclose(M[2, 0], math.log(12 / 8), rtol=0, atol=1e-12)
    assert M[2, 3] == 0


def test_smoothed_ppmi_by_hand():
    """P_.5 of columns with sums 9 and 1 is 3/4 and 1/4; log(5/6 / .75) and so on."""
    X = csr_matrix(np.array([[5.0, 1.0], [4.0, 0.0]]))
    M = counts.ppmi(X, smoothing=0.5).toarray()
    expected = [[math.log(5 / 6 / 0.75), 0], [math.log(1 / 0.75), 0]]
    np.testing.assert_allclose(M, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("weighting", "expected"),
    [
        ("flat", [1, 1, 1, 1]),
        ("harmonic", [1, 1 / 2, 1 / 3, 1 / 4]),
        ("dynamic", [1, 3 / 4, 2 / 4, 1 / 4]),
    ],
)
def test_window_weights_by_hand(weighting, expected):
    """Levy et al. (2015), section 3.1: the two programs' weights at window 4."""
    weights, unit = counts.window_weights(4, weighting)
    np.testing.assert_allclose(weights[1:] / unit, expected, rtol=0, atol=1e-15)
    assert weights[0] == 0


def test_dynamic_weights_are_the_expected_draw():
    """Window_sizes draws the window of word2vec; its mean reach is our weight."""
    from tutor.sampling import window_sizes

    sizes = window_sizes(np.arange(200_000), 5, seed=0)
    weights, unit = counts.window_weights(5, "dynamic")
    reached = [(sizes >= d).mean() for d in range(1, 6)]
    np.testing.assert_allclose(weights[1:] / unit, reached, atol=0.005)


# --- rung 1: formula = loop ----------------------------------------------------------
WEIGHT = {
    "flat": lambda window: lambda d: 1,
    "harmonic": lambda window: lambda d: 1 / d,
    "dynamic": lambda window: lambda d: (window - d + 1) / window,
}


@pytest.mark.parametrize("backend", ["numpy", *BACKENDS])
@pytest.mark.parametrize("weighting", ["flat", "harmonic", "dynamic"])
@pytest.mark.parametrize("symmetric", [True, False])
def test_cooccurrence_equals_loop(backend, weighting, symmetric):
    for seed, window in enumerate((1, 2, 5, 20, 60)):
        if weighting == "harmonic" and window > 20:
            continue
        corpus = random_corpus(seed)
        expected = loop_cooccurrence(
            corpus, window, WEIGHT[weighting](window), symmetric
        )
        X = counts.cooccurrence(
            corpus,
            window=window,
            weighting=weighting,
            symmetric=symmetric,
            backend=backend,
        )
        np.testing.assert_allclose(X.toarray(), expected, rtol=0, atol=1e-10)
        if weighting == "flat":
            np.testing.assert_array_equal(X.toarray(), expected)


def test_ppmi_equals_loop():
    X = counts.cooccurrence(random_corpus(1), window=3, weighting="harmonic")
    dense = X.toarray()
    share = dense.sum(0) ** 0.75 / (dense.sum(0) ** 0.75).sum()
    expected = np.zeros_like(dense)
    for i, j in zip(*dense.nonzero(), strict=True):
        pmi = math.log(dense[i, j] / (dense[i].sum() * share[j])) - math.log(2)
        expected[i, j] = max(0.0, pmi)
    M = counts.ppmi(X, shift=2, smoothing=0.75)
    np.testing.assert_allclose(M.toarray(), expected, rtol=0, atol=1e-10)
    assert np.all(M.data > 0)


# --- rung 4: the three forms agree ---------------------------------------------------
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("weighting", ["flat", "harmonic", "dynamic"])
def test_cooccurrence_numpy_equals(backend, weighting):
    """Whole-number sums: not close but equal, bit for bit."""
    for seed in range(5):
        corpus = random_corpus(seed, documents=9, n_words=60)
        what = {"window": 1 + seed * 2, "weighting": weighting}
        expected = counts.cooccurrence(corpus, **what, backend="numpy")
        same_matrix(expected, counts.cooccurrence(corpus, **what, backend=backend))


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    threads=st.integers(1, 3),
    chunk=st.integers(1, 200),
    block=st.integers(1, 300),
    symmetric=st.booleans(),
)
def test_cooccurrence_does_not_depend_on_cuts(seed, threads, chunk, block, symmetric):
    """Threads, spans and blocks change who counts, never what is counted."""
    corpus = random_corpus(seed)
    expected = reference.cooccurrence(corpus, window=4, symmetric=symmetric)
    X = fast.cooccurrence(
        corpus,
        window=4,
        symmetric=symmetric,
        threads=threads,
        chunk_tokens=chunk,
        block_cells=block,
    )
    same_matrix(expected, X)


def test_a_warm_kernel_is_not_compiled_again():
    """Sums of 32 and of 64 bits have kernels of their own; ``warm`` makes both."""
    counts.warm()
    kernels = (fast._positions_jit, fast._count_rows_jit, fast._product_jit)
    there = [len(kernel.signatures) for kernel in kernels]
    assert there[1] == 2
    assert all(there)
    counts.fit(topical_corpus(), counts.CountsConfig(dim=20))
    counts.cooccurrence(random_corpus(1), window=20, weighting="harmonic")
    assert [len(kernel.signatures) for kernel in kernels] == there


def test_cooccurrence_reads_a_memory_map(tmp_path):
    corpus = random_corpus(3)
    path = tmp_path / "tokens"
    corpus.tokens.tofile(path)
    mapped = np.memmap(path, np.int32, "r")
    same = Corpus(mapped, corpus.offsets, corpus.vocabulary)
    same_matrix(
        counts.cooccurrence(corpus, window=5),
        fast.cooccurrence(same, window=5, chunk_tokens=17),
    )


def test_ppmi_numpy_equals_torch():
    from tutor.words.counts import torch as twin

    X = counts.cooccurrence(random_corpus(2, n_words=25), window=3)
    expected = counts.ppmi(X, shift=1.5, smoothing=0.75)
    M = twin.to_scipy(twin.ppmi(twin.to_torch(X), shift=1.5, smoothing=0.75))
    assert M.dtype == np.float64
    np.testing.assert_allclose(M.toarray(), expected.toarray(), rtol=0, atol=1e-10)


def planted_matrix(n=300, seed=0):
    """Return a sparse matrix whose ten strongest directions stand clear of the rest."""
    rng = np.random.default_rng(seed)
    left, right = rng.normal(size=(2, n, 10))
    strong = left * np.geomspace(10, 1, 10) @ right.T / n
    noise = rng.normal(size=(n, n)) * 0.001
    return csr_matrix(np.where(rng.random((n, n)) < 0.6, strong + noise, 0))


def subspace_error(a, b):
    """Return the sine of the largest angle between two column spaces."""
    return np.linalg.norm(a - b @ (b.T @ a), 2)


@pytest.mark.parametrize("form", ["numpy", "numba", "torch"])
def test_svd_equals_lapack(form):
    """Oracle: numpy.linalg.svd of the dense matrix."""
    A = planted_matrix()
    U, s, Vt = np.linalg.svd(A.toarray())
    result = counts.truncated_svd(A, 8, iterations=40, backend=form)
    tolerance = 1e-10 if form == "numpy" else 1e-4
    np.testing.assert_allclose(result.values, s[:8], rtol=tolerance)
    assert subspace_error(result.left.astype(float), U[:, :8]) < 1000 * tolerance
    assert subspace_error(result.right.astype(float), Vt[:8].T) < 1000 * tolerance


@pytest.mark.oracle
@pytest.mark.parametrize("form", ["numpy", "numba", "torch"])
def test_svd_equals_scikit_learn(form):
    """Oracle: sklearn's TruncatedSVD, singular values and the space of words."""
    from sklearn.decomposition import TruncatedSVD

    A = planted_matrix(seed=1)
    theirs = TruncatedSVD(8, algorithm="arpack", random_state=0).fit(A)
    ours = counts.truncated_svd(A, 8, iterations=10, backend=form)
    np.testing.assert_allclose(ours.values, theirs.singular_values_, rtol=1e-4)
    assert subspace_error(ours.right.astype(float), theirs.components_.T) < 1e-2


def test_svd_numpy_equals_torch_in_float64():
    import torch

    from tutor.words.counts import torch as twin

    A = planted_matrix(seed=2)
    ours = svd.truncated_svd(A, 6, iterations=3, seed=5)
    theirs = twin.truncated_svd(A, 6, iterations=3, seed=5, dtype=torch.float64)
    np.testing.assert_allclose(ours.values, theirs.values, rtol=1e-10)
    np.testing.assert_allclose(ours.left, theirs.left, atol=1e-9)
    np.testing.assert_allclose(ours.right, theirs.right, atol=1e-9)
    np.testing.assert_allclose(ours.captured, theirs.captured, rtol=1e-10)


def test_svd_does_not_depend_on_threads():
    A = planted_matrix(seed=3)
    one = fast.truncated_svd(A, 5, threads=1)
    three = fast.truncated_svd(A, 5, threads=3)
    np.testing.assert_array_equal(one.left, three.left)


# --- rung 5: the whole way -----------------------------------------------------------
def topical_corpus(seed=0):
    """Return 400 documents of one topic each; ten words a topic, and a common one."""
    rng = np.random.default_rng(seed)
    documents = []
    for _ in range(400):
        topic = int(rng.integers(5))
        own = [f"t{topic}w{i}" for i in rng.integers(0, 10, 20)]
        documents.append(
            [w for pair in zip(own, ["the"] * 20, strict=True) for w in pair]
        )
    return Corpus.from_documents(documents)


def test_fit_finds_topics_with_every_backend():
    corpus = topical_corpus()
    config = counts.CountsConfig(window=4, dim=6, iterations=8)
    fits = {b: counts.fit(corpus, config, backend=b) for b in counts.BACKENDS}
    for fit in fits.values():
        for word in ("t0w0", "t3w7"):
            near = [n.key for n in fit.embedding.nearest(word, k=5)]
            assert all(key.startswith(word[:3]) for key in near), near
    first = [[n.key for n in f.embedding.nearest("t2w2", k=3)] for f in fits.values()]
    assert first[0] == first[1] == first[2]
    gram = [f.embedding.vectors.astype(float) for f in fits.values()]
    gram = [g @ g.T for g in gram]
    np.testing.assert_allclose(gram[0], gram[1], atol=1e-3)
    np.testing.assert_allclose(gram[0], gram[2], atol=1e-3)
    assert repr(fits["numba"]) == "Fit(Counts: 51 x 6, backend='numba', seed=0)"


def test_word_times_context_is_the_matrix_whatever_the_power():
    corpus = topical_corpus()
    X = counts.cooccurrence(corpus, window=4)
    products = []
    for power in (0.0, 0.5, 1.0):
        config = counts.CountsConfig(dim=51, eigenvalue_power=power, smoothing=1.0)
        fit = counts.factorize(X, corpus.vocabulary.words, config, backend="numpy")
        assert fit.context is not None
        products.append(fit.embedding.vectors @ fit.context.vectors.T)
    dense = counts.ppmi(X).toarray()
    for product in products:
        np.testing.assert_allclose(product, dense, atol=1e-4)


def test_captured_share_rises():
    fit = counts.fit(topical_corpus(), counts.CountsConfig(dim=4))
    captured = fit.history["captured"]
    assert len(captured) == 6
    assert np.all(np.diff(captured) > -1e-9)
    assert 0 < captured[-1] <= 1


# --- rung 7: properties --------------------------------------------------------------
documents = st.lists(st.lists(st.integers(0, 7), max_size=12), min_size=1, max_size=6)


@settings(max_examples=100, deadline=None)
@given(
    documents=documents, window=st.integers(1, 6), shift=st.sampled_from([0.5, 1, 5])
)
def test_properties(documents, window, shift):
    """Symmetric counts, totals, PPMI >= 0, transposed left contexts = right ones."""
    if not any(documents):
        return
    corpus = make_corpus(documents)
    X = counts.cooccurrence(corpus, window=window)
    same_matrix(X, X.T.tocsr())
    lengths = np.array([len(d) for d in corpus.documents()])
    pairs = sum(np.maximum(lengths - d, 0).sum() for d in range(1, window + 1))
    assert X.sum() == 2 * pairs
    left = counts.cooccurrence(corpus, window=window, symmetric=False)
    same_matrix(X, (left + left.T).tocsr())
    if X.nnz:
        M = counts.ppmi(X, shift=shift)
        assert np.all(M.data > 0)
        if shift == 1:
            scaled_up = counts.ppmi(X * 7)
            np.testing.assert_allclose(M.toarray(), scaled_up.toarray(), atol=1e-12)


def test_windows_never_cross_a_document():
    apart = make_corpus([[0, 1, 0], [2, 3, 2]])
    for backend in counts.BACKENDS:
        X = counts.cooccurrence(apart, window=5, backend=backend).toarray()
        one, other = apart.vocabulary.ids(["w0", "w1"]), apart.vocabulary.ids(["w2"])
        assert X[np.ix_(one, other)].sum() == 0
        assert X[np.ix_(one, one)].sum() == 6


def test_one_hot_rows_say_nothing():
    """Claim of the chapter: every pair of different words has cosine 0."""
    one_hot = np.eye(5)
    np.testing.assert_array_equal(one_hot @ one_hot.T, np.eye(5))


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 1000), dim=st.integers(1, 12))
def test_svd_is_orthonormal_and_falls(seed, dim):
    A = csr_matrix(np.random.default_rng(seed).normal(size=(20, 12)))
    result = svd.truncated_svd(A, dim, seed=seed)
    np.testing.assert_allclose(result.left.T @ result.left, np.eye(dim), atol=1e-9)
    np.testing.assert_allclose(result.right.T @ result.right, np.eye(dim), atol=1e-9)
    assert np.all(np.diff(result.values) <= 1e-12)
    assert np.all(result.left[np.abs(result.left).argmax(0), np.arange(dim)] > 0)


def test_gram_basis_equals_qr_and_drops_noise():
    rng = np.random.default_rng(0)
    Y = rng.normal(size=(50, 6))
    Q, R = svd.gram_orthonormal(Y)
    np.testing.assert_allclose(Q @ R, Y, atol=1e-6)
    np.testing.assert_allclose(Q.T @ Q, np.eye(6), atol=1e-6)
    Y[:, 5] = Y[:, 0]
    Q, R = svd.gram_orthonormal(Y)
    np.testing.assert_allclose(Q @ R, Y, atol=1e-6)
    assert np.linalg.matrix_rank(Q) == 5


# --- rung 8: device ------------------------------------------------------------------
@pytest.mark.gpu
def test_cpu_equals_cuda(cuda):
    corpus = random_corpus(4, documents=40, n_words=60)
    same_matrix(
        counts.cooccurrence(corpus, window=4, weighting="harmonic", backend="torch"),
        counts.cooccurrence(
            corpus, window=4, weighting="harmonic", backend="torch", device=cuda
        ),
    )
    A = planted_matrix(seed=4)
    here = counts.truncated_svd(A, 6, backend="torch")
    there = counts.truncated_svd(A, 6, backend="torch", device=cuda)
    np.testing.assert_allclose(here.values, there.values, rtol=1e-4)
    np.testing.assert_allclose(here.left, there.left, atol=1e-3)


# --- rung 9: the tests can fail ------------------------------------------------------
def test_parity_helpers_notice_one_percent():
    X = counts.cooccurrence(random_corpus(0), window=3)
    wrong = X.copy()
    wrong.data[0] *= 1.01
    with pytest.raises(AssertionError):
        same_matrix(X, wrong)
    moved = X.copy()
    moved.indices[0] += 1
    with pytest.raises(AssertionError):
        same_matrix(X, moved)
    A = planted_matrix()
    U = np.linalg.svd(A.toarray())[0][:, :8]
    turned = U.copy()
    turned[:, 0] = turned[:, 0] * 0.99 + np.linalg.svd(A.toarray())[0][:, 20] * 0.14
    assert subspace_error(turned, U) > 1e-2
