"""Words at work: features, probe, fine-tuning and the two labelled collections."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutor.embedding import Embedding
from tutor.evaluate.statistics import paired_bootstrap
from tutor.words import evaluation as ev
from tutor.words import word2vec
from tutor.words.evaluation.tasks import labelled, organ_rows
from tutor.words.studies import evaluation as studies
from tutor.words.studies import evaluation_size as size_studies
from tutor.words.studies import evaluation_text as text_studies
from tutor.words.studies import evaluation_use as use_studies

RNG = np.random.default_rng(0)
WORDS = [f"w{i}" for i in range(40)]
CLOUD = Embedding(WORDS, RNG.normal(size=(40, 6)).astype(np.float32))


def toy(n=60, seed=0):
    """Two classes that use different halves of the vocabulary, with some noise."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, n)
    documents = tuple(
        tuple(f"w{(20 * y + rng.integers(0, 25)) % 44}" for _ in range(12))
        for y in labels
    )
    return ev.LabelledTexts("toy", documents, labels, ("a", "b"))


# --- features ------------------------------------------------------------------------
def test_features_by_hand():
    """Rung 0: the text "x x y z" where z is unknown: (2 x + y) / 3 of unit rows."""
    held = Embedding(["x", "y"], [[2.0, 0], [0, 5.0]])
    texts = ev.LabelledTexts(
        "t", (("x", "x", "y", "z"), ("z",)), np.array([0, 1]), ("a", "b")
    )
    vectors, known = ev.document_features(texts, held)
    np.testing.assert_allclose(vectors, [[2 / 3, 1 / 3], [0, 0]], atol=1e-12)
    np.testing.assert_allclose(known, [0.75, 0])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 99), st.booleans())
def test_features_equal_the_loop(seed, some):
    """Rung 1: one text and one word at a time."""
    texts = toy(9, seed)
    only = WORDS[:30] if some else None
    vectors, known = ev.document_features(texts, CLOUD, only=only)
    for text, got, share in zip(texts.documents, vectors, known, strict=True):
        found = [w for w in text if w in CLOUD and (only is None or w in only)]
        rows = [CLOUD[w] / np.linalg.norm(CLOUD[w].astype(float)) for w in found]
        expected = np.mean(rows, axis=0) if rows else np.zeros(6)
        np.testing.assert_allclose(got, expected, atol=1e-6)
        np.testing.assert_allclose(share, len(found) / len(text))


def test_features_helper_sees_one_per_cent():
    """Rung 9."""
    texts = toy()
    a = ev.document_features(texts, CLOUD).vectors
    nudged = CLOUD.transform(lambda v: v + 0.01 * np.abs(v))
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(
            ev.document_features(texts, nudged).vectors, a, atol=1e-6
        )


def test_unknown_vocabulary_is_refused_with_its_size():
    with pytest.raises(ValueError, match=r"none of the \d+ words of toy"):
        ev.document_features(toy(), Embedding(["other"], [[1.0]]))


def test_probe_learns_what_can_be_learned_and_no_more():
    texts = toy(400)
    train, test = texts.split(300)
    X = ev.document_features(texts, CLOUD).vectors
    right = ev.probe(X, texts.labels, train, test)
    assert right.shape == (100,)
    assert right.mean() > 0.8
    shuffled = RNG.permutation(texts.labels)
    assert ev.probe(X, shuffled, train, test).mean() < 0.7
    words = ev.bag_of_words(texts, train)
    assert ev.probe(words, texts.labels, train, test).mean() > 0.8
    with pytest.raises(ValueError, match="one class"):
        ev.probe(X, np.zeros(400, int), train, test)


@pytest.mark.oracle
def test_probe_equals_scikit_learn_pipeline():
    """Rung 6: standardise and regress by the library alone."""
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    texts = toy(200)
    train, test = texts.split(150)
    X = ev.document_features(texts, CLOUD).vectors
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    model.fit(X[train], texts.labels[train])
    expected = model.predict(X[test]) == texts.labels[test]
    np.testing.assert_array_equal(ev.probe(X, texts.labels, train, test), expected)


def test_dealing_again_keeps_the_cloud():
    dealt = ev.deal_again(CLOUD, seed=3)
    assert dealt.keys == CLOUD.keys
    np.testing.assert_array_equal(
        np.sort(dealt.vectors, axis=0), np.sort(CLOUD.vectors, axis=0)
    )
    assert (dealt.vectors != CLOUD.vectors).any(axis=1).sum() > 30


def test_gain_ratio():
    assert ev.gain_ratio(0.7, 0.5, 0.9) == pytest.approx(0.5)
    with pytest.raises(ValueError, match="best must exceed chance"):
        ev.gain_ratio(0.7, 0.9, 0.9)


def test_split_is_fixed_and_covers_all():
    train, test = toy().split(40)
    again, _ = toy().split(40)
    np.testing.assert_array_equal(train, again)
    np.testing.assert_array_equal(np.sort(np.concatenate([train, test])), np.arange(60))
    with pytest.raises(ValueError, match=r"1\.\.59, got 60"):
        toy().split(60)


# --- initialisation ------------------------------------------------------------------
def test_initial_vectors_are_centred_and_of_one_length():
    weights, rows, _ = ev.mean_weights(toy(), CLOUD)
    start = ev.initial_vectors(CLOUD, weights, rows, 3.0)
    np.testing.assert_allclose(np.linalg.norm(start, axis=1), 3.0, rtol=1e-5)


def test_bag_loss_by_hand():
    """Rung 0: logits 0 and log 3 for the right class: loss log(4/3)."""
    np.testing.assert_allclose(
        ev.bag_loss([[0.0, np.log(3)]], [1]), np.log(4 / 3), atol=1e-12
    )


def test_bag_loss_numpy_equals_torch():
    """Rungs 1 and 3: the same loss, and the gradient against central differences."""
    torch = pytest.importorskip("torch", reason="torch is not installed")
    from tutor.words.evaluation.torch import BagClassifier, batch_of

    texts = toy(8)
    weights, rows, _ = ev.mean_weights(texts, CLOUD)
    start = np.asarray(CLOUD.vectors[rows], dtype=np.float64)
    model = BagClassifier(start, 2)
    W, b = RNG.normal(size=(2, 6)), RNG.normal(size=2)
    model.W.data, model.b.data = torch.tensor(W), torch.tensor(b)
    parts = [torch.as_tensor(x) for x in batch_of(weights, np.arange(8))]
    loss = model(torch.as_tensor(texts.labels), *parts)
    expected = ev.bag_loss(ev.bag_logits(weights, start, W, b), texts.labels)
    np.testing.assert_allclose(loss.item(), expected, atol=1e-12)
    loss.backward()
    for row, column in ((0, 0), (3, 5)):
        step = np.zeros_like(start)
        step[row, column] = 1e-6
        up, down = (
            ev.bag_loss(ev.bag_logits(weights, start + s, W, b), texts.labels)
            for s in (step, -step)
        )
        np.testing.assert_allclose(
            model.word_vectors.grad[row, column].item(), (up - down) / 2e-6, rtol=1e-5
        )


def test_fine_tuning_repeats_and_learns():
    pytest.importorskip("torch", reason="torch is not installed")
    texts = toy(300)
    train, test = texts.split(200)
    first = ev.fine_tuned(texts, CLOUD, train, test, seed=1)
    np.testing.assert_array_equal(
        first, ev.fine_tuned(texts, CLOUD, train, test, seed=1)
    )
    assert first.mean() > 0.8


@pytest.mark.gpu
def test_fine_tuning_on_cuda_is_as_good(cuda):
    """Rung 8, by accuracy: the two devices round sums differently."""
    texts = toy(300)
    train, test = texts.split(200)
    there = ev.fine_tuned(texts, CLOUD, train, test, seed=1, device=cuda)
    here = ev.fine_tuned(texts, CLOUD, train, test, seed=1)
    np.testing.assert_allclose(there.mean(), here.mean(), atol=0.03)


# --- the collections -----------------------------------------------------------------
OBO = """format-version: 1.2

[Term]
id: HP:0000118
name: Phenotypic abnormality

[Term]
id: HP:1
name: Abnormality of the eye
def: "All of the eye." [x]
is_a: HP:0000118 ! Phenotypic abnormality

[Term]
id: HP:2
name: Cataract
def: "A \\"cloudy\\" lens." [x]
is_a: HP:1 ! Abnormality of the eye

[Term]
id: HP:3
name: Abnormality of the ear
is_a: HP:0000118

[Term]
id: HP:4
name: Eye and ear
def: "Both." [x]
is_a: HP:1
is_a: HP:3

[Term]
id: HP:5
name: Loop
def: "Round and round." [x]
is_a: HP:5

[Term]
id: HP:6
name: Gone
def: "Was of the eye." [x]
is_a: HP:1
is_obsolete: true

[Typedef]
id: part_of
"""


def test_organ_rows_take_terms_of_one_system():
    eye = "Abnormality of the eye"
    assert organ_rows(OBO) == [("All of the eye.", eye), ('A "cloudy" lens.', eye)]


def test_labelled_drops_small_classes_and_empty_texts():
    rows = [("One two", "a"), ("three", "a"), ("four", "b"), ("...", "a")]
    texts = labelled("t", rows, smallest=2)
    assert repr(texts) == "LabelledTexts(t: 2, 1 classes)"
    assert texts.documents == (("one", "two"), ("three",))


def test_collections_have_the_sizes_the_chapter_names():
    topics = ev.topics()
    assert (len(topics), len(topics.classes)) == (9033, 11)
    organs = ev.organ_systems()
    assert (len(organs), len(organs.classes)) == (10_503, 19)


# --- studies -------------------------------------------------------------------------
def test_no_test_definition_is_in_the_domain_corpus():
    """Leakage: a word that only test texts have must not be in the corpus."""
    organs = ev.organ_systems()
    pool, test = organs.split(text_studies.TRAIN)
    corpus = text_studies.definitions(organs)
    seen = {w for i in pool for w in organs.documents[i]}
    assert set(corpus.vocabulary.words) <= seen
    assert len(corpus) == len(pool)
    assert not set(pool.tolist()) & set(test.tolist())


def test_held_out_text_shares_the_vocabulary_and_nothing_else():
    from tutor.datasets import Corpus

    corpus = Corpus.from_documents([[f"a{i}", "b"] for i in range(20)])
    first, held = text_studies.held_out(corpus)
    assert (len(first), len(held)) == (18, 2)
    assert first.vocabulary == held.vocabulary
    np.testing.assert_array_equal(
        np.concatenate([first.tokens, held.tokens]), corpus.tokens
    )


def test_contrast_averages_over_the_other_factors():
    gold = RNG.normal(size=30)
    cells = {
        ("c", model, window): gold + noise * RNG.normal(size=(3, 30))
        for model, noise in (("good", 0.5), ("poor", 3.0))
        for window in (2, 8)
    }
    effect = studies.contrast(cells, gold, ("c", "good", None), ("c", "poor", None))
    assert len(effect.per_seed) == 6
    assert effect.low > 0


def test_unknown_model_lists_what_there_is():
    with pytest.raises(ValueError, match="count-svd, skip-gram, cbow, glove"):
        studies.train(None, "elmo")


@pytest.mark.parametrize("model", ["skip-gram", "cbow"])
def test_training_without_the_loss_gives_the_vectors_of_fit(model):
    """Leaving out the loss of each epoch must not change a bit of the vectors."""
    from tutor.datasets import Corpus

    rows = RNG.integers(0, 40, (30, 20))
    corpus = Corpus.from_documents([[f"w{i}" for i in row] for row in rows])
    [ours] = studies.train(corpus, model, seeds=(3,), dim=8, epochs=2)
    config = word2vec.Word2VecConfig(
        dim=8, epochs=2, architecture="cbow" if model == "cbow" else "skipgram"
    )
    fit = word2vec.fit(corpus, config, seed=3)
    assert ours.keys == fit.embedding.keys
    np.testing.assert_array_equal(ours.vectors, fit.embedding.vectors)


def four_tables(noise, items=60, seeds=3):
    gold = RNG.normal(size=items)
    tables = [gold + n * RNG.normal(size=(seeds, items)) for n in noise]
    return (tables[0], tables[1]), (tables[2], tables[3]), gold


def test_interaction_is_the_difference_of_two_effects():
    """Seed by seed, the estimates of the parts add up."""
    large, small, gold = four_tables((0.3, 1.0, 2.0, 0.7))
    found = size_studies.interaction(large, small, gold, samples=200)
    parts = [
        paired_bootstrap(*side, gold=gold, statistic="spearman", samples=100)
        for side in (large, small)
    ]
    expected = np.subtract(parts[0].per_seed, parts[1].per_seed)
    np.testing.assert_allclose(found.per_seed, expected, atol=1e-12)
    assert found.low < found.estimate < found.high
    nudged = size_studies.interaction((large[0], small[1]), small, gold, samples=100)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(nudged.per_seed, expected, atol=1e-3)


def test_interaction_of_a_constant_difference_is_nothing():
    """Both sides equal: 0, with an interval of 0, since all four meet each draw."""
    large, _, gold = four_tables((0.3, 1.0, 0, 0))
    found = size_studies.interaction(large, large, gold, samples=100)
    np.testing.assert_array_equal((found.low, found.estimate, found.high), (0, 0, 0))


def test_interaction_resamples_items_and_seeds_as_the_parts_do():
    """With a small text that scores alike on both sides, the large effect is left."""
    large, small, gold = four_tables((0.3, 1.0, 0.5, 0))
    same = (small[0], small[0])
    found = size_studies.interaction(large, same, gold, samples=400)
    alone = paired_bootstrap(*large, gold=gold, statistic="spearman", samples=400)
    np.testing.assert_allclose(
        (found.low, found.high), (alone.low, alone.high), atol=1e-9
    )


def test_label_curve_measures_each_use_at_each_size(monkeypatch):
    pytest.importorskip("torch", reason="torch is not installed")
    monkeypatch.setattr(use_studies, "POOL", 100)
    monkeypatch.setitem(use_studies.features_right.__kwdefaults__, "train", 100)
    monkeypatch.setitem(use_studies.drawn.__kwdefaults__, "train", 100)
    found = use_studies.label_curve([CLOUD, CLOUD], toy(160), (20, 60), seeds=(1, 2))
    assert found["sizes"] == [20, 60]
    uses = {"features", "features dealt", "start", "start dealt", "tf-idf"}
    assert set(found["accuracy"]) == uses
    for rows in found["accuracy"].values():
        assert np.shape(rows) == (2, 2)
    effect = found["effects"]["features - tf-idf, 60"]
    expected = np.subtract(
        found["accuracy"]["features"][1], found["accuracy"]["tf-idf"][1]
    )
    np.testing.assert_allclose(effect["per_seed"], expected, atol=1e-12)
    assert len(found["effects"]) == 6
