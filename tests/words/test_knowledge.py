"""Edges, retrofitting and counter-fitting: pencil, loops, solvers, errors that help."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numeric import differences

from tutor.embedding import Embedding
from tutor.geometry import unit_rows
from tutor.words import knowledge as K
from tutor.words.knowledge import (
    CounterfitConfig,
    EdgeRows,
    RetrofitConfig,
    edges,
)

SEEDS = st.integers(0, 2**32 - 1)


def random_edges(seed, n=12, count=15):
    """Return distinct random edges among n rows."""
    rng = np.random.default_rng(seed)
    i, j = np.triu_indices(n, 1)
    chosen = np.sort(rng.choice(len(i), count, replace=False))
    return EdgeRows(np.column_stack([i[chosen], j[chosen]]), n)


# --- edges ---------------------------------------------------------------------------
def test_edges_are_rows_each_once():
    words = ["kidney", "renal", "liver", "hepatic"]
    found = K.edge_rows(
        words, [("renal", "kidney"), ("kidney", "renal"), ("hepatic", "liver")]
    )
    np.testing.assert_array_equal(found.pairs, [[0, 1], [2, 3]])
    np.testing.assert_array_equal(found.degrees, [1, 1, 1, 1])
    starts, others = found.neighbours
    np.testing.assert_array_equal(starts, [0, 1, 2, 3, 4])
    np.testing.assert_array_equal(others, [1, 0, 3, 2])
    assert repr(found) == "EdgeRows(2 edges on 4 of 4 rows, 0 skipped)"
    np.testing.assert_array_equal(
        found.holds(np.array([[1, 0], [1, 2]])), [True, False]
    )
    np.testing.assert_array_equal(found.without(np.array([[1, 0]])).pairs, [[2, 3]])


def test_unknown_words_are_counted_listed_refused_or_skipped():
    pairs = [("renal", "kidney"), ("renal", "nephric"), ("gastric", "stomach")]
    words = ["kidney", "renal", "stomach"]
    with pytest.raises(
        ValueError, match=r"name 2 words .* of 3 lacks: nephric, gastric; "
    ):
        K.edge_rows(words, pairs)
    found = K.edge_rows(words, pairs, unknown="skip")
    assert found.skipped == tuple(pairs[1:])
    assert "2 skipped" in repr(found)
    many = [("renal", f"x{i}") for i in range(30)]
    with pytest.raises(ValueError, match="x9 and 20 more; give other pairs"):
        K.edge_rows(words, many)
    with pytest.raises(ValueError, match="none of 30 pairs has both words among the 3"):
        K.edge_rows(words, many, unknown="skip")
    with pytest.raises(ValueError, match="1 of 1 pairs join a word with itself: renal"):
        K.edge_rows(words, [("renal", "renal")])
    with pytest.raises(ValueError, match="unknown='drop'; there are"):
        K.edge_rows(words, pairs, unknown="drop")


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_shuffled_edges_keep_every_degree(seed):
    before = random_edges(seed, n=30, count=60)
    after = K.shuffled_edges(before, seed=seed % 1000)
    np.testing.assert_array_equal(after.degrees, before.degrees)
    assert len(after) == len(before)
    assert (after.pairs[:, 0] < after.pairs[:, 1]).all()


def test_shuffled_edges_are_others():
    before = random_edges(0, n=400, count=900)
    after = K.shuffled_edges(before, seed=1)
    assert before.holds(after.pairs).mean() < 0.05
    np.testing.assert_array_equal(after.pairs, K.shuffled_edges(before, seed=1).pairs)
    with pytest.raises(ValueError, match="rounds must be 1 or more"):
        K.shuffled_edges(before, rounds=0)


# --- retrofitting --------------------------------------------------------------------
def test_pencil_of_the_chapter():
    """One edge, (0, 0) and (3, 0): a sweep gives 1.5 and 2.25, the end is 1 and 2."""
    original = np.array([[0.0, 0.0], [3.0, 0.0]])
    one = EdgeRows(np.array([[0, 1]]), 2)
    Q = original.copy()
    K.retrofit_sweep(Q, original, one)
    np.testing.assert_allclose(Q, [[1.5, 0], [2.25, 0]], atol=1e-12)
    np.testing.assert_allclose(
        K.retrofit_solution(original, one), [[1, 0], [2, 0]], atol=1e-12
    )
    np.testing.assert_allclose(K.retrofit_objective(original, original, one), 9)
    ends = np.array([[1.0, 0], [2, 0]])
    np.testing.assert_allclose(K.retrofit_objective(ends, original, one), 3)


def test_objective_is_the_loop():
    e, rng = random_edges(1), np.random.default_rng(1)
    Q, original = rng.normal(size=(2, 12, 3))
    loop = 0.0
    for i, j in e.pairs:
        loop += ((Q[i] - Q[j]) ** 2).sum()
        for k in (i, j):  # a word once for each of its edges
            loop += 0.7 * ((Q[k] - original[k]) ** 2).sum()
    np.testing.assert_allclose(
        K.retrofit_objective(Q, original, e, 0.7), loop, rtol=1e-10
    )


@settings(max_examples=15, deadline=None)
@given(SEEDS, st.floats(0.05, 5))
def test_a_sweep_is_the_exact_minimiser_word_by_word(seed, anchor):
    """After one word is set, the gradient by it is zero: the objective is convex."""
    e, rng = random_edges(seed), np.random.default_rng(seed)
    Q, original = rng.normal(size=(2, 12, 3))
    starts, others = e.neighbours
    for i in e.linked:
        mean = Q[others[starts[i] : starts[i + 1]]].mean(axis=0)
        Q[i] = (anchor * original[i] + mean) / (anchor + 1)
        slope = K.retrofit_gradient(Q, original, e, anchor)[i]
        np.testing.assert_allclose(slope, 0, atol=1e-10)


@settings(max_examples=15, deadline=None)
@given(SEEDS, st.floats(0.2, 5))
def test_sweeps_never_raise_the_objective_and_end_at_the_solution(seed, anchor):
    e, rng = random_edges(seed), np.random.default_rng(seed)
    original = rng.normal(size=(12, 3))
    Q, values = original.copy(), []
    for _ in range(300):
        values.append(K.retrofit_objective(Q, original, e, anchor))
        K.retrofit_sweep(Q, original, e, anchor)
    assert np.diff(values).max() <= 1e-9
    end = K.retrofit_solution(original, e, anchor)
    np.testing.assert_allclose(Q, end, atol=1e-8)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(Q + 0.01 * (Q - original), end, atol=1e-8)
    alone = np.setdiff1d(np.arange(12), e.linked)
    np.testing.assert_array_equal(Q[alone], original[alone])


def test_solution_is_that_of_the_dense_system():
    """(anchor D + D - A) Q = anchor D Q^, written out and solved by NumPy."""
    e, original = (
        random_edges(3, count=30),
        np.random.default_rng(3).normal(size=(12, 4)),
    )
    A = np.zeros((12, 12))
    for i, j in e.pairs:
        A[i, j] = A[j, i] = 1
    D = np.diag(A.sum(axis=1))
    dense = np.linalg.solve(0.5 * D + D - A, 0.5 * D @ original)
    np.testing.assert_allclose(K.retrofit_solution(original, e, 0.5), dense, atol=1e-10)


def test_retrofit_gradient_is_the_slope():
    e, rng = random_edges(2), np.random.default_rng(2)
    Q, original = rng.normal(size=(2, 12, 2))
    slope = K.retrofit_gradient(Q, original, e, 0.4)
    by_hand = differences(lambda x: K.retrofit_objective(x, original, e, 0.4), Q)
    np.testing.assert_allclose(slope, by_hand, rtol=1e-6, atol=1e-6)


def test_retrofit_numpy_equals_numba():
    pytest.importorskip("numba", reason="numba is not installed")
    e, rng = random_edges(4, n=40, count=90), np.random.default_rng(4)
    held = Embedding([f"w{i}" for i in range(40)], rng.normal(size=(40, 5)))
    config = RetrofitConfig(anchor=0.6, sweeps=4)
    one, two = (
        K.retrofit(held, e, config, backend=b).vectors for b in ("numpy", "numba")
    )
    np.testing.assert_allclose(one, two, atol=1e-12)
    moved = one - held.vectors
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(1.01 * moved, two - held.vectors, atol=1e-12)


def test_retrofit_refuses():
    held = Embedding(["a", "b"], np.eye(2))
    one = EdgeRows(np.array([[0, 1]]), 3)
    with pytest.raises(ValueError, match="table of 3 rows, the embedding has 2"):
        K.retrofit(held, one)
    with pytest.raises(ValueError, match="unknown backend 'torch'"):
        K.retrofit(held, one, backend="torch")
    with pytest.raises(ValueError, match="anchor must be finite and above 0"):
        RetrofitConfig(anchor=0)
    with pytest.raises(ValueError, match="sweeps must be at least 1"):
        RetrofitConfig(sweeps=0)


# --- counter-fitting -----------------------------------------------------------------
CONFIG = CounterfitConfig(
    repel=0.7, attract=1.3, preserve=0.9, apart=0.8, close=0.1, radius=0.9
)


def lexicon(seed, n=12):
    """Return vectors not of length 1, and the terms; old distances are of others."""
    rng = np.random.default_rng(seed)
    E, start = rng.normal(size=(2, n, 4))
    order = rng.permutation(n * (n - 1) // 2)
    pairs = np.column_stack(np.triu_indices(n, 1))[order]
    terms = K.terms_of(start, pairs[:6], pairs[6:10], CONFIG)
    return E, terms


def test_counterfit_pencil():
    """Synonyms at right angles cost 1; antonyms that agree cost apart; both at once."""
    E = np.array([[1.0, 0], [0, 2], [3, 0]])
    terms = K.Terms(
        np.array([[0, 2]]), np.array([[0, 1]]), np.zeros((0, 2), int), np.zeros(0)
    )
    config = CounterfitConfig(repel=2, attract=3, apart=0.5)
    np.testing.assert_allclose(K.counterfit_loss(E, terms, config), 2 * 0.5 + 3 * 1)


def test_counterfit_loss_is_the_loop():
    E, terms = lexicon(0)
    c, loop = CONFIG, 0.0

    def apart(i, j):
        return 1 - E[i] @ E[j] / np.linalg.norm(E[i]) / np.linalg.norm(E[j])

    for i, j in terms.antonyms:
        loop += c.repel * max(0, c.apart - apart(i, j))
    for i, j in terms.synonyms:
        loop += c.attract * max(0, apart(i, j) - c.close)
    for (i, j), old in zip(terms.near, terms.old, strict=True):
        loop += c.preserve * max(0, apart(i, j) - old)
    assert len(terms.near) > 3
    np.testing.assert_allclose(K.counterfit_loss(E, terms, c), loop, rtol=1e-10)


@pytest.mark.parametrize("seed", range(4))
def test_counterfit_gradient_is_the_slope_and_autograd(seed):
    """The kinks are met with probability 0: no pair lies on one here."""
    E, terms = lexicon(seed)
    slope = K.counterfit_gradient(E, terms, CONFIG)
    by_hand = differences(lambda x: K.counterfit_loss(x, terms, CONFIG), E)
    np.testing.assert_allclose(slope, by_hand, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose((slope * E).sum(axis=1), 0, atol=1e-12)
    torch = pytest.importorskip("torch", reason="torch is not installed")
    from tutor.words.knowledge import torch as twin

    model = twin.Counterfit(torch.tensor(E), terms, CONFIG)
    loss = model()
    loss.backward()
    np.testing.assert_allclose(
        loss.item(), K.counterfit_loss(E, terms, CONFIG), rtol=1e-10
    )
    np.testing.assert_allclose(model.E.grad, slope, atol=1e-8)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(1.01 * slope, model.E.grad, atol=1e-8)


def assert_counterfit_agrees(device="cpu"):
    rng = np.random.default_rng(5)
    held = Embedding([f"w{i}" for i in range(30)], rng.normal(size=(30, 6)))
    synonyms, antonyms = random_edges(5, 30, 20), random_edges(6, 30, 12)
    synonyms = synonyms.without(antonyms.pairs)
    one = K.counterfit(held, synonyms, antonyms, CONFIG).vectors
    two = K.counterfit(
        held, synonyms, antonyms, CONFIG, backend="torch", device=device
    ).vectors
    np.testing.assert_allclose(one, two, atol=1e-8)
    np.testing.assert_allclose(np.linalg.norm(one, axis=1), 1, atol=1e-12)
    before = unit_rows(held.vectors)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(1.01 * (one - before), two - before, atol=1e-8)
    terms = K.terms_of(before, synonyms.pairs, antonyms.pairs, CONFIG)
    old, new = (K.counterfit_loss(x, terms, CONFIG) for x in (before, one))
    assert new < 0.9 * old


def test_counterfit_numpy_equals_torch():
    pytest.importorskip("torch", reason="torch is not installed")
    assert_counterfit_agrees()


@pytest.mark.gpu
def test_counterfit_numpy_equals_cuda(cuda):
    assert_counterfit_agrees(cuda)


def test_near_pairs_are_the_loop():
    E = unit_rows(np.random.default_rng(7).normal(size=(9, 3)))
    rows = np.array([0, 2, 3, 5, 8])
    wanted = set()
    for i in rows:
        near = sorted((1 - E[i] @ E[j], j) for j in rows if j != i)[:2]
        wanted |= {(min(i, j), max(i, j)) for d, j in near if d <= 0.8}
    found = K.near_pairs(E, rows, 0.8, 2)
    assert set(map(tuple, found.tolist())) == wanted


def test_a_near_pair_that_is_named_is_left_to_its_term():
    E = np.array([[1.0, 0.0], [1, 0.01], [1, -0.01]])
    terms = K.terms_of(E, np.array([[1, 2]]), np.array([[1, 0]]), CONFIG)
    np.testing.assert_array_equal(terms.near, [[0, 2]])


def test_counterfit_refuses():
    held = Embedding(["a", "b", "c"], np.eye(3))
    one, other = EdgeRows(np.array([[0, 1]]), 3), EdgeRows(np.array([[1, 2]]), 3)
    with pytest.raises(ValueError, match="1 of 1 antonyms are synonyms too"):
        K.counterfit(held, one, one)
    with pytest.raises(ValueError, match="device='cuda' needs backend='torch'"):
        K.counterfit(held, one, other, device="cuda")
    with pytest.raises(ValueError, match="unknown backend 'numba'"):
        K.counterfit(held, one, other, backend="numba")
    empty = Embedding(["a", "b", "c"], np.diag([1.0, 1, 0]))
    with pytest.raises(ValueError, match="1 of 3 vectors are zero"):
        K.counterfit(empty, one, other)
    for change, words in (
        ({"repel": -1}, "repel must be finite and 0 or more"),
        ({"apart": 3}, "apart is a distance"),
        ({"learning_rate": 0}, "learning_rate must be finite and above 0"),
        ({"steps": 0}, "steps must be at least 1"),
    ):
        with pytest.raises(ValueError, match=words):
            CounterfitConfig(**change)


def test_errors_list_at_most_ten_words():
    assert edges._listed([str(i) for i in range(10)]).endswith("8, 9")
    assert edges._listed([str(i) for i in range(12)]).endswith("9 and 2 more")
