"""The ladder: rows, tests and scores by pencil, loop, outside library and bad input."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix, identity

from tutor.datasets import Corpus, Vocabulary
from tutor.embedding import Embedding
from tutor.evaluate.similarity import analogies
from tutor.words import ladder
from tutor.words.ladder import score
from tutor.words.ladder.rows import array_bytes, row_products, unit
from tutor.words.ladder.rung import Rung
from tutor.words.ladder.rungs import one_hot, ppmi, spelling, tfidf
from tutor.words.ladder.trials import Column, Documents, analogy, similarity

SMALL = ladder.LadderConfig(dim=4, epochs=2, backend="numpy", min_count=1)


class Pairs:
    name = "toy"
    pairs = (
        ("Cat", "dog", 9.0),
        ("cat", "sun", 1.0),
        ("cat", "cat", 10.0),
        ("x", "dog", 3),
    )
    questions = (
        ("cat", "dog", "sun", "Moon", "capital"),
        ("cat", "dog", "sun", "moon", "gram1"),
        ("cat", "dog", "sun", "unknown", "gram1"),
    )


@pytest.fixture(scope="module")
def corpus():
    """Six words; the first two and the last two keep company."""
    texts = [["cat", "dog", "cat", "dog", "pet"], ["sun", "moon", "sun", "sky", "moon"]]
    return Corpus.from_documents(texts * 6)


@pytest.fixture(scope="module")
def tests_of(corpus):
    """Three columns over those words, and twelve documents of two classes."""
    words = corpus.vocabulary.words
    rows = np.zeros((12, len(words)))
    for i in range(12):
        group = ("cat", "dog", "pet") if i % 2 else ("sun", "moon", "sky")
        rows[i, corpus.vocabulary.ids(group[: 1 + i % 3])] = 1
    rows /= rows.sum(axis=1, keepdims=True)
    documents = Documents(
        csr_matrix(rows),
        np.arange(12) % 2,
        np.arange(6),
        np.arange(6, 8),
        np.arange(8, 12),
    )
    gold = documents.labels[documents.test].astype(float)
    columns = (
        similarity("pairs", Pairs, corpus),
        Column(
            "unknown",
            "spearman",
            np.array([1.0, 2.0]),
            (["cats", "cat"], ["cat", "mouse"]),
        ),
        Column("topics", "macro-F1", gold, (), labels=4),
    )
    return ladder.Trials(words, {c.name: c for c in columns}, documents)


# --- pencil --------------------------------------------------------------------------
def test_tfidf_of_two_documents_by_hand():
    """Documents *a b* and *a*: i_a = 1, i_b = 1 + ln(3/2); lengths by Pythagoras."""
    found = tfidf(Corpus.from_documents([["a", "b"], ["a"]]), SMALL, 0)
    i_b = 1 + np.log(3 / 2)
    long = np.sqrt(1 + i_b**2)
    wanted = [[1 / long, 1.0], [i_b / long, 0.0]]
    np.testing.assert_equal(found.keys, ("a", "b"))
    np.testing.assert_allclose(found.matrix.toarray(), wanted, rtol=1e-6)


def test_kendall_by_hand():
    """Of six pairs one stands the other way round: (5 - 1) / 6."""
    np.testing.assert_allclose(ladder.kendall([1, 2, 3, 4], [1, 3, 2, 4]), 2 / 3)
    np.testing.assert_allclose(ladder.kendall([1, 2, 2], [3, 1, 2]), -1)
    with pytest.raises(ValueError, match="no pair is ordered by both"):
        ladder.kendall([1, 1], [1, 2])
    with pytest.raises(ValueError, match="two lists of one length"):
        ladder.kendall([1, 2], [1, 2, 3])
    with pytest.raises(ValueError, match="give an undefined score as 0"):
        ladder.kendall([1, np.nan], [1, 2])


def test_bytes_by_hand(corpus):
    """Six words: one float32 and one int32 each, and seven int32 pointers."""
    np.testing.assert_equal(one_hot(corpus, SMALL, 0).nbytes, 6 * 4 + 6 * 4 + 7 * 4)
    np.testing.assert_equal(array_bytes(np.zeros((3, 5), np.float32)), 60)
    kept = ladder.Rows(("a",), np.ones((1, 2)), stored=(np.zeros(10, np.float32),))
    np.testing.assert_equal(kept.nbytes, 40)


# --- loop and outside ----------------------------------------------------------------
def test_tfidf_is_scikit_learns(corpus):
    """Oracle: ``TfidfTransformer`` on the counts, documents as rows."""
    from sklearn.feature_extraction.text import TfidfTransformer

    counts = np.array([np.bincount(d, minlength=6) for d in corpus.documents()])
    theirs = TfidfTransformer().fit_transform(csr_matrix(counts)).toarray().T
    np.testing.assert_allclose(
        tfidf(corpus, SMALL, 0).matrix.toarray(), theirs, rtol=1e-6
    )
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(
            tfidf(corpus, SMALL, 0).matrix.toarray(), 1.01 * theirs
        )


@pytest.mark.parametrize("sparse", [False, True])
def test_questions_are_answered_as_the_course_answers_them(sparse):
    """Oracle: ``tutor.evaluate.similarity.analogies`` on the same dense rows."""
    rng = np.random.default_rng(0)
    words = tuple(f"w{i}" for i in range(40))
    vectors = rng.normal(size=(40, 5))
    asked = np.array([rng.permutation(40)[:4] for _ in range(200)])

    class Asked:
        name = "random"
        questions = tuple((*(words[i] for i in q), "all") for q in asked)

    whole = analogies(Embedding(words, vectors), Asked)
    asked[:100, 3] = whole.answers[:100]  # so that half are right, and not by chance
    Asked.questions = tuple((*(words[i] for i in q), "all") for q in asked)
    theirs = analogies(Embedding(words, vectors), Asked).correct
    rows = unit(csr_matrix(vectors) if sparse else vectors)
    np.testing.assert_array_equal(score.answers_right(rows, asked), theirs)
    np.testing.assert_array_less(99, theirs.sum())


@pytest.mark.parametrize("kind", ["spearman", "mean", "macro-F1"])
def test_statistic_equals_the_libraries_and_its_own_repeats(kind):
    """Oracles: scipy and scikit-learn; a weight of 2 is the item twice."""
    rng = np.random.default_rng(0)
    from scipy.stats import spearmanr
    from sklearn.metrics import f1_score

    gold = rng.integers(0, 3, 60).astype(float)
    found = np.where(rng.random(60) < 0.5, gold, rng.integers(0, 3, 60))
    theirs = {
        "spearman": lambda x, y: spearmanr(x, y).statistic,
        "mean": lambda x, y: x.mean(),
        "macro-F1": lambda x, y: f1_score(y, x, average="macro"),
    }[kind]
    np.testing.assert_allclose(
        score.statistic(kind, found, gold), [theirs(found, gold)]
    )
    weights = rng.integers(0, 3, (60, 4)).astype(float)
    wanted = [
        theirs(np.repeat(found, w), np.repeat(gold, w)) for w in weights.T.astype(int)
    ]
    np.testing.assert_allclose(score.statistic(kind, found, gold, weights), wanted)


def test_no_correlation_without_an_order():
    np.testing.assert_equal(
        score.statistic("spearman", np.ones(5), np.arange(5.0)), [np.nan]
    )
    with pytest.raises(ValueError, match="unknown kind 'recall'"):
        score.statistic("recall", np.ones(2), np.ones(2))


def test_sparse_and_dense_rows_say_the_same():
    rng = np.random.default_rng(0)
    dense = rng.normal(size=(8, 6)) * (rng.random((8, 6)) < 0.5)
    dense[0] = 0
    both = [ladder.Rows(tuple("abcdefgh"), m) for m in (dense, csr_matrix(dense))]
    one, other = (row_products(r.unit[[1, 2, 0]], r.unit[[3, 4, 5]]) for r in both)
    np.testing.assert_allclose(one, other, atol=1e-12)
    a, b = dense[1], dense[3]
    np.testing.assert_allclose(one[0], a @ b / np.linalg.norm(a) / np.linalg.norm(b))
    zero = int((dense == 0).all(axis=1).sum())
    np.testing.assert_equal([r.lacking for r in both], [zero, zero])
    np.testing.assert_equal(one[2], 0)


def test_coordinates_keep_what_a_linear_probe_sees():
    """Dot products with the pool's documents are those of the wide rows."""
    rng = np.random.default_rng(0)
    wide = csr_matrix(rng.normal(size=(30, 500)) * (rng.random((30, 500)) < 0.2))
    shares = csr_matrix(rng.random((20, 30)))
    pool = np.arange(3, 10)
    documents = Documents(
        shares, np.arange(20) % 2, pool, np.arange(2), np.arange(12, 20)
    )
    rows = unit(wide)
    z, x = score.coordinates(rows, documents), (shares @ rows).toarray()
    np.testing.assert_equal(z.shape, (20, 7))
    np.testing.assert_allclose(z @ z[pool].T, x @ x[pool].T, rtol=1e-4)
    narrow = rows.toarray()
    np.testing.assert_allclose(score.coordinates(narrow, documents), x, atol=1e-12)


def test_the_probe_of_wide_rows_is_that_of_the_same_rows_written_out():
    """A regression on coordinates says what one on all columns says."""
    rng = np.random.default_rng(0)
    wide = rng.normal(size=(40, 300)) * (rng.random((40, 300)) < 0.3)
    labels = np.arange(90) % 3
    shares = rng.random((90, 40))
    shares[:, :3] += 6 * np.eye(3)[labels]
    parts = np.split(np.arange(90), [45, 60])
    documents = Documents(csr_matrix(shares), labels, *parts)
    said = [
        score.topics(score.coordinates(unit(m), documents), documents, 30, seed=1)
        for m in (csr_matrix(wide), wide)
    ]
    np.testing.assert_array_less(0.95, np.mean(said[0] == said[1]))
    np.testing.assert_array_less(0.6, np.mean(said[0] == labels[parts[2]]))
    with pytest.raises(ValueError, match=r"labels must lie in 2\.\.45"):
        score.topics(np.eye(90), documents, 46, seed=1)


# --- the text and the columns --------------------------------------------------------
def test_thinning_keeps_the_vocabulary_and_whole_documents(corpus):
    thin = ladder.thinned(corpus, 0.05)
    np.testing.assert_equal(thin.vocabulary, corpus.vocabulary)
    np.testing.assert_equal(len(thin), len(corpus))
    np.testing.assert_array_less(len(thin.tokens), len(corpus.tokens))
    for before, after in zip(corpus.documents(), thin.documents(), strict=True):
        left = iter(before.tolist())
        assert all(token in left for token in after.tolist())  # a subsequence
    np.testing.assert_array_equal(ladder.thinned(corpus, 0).tokens, corpus.tokens)


def test_columns_count_what_they_leave_out(corpus):
    pairs = similarity("toy", Pairs, corpus)
    np.testing.assert_equal((len(pairs), pairs.left_out), (2, 2))
    for form, left_out in ((True, 1), (False, 0)):
        with pytest.raises(ValueError, match="has 1 items, at least 2 needed"):
            analogy("toy", Pairs, corpus, form=form)
        more = type("More", (), {"questions": Pairs.questions * 2})
        found = analogy("toy", more, corpus, form=form)
        np.testing.assert_equal((len(found), found.left_out), (2, 2 * left_out))
    with pytest.raises(ValueError, match="unknown kind 'accuracy'"):
        Column("x", "accuracy", np.ones(3), ())


# --- climbing ------------------------------------------------------------------------
def test_every_rung_of_the_text_climbs(corpus, tests_of):
    """All rungs but the packaged one and the senses, by NumPy; rows fit the words."""
    config = replace(SMALL, dim=3)
    rungs = [r for r in ladder.RUNGS if r.name not in ("GloVe 6B", "senses, averaged")]
    measured = ladder.climb(rungs, corpus, tests_of, config, seeds=(1, 2))
    assert repr(measured) == "Ladder(12 rungs x 3 columns, 2 seeds)"
    np.testing.assert_equal(measured.scores("one-hot", "pairs"), [np.nan, np.nan])
    np.testing.assert_equal(measured.values("one-hot", "pairs"), np.zeros((2, 2)))
    np.testing.assert_equal(measured.marks["one-hot"][0].reach, 0.0)
    np.testing.assert_equal(measured.marks["fastText"][0].reach, 1.0)
    np.testing.assert_equal(measured.scores("PPMI rows", "pairs"), [1.0, 1.0])
    assert [r.name for r in measured.steps()][:2] == ["one-hot", "TF-IDF rows"]


def test_senses_are_averaged_by_their_priors():
    """With one sense a word the mean is that sense; with several it lies between."""
    pytest.importorskip("numba")
    from tutor.words import senses as model
    from tutor.words.ladder.rungs import _engine, senses

    texts = [["cat", "dog", "pet"] * 8, ["sun", "moon", "sky"] * 8] * 3
    text = Corpus.from_documents(texts)
    config = ladder.LadderConfig(dim=16, epochs=2)
    found = senses(text, config, 1)
    fit = model.fit(text, model.SensesConfig(engine=_engine(config)), seed=1)
    for word in ("cat", "sky"):
        first, block = (part[text.vocabulary.index(word)] for part in fit.where)
        wanted = sum(
            p * fit.tables.U[first + s] for s, p in enumerate(fit.priors[block - 1])
        )
        np.testing.assert_allclose(found[word], wanted, rtol=1e-5)


def test_a_rung_of_your_own(corpus, tests_of):
    """The interface of the chapter: a function, a name, and it stands in the table."""

    def first_letter(corpus, config, seed):
        words = corpus.vocabulary.words
        return Embedding(
            words, [[float(ord(w[0]) == ord(c)) for c in "cdmpsu"] for w in words]
        )

    own = Rung("first letter", first_letter, seeded=False)
    alone = ladder.climb([own], corpus, tests_of, SMALL, seeds=(1, 2))
    rest = ladder.climb(ladder.named("one-hot"), corpus, tests_of, SMALL, seeds=(1, 2))
    both = rest | alone
    assert [r.name for r in both.rungs] == ["one-hot", "first letter"]
    np.testing.assert_array_equal(
        both.values("first letter", "topics"), alone.values("first letter", "topics")
    )
    with pytest.raises(ValueError, match=r"both ladders have \['first letter'\]"):
        both | alone
    part = tests_of.only("pairs")
    with pytest.raises(ValueError, match="column 'unknown': only the first has it"):
        rest | ladder.climb([own], corpus, part, SMALL, seeds=(1, 2))
    with pytest.raises(ValueError, match="column 'topics': only the second has it"):
        ladder.climb([own], corpus, part, SMALL, seeds=(1, 2)) | rest


# --- what a comparison rests on ------------------------------------------------------
SEEDED = Rung("other", ladder.named("random")[0].make)


def exchanged(corpus):
    """Return the corpus with the first two tokens of the text in the other order."""
    tokens = corpus.tokens.copy()
    tokens[:2] = tokens[1::-1]
    return replace(corpus, tokens=tokens)


def moved(corpus):
    """Return the corpus with one token more in the first document, less in the next."""
    offsets = corpus.offsets.copy()
    offsets[1] += 1
    return replace(corpus, offsets=offsets)


def recounted(corpus):
    """Return the corpus with one more occurrence of its first word on record."""
    counts = corpus.vocabulary.counts.copy()
    counts[0] += 1
    return replace(corpus, vocabulary=Vocabulary(corpus.vocabulary.words, counts))


def with_column(trials, name, **changes):
    column = replace(trials[name], **changes)
    return replace(trials, columns={**trials.columns, name: column})


def with_documents(trials, **changes):
    return replace(trials, documents=replace(trials.documents, **changes))


def swapped(trials):
    """Return the trials with other words in the rated pairs, the ratings kept."""
    left, right = trials["pairs"].items
    return with_column(trials, "pairs", items=(right[::-1], left))


OTHER = {
    "tokens": (lambda c, t, s: (exchanged(c), t, s), "tokens of the text: 60 "),
    "offsets": (lambda c, t, s: (moved(c), t, s), "offsets of the text: 13 "),
    "counts": (lambda c, t, s: (recounted(c), t, s), "vocabulary of the text: 6 "),
    "pairs": (lambda c, t, s: (c, swapped(t), s), "items of column 'pairs': 2 "),
    "unknown words": (
        lambda c, t, s: (
            c,
            with_column(t, "unknown", items=(["cats", "cat"], ["cat", "rat"])),
            s,
        ),
        "items of column 'unknown': 2 ",
    ),
    "ratings": (
        lambda c, t, s: (c, with_column(t, "unknown", gold=np.array([2.0, 1.0])), s),
        "right answers of column 'unknown': 2 ",
    ),
    "labels": (
        lambda c, t, s: (c, with_column(t, "topics", labels=5), s),
        "labels of column 'topics': 4 and 5",
    ),
    "left out": (
        lambda c, t, s: (c, with_column(t, "pairs", left_out=7), s),
        "items left out of column 'pairs': 2 and 7",
    ),
    "documents": (
        lambda c, t, s: (c, with_documents(t, weights=2 * t.documents.weights), s),
        "documents of the topics: 12 ",
    ),
    "pool": (
        lambda c, t, s: (c, with_documents(t, pool=t.documents.pool[::-1]), s),
        "documents of the topics: 12 ",
    ),
    "seeds": (lambda c, t, s: (c, t, (1, 3)), r"seeds: \(1, 2\) and \(1, 3\)"),
    "order of seeds": (lambda c, t, s: (c, t, (2, 1)), r"and \(2, 1\)"),
    "number of seeds": (lambda c, t, s: (c, t, (1,)), r"seeds: \(1, 2\) and \(1,\)"),
}


@pytest.mark.parametrize("what", OTHER)
def test_ladders_that_rest_on_other_things_are_not_joined(what, corpus, tests_of):
    """Each case has as many items and seeds, and ratings that look alike, but one."""
    change, message = OTHER[what]
    one = ladder.climb(ladder.named("one-hot"), corpus, tests_of, SMALL, seeds=(1, 2))
    text, trials, seeds = change(corpus, tests_of, (1, 2))
    other = ladder.climb([SEEDED], text, trials, SMALL, seeds=seeds)
    with pytest.raises(ValueError, match=message) as caught:
        one | other
    planted = str(caught.value).partition("differ in ")[2].partition(". Climb")[0]
    np.testing.assert_equal(len(planted.split("; ")), 1)
    same = ladder.climb([SEEDED], corpus, tests_of, SMALL, seeds=(1, 2))
    assert [r.name for r in (one | same).rungs] == ["one-hot", "other"]


def test_all_differences_are_named_with_the_remedy(corpus, tests_of):
    one = ladder.climb(ladder.named("one-hot"), corpus, tests_of, SMALL, seeds=(1,))
    other = ladder.climb([SEEDED], moved(corpus), swapped(tests_of), SMALL, seeds=(2,))
    with pytest.raises(
        ValueError, match=r"offsets of .*; seeds: .*; items of .* same seeds"
    ):
        one | other


@pytest.mark.parametrize(
    ("field", "value"), [("dim", 3), ("window", 2), ("sample", 0.0), ("epochs", 1)]
)
def test_another_setting_is_another_table(field, value, corpus, tests_of):
    """Backend and device say how rows are computed, and may differ."""
    one = ladder.climb(ladder.named("one-hot"), corpus, tests_of, SMALL, seeds=(1,))
    changed = replace(SMALL, **{field: value})
    with pytest.raises(ValueError, match=f"differ in {field}: .* and {value}. Climb"):
        one | ladder.climb([SEEDED], corpus, tests_of, changed, seeds=(1,))
    torch = replace(SMALL, backend="torch")
    joined = one | ladder.climb([SEEDED], corpus, tests_of, torch, seeds=(1,))
    assert len(joined.rungs) == 2


def test_what_does_not_reach_the_numbers_does_not_matter(corpus, tests_of):
    """Other widths of integers, an equal text, and documents that no column asks."""
    one = ladder.climb(ladder.named("one-hot"), corpus, tests_of, SMALL, seeds=(1,))
    items = tuple(part.astype(np.int64) for part in tests_of["pairs"].items)
    text = replace(corpus, tokens=corpus.tokens.copy(), name="the same under a name")
    wide = with_column(tests_of, "pairs", items=items)
    ladder_of = ladder.climb([SEEDED], text, wide, SMALL, seeds=[np.int64(1)])
    assert len((one | ladder_of).rungs) == 2
    some = tests_of.only("pairs", "unknown")
    blind = replace(some, documents=None)
    left, right = (
        ladder.climb(rungs, corpus, trials, SMALL, seeds=(1,))
        for rungs, trials in ((ladder.named("one-hot"), some), ([SEEDED], blind))
    )
    assert len((left | right).rungs) == 2


def test_a_ladder_put_together_by_hand_is_not_joined(corpus, tests_of):
    """It does not say what it was measured on."""
    one = ladder.climb(ladder.named("one-hot"), corpus, tests_of, SMALL, seeds=(1,))
    other = ladder.climb([SEEDED], corpus, tests_of, SMALL, seeds=(1,))
    with pytest.raises(ValueError, match="the second ladder does not say what"):
        one | replace(other, basis=None)
    with pytest.raises(ValueError, match="the first ladder does not say what"):
        replace(one, basis=None) | other


def test_words_outside_the_vocabulary(corpus):
    """Spelling has a vector for any word; a word inside has the same one as outside."""
    rows = spelling(corpus, SMALL, 0)
    found = rows.of(["cat", "cats", "cat"])
    np.testing.assert_allclose(row_products(found[0], found[2]), [1.0], rtol=1e-6)
    same = rows.outside(["cat"])
    np.testing.assert_array_equal(
        same.toarray(), rows.matrix[corpus.vocabulary.index("cat")].toarray()
    )
    np.testing.assert_equal(rows.reaches(["cat", "xyzzy"]), [True, True])
    np.testing.assert_equal(
        one_hot(corpus, SMALL, 0).reaches(["cat", "xyzzy"]), [True, False]
    )
    with pytest.raises(TypeError, match="not the string 'cat'"):
        rows.of("cat")
    liar = replace(rows, outside=lambda words: np.ones((1, 3)))
    with pytest.raises(ValueError, match="outside must give 2 rows"):
        liar.of(["one", "two"])


# --- bad input -----------------------------------------------------------------------
def rows_of(shape, value=1.0):
    return lambda words: ladder.Rows(words, np.full(shape, value))


BAD = {
    "other keys": (
        lambda w: Embedding(tuple(f"{x}!" for x in w), np.ones((6, 2))),
        "it lacks 6 of them",
    ),
    "missing words": (
        lambda w: Embedding(w[:-1], np.ones((5, 2))),
        "it lacks 1 of them",
    ),
    "more words": (
        lambda w: Embedding((*w, "new"), np.ones((7, 2))),
        "1 others, the first 'new'",
    ),
    "another order": (lambda w: Embedding(w[::-1], np.ones((6, 2))), "another order"),
    "no rows": (lambda w: ladder.Rows((), np.ones((0, 2))), "vocabulary is empty"),
    "too few rows": (rows_of((5, 2)), "need a matrix of 6 rows"),
    "no columns": (rows_of((6, 0)), "at least one column"),
    "a flat array": (rows_of((6,)), "need a matrix of 6 rows"),
    "NaN": (rows_of((6, 2), np.nan), "12 values of the rows are NaN"),
    "sparse NaN": (
        lambda w: ladder.Rows(w, identity(6, format="csr") * np.nan),
        "6 values of the rows",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_rung_that_does_not_fit_is_refused(name, corpus, tests_of):
    make, message = BAD[name]
    with pytest.raises(ValueError, match=message):
        ladder.climb(
            [Rung("mine", lambda c, config, seed: make(c.vocabulary.words))],
            corpus, tests_of, SMALL, seeds=(1,),
        )  # fmt: skip


def test_what_is_no_rung_is_refused(corpus, tests_of):
    with pytest.raises(
        TypeError,
        match=r"'mine': a rung must return .* got list",
    ):
        ladder.climb([Rung("mine", lambda *_: [1])], corpus, tests_of, SMALL)
    with pytest.raises(TypeError, match="rung 'mine': make must be a function"):
        Rung("mine", "word2vec")
    with pytest.raises(ValueError, match="needs a name"):
        Rung(" ", one_hot)
    with pytest.raises(KeyError, match="no rung 'ELMo'; there are random"):
        ladder.named("ELMo")


def test_a_climb_that_cannot_be_measured_is_refused(corpus, tests_of):
    hot = ladder.named("one-hot")
    with pytest.raises(ValueError, match=r"rungs repeat: \['one-hot'\]"):
        ladder.climb(hot * 2, corpus, tests_of)
    with pytest.raises(ValueError, match="need rungs and seeds, got 0"):
        ladder.climb((), corpus, tests_of)
    with pytest.raises(ValueError, match="need rungs and seeds, got 1 and 0"):
        ladder.climb(hot, corpus, tests_of, seeds=())
    for seeds in ((1, 1), (1, 2.5), (True, 2)):
        with pytest.raises(ValueError, match="need different whole numbers as seeds"):
            ladder.climb(hot, corpus, tests_of, seeds=seeds)
    other = Corpus.from_documents([["a", "b", "c"]])
    with pytest.raises(ValueError, match="made for 6 words, the corpus has 3"):
        ladder.climb(hot, other, tests_of)
    blind = replace(tests_of, documents=None)
    with pytest.raises(ValueError, match="the trials have none"):
        ladder.climb(hot, corpus, blind)


def test_a_rung_that_writes_into_the_text_is_caught(corpus, tests_of):
    """Scipy sorts in place; a shared array would change every rung that comes after."""

    def sorting(text, config, seed):
        text.tokens.sort()
        return one_hot(text, config, seed)

    held = replace(corpus, tokens=corpus.tokens.copy())
    with pytest.raises(ValueError, match="rung 'sorts' changed the text"):
        ladder.climb([Rung("sorts", sorting)], held, tests_of, SMALL)

    def shifting(text, config, seed):
        text.offsets[1] += 1
        return one_hot(text, config, seed)

    held = replace(corpus, offsets=corpus.offsets.copy())
    with pytest.raises(
        ValueError, match=r"changed the text \(offsets\): work on a copy"
    ):
        ladder.climb([Rung("shifts", shifting)], held, tests_of, SMALL)

    def renaming(text, config, seed):
        rows = one_hot(text, config, seed)
        object.__setattr__(text, "vocabulary", recounted(text).vocabulary)
        return rows

    held = replace(corpus)
    with pytest.raises(ValueError, match=r"changed the text \(vocabulary\)"):
        ladder.climb([Rung("renames", renaming)], held, tests_of, SMALL)
    before = corpus.tokens.copy(), corpus.offsets.copy()
    tfidf(corpus, SMALL, 0)
    np.testing.assert_array_equal(corpus.tokens, before[0])
    np.testing.assert_array_equal(corpus.offsets, before[1])


def test_a_rung_that_writes_into_the_tests_is_caught(corpus, tests_of):
    """It could make its own answers right, and those of all rungs after it wrong."""
    held = with_column(tests_of, "unknown", gold=tests_of["unknown"].gold.copy())

    def rating(text, config, seed):
        held["unknown"].gold[:] = [2.0, 1.0]
        return one_hot(text, config, seed)

    with pytest.raises(
        ValueError,
        match=r"'rates' changed the tests \(right answers of column 'unknown'",
    ):
        ladder.climb([Rung("rates", rating)], corpus, held, SMALL)


def test_what_is_not_in_the_table_is_named(corpus, tests_of):
    measured = ladder.climb(
        ladder.named("one-hot", "PPMI rows"), corpus, tests_of, SMALL
    )
    with pytest.raises(KeyError, match="no column 'simlex'; there are pairs, unknown"):
        measured.scores("one-hot", "simlex")
    with pytest.raises(KeyError, match="no rung 'SGNS'; there are one-hot"):
        measured.values("SGNS", "pairs")
    with pytest.raises(KeyError, match="no column 'simlex'"):
        tests_of.only("simlex")
    with pytest.raises(ValueError, match="'one-hot' says the same of all 2 items"):
        measured.effect("PPMI rows", "one-hot", "pairs")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dim": 0}, "dim must be at least 1"),
        ({"window": 2.5}, "window must be at least 1"),
        ({"sample": -1.0}, "sample must be 0"),
        ({"backend": "jax"}, "unknown backend 'jax'"),
        ({"device": "cuda"}, "needs backend='torch'"),
    ],
)
def test_settings_out_of_range_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        ladder.LadderConfig(**change)


# --- one setting for all -------------------------------------------------------------
def test_ppmi_and_its_svd_count_the_same_pairs(corpus):
    """With as many directions as words, the factors give the PPMI rows back."""
    config = replace(SMALL, dim=6)
    rows = ppmi(corpus, config, 0).matrix.toarray()
    from tutor.words.counts import CountsConfig, cooccurrence, factorize

    table = cooccurrence(corpus, window=5, weighting="dynamic", backend="numpy")
    fit = factorize(
        table, corpus.vocabulary.words, CountsConfig(dim=6), backend="numpy"
    )
    back = fit.embedding.vectors @ fit.context.vectors.T
    np.testing.assert_allclose(back, rows, atol=1e-5)
    made = ladder.named("PPMI-SVD")[0].make(corpus, config, 0)
    np.testing.assert_allclose(made.vectors, fit.embedding.vectors, atol=1e-6)


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize("name", ["PPMI-SVD", "SGNS", "CBOW", "GloVe", "fastText"])
def test_rungs_run_on_every_backend(name, backend, corpus):
    """The same setting reaches each room; rows differ by the backend's own batches."""
    if backend == "torch":
        pytest.importorskip("torch")
    config = replace(SMALL, dim=3, backend=backend)
    made = ladder.as_rows(
        ladder.named(name)[0].make(corpus, config, 1), corpus.vocabulary.words
    )
    np.testing.assert_equal(made.matrix.shape, (6, 3))


@pytest.mark.gpu
@pytest.mark.parametrize("name", ["PPMI-SVD", "SGNS", "CBOW", "GloVe", "fastText"])
def test_a_rung_on_cuda_is_that_of_the_cpu(name, cuda, corpus):
    """The same rows, up to the order of float32 sums and the sign of a direction."""
    rung = ladder.named(name)[0]
    config = replace(SMALL, dim=3, backend="torch")
    here, there = (
        ladder.as_rows(rung.make(corpus, c, 1), corpus.vocabulary.words).unit
        for c in (config, replace(config, device=cuda))
    )
    np.testing.assert_allclose(there @ there.T, here @ here.T, atol=1e-3)
