"""What skip-gram and GloVe factorise: losses, optima, factors, and how they compare."""

import numpy as np
import pytest
from scipy.optimize import check_grad

from tutor.words import glove
from tutor.words.glove import relation


def table(n=9, seed=0):
    """Return positive counts with unequal rows and columns."""
    rng = np.random.default_rng(seed)
    size = np.exp(rng.normal(size=n))
    return np.outer(size, size) * rng.gamma(2.0, 10.0, (n, n)) + 0.5


def losses(x):
    return {
        "softmax": lambda m: relation.softmax_loss(m, x),
        "negative": lambda m: relation.negative_sampling_loss(m, x, 5),
        "squares": lambda m: relation.squares_loss(m, x, 100, 0.75),
    }


# --- losses --------------------------------------------------------------------------
def test_softmax_loss_is_the_weighted_divergence():
    """Rung 1: sum over rows of x_i KL(P_i || Q_i), by the definition, in a loop."""
    x, rng = table(), np.random.default_rng(1)
    x[2, 3] = 0.0  # 0 log 0 = 0
    scores = rng.normal(size=x.shape)
    total = 0.0
    for i in range(len(x)):
        p = x[i] / x[i].sum()
        q = np.exp(scores[i]) / np.exp(scores[i]).sum()
        kl = sum(a * np.log(a / b) for a, b in zip(p, q, strict=True) if a > 0)
        total += x[i].sum() * kl
    value = relation.softmax_loss(scores, x).value
    np.testing.assert_allclose(value, total / x.sum(), rtol=1e-10)


def test_softmax_loss_and_likelihood_differ_by_a_constant():
    """The divergence differs from -sum x log Q by the same entropy at any scores."""
    x, rng = table(), np.random.default_rng(2)

    def likelihood(scores):
        log_q = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        return -(x * log_q).sum() / x.sum()

    gaps = []
    for _ in range(3):
        scores = rng.normal(size=x.shape)
        gaps.append(likelihood(scores) - relation.softmax_loss(scores, x).value)
    np.testing.assert_allclose(gaps, gaps[0], rtol=1e-10)


def test_squares_loss_is_the_package_loss():
    """On the cells of a table it equals ``glove_loss`` over the sum of the weights."""
    from scipy.sparse import csr_matrix

    x, config = table(), glove.GloVeConfig(dim=3)
    p = glove.initial_parameters(len(x), 3, 0)
    p = p._replace(word=p.word * 9, context=p.context * 9)
    scores = p.word @ p.context.T + p.word_bias[:, None] + p.context_bias
    weights = glove.glove_weight(x, config.x_max, config.alpha)
    np.testing.assert_allclose(
        relation.squares_loss(scores, x, config.x_max, config.alpha).value,
        glove.glove_loss(p, glove.entries(csr_matrix(x), config)) / weights.sum(),
        rtol=1e-10,
    )


@pytest.mark.parametrize("name", ["softmax", "negative", "squares"])
def test_gradients_equal_central_differences(name):
    x = table(4)
    loss = losses(x)[name]
    start = np.random.default_rng(3).normal(size=x.size)

    def value(flat):
        return loss(flat.reshape(x.shape)).value

    def gradient(flat):
        return loss(flat.reshape(x.shape)).gradient.ravel()

    error = check_grad(value, gradient, start, epsilon=1e-7)
    assert error < 1e-6
    wrong = check_grad(value, lambda f: 1.01 * gradient(f), start, epsilon=1e-7)
    assert wrong > 1e-6, "the check itself must be able to fail"


# --- optima --------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "optimum"),
    [
        ("softmax", relation.softmax_optimum),
        ("negative", lambda x: relation.shifted_pmi(x, 5)),
        ("squares", relation.log_counts),
    ],
)
def test_the_gradient_vanishes_at_the_optimum(name, optimum):
    """Levy and Goldberg (2014), equation 7, and the two like it."""
    x = table()
    point = losses(x)[name](optimum(x))
    np.testing.assert_allclose(point.gradient, 0, atol=1e-15)
    nudged = losses(x)[name](optimum(x) + 0.1 * np.eye(len(x)))
    assert nudged.value > point.value


def test_optima_differ_by_rows_and_columns_only():
    """The interaction of all three is that of the logarithm of the counts."""
    x = table()
    ones = np.ones_like(x)
    wanted = relation.interaction(np.log(x), ones)
    for optimum in (relation.softmax_optimum(x), relation.shifted_pmi(x, 5)):
        np.testing.assert_allclose(
            relation.interaction(optimum, ones), wanted, atol=1e-10
        )
        assert relation.interaction_r2(optimum, x) == pytest.approx(1.0, abs=1e-12)


# --- factors -------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["softmax", "negative", "squares"])
def test_full_rank_reaches_the_optimum(name):
    x = table(12)
    found = relation.factorise(
        losses(x)[name], 12, 12, biases=name == "squares", sweeps=40
    )
    assert relation.interaction_r2(found.scores(), x) > 1 - 1e-6


def test_row_effects_of_skip_gram_are_log_count_minus_log_partition():
    """At the optimum log x_ij - e_i.e'_j = log x_i - log Z_i, exactly."""
    x = table(12)
    found = relation.factorise(losses(x)["softmax"], 12, 12, sweeps=60)
    m = found.scores()
    a, b = relation.effects(np.log(x) - m, np.ones_like(x))
    expected = np.log(x.sum(axis=1)) - np.log(np.exp(m).sum(axis=1))
    np.testing.assert_allclose(a, expected, atol=1e-4)
    np.testing.assert_allclose(b, 0, atol=1e-4)


def test_less_rank_explains_less_and_shuffled_scores_nothing():
    x = table(16)
    r2 = [
        relation.interaction_r2(
            relation.factorise(losses(x)["squares"], 16, d, biases=True).scores(), x
        )
        for d in (1, 4, 16)
    ]
    assert r2[0] < r2[1] < r2[2]
    found = relation.factorise(losses(x)["squares"], 16, 16, biases=True)
    turned = found.scores()[:, np.random.default_rng(0).permutation(16)]
    assert relation.interaction_r2(turned, x) <= 0


def test_svd_is_the_best_for_equal_weights():
    """Oracle: with alpha = 0 the loss is least squares, whose optimum the SVD gives.

    Rows and columns are taken off first, so that biases have nothing to do.
    """
    x = np.exp(relation.interaction(np.log(table(14)), np.ones((14, 14))))
    found = relation.factorise(
        lambda m: relation.squares_loss(m, x, 1.0, 0.0), 14, 3, sweeps=400
    )
    left = np.linalg.svd(np.log(x), compute_uv=False)[3:]
    np.testing.assert_allclose(found.loss, 0.5 * (left**2).sum() / x.size, rtol=1e-6)


# --- comparing -----------------------------------------------------------------------
def test_effects_by_hand():
    """A table that is a row plus a column term, with one cell left out."""
    a, b = np.array([0.0, 2.0, 5.0]), np.array([-1.0, 0.0, 1.0])
    values = a[:, None] + b
    weights = np.ones((3, 3))
    np.testing.assert_allclose(relation.effects(values, weights)[0], a, atol=1e-10)
    weights[1, 1], values[1, 1] = 0.0, np.nan
    rest = relation.interaction(values, weights)
    np.testing.assert_allclose(rest, 0, atol=1e-9)


def test_frequencies_earn_nothing():
    """Scores made of row and column terms alone explain no interaction."""
    x = table()
    scores = np.log(x.sum(axis=1))[:, None] + np.log(x.sum(axis=0))
    assert relation.interaction_r2(scores, x) == pytest.approx(0.0, abs=1e-10)


# --- bad input -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (np.ones((2, 3)), r"square and not empty, got \(2, 3\)"),
        (np.ones((0, 0)), "not empty"),
        (np.array([[1.0, -1.0], [1.0, 1.0]]), "finite and not negative"),
        (np.array([[1.0, np.nan], [1.0, 1.0]]), "finite and not negative"),
        (np.array([[1.0, 1.0], [0.0, 0.0]]), "row or column has no count"),
    ],
)
def test_bad_tables(bad, message):
    with pytest.raises(ValueError, match=message):
        relation.check_table(bad)


@pytest.mark.parametrize("dim", [0, 10])
def test_bad_dim(dim):
    with pytest.raises(ValueError, match="between 1 and 9"):
        relation.factorise(losses(table())["squares"], 9, dim)
