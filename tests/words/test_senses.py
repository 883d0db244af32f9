"""Sense models in NumPy: pencil, loop, differences, draws, pruning, bad input."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numeric import differences

from tutor import sampling
from tutor.datasets import Corpus
from tutor.words import senses, word2vec
from tutor.words.senses import Choice, SensesConfig, learn, walk
from tutor.words.word2vec import Word2VecConfig

ENGINE = Word2VecConfig(dim=6, window=3, epochs=2, sample=0, negatives=3)
SMALL = SensesConfig(engine=ENGINE, min_occurrences=3)


def toy(words=12, documents=8, length=20, seed=0):
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, words, (documents, length))
    return Corpus.from_documents([[f"w{i}" for i in row] for row in drawn], name="toy")


def window(seed=0, senses_=3, dim=4, n=5, outputs=4):
    """Return random float64 (u, A, a, c, v, mask, choice)."""
    rng = np.random.default_rng(seed)
    u, A = rng.normal(size=(2, senses_, dim))
    a, drawn = rng.normal(size=(2, senses_))
    v = rng.normal(size=(n, outputs, dim))
    mask = rng.random((n, outputs)) < 0.7
    return u, A, a, rng.normal(size=dim), v, mask, Choice(drawn, 0.7, 0.3)


# --- rung 0: pencil ------------------------------------------------------------------
def test_pencil_example_of_the_chapter():
    """A_1 = (log 3, 0), c = (1, 0): shares 3/4, 1/4; both scores 0; loss 2 log 2."""
    u, A, a = np.eye(2), np.array([[np.log(3), 0.0], [0.0, 0.0]]), np.zeros(2)
    c, v = np.array([1.0, 0.0]), np.array([[[1.0, -3.0], [-1.0, 3.0]]])
    mask, choice = np.ones((1, 2), bool), Choice(np.zeros(2))
    loss = senses.senses_loss(u, A, a, c, v, mask, choice)
    assert abs(loss - 2 * np.log(2)) < 1e-12
    by = senses.senses_gradients(u, A, a, c, v, mask, choice)
    np.testing.assert_allclose(by.a, [-3 / 4, 3 / 4], atol=1e-12)
    np.testing.assert_allclose(by.u, [[-3 / 4, 9 / 4], [-1 / 4, 3 / 4]], atol=1e-12)
    np.testing.assert_allclose(by.A, [[-3 / 4, 0], [3 / 4, 0]], atol=1e-12)
    np.testing.assert_allclose(by.v[0, 0], [-3 / 8, -1 / 8], atol=1e-12)


# --- rung 1: the formula is the loop -------------------------------------------------
def test_loss_is_the_loop():
    u, A, a, c, v, mask, choice = window()
    z = [A[s] @ c + a[s] for s in range(3)]
    top = [np.exp((z[s] + choice.gumbel[s]) / 0.7) for s in range(3)]
    p = np.exp(z) / np.exp(z).sum()
    h = sum(top[s] / sum(top) * u[s] for s in range(3))
    loop = 0.3 * sum(p[s] * np.log(p[s]) for s in range(3))
    for i in range(5):
        for j in range(4):
            sign = 1 if j == 0 else -1
            loop += mask[i, j] * np.log1p(np.exp(-sign * (h @ v[i, j])))
    found = senses.senses_loss(u, A, a, c, v, mask, choice)
    np.testing.assert_allclose(found, loop, rtol=1e-10)
    with pytest.raises(AssertionError):  # rung 9: one per cent is seen
        np.testing.assert_allclose(1.01 * found, loop, rtol=1e-10)


# --- rung 2: gradients are central differences ---------------------------------------
@pytest.mark.parametrize("senses_", [1, 2, 5])
@pytest.mark.parametrize("kind", [(0.7, 0.3), (1.0, 0.0), (0.1, 2.0)])
def test_gradients_are_differences(senses_, kind):
    u, A, a, c, v, mask, choice = window(2, senses_)
    choice = Choice(choice.gumbel, *kind)
    by = senses.senses_gradients(u, A, a, c, v, mask, choice)

    def loss(**change):
        given = {"u": u, "A": A, "a": a, "v": v, **change}
        return senses.senses_loss(
            given["u"], given["A"], given["a"], c, given["v"], mask, choice
        )

    for name, value in (("u", u), ("A", A), ("a", a), ("v", v)):
        slope = differences(lambda x, n=name: loss(**{n: x}), value)
        np.testing.assert_allclose(getattr(by, name), slope, rtol=1e-6, atol=1e-7)


def test_entropy_and_its_gradient():
    """Uniform shares have log S and no slope; a certain choice has 0."""
    p = senses.assign(np.zeros(4))
    np.testing.assert_allclose(senses.entropy(p), np.log(4))
    np.testing.assert_allclose(senses.entropy_gradient(p), 0, atol=1e-12)
    np.testing.assert_allclose(senses.entropy(np.array([1.0, 0.0])), 0, atol=1e-12)
    z = np.array([0.3, -1.2, 0.8])
    slope = differences(lambda x: float(senses.entropy(senses.assign(x))), z)
    np.testing.assert_allclose(
        senses.entropy_gradient(senses.assign(z)), slope, rtol=1e-6
    )


# --- rung 7: properties --------------------------------------------------------------
@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(-50, 50), min_size=1, max_size=6),
    st.floats(-30, 30),
    st.floats(0.05, 20),
)
def test_shares_sum_to_one_and_ignore_a_common_shift(z, shift, temperature):
    z = np.array(z)
    g = senses.assign(z, 0.0, temperature)
    np.testing.assert_allclose(g.sum(), 1, rtol=1e-12)
    np.testing.assert_allclose(senses.assign(z + shift, 0.0, temperature), g, atol=1e-9)


def test_gumbel_noise_draws_each_sense_by_its_share():
    """The largest of z + noise is s with probability softmax(z)_s: 20,000 draws."""
    z = np.array([0.0, 1.0, -1.0])
    drawn = walk.gumbel_at(np.arange(20_000), 3, seed=1, epoch=0)
    assert np.isfinite(senses.gumbel([0.0, 1 - 2.0**-53])).all()
    shares = np.bincount((z + drawn).argmax(axis=1)) / 20_000
    np.testing.assert_allclose(shares, senses.assign(z), atol=0.012)


def test_a_low_temperature_is_a_hard_choice():
    z, drawn = np.array([0.0, 1.0, -1.0]), np.array([2.0, 0.0, 0.0])
    g = senses.assign(z, drawn, 0.01)
    np.testing.assert_allclose(g, [1, 0, 0], atol=1e-12)


# --- the window ----------------------------------------------------------------------
def test_window_outputs_mask_noise_as_word2vec_does():
    rows, mask = senses.window_outputs(np.array([4, 5]), np.array([5, 7, 7]))
    np.testing.assert_array_equal(rows, [[4, 5, 7, 7], [5, 5, 7, 7]])
    np.testing.assert_array_equal(mask, [[1, 1, 1, 0], [1, 0, 1, 0]])


def test_nearest_sense_looks_at_directions_only():
    sums = np.array([[9.0, 9.0], [0.1, 0.0], [0.0, 0.0]])
    assert senses.nearest_sense(sums, np.array([1.0, 0.1])) == 1
    assert senses.nearest_sense(sums, np.array([1.0, 1.2])) == 0


def test_one_vector_a_word_is_skip_gram_with_a_window_a_step():
    """Without targets' mixtures a step is word2vec's, its batch the window."""
    corpus = toy()
    config = replace(SMALL, senses=1)
    plan = word2vec.make_plan(corpus, ENGINE, seed=3)
    where = walk.layout(12, [2, 5], 1)
    tables = walk.initial_tables(where, 2, config, seed=3)
    rng = np.random.default_rng(0)
    tables = walk.Tables(*(rng.normal(size=t.shape) for t in tables[:2]), *tables[2:])
    U, V = tables.U.copy(), tables.V.copy()
    pass_ = walk.make_pass(config, seed=3, epoch=1)
    for step in list(walk.windows(plan, config, seed=3))[:20]:
        walk.window_step(tables, where, step, pass_)
        rows, mask = senses.window_outputs(step.contexts, step.noise)
        labels = np.zeros(rows.shape, bool)
        labels[:, 0] = True
        inputs = np.full(len(rows), step.word)
        word2vec.skipgram_step(U, V, inputs, rows, labels, mask, step.rate)
    np.testing.assert_allclose(tables.U, U, atol=1e-12)
    np.testing.assert_allclose(tables.V, V, atol=1e-12)


def test_windows_are_those_of_word2vec():
    corpus = toy()
    plan = word2vec.make_plan(corpus, ENGINE, seed=3)
    ours = list(walk.windows(plan, SMALL, seed=3, epoch=1))
    theirs = list(word2vec.windows(plan, ENGINE, seed=3, epoch=1))
    assert len(ours) == len(theirs) > 100
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(mine.contexts, other.contexts)
        np.testing.assert_array_equal(
            [mine.word, *mine.noise, mine.rate], [*other.outputs, other.rate]
        )


# --- phases --------------------------------------------------------------------------
def test_phase_one_moves_only_the_shared_disambiguator():
    corpus = toy()
    plan = word2vec.make_plan(corpus, ENGINE, seed=0)
    where = walk.layout(12, [0, 1], 3)
    tables = walk.initial_tables(where, 2, SMALL, seed=0)
    start = tables.A.copy()
    walk.train_epoch(tables, where, plan, SMALL, seed=0, epoch=0)
    np.testing.assert_array_equal(tables.A[1:], start[1:])
    assert np.abs(tables.A[0] - start[0]).max() > 1e-4
    walk.hand_over(tables, SMALL, 1)
    np.testing.assert_array_equal(tables.A[2], tables.A[0])
    walk.train_epoch(tables, where, plan, SMALL, seed=0, epoch=1)
    assert np.abs(tables.A[1] - tables.A[2]).max() > 1e-4


def test_hard_means_keep_their_direction_and_forget_their_weight():
    config = replace(SMALL, assignment="hard")
    tables = walk.Tables(
        *np.zeros((2, 1, 1)), np.full((2, 3, 4), 6.0), np.zeros((2, 3))
    )
    tables.a[1] = [3, 2, 0]
    walk.hand_over(tables, config, 1)
    np.testing.assert_allclose(tables.A[1, :, 0], [2, 3, 6])
    np.testing.assert_array_equal(tables.a[1], [1, 1, 0])


def test_the_temperature_falls_after_the_first_pass_of_phase_two():
    config = SensesConfig(engine=replace(ENGINE, epochs=4), shared_epochs=1)
    np.testing.assert_array_equal(
        [config.temperature_at(e) for e in range(4)], [1, 1, 0.5, 0.5]
    )


# --- the result ----------------------------------------------------------------------
def planted(n=60):
    """Return a corpus where *x* stands among a-words or among b-words."""
    rng = np.random.default_rng(0)
    documents = []
    for i in range(n):
        words = [f"{'ab'[i % 2]}{j}" for j in rng.integers(0, 8, 12)]
        words[4] = words[9] = "x"
        documents.append(words)
    return Corpus.from_documents(documents, name="planted")


PLANTED = SensesConfig(
    engine=Word2VecConfig(dim=10, epochs=30, sample=0, window=3), senses=2
)


@pytest.fixture(scope="module")
def run():
    return senses.fit(planted(), PLANTED, targets=["x"], seed=1)


def test_two_planted_senses_are_found(run):
    """All contexts of one kind of text get one sense: a right answer is known here."""
    found = senses.disambiguate(run, planted())
    kind = found.position // 12 % 2
    assert len(found.sense) == 120
    assert len(set(zip(kind.tolist(), found.sense.tolist(), strict=True))) == 2
    a, b = (senses.sense_of(run, "x", [f"{t}1", f"{t}2"]) for t in "ab")
    assert {a, b} == {"x#1", "x#2"} == set(run.senses("x"))
    near = run.embedding.nearest(a, 3)
    assert all(n.key.startswith("a") for n in near)


def test_priors_are_shares_and_prune_decides(run):
    np.testing.assert_allclose(run.priors.sum(axis=1), 1, rtol=1e-6)
    assert run.kept.all()
    rare = replace(run, priors=np.array([[0.97, 0.03]]))
    np.testing.assert_array_equal(rare.kept, [[True, False]])
    assert rare.senses("x") == ("x",)
    assert set(senses.disambiguate(rare, planted()).sense.tolist()) == {0}
    assert senses.sense_of(rare, "x", ["b1"]) == "x"


def test_senses_are_named_by_falling_prior():
    corpus = planted()
    where = walk.layout(len(corpus.vocabulary), corpus.vocabulary.ids(["x"]), 3)
    tables = walk.initial_tables(where, 1, SMALL, seed=0)
    priors = np.array([[0.2, 0.02, 0.78]])
    kept, _ = learn.embeddings(corpus, ["x"], tables, where, priors, SMALL)
    first = where.first[corpus.vocabulary.index("x")]
    np.testing.assert_array_equal(kept["x#1"], tables.U[first + 2])
    np.testing.assert_array_equal(kept["x#2"], tables.U[first])
    assert len(kept) == len(corpus.vocabulary) + 1


def test_without_targets_all_frequent_words_have_senses():
    found = senses.fit(toy(), replace(SMALL, min_occurrences=12), backend="numpy")
    counts = toy().vocabulary.counts
    assert len(found.targets) == (counts >= 12).sum() > 3
    assert repr(found) == (
        f"Fit(Senses: {len(found.embedding)} x 6, backend='numpy', seed=0)"
    )


def test_occurrences_take_whole_windows_inside_documents():
    corpus = planted(2)
    where = walk.layout(len(corpus.vocabulary), corpus.vocabulary.ids(["x"]), 2)
    found = senses.occurrences(corpus, where, PLANTED)
    np.testing.assert_array_equal(found.position, [4, 9, 16, 21])
    tokens = corpus.tokens
    np.testing.assert_array_equal(found.contexts[0], [*tokens[1:4], *tokens[5:8]])
    np.testing.assert_array_equal(found.contexts[1], [*tokens[6:9], *tokens[10:12], -1])


# --- k-means -------------------------------------------------------------------------
def test_kmeans_finds_separate_groups_and_is_no_worse_than_scikit_learn():
    cluster = pytest.importorskip("sklearn.cluster", reason="no scikit-learn")
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 3)) + 6 * np.eye(3)[np.arange(300) % 3]
    mine = senses.kmeans(X, 3)
    assert len({(i % 3, int(s)) for i, s in enumerate(mine)}) == 3
    theirs = cluster.KMeans(3, n_init=3, random_state=0).fit(X)

    def inertia(s):
        return sum(((X[s == k] - X[s == k].mean(0)) ** 2).sum() for k in range(3))

    np.testing.assert_allclose(inertia(mine), theirs.inertia_, rtol=1e-9)


def test_kmeans_refuses_more_clusters_than_rows():
    with pytest.raises(ValueError, match="k=3 clusters of 4 rows, 2 of them different"):
        senses.kmeans(np.array([[0.0], [0.0], [1.0], [1.0]]), 3)


# --- pseudo-words --------------------------------------------------------------------
def test_merge_writes_two_words_as_one_and_remembers():
    corpus = Corpus.from_documents([["a", "b", "c", "a"], ["c", "d", "b"]])
    merged = senses.merge(corpus, [("a", "c")])
    assert merged.words == ("a/c",)
    assert [merged.corpus.words(i) for i in range(2)] == [
        ["a/c", "b", "a/c", "a/c"],
        ["a/c", "d", "b"],
    ]
    np.testing.assert_array_equal(merged.truth, [0, -1, 1, 0, 1, -1, -1])
    np.testing.assert_array_equal(merged.corpus.vocabulary.counts, [4, 2, 1])
    assert "1 pseudo-words" in repr(merged)


def test_thin_deletes_tokens_of_the_second_part_only():
    from tutor.words.senses.pseudo import thin

    corpus = Corpus.from_documents([["a", "c", "e"] * 200])
    merged = senses.merge(corpus, [("a", "c")])
    thinner = thin(merged, 0.25)
    sides = np.bincount(thinner.truth + 1)
    assert sides[0] == sides[1] == 200
    assert 30 < sides[2] < 70
    assert len(thinner.corpus.tokens) == sides.sum()
    assert thinner.corpus.vocabulary.counts.sum() == sides.sum()
    side = thinner.truth >= 0
    row = thinner.corpus.vocabulary.index("a/c")
    np.testing.assert_array_equal(thinner.corpus.tokens == row, side)
    with pytest.raises(ValueError, match="share must be above 0"):
        thin(merged, 0.0)
    few = senses.merge(Corpus.from_documents([["a", "c", "e"]]), [("a", "c")])
    with pytest.raises(ValueError, match="'a/c' would keep no token"):
        thin(few, 1e-9)


def test_merge_refuses_words_twice_and_words_unknown():
    corpus = toy()
    with pytest.raises(ValueError, match="w1 would be part of two"):
        senses.merge(corpus, [("w1", "w2"), ("w3", "w1")])
    with pytest.raises(KeyError, match="closest: w1"):
        senses.merge(corpus, [("w1", "w1x")])


# --- bad input -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"senses": 0}, "senses must be 1 or more, got 0"),
        ({"assignment": "soft"}, "unknown assignment 'soft'; there are"),
        ({"shared_epochs": 9}, r"shared_epochs=9 must lie in 0\.\.engine"),
        ({"shared_epochs": -1}, "both phases share the passes"),
        ({"temperature": 0.0}, "temperature must be above 0 and finite, got 0"),
        ({"first_temperature": -1.0}, "first_temperature must be above 0"),
        ({"temperature": float("nan")}, "temperature must be above 0"),
        ({"disambiguator_rate": 0.0}, "disambiguator_rate must be above 0"),
        ({"entropy": -0.1}, r"entropy must be 0 \(off\) or more"),
        ({"prune": 0.4}, "prune must lie below 1/senses = 0.33"),
        ({"min_occurrences": 2}, r"at least senses \(3\), got 2"),
        ({"engine": replace(ENGINE, architecture="cbow")}, "has no effect here"),
        (
            {"engine": replace(ENGINE, threads=2, deterministic=False)},
            "engine.threads=2 has no effect",
        ),
    ],
)
def test_a_wrong_setting_is_named(change, message):
    with pytest.raises(ValueError, match=message):
        SensesConfig(**change)


def test_a_temperature_of_zero_is_refused_by_the_formula_too():
    with pytest.raises(ValueError, match="temperature must be above 0, got 0"):
        senses.assign(np.zeros(2), 0.0, 0.0)


@pytest.mark.parametrize(
    ("targets", "error", "message"),
    [
        (["w1", "nosuch"], KeyError, "'nosuch' is not among the 12 words; closest"),
        (["w1", "w1"], ValueError, "2 given, repeated: w1"),
        ([], ValueError, "one or more; 0 given"),
        ("w1", ValueError, "must be a list of words, got the string 'w1'"),
    ],
)
def test_targets_that_cannot_be_are_refused(targets, error, message):
    with pytest.raises(error, match=message):
        senses.fit(toy(), SMALL, targets=targets)


def test_targets_with_too_few_occurrences_are_refused():
    many = replace(SMALL, min_occurrences=500)
    with pytest.raises(ValueError, match=r"fewer than min_occurrences=500 \(2 such"):
        senses.fit(toy(), many, targets=["w1", "w2"])
    with pytest.raises(ValueError, match="no word occurs min_occurrences=500 times"):
        senses.fit(toy(), many)


def test_unknown_words_and_empty_windows_are_refused(run):
    with pytest.raises(KeyError, match="'y' is not among the 1 targets; closest: x"):
        senses.sense_of(run, "y", ["a1"])
    for context in ([], ["nosuch"], ["x"], "a1"):
        with pytest.raises(ValueError, match="no known word around 'x'"):
            senses.sense_of(run, "x", context)


def test_a_corpus_of_another_vocabulary_is_refused(run):
    with pytest.raises(ValueError, match="must be the same in the same order"):
        senses.disambiguate(run, toy())


def test_windows_without_contexts_are_passed_over():
    """Documents of one word have no window; their words get no occurrence."""
    documents = [["x"], ["x", "a"], ["x"], ["a", "b", "c", "d", "x"]] * 10
    corpus = Corpus.from_documents(documents)
    config = replace(SMALL, engine=replace(ENGINE, negatives=2))
    found = senses.fit(corpus, config, targets=["x"], backend="numpy")
    place = senses.occurrences(corpus, found.where, config)
    assert len(place.position) == 20
    alone = Corpus.from_documents([["x"], ["y"]] * 10)
    with pytest.raises(ValueError, match="no target has a context"):
        senses.fit(
            alone,
            replace(config, engine=replace(ENGINE, negatives=1)),
            targets=["x"],
            backend="numpy",
        )


def test_unknown_backend_device_and_batch_are_named():
    with pytest.raises(ValueError, match="has numba, numpy, torch"):
        senses.fit(toy(), SMALL, backend="jax")
    with pytest.raises(ValueError, match="needs backend='torch'"):
        senses.fit(toy(), SMALL, device="cuda")
    with pytest.raises(ValueError, match="numpy takes one window a step"):
        senses.fit(toy(), SMALL.with_engine(batch_pairs=8), backend="numpy")


def test_divergence_is_reported(monkeypatch):
    def diverge(tables, *_, **__):
        tables.A[1, 0, 0] = np.nan

    monkeypatch.setattr(learn.walk, "train_epoch", diverge)
    with pytest.raises(FloatingPointError, match="not finite after epoch 0"):
        senses.fit(toy(), SMALL, targets=["w1"], backend="numpy")


def test_initial_disambiguators_are_alike_but_their_senses_are_not():
    where = walk.layout(12, [3, 7], 3)
    tables = walk.initial_tables(where, 2, SMALL, seed=4)
    np.testing.assert_array_equal(tables.A[1], tables.A[2])
    assert np.abs(tables.A[0, 0] - tables.A[0, 1]).max() > 0.1
    assert tables.U.shape == (12 + 4, 6)
    np.testing.assert_array_equal(where.first[[2, 3, 4, 7, 8]], [2, 3, 6, 9, 12])
    draws = sampling.initial_vectors(3, 6, 4, stream=walk.DISAMBIGUATOR)
    np.testing.assert_allclose(tables.A[0], 6 * draws)
