"""Helpers of chapter ``documents/paragraphs``: parts, rankings, two stages, ties."""

import numpy as np
import pytest

from tutor.documents import hashing
from tutor.documents.studies import paragraphs as study
from tutor.documents.studies import paragraphs_dm as dm
from tutor.documents.studies import paragraphs_grid as grid
from tutor.documents.studies import paragraphs_live as live
from tutor.documents.studies import paragraphs_rivals as rivals

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def data():
    """Return 90 documents of three topics, each with words of its own."""
    labels = np.arange(90) % 3
    texts = [
        tuple(f"t{k}w{i}" for i in RNG.integers(0, 12, 15))
        + tuple(f"w{i}" for i in RNG.integers(0, 12, 5))
        for k in labels
    ]
    return study.Collection(
        tuple(texts[:60]), tuple(texts[60:]), labels[:60], labels[60:]
    )


def test_the_parts_of_the_leads_never_overlap():
    dev, test = (study.leads(part=p) for p in ("dev", "test"))
    sizes = [len(dev.database), len(dev.queries), len(test.queries)]
    assert sizes == [study.DATABASE, study.DEV, 9033 - study.DATABASE - study.DEV]
    assert dev.database == test.database
    ids = [{id(d) for d in part} for part in (dev.queries, test.queries)]
    assert len(ids[0]) == study.DEV
    texts = {tuple(d) for d in dev.database}
    shared = sum(tuple(d) in texts for d in test.queries)
    assert shared <= 2  # as texts; as documents none, by construction
    small = study.leads(database=50, queries=7)
    assert small.database == test.database[:50]
    assert small.queries == test.queries[:7]
    with pytest.raises(ValueError, match="there are 'dev' and 'test'"):
        study.leads(part="train")


def test_every_method_beats_coins_where_topics_are_words(data):
    config = study.ParagraphConfig(dim=16, epochs=10, negatives=2, code="binary")
    coins = study.judge(study.distances(study.coin_codes(data, 16, 1)), data.relevant)
    vectors = live.word_vectors(data, seeds=(1,), epochs=10)[1]
    pairs = {
        "binary": study.paragraph_codes(data, config, 1),
        "autoencoder": study.autoencoder_codes(data, 16, 1),
        "mean": live.means(data, vectors),
        "sif": live.sif(data, vectors),
        "weighted": live.weighted(data, vectors),
        "centred": live.centred(data, vectors),
    }
    pairs["lsh"] = study.lsh_codes(pairs["mean"], 16, 1)
    for name, pair in pairs.items():
        found = study.judge(study.distances(pair), data.relevant)
        assert found.ap.mean() > coins.ap.mean() + 0.05, name


def test_table_has_a_row_a_seed(data):
    found = study.table(lambda s: study.coin_codes(data, 8, s), data, seeds=(1, 2))
    assert found.ap.shape == found.ndcg.shape == (2, 30)
    assert np.abs(found.ap[0] - found.ap[1]).max() > 0


def test_two_stages_by_hand():
    """A shortlist of 2 takes the tie at its edge along; the others keep their bits."""
    codes = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], bool), np.array([[0, 0]], bool)
    reals = np.array([[0.0, 1], [1, 1], [1, 0.1], [1, 0]]), np.array([[1.0, 0]])
    ranked = study.two_stage(codes, reals, shortlist=2)[0]
    assert list(np.argsort(ranked)) == [2, 1, 0, 3]
    whole = study.two_stage(codes, reals, shortlist=99)
    np.testing.assert_array_equal(whole, study.distances(reals))


def test_ties_by_file_order_are_a_stable_sort():
    ranks = live.by_file_order(np.array([[1, 0, 1, 0]]))
    np.testing.assert_array_equal(ranks, [[2, 0, 3, 1]])


def test_tie_scores_agree_without_ties(data):
    """Wide codes of learned kind tie rarely; coin flips of 2 bits tie always."""
    wide = [hashing.random_codes(90, 400, seed=1)]
    pairs = [(c[:60], c[60:]) for c in wide]
    naive, fair = live.tie_scores(data, pairs)
    np.testing.assert_allclose(naive.mean(), fair.mean(), atol=0.02)
    naive, fair = live.tie_scores(data, [study.coin_codes(data, 1, 1)])
    assert naive.mean() > fair.mean() + 0.02


def test_settings_are_chosen_for_four_sizes():
    with pytest.raises(ValueError, match="settings were chosen for"):
        study.binary_config(48)
    assert {study.binary_config(b).dim for b in grid.BITS} == set(grid.BITS)


def test_report_and_pairs_name_what_is_measured():
    names = {f"{m} {b}" for m in ("binary", "lsh", "itq", "coins") for b in grid.BITS}
    names |= {"real", "lsa", "autoencoder 32", "autoencoder 128"}
    assert {name for pair in grid.PAIRS.values() for name in pair} <= names
    scores = study.Scores(np.ones((2, 3)), np.zeros((2, 3)))
    assert grid.report({"x": scores}) == {"ap": {"x": [1, 1]}, "ndcg": {"x": [0, 0]}}


@pytest.fixture
def small_settings(monkeypatch):
    """Give every method of the stored study settings for ninety documents."""

    def tiny(bits=16, *, code="binary"):
        return study.ParagraphConfig(
            dim=bits, bits=bits, epochs=5, negatives=2, code=code, learning_rate=0.03
        )

    monkeypatch.setattr(study, "binary_config", tiny)
    monkeypatch.setattr(study, "real_config", lambda dim=16: tiny(dim, code="real"))
    monkeypatch.setattr(grid, "BITS", (8, 16))
    monkeypatch.setattr(rivals, "BITS", 16)
    monkeypatch.setattr(grid.two_stages, "__defaults__", (16,))


def test_rivals_are_judged_and_named_as_the_study_says(
    data, small_settings, monkeypatch
):
    """The whole stored study on ninety documents: every name, seeds, intervals."""
    monkeypatch.setattr(study, "leads", lambda **_: data)
    monkeypatch.setattr(study, "phenotypes", lambda: data)
    monkeypatch.setattr(study.Collection, "directions", property(lambda d: directions))
    directions = study.bags.lsa_directions(data.tfidf[0], 30)
    found = rivals.rivals()
    assert set(found) == {"sizes", "stages", "carried", "effect"}
    for part in ("sizes", "stages", "carried"):
        for values in found[part]["ap"].values():
            assert len(values) == len(study.SEEDS)
    coins = study.judge(study.distances(study.coin_codes(data, 16, 1)), data.relevant)
    for name, values in found["carried"]["ap"].items():
        assert np.mean(values) > coins.ap.mean() + 0.05, name
    for effect in found["effect"].values():
        assert effect["low"] <= effect["estimate"] <= effect["high"]


def test_carried_to_itself_is_what_it_was(data, monkeypatch):
    """LSA by another collection's directions is its own where the two are one."""
    directions = study.bags.lsa_directions(data.tfidf[0], 30)
    monkeypatch.setattr(study.Collection, "directions", property(lambda d: directions))
    pair = rivals.carried_lsa(data, data, 16)
    for found, own in zip(pair, data.lsa(16), strict=True):
        np.testing.assert_allclose(found, own, atol=1e-12)


def test_architectures_differ_in_what_the_study_says_and_no_more(data):
    """Equal but for window and step; a window's step a kept word, counted by hand."""
    dbow, once, longer = dm.dbow_config(), dm.dm_config(), dm.dm_config(longer=True)
    same = ("dim", "negatives", "sample", "epochs", "code", "noise_power")
    assert all(getattr(dbow, name) == getattr(once, name) for name in same)
    assert longer.epochs == 2 * once.epochs
    assert (dbow.architecture, once.architecture) == ("dbow", "dm")
    assert dm.moves(data, dbow) == 1
    every = study.ParagraphConfig(architecture="dm", sample=0)
    tokens = len(data.corpus.tokens)
    np.testing.assert_allclose(dm.moves(data, every), tokens / 60)
    few = study.ParagraphConfig(architecture="dm", sample=1e-4)
    assert dm.moves(data, few) < 0.9 * tokens / 60


def test_tfidf_rows_rank_as_they_are(data):
    """The dense pair is the sparse one, and ranks topics of own words apart."""
    pair = live.tfidf(data)
    for dense, sparse in zip(pair, data.tfidf, strict=True):
        np.testing.assert_allclose(dense, sparse.toarray())
    assert study.judge(study.distances(pair), data.relevant).ap.mean() > 0.9


def test_words_of_another_length(data):
    """The chapter's claim on SIF trains word vectors as long as a document's."""
    words = live.word_vectors(data, seeds=(1,), epochs=1, dim=24)[1]
    assert words.shape == (len(data.corpus.vocabulary), 24)
