"""GloVe: the parity ladder of the course, rung by rung, and bad input."""

import dataclasses
import sys
import types

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from tutor.datasets.corpus import Corpus
from tutor.training import Fit
from tutor.words import glove
from tutor.words.glove import reference, tiles
from tutor.words.glove.reference import Entries, GloVeConfig, Parameters

SMALL = GloVeConfig(dim=5, x_max=10.0, epochs=3, tile=8)


def counts(n=23, seed=0, density=0.5):
    """Return a toy (n, n) table of counts with zero cells."""
    rng = np.random.default_rng(seed)
    table = rng.gamma(0.6, 12.0, (n, n)) * (rng.random((n, n)) < density)
    return csr_matrix(table)


def problem(config=SMALL, dtype=np.float64):
    matrix = counts()
    cells = glove.entries(matrix, config)
    return cells, glove.initial_parameters(matrix.shape[0], config.dim, 7, dtype)


def assert_parameters_close(one, other, **tolerance):
    for name, a, b in zip(Parameters._fields, one, other, strict=True):
        np.testing.assert_allclose(a, b, err_msg=name, **tolerance)


# --- rung 0: pencil ------------------------------------------------------------------
def test_pencil_example_of_the_chapter():
    """One cell: x = e^2, weight 1, w = (1, 0), c = (1, 1), no biases.

    The prediction is 1, the target 2, the error -1: J = 1/2, and the gradients are
    -c for w and -w for c.
    """
    parameters = Parameters(
        np.array([[1.0, 0.0]]), np.array([[1.0, 1.0]]), np.zeros(1), np.zeros(1)
    )
    here = np.zeros(1, np.int32)
    cell = Entries(here, here, np.array([2.0]), np.array([1.0]))
    assert abs(glove.glove_loss(parameters, cell) - 0.5) < 1e-12
    gradients = glove.glove_gradients(parameters, cell)
    np.testing.assert_allclose(gradients.word, [[-1, -1]], atol=1e-12)
    np.testing.assert_allclose(gradients.context, [[-1, 0]], atol=1e-12)


def test_two_cells_by_hand():
    """Three words, two dimensions, two cells.

    Cell (0, 1): w.c = 1*2 + 0*1 = 2, biases 0.5 and -0.5, target 1, weight 1: error 1,
    loss 1/2. Cell (2, 0): w.c = 1*0 + 1*3 = 3, biases -1 and 0, target 0, weight 1/4:
    error 2, loss 1/2 * 1/4 * 4 = 1/2. Sum 1.
    """
    parameters = Parameters(
        np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]),
        np.array([[0.0, 3.0], [2.0, 1.0], [1.0, 1.0]]),
        np.array([0.5, 0.0, -1.0]),
        np.array([0.0, -0.5, 0.0]),
    )
    cells = Entries(
        np.array([0, 2], np.int32),
        np.array([1, 0], np.int32),
        np.array([1.0, 0.0]),
        np.array([1.0, 0.25]),
    )
    assert abs(glove.glove_loss(parameters, cells) - 1.0) < 1e-12
    gradient = glove.glove_gradients(parameters, cells)
    np.testing.assert_allclose(gradient.word, [[2, 1], [0, 0], [0, 1.5]], rtol=1e-12)
    np.testing.assert_allclose(
        gradient.context, [[0.5, 0.5], [1, 0], [0, 0]], rtol=1e-12
    )
    np.testing.assert_allclose(gradient.word_bias, [1, 0, 0.5], rtol=1e-12)
    np.testing.assert_allclose(gradient.context_bias, [0.5, 1, 0], rtol=1e-12)


def test_weight_is_equation_9():
    """By hand: (1/16)^(3/4) = 1/8; full weight from x_max on."""
    got = glove.glove_weight([6.25, 100.0, 1e6], 100.0, 0.75)
    np.testing.assert_allclose(got, [0.125, 1, 1], rtol=1e-12)


# --- rung 1: formula -----------------------------------------------------------------
def loop_loss(parameters, cells):
    """Equation 8 of the paper, with the program's one half, cell by cell."""
    total = 0.0
    for i, j, target, f in zip(*cells, strict=True):
        e = sum(
            a * b
            for a, b in zip(parameters.word[i], parameters.context[j], strict=True)
        )
        e += parameters.word_bias[i] + parameters.context_bias[j] - target
        total += 0.5 * f * e**2
    return total


def test_loss_equals_the_loop():
    cells, parameters = problem()
    expected = loop_loss(parameters, cells)
    assert abs(glove.glove_loss(parameters, cells) / expected - 1) < 1e-10


def test_entries_are_the_positive_cells():
    """An explicit zero is no cell: log 0 is not fitted."""
    table = csr_matrix(([4.0, 0.0, 200.0], ([0, 1, 2], [1, 1, 0])), shape=(3, 3))
    cells = glove.entries(table, GloVeConfig(alpha=0.5))
    np.testing.assert_array_equal(cells.rows, [0, 2])
    np.testing.assert_array_equal(cells.columns, [1, 0])
    np.testing.assert_allclose(cells.targets, np.log([4, 200]), rtol=1e-12)
    np.testing.assert_allclose(cells.weights, [0.2, 1.0], rtol=1e-12)


# --- rung 2 and 3: gradients ---------------------------------------------------------
def test_gradient_equals_central_differences():
    cells, parameters = problem()
    gradient = glove.glove_gradients(parameters, cells)
    rng, h = np.random.default_rng(1), 1e-6
    for part, g in zip(parameters, gradient, strict=True):
        for index in [tuple(rng.integers(s) for s in part.shape) for _ in range(8)]:
            kept = part[index]
            part[index] = kept + h
            up = glove.glove_loss(parameters, cells)
            part[index] = kept - h
            down = glove.glove_loss(parameters, cells)
            part[index] = kept
            np.testing.assert_allclose(
                g[index], (up - down) / (2 * h), rtol=1e-6, atol=1e-7
            )


def test_gradient_equals_autograd():
    torch = pytest.importorskip("torch")
    from tutor.words.glove.torch import GloVe

    cells, parameters = problem()
    model = GloVe(parameters, torch.float64)
    rows, columns = (torch.tensor(x, dtype=torch.int64) for x in cells[:2])
    targets, weights = (torch.tensor(x) for x in cells[2:])
    loss = model(rows, columns, targets, weights)
    loss.backward()
    np.testing.assert_allclose(
        loss.item(), glove.glove_loss(parameters, cells), rtol=1e-12
    )
    got = Parameters(*(getattr(model, n).grad.numpy() for n in Parameters._fields))
    expected = glove.glove_gradients(parameters, cells)
    assert_parameters_close(got, expected, rtol=1e-8, atol=1e-12)


def test_repeated_rows_accumulate():
    """Two cells of one row: the gradient of that row is the sum of both."""
    cells, parameters = problem()
    pair = cells.take(np.flatnonzero(cells.rows == 3)[:2])
    both = glove.glove_gradients(parameters, pair).word[3]
    apart = sum(
        glove.glove_gradients(parameters, pair.take(np.array([k]))).word[3]
        for k in (0, 1)
    )
    np.testing.assert_allclose(both, apart, rtol=1e-12)


# --- rung 4: one step, and 5: an epoch ------------------------------------------------
def program_step(parameters, squares, cell, rate):
    """One cell as ``glove.c`` does it, on copies of its four rows."""
    i, j, target, f = cell
    w, c, b, d = (p.copy() for p in parameters)
    G, H, B, D = (p.copy() for p in squares)
    fdiff = rate * f * (w[i] @ c[j] + b[i] + d[j] - target)
    s, t = fdiff * c[j], fdiff * w[i]
    w[i] -= s / np.sqrt(G[i])
    c[j] -= t / np.sqrt(H[j])
    G[i] += s * s
    H[j] += t * t
    b[i] -= fdiff / np.sqrt(B[i])
    d[j] -= fdiff / np.sqrt(D[j])
    B[i] += fdiff**2
    D[j] += fdiff**2
    return Parameters(w, c, b, d), Parameters(G, H, B, D)


def test_one_step_equals_the_published_program():
    """The update of ``glove.c``, transcribed above, twice on the same cell."""
    cells, parameters = problem()
    squares = reference.initial_accumulators(parameters)
    one = cells.take(np.array([5]))
    cell = (one.rows[0], one.columns[0], one.targets[0], one.weights[0])
    theirs, their_squares = parameters, squares
    for _ in range(2):
        gradient = glove.glove_gradients(parameters, one)
        parameters, squares = glove.adagrad_step(parameters, squares, gradient, 0.05)
        theirs, their_squares = program_step(theirs, their_squares, cell, 0.05)
    assert_parameters_close(parameters, theirs, rtol=1e-12)
    assert_parameters_close(squares, their_squares, rtol=1e-12)


@pytest.mark.parametrize("batch_size", [1, 7])
def test_torch_equals_numpy(batch_size):
    """Same cells, order, batches and start, in float64, for three epochs."""
    torch = pytest.importorskip("torch")
    from tutor.words.glove import torch as twin

    config = dataclasses.replace(SMALL, batch_size=batch_size)
    cells, start = problem(config)
    ours, history = reference.train(cells, start, config, seed=3)
    theirs, losses = twin.train(cells, start, config, seed=3, dtype=torch.float64)
    assert_parameters_close(theirs, ours, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(losses["loss"], history["loss"], rtol=1e-10)


@pytest.mark.parametrize("tile", [3, 8, 100])
def test_numba_equals_numpy(tile):
    """Same cells, order and start; float32 against float64."""
    from tutor.words.glove import fast

    config = dataclasses.replace(SMALL, tile=tile, epochs=1)
    cells, start = problem(config)
    one = cells.take(np.array([11]))
    assert_parameters_close(
        fast.train(one, start, config)[0],
        reference.train(one, start, config)[0],
        rtol=1e-5,
        atol=1e-6,
    )
    config = dataclasses.replace(config, epochs=6)
    slow, slow_history = reference.train(cells, start, config, seed=2)
    quick, quick_history = fast.train(cells, start, config, seed=2)
    assert_parameters_close(quick, slow, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(quick_history["loss"], slow_history["loss"], rtol=1e-4)
    assert slow_history["loss"][-1] < slow_history["loss"][0]


def test_backends_agree_on_neighbours():
    """Rung 5: the nearest neighbour of every word is the same on all backends."""
    pytest.importorskip("torch")
    config = dataclasses.replace(SMALL, epochs=30)
    found = []
    for backend in glove.BACKENDS:
        embedding = glove.fit(counts(), config, backend=backend, seed=1).embedding
        found.append([embedding.nearest(key, 1)[0].key for key in embedding.keys])
    assert found[0] == found[1] == found[2]


def test_threads_do_not_change_a_bit():
    """Tiles of one diagonal are disjoint: threads cannot meet."""
    results = [
        glove.train(glove.entries(counts(), SMALL), 23, SMALL, threads=threads)[0]
        for threads in (1, 2, 5)
    ]
    for other in results[1:]:
        for a, b in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(a, b)


# --- rung 6: outside -----------------------------------------------------------------
@pytest.mark.oracle
def test_loss_and_gradient_equal_mittens():
    """Mittens' GloVe (Dingwall and Potts 2018), an independent implementation.

    Zero cells have weight 0 there, so the sums are over the same cells.
    """
    mittens = pytest.importorskip(
        "mittens.np_mittens", reason="mittens is not installed (pip install mittens)"
    )
    cells, parameters = problem()
    model = mittens.GloVe(n=SMALL.dim, xmax=SMALL.x_max, alpha=SMALL.alpha)
    weights, logs = model._initialize(counts().toarray())
    model.W, model.C = parameters.word.copy(), parameters.context.copy()
    model.bw = parameters.word_bias[:, None].copy()
    model.bc = parameters.context_bias[:, None].copy()
    theirs, loss = model._get_gradients_and_error(
        model._make_prediction(), logs, weights
    )
    np.testing.assert_allclose(glove.glove_loss(parameters, cells), loss, rtol=1e-12)
    ours = glove.glove_gradients(parameters, cells)
    np.testing.assert_allclose(ours.word, theirs["W"], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(ours.context, theirs["C"], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(
        ours.word_bias, theirs["bw"][:, 0], rtol=1e-10, atol=1e-12
    )
    np.testing.assert_allclose(
        ours.context_bias, theirs["bc"][:, 0], rtol=1e-10, atol=1e-12
    )


# --- rung 7: properties --------------------------------------------------------------
@settings(max_examples=40, deadline=None)
@given(n_words=st.integers(1, 60), tile=st.integers(1, 70), seed=st.integers(0, 1000))
def test_order_visits_each_cell_once_and_diagonals_are_disjoint(n_words, tile, seed):
    rng = np.random.default_rng(seed)
    rows, columns = rng.integers(0, n_words, (2, 80)).astype(np.int32)
    side = tiles.tile_side(n_words, tile)
    order, starts = tiles.tile_order(rows, columns, side, seed)
    np.testing.assert_array_equal(np.sort(order), np.arange(80))
    visits = tiles.epoch_cells(starts, side, seed, 0)
    np.testing.assert_array_equal(np.sort(visits), np.arange(80))
    for diagonal in range(side):
        seen_rows, seen_columns = set(), set()
        for t in range(diagonal * side, (diagonal + 1) * side):
            inside = order[starts[t] : starts[t + 1]]
            assert not seen_rows & set(rows[inside])
            assert not seen_columns & set(columns[inside])
            seen_rows |= set(rows[inside])
            seen_columns |= set(columns[inside])


def test_order_of_the_kernel_is_the_same():
    from tutor.words.glove import fast

    cells, _ = problem()
    for side in (1, 3, 23):
        ours = tiles.tile_order(cells.rows, cells.columns, side, 4)
        kernel = fast.tile_order(cells.rows, cells.columns, side, 4)
        for a, b in zip(ours, kernel, strict=True):
            np.testing.assert_array_equal(a, b)


def test_pack_and_unpack_are_inverse_and_aligned():
    from tutor.words.glove import fast

    _, p = problem(dtype=np.float32)
    words = fast.pack(p.word, p.word_bias, bias_first=True)
    contexts = fast.pack(p.context, p.context_bias, bias_first=False)
    assert words.ctypes.data % 64 == 0
    assert words.shape[2] % fast.LANES == 0
    for a, b in zip(fast.unpack(words, contexts, 5), p, strict=True):
        np.testing.assert_array_equal(a, b)


def test_transposing_swaps_the_roles():
    """The loss of X with (w, c) is the loss of X transposed with (c, w)."""
    cells, p = problem()
    turned = Entries(cells.columns, cells.rows, cells.targets, cells.weights)
    swapped = Parameters(p.context, p.word, p.context_bias, p.word_bias)
    np.testing.assert_allclose(
        glove.glove_loss(p, cells), glove.glove_loss(swapped, turned), rtol=1e-12
    )


def test_a_full_dimension_fits_every_cell():
    """With d = V the logarithms can be met exactly; training must head there."""
    config = GloVeConfig(dim=12, epochs=400, learning_rate=0.2, x_max=1.0)
    table = csr_matrix(np.random.default_rng(0).gamma(2.0, 5.0, (12, 12)) + 1)
    _, history = glove.train(glove.entries(table, config), 12, config)
    assert history["loss"][-1] < 1e-4 * history["loss"][0]


# --- rung 8: device ------------------------------------------------------------------
@pytest.mark.gpu
def test_cuda_equals_cpu(cuda):
    from tutor.words.glove import torch as twin

    config = dataclasses.replace(SMALL, batch_size=16)
    cells, start = problem(config)
    here, losses = twin.train(cells, start, config)
    there, cuda_losses = twin.train(cells, start, config, device=cuda)
    assert_parameters_close(there, here, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(cuda_losses["loss"], losses["loss"], rtol=1e-4)


# --- rung 9: alive -------------------------------------------------------------------
def test_the_helper_can_fail():
    _, parameters = problem()
    wrong = parameters._replace(context=parameters.context * 1.01)
    with pytest.raises(AssertionError, match="context"):
        assert_parameters_close(wrong, parameters, rtol=1e-4, atol=1e-6)


def test_another_seed_gives_another_run():
    cells, _ = problem()
    one, other = (glove.train(cells, 23, SMALL, seed=s)[0] for s in (0, 1))
    assert not np.allclose(one.word, other.word)


# --- fit -----------------------------------------------------------------------------
def corpus(text="a b c a b d a c b d"):
    words = ("a", "b", "c", "d")
    tokens = np.array([words.index(w) for w in text.split()], np.int32)

    class Words:
        def __len__(self):
            return len(self.words)

    vocabulary = Words()
    vocabulary.words = words
    return types.SimpleNamespace(
        tokens=tokens,
        offsets=np.array([0, len(tokens)], np.int64),
        vocabulary=vocabulary,
    )


def test_fit_returns_word_plus_context():
    config = GloVeConfig(dim=4, window=2, epochs=2)
    fit = glove.fit(corpus(), config, seed=5, backend="numpy")
    assert isinstance(fit, Fit)
    assert fit.embedding.keys == ("a", "b", "c", "d")
    assert repr(fit) == "Fit(GloVe: 4 x 4, backend='numpy', seed=5)"
    assert len(fit.history) == 2
    from tutor.words.counts import cooccurrence

    matrix = cooccurrence(corpus(), window=2, weighting="harmonic")
    p, _ = glove.train(
        glove.entries(matrix, config), 4, config, seed=5, backend="numpy"
    )
    np.testing.assert_array_equal(fit.embedding.vectors, p.word + p.context)
    np.testing.assert_array_equal(fit.context.vectors, p.context)
    again = glove.fit(matrix, config, keys=fit.embedding.keys, seed=5, backend="numpy")
    np.testing.assert_array_equal(again.embedding.vectors, fit.embedding.vectors)


# --- bad input -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("table", "message"),
    [
        (np.zeros((3, 3)), "nothing to fit"),
        (np.zeros((0, 0)), "nothing to fit"),
        (np.ones((2, 3)), "must be square.*2 x 3"),
        (np.array([[0, -1.0], [1, 0]]), "1 of 2 stored counts are negative"),
        (np.array([[0, np.nan], [1, 0]]), "NaN"),
        (np.array([[0, np.inf], [1, 0]]), "infinite"),
    ],
)
def test_bad_matrix(table, message):
    with pytest.raises(ValueError, match=message):
        glove.fit(csr_matrix(table), SMALL)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x_max": 0.0}, "x_max must be a positive number, got 0"),
        ({"x_max": -1.0}, "x_max"),
        ({"x_max": float("nan")}, "x_max"),
        ({"learning_rate": 0.0}, "learning_rate"),
        ({"alpha": -0.5}, "alpha must be 0"),
        ({"dim": 0}, "dim must be at least 1"),
        ({"epochs": 0}, "epochs"),
        ({"batch_size": 0}, "batch_size"),
        ({"tile": 0}, "tile"),
        ({"window": 0}, "window"),
        ({"batch_size": 2}, "batch_size must be 1"),
    ],
)
def test_bad_setting(change, message):
    with pytest.raises(ValueError, match=message):
        glove.fit(counts(), dataclasses.replace(SMALL, **change))


def test_unknown_backend_and_device_list_what_there_is():
    with pytest.raises(ValueError, match="numba, numpy, torch"):
        glove.fit(counts(), SMALL, backend="jax")
    with pytest.raises(ValueError, match="use backend='torch'"):
        glove.fit(counts(), SMALL, device="cuda")
    pytest.importorskip("torch")
    with pytest.raises(ValueError, match="available: cpu"):
        glove.fit(counts(), SMALL, backend="torch", device="tpu")
    with pytest.raises(ValueError, match="threads must be at least 1"):
        glove.fit(counts(), SMALL, threads=0)


@pytest.mark.parametrize("backend", ["numpy", "numba", "torch"])
def test_one_word_is_refused(backend):
    one = Corpus.from_documents([["a"] * 50], min_count=1)
    with pytest.raises(ValueError, match="needs at least two"):
        glove.fit(one, glove.GloVeConfig(dim=1), backend=backend)


def test_bad_data_and_keys():
    with pytest.raises(TypeError, match=r"scipy sparse matrix.*ndarray"):
        glove.fit(np.ones((2, 2)), SMALL)
    with pytest.raises(ValueError, match="2 keys for a matrix of 23 rows"):
        glove.fit(counts(), SMALL, keys=["a", "b"])
    with pytest.raises(ValueError, match="leave keys out"):
        glove.fit(corpus(), SMALL, keys=["a", "b", "c", "d"])
    with pytest.raises(ValueError, match="nothing to count"):
        glove.fit(corpus(text=""), SMALL)


def test_cells_must_fit_the_vocabulary():
    cells = glove.entries(counts(), SMALL)
    with pytest.raises(ValueError, match=r"must lie in 0..9"):
        glove.train(cells, 10, SMALL)
    with pytest.raises(ValueError, match="four arrays of one length"):
        glove.train(cells._replace(targets=cells.targets[:3]), 23, SMALL)


@pytest.mark.parametrize("backend", glove.BACKENDS)
def test_divergence_is_named(backend):
    """A learning rate of a million leaves the numbers; it must say so."""
    pytest.importorskip("torch" if backend == "torch" else "numpy")
    config = dataclasses.replace(SMALL, learning_rate=1e200, epochs=5)
    with np.errstate(all="ignore"), pytest.raises(FloatingPointError, match="lower"):
        glove.fit(counts(), config, backend=backend)


# --- counting for a fit --------------------------------------------------------------
@pytest.mark.parametrize("backend", glove.BACKENDS)
@pytest.mark.parametrize("bad", [-1, 4])
def test_token_ids_outside_the_vocabulary_are_refused(backend, bad):
    data = corpus()
    data.tokens[3] = bad
    with pytest.raises(ValueError, match=r"token ids must lie in 0\.\.3"):
        glove.fit(data, GloVeConfig(dim=4), backend=backend)


def test_torch_counts_with_numpy_where_numba_is_missing(monkeypatch):
    config = GloVeConfig(dim=4, window=2, epochs=1)
    one = glove.fit(corpus(), config, backend="torch")
    monkeypatch.setitem(sys.modules, "numba", None)
    monkeypatch.delitem(sys.modules, "tutor.words.counts.fast", raising=False)
    two = glove.fit(corpus(), config, backend="torch")
    np.testing.assert_array_equal(one.embedding.vectors, two.embedding.vectors)
    with pytest.raises(ImportError):
        glove.fit(corpus(), config, backend="numba")


def test_a_warm_kernel_is_not_compiled_again():
    """Kernels do not depend on ``dim``: the generic warm-up of the tests is enough."""
    from tutor.words.glove import fast

    glove.fit(corpus(), GloVeConfig(dim=4, epochs=1))
    there = fast._tiles_jit.signatures
    glove.fit(corpus(), GloVeConfig(dim=100, epochs=1))
    assert len(there) == 1
    assert fast._tiles_jit.signatures == there
