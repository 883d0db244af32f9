"""The studies of chapter ``words/terms``: scores, what is judged, vectors, groups."""

from __future__ import annotations

import numpy as np
import pytest

from tutor import Embedding, claims
from tutor.datasets import Corpus
from tutor.datasets.wordnet import wordnet
from tutor.words.studies import terms as study
from tutor.words.studies import terms_centred, terms_live, terms_stored
from tutor.words.studies import terms_scores as scores
from tutor.words.terms.ontology import Ontology, noun_ontology

NAMES = (("red", "cell"), ("blue", "cell"), ("left", "arm"))


def judged(counts=(5, 25, 80)):
    parents = {
        "top": (),
        "cell": ("top",),
        "r": ("cell",),
        "b": ("cell",),
        "a": ("top",),
    }
    names = dict(zip(NAMES, ("r", "b", "a"), strict=True))
    return study.Judged(Ontology("toy", names, parents), NAMES, np.array(counts))


def space(seed=0, keys=("red", "blue", "left", "arm", "cell", "red_cell", "left_arm")):
    rng = np.random.default_rng(seed)
    return Embedding(keys, rng.normal(size=(len(keys), 6)))


# --- scores --------------------------------------------------------------------------
def test_rank_agreement_is_scipys_spearman_row_by_row():
    """Oracle: ``scipy.stats.spearmanr`` on each row without the diagonal; with ties."""
    from scipy.stats import spearmanr

    rng = np.random.default_rng(0)
    table, gold = rng.normal(size=(30, 30)), rng.integers(0, 4, (30, 30)).astype(float)
    chosen = rng.random((30, 30)) < 0.5
    whole = scores.rank_agreement(table, gold)
    part = scores.rank_agreement(table, gold, chosen)
    for i in range(30):
        other = np.arange(30) != i
        known = spearmanr(table[i, other], gold[i, other])[0]
        np.testing.assert_allclose(whole[i], known, atol=1e-10)
        other &= chosen[i]
        known = spearmanr(table[i, other], gold[i, other])[0]
        np.testing.assert_allclose(part[i], known, atol=1e-10)
    flat = scores.rank_agreement(table, np.ones((30, 30)))
    assert np.isnan(flat).all()


def test_partial_agreement_is_the_correlation_of_residuals():
    """Oracle: ranks of both sides, regressed on the ranks of the counts."""
    from scipy.stats import rankdata

    rng = np.random.default_rng(1)
    table, gold = rng.normal(size=(25, 25)), rng.normal(size=(25, 25))
    counts = rng.integers(1, 50, 25)
    found = scores.partial_agreement(table, gold, counts)
    for i in range(25):
        other = np.arange(25) != i
        x, y, z = (rankdata(v[other]) for v in (table[i], gold[i], counts))
        z1 = np.column_stack([np.ones(24), z])
        a, b = (v - z1 @ np.linalg.lstsq(z1, v, rcond=None)[0] for v in (x, y))
        np.testing.assert_allclose(found[i], np.corrcoef(a, b)[0, 1], atol=1e-10)


def test_recall_by_hand():
    """Two neighbours a row at most: found 1 of 2, 1 of 1, none to find."""
    table = np.array([[9, 3, 2, 1], [3, 9, 1, 2], [2, 1, 9, 3], [1, 2, 3, 9]], float)
    near = np.zeros((4, 4), bool)
    near[0, 1] = near[0, 3] = near[1, 3] = True
    found = scores.recall(table, near, k=2)
    np.testing.assert_allclose(found, [0.5, 1.0, np.nan, np.nan])
    np.testing.assert_allclose(scores.recall(table, near, k=1)[:2], [1.0, 0.0])
    assert table[0, 0] == 9  # the table was not written to


def test_only_terms_with_a_value_everywhere_are_compared():
    a, b = np.array([[1, np.nan, 3.0]]), np.array([[1, 2.0, np.nan]])
    left, right = scores.paired(a, b)
    np.testing.assert_array_equal(left, [[1.0]])
    np.testing.assert_array_equal(right, [[1.0]])


# --- vectors -------------------------------------------------------------------------
def test_units_and_means_of_words():
    """Own vectors at length 1 where there are some, else means, else zero."""
    made = space()
    unit = made.vectors / np.linalg.norm(made.vectors, axis=1, keepdims=True)
    X, missing = study.unit_vectors(made, [*NAMES, ("no", "such")])
    assert missing == 2
    np.testing.assert_allclose(X[0], unit[5], atol=1e-6)
    np.testing.assert_allclose(X[1], (unit[1] + unit[4]) / 2, atol=1e-6)
    np.testing.assert_array_equal(X[3], 0)
    means = study.word_means(made, NAMES)
    np.testing.assert_allclose(means[2], (unit[2] + unit[3]) / 2, atol=1e-6)
    stack = study.tables(judged(), "words", [made])
    np.testing.assert_allclose(np.diag(stack[0]), 1)


def test_compositionality_needs_all_words():
    made = space(keys=("red", "cell", "left", "red_cell", "left_arm", "blue_cell"))
    found = study.compositionality(judged(), [made])
    assert np.isfinite(found[0])
    assert np.isnan(found[1:]).all()
    own = made["red_cell"] / np.linalg.norm(made["red_cell"])
    mean = study.word_means(made, [("red", "cell")])[0]
    np.testing.assert_allclose(found[0], own @ mean / np.linalg.norm(mean), atol=1e-6)


def test_random_vectors_know_shared_words_and_nothing_else():
    table = study.chance(judged()).mean(axis=0)
    assert table[0, 1] > 0.3  # *cell* in both
    assert abs(table[0, 2]) < 0.3


# --- what is judged ------------------------------------------------------------------
def test_the_gold_of_the_small_ontology():
    found = judged()
    np.testing.assert_array_equal(found.near[0], [False, True, False])
    np.testing.assert_array_equal(found.shares_word[0], [True, True, False])
    np.testing.assert_array_equal(found.band, [0, 2, 3])
    np.testing.assert_allclose(found.likeness[0, 1], 4 / 6)
    assert repr(found) == "Judged(3 names of toy)"


def test_names_are_counted_as_units(monkeypatch):
    documents = [["red_cell", "x"]] * 6 + [["blue_cell"]] * 4
    corpus = Corpus.from_documents(documents)
    assert study.count_of(corpus, ("red", "cell")) == 6
    assert study.count_of(corpus, ("left", "arm")) == 0
    assert study.in_text(judged().ontology, corpus) == [("red", "cell")]
    units = {"terms": corpus, "dictionary": corpus}
    found = study._judged(judged().ontology, units)
    assert found.names == (("red", "cell"),)
    assert found.counts.tolist() == [6]


def test_groups_partition_the_bands():
    found = judged((7, 25, 80))
    groups = terms_stored.groups_of(found, np.array([0.9, 0.1, 0.5]))
    bands = [groups[n] for n in ("5 to 9", "10 to 19", "20 to 49", "50 or more")]
    np.testing.assert_array_equal(np.sum(bands, axis=0), 1)
    np.testing.assert_array_equal(groups["frequent"], [False, True, True])
    np.testing.assert_array_equal(
        groups["frequent, least compositional"], [False, True, False]
    )


def test_stored_tables_and_effects():
    """Bands without terms hold None; an effect pairs terms and seeds."""
    rows = np.arange(12.0).reshape(2, 6)
    assert terms_stored._mean(rows[:, :0]) is None
    effect = terms_stored._effect(rows + 1, rows, np.ones(6, bool))
    assert effect["estimate"] == pytest.approx(1)
    assert terms_stored._effect(rows, rows, np.arange(6) < 3) is None
    measures = terms_stored.measures(judged())
    stack = study.tables(judged(), "words", [space(), space(1)])
    assert measures["recall"](stack).shape == (2, 3)


# --- centred, on names not judged before ---------------------------------------------
def test_centring_takes_a_common_direction_out():
    """One large vector added to all rows makes cosines 1; centred it has no effect."""
    keys = (*("_".join(name) for name in NAMES), "x")
    made = np.random.default_rng(2).normal(size=(4, 6))
    plain = Embedding(keys, made / np.linalg.norm(made, axis=1, keepdims=True))
    table = terms_centred.centred(judged(), "terms", [plain])[0]
    X = plain.vectors[:3] - plain.vectors[:3].mean(axis=0)
    known = study.cosines(X)
    np.testing.assert_allclose(table, known, atol=1e-6)
    shifted = Embedding(keys, plain.vectors + np.full(6, 50.0))
    raw = study.tables(judged(), "terms", [shifted])[0]
    assert raw.min() > 0.99
    assert terms_centred.centred(judged(), "terms", [shifted])[0].min() < 0


def test_unseen_names_were_not_judged():
    documents = [["red_cell", "x"]] * 6 + [["blue_cell"]] * 7 + [["left_arm"]] * 4
    corpus = Corpus.from_documents(documents)
    whole = judged()
    half = study.Judged(whole.ontology, NAMES[:1], np.array([6]))
    units = {"terms": corpus, "dictionary": corpus}
    found = study.Bench(corpus, None, units, {"toy": half})
    left = terms_centred.unseen(found, "toy")
    assert left.names == (("blue", "cell"),)  # *left arm* occurs four times only
    assert left.counts.tolist() == [7]


def planted(judged_here, words):
    """Return a bench whose text holds names *w unit*, and which of them it judges."""
    names = {(word, "unit"): word for word in words}
    ontology = Ontology("toy", names, {"top": (), **dict.fromkeys(words, ("top",))})
    corpus = Corpus.from_documents([[f"{word}_unit" for word in words]] * 6)
    chosen = tuple((word, "unit") for word in judged_here)
    first = study.Judged(ontology, chosen, np.full(len(chosen), 6))
    units = {"terms": corpus, "dictionary": corpus}
    return study.Bench(corpus, None, units, {"toy": first})


def test_no_name_is_judged_in_two_looks():
    """Names of the other text are left out too, and those judged again there."""
    small, whole = planted("KL", "KLMNO"), planted("LMP", "KLMNOPQR")
    live, fresh = terms_centred.second_looks(small, whole, "toy")
    assert [word for word, _ in live.names] == ["N", "O"]
    assert [word for word, _ in fresh.names] == ["Q", "R"]
    alone = terms_centred.unseen(whole, "toy")
    assert [word for word, _ in alone.names] == ["K", "N", "O", "Q", "R"]
    lists = terms_centred.unseen(whole, "toy", seen=[["K", "unit"], ["Z", "unit"]])
    assert [word for word, _ in lists.names] == ["N", "O", "Q", "R"]


def test_what_cannot_be_left_out_is_refused():
    bench = planted("KL", "KLM")
    with pytest.raises(TypeError, match="as its words, not 'M unit': split it"):
        terms_centred.unseen(bench, "toy", seen=["M unit"])
    with pytest.raises(ValueError, match="no name of toy is left beside 3"):
        terms_centred.unseen(bench, "toy", seen=[("M", "unit")])


def test_the_stored_looks_share_no_name():
    """Of the record: a thousand names of the first look, and as many new ones."""
    kept = claims.stored("terms-centred")
    first = {tuple(name.split()) for name in kept["first look"]}
    assert len(first) == study.MOST
    nouns = noun_ontology(wordnet())
    assert first <= set(nouns.names)
    assert kept["WordNet, unseen names"]["judged"] == study.MOST
    assert 100 < kept["second look, live"] < study.MOST


# --- live ----------------------------------------------------------------------------
def test_places_and_patterns():
    np.testing.assert_allclose(terms_live.places([5, 1, 5]), [2 / 3, 1 / 6, 2 / 3])
    assert terms_live.fits_pattern([1, 2, 2])
    assert not terms_live.fits_pattern([2])
    assert not terms_live.fits_pattern([2, 1])
    assert not terms_live.fits_pattern([1, 0, 2])
    counted = terms_live.accepted([("renal", "cyst"), ("pain", "of"), ("cyst",)])
    assert counted == {"names": 2, "accepted": 1, "a stop word inside": 1}


def test_edges_and_their_controls():
    """Red and blue cell are siblings and share a word; nothing else is right."""
    found = judged()
    vectors = np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]])
    shown = terms_live.named(found, vectors)
    assert shown.keys == ("left arm", "blue cell", "red cell")  # by occurrences
    curve = terms_live.edge_curve(found, shown, [1, 2, 3, 9], topn=2)
    assert [(n, right) for n, _, right in curve] == [(1, 1.0), (2, 0.5), (3, 1 / 3)]
    apart = terms_live.edge_curve(found, shown, [1, 2], topn=2, apart=True)
    assert [right for _, _, right in apart] == [0.0, 0.0]
    short = terms_live.branches(found)
    assert [short[name] for name in NAMES] == ["cell", "cell", "left arm"]


def test_right_edges_and_exchanged_labels():
    """Six terms in two families of three, near in space: all edges are right.

    All are equally frequent, so labels are exchanged freely, and then few are.
    """
    names = tuple((letter, "x" + letter) for letter in "abcdefghijkl")
    parents = {"top": (), "one": ("top",), "two": ("top",)}
    parents |= {n[0]: ("one" if i < 6 else "two",) for i, n in enumerate(names)}
    ontology = Ontology("toy", {n: n[0] for n in names}, parents)
    found = study.Judged(ontology, names, np.full(12, 7))
    X = np.repeat(np.eye(2), 6, axis=0) + 0.01 * np.random.default_rng(0).normal(
        size=(12, 2)
    )
    stack = study.cosines(X)[None]
    np.testing.assert_allclose(terms_live.right_edges(found, stack), 1)
    assert terms_live.exchanged_edges(found, stack).mean() < 0.8
