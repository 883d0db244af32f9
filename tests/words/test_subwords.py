"""fastText in NumPy: pieces, hash, rows, mean, step; properties and bad input."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numeric import differences

from tutor.datasets import Corpus
from tutor.words import subwords
from tutor.words.subwords import SubwordConfig, reference, walk
from tutor.words.word2vec import decisions_gradients, decisions_loss

BENGALI = "বাংলা"
BASE = SubwordConfig(dim=6, window=2, epochs=1, buckets=40, sample=0, negatives=2)
LETTERS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs",)), min_size=1, max_size=12
)


def toy(words=("banana", "bandana", "cabana", "nab"), lengths=(9, 1, 0, 14), seed=0):
    rng = np.random.default_rng(seed)
    documents = [list(rng.choice(words, n)) for n in lengths]
    return Corpus.from_documents(documents, name="toy")


# --- pieces --------------------------------------------------------------------------
def test_ngrams_of_the_pencil_example():
    """<cat>: three of length 3, two of length 4, worked by hand in the chapter."""
    found = subwords.ngrams("cat", 3, 4)
    assert found == ["<ca", "<cat", "cat", "cat>", "at>"]


def test_the_whole_word_with_its_marks_is_an_ngram_if_it_is_short_enough():
    assert "<cat>" in subwords.ngrams("cat", 3, 6)
    assert "<bandana>" not in subwords.ngrams("bandana", 3, 6)


def test_a_mark_alone_is_no_ngram():
    assert subwords.ngrams("ab", 1, 1) == ["a", "b"]


def test_a_word_shorter_than_the_smallest_ngram_has_none():
    assert subwords.ngrams("a", 4, 6) == []
    assert subwords.ngrams("a", 3, 6) == ["<a>"]


@given(LETTERS, st.integers(1, 4), st.integers(0, 3))
def test_as_many_ngrams_as_places_allow(word, low, more):
    """A word of L characters has L + 2 - n + 1 n-grams, less the two bare marks."""
    high, size = low + more, len(word) + 2
    wanted = sum(max(0, size - n + 1) for n in range(low, high + 1))
    wanted -= 2 * (low == 1)
    assert len(subwords.ngrams(word, low, high)) == wanted


# --- graphemes -----------------------------------------------------------------------
def test_graphemes_of_bengali_and_devanagari():
    """A vowel sign stays with its consonant; a virama joins two consonants."""
    assert subwords.graphemes(BENGALI) == ["বাং", "লা"]
    assert subwords.graphemes("ক্ষমা") == ["ক্ষ", "মা"]
    assert subwords.graphemes("स्त्री") == ["स्त्री"]
    assert subwords.graphemes("e\u0301a") == ["e\u0301", "a"]


@given(LETTERS)
def test_graphemes_joined_are_the_text(text):
    parts = subwords.graphemes(text)
    assert "".join(parts) == text
    assert all(parts)


def test_graphemes_give_fewer_and_whole_ngrams():
    points = subwords.ngrams(BENGALI, 2, 3)
    clusters = subwords.ngrams(BENGALI, 2, 3, units="grapheme")
    assert clusters == ["<বাং", "<বাংলা", "বাংলা", "বাংলা>", "লা>"]
    assert len(points) > len(clusters)


# --- hash ----------------------------------------------------------------------------
def test_fnv1a_of_published_vectors():
    """Vectors of the FNV authors: of nothing, "a" and "foobar"; all ASCII."""
    assert subwords.fnv1a(b"") == 0x811C9DC5
    assert subwords.fnv1a(b"a") == 0xE40C292C
    assert subwords.fnv1a(b"foobar") == 0xBF9CF968


def test_bytes_above_127_are_signed():
    """The oddity: without the sign the hash of a Bengali letter is another."""
    h = 2166136261
    for byte in "ব".encode():
        h = ((h ^ byte) * 16777619) & 0xFFFFFFFF
    assert subwords.fnv1a("ব".encode()) != h
    low = subwords.fnv1a(b"\xff")
    assert low == ((2166136261 ^ 0xFFFFFFFF) * 16777619) & 0xFFFFFFFF


@given(LETTERS, st.integers(1, 1 << 30))
def test_a_bucket_is_a_row(ngram, buckets):
    assert 0 <= subwords.bucket(ngram, buckets) < buckets


# --- rows and their mean -------------------------------------------------------------
OPTIONS = {"min_n": 3, "max_n": 6, "buckets": 7}


def test_rows_are_the_word_and_its_buckets_with_repeats():
    rows = reference.rows_of_words(["banana", "a"], first=2, own=True, **OPTIONS)
    grams = subwords.ngrams("banana")
    assert grams.count("ana") == 2
    wanted = [0, *(2 + subwords.bucket(g, 7) for g in grams)]
    np.testing.assert_array_equal(rows.of(0), wanted)
    assert len(rows) == 2
    alone = reference.rows_of_words(["banana"], first=2, own=False, **OPTIONS)
    np.testing.assert_array_equal(alone.of(0), wanted[1:])


def test_mean_is_the_loop_and_zeros_for_no_rows():
    rng = np.random.default_rng(0)
    Z = rng.normal(size=(30, 4))
    rows = reference.rows_of_words(["a", "abc"], first=0, own=False, **OPTIONS)
    none = reference.rows_of_words(
        ["a", "abc"], first=0, own=False, min_n=4, max_n=4, buckets=7
    )
    by_hand = [sum(Z[r] for r in rows.of(i)) / len(rows.of(i)) for i in range(2)]
    np.testing.assert_allclose(subwords.mean_rows(Z, rows), by_hand, atol=1e-12)
    assert not subwords.mean_rows(Z, none)[0].any()


@pytest.mark.parametrize("exact", [False, True])
def test_the_mean_moves_by_gain_times_the_move(exact):
    """What the kernel rests on: moving every row by g moves the mean by gain g."""
    rng = np.random.default_rng(1)
    Z, g = rng.normal(size=(9, 3)), rng.normal(size=3)
    rows = reference.rows_of_words(["banana"], first=2, own=True, **OPTIONS)
    part = rows.of(0)
    before = Z[part].mean(axis=0)
    np.add.at(Z, part, g / (len(part) if exact else 1))
    (gain,) = reference.gains(rows, exact=exact)
    np.testing.assert_allclose(Z[part].mean(axis=0), before + gain * g, atol=1e-12)
    assert len(set(part.tolist())) < len(part)  # there are repeats
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(
            Z[part].mean(axis=0), before + 1.01 * gain * g, atol=1e-12
        )


def test_without_repeats_the_gain_is_one():
    rows = reference.Rows(np.array([0, 3]), np.array([4, 1, 7], np.int32))
    np.testing.assert_allclose(reference.gains(rows), [1.0], atol=1e-15)


# --- loss, gradient, step ------------------------------------------------------------
def one_pair(seed=0):
    rng = np.random.default_rng(seed)
    Z, V = rng.normal(size=(9, 3)), rng.normal(size=(5, 3))
    rows, outputs = np.array([0, 4, 4, 7]), np.array([2, 0, 1])
    labels, mask = np.array([[True, False, False]]), np.ones((1, 3), bool)
    return Z, V, rows, outputs, labels, mask


def test_pencil_loss_of_the_chapter():
    """Rows (2, 0) and (0, 4): mean (1, 2). True (1, 0), noise (-1, 0): as word2vec."""
    Z, v = np.array([[2.0, 0.0], [0.0, 4.0]]), np.array([[[1.0, 0.0], [-1.0, 0.0]]])
    h = Z.mean(axis=0, keepdims=True)
    loss = decisions_loss(h, v, np.array([[True, False]]), np.ones((1, 2), bool))
    assert abs(loss - 2 * np.log1p(np.exp(-1))) < 1e-12


def test_gradient_by_the_rows_is_the_share_of_the_mean_s():
    """Rung 2: central differences; a row that stands there twice counts twice."""
    Z, V, rows, outputs, labels, mask = one_pair()

    def loss(table):
        h = table[rows].mean(axis=0, keepdims=True)
        return decisions_loss(h, V[outputs][None], labels, mask)

    h = Z[rows].mean(axis=0, keepdims=True)
    gh, _ = decisions_gradients(h, V[outputs][None], labels, mask)
    whole = np.zeros_like(Z)
    np.add.at(whole, rows, gh[0] / len(rows))
    np.testing.assert_allclose(whole, differences(loss, Z), rtol=1e-6, atol=1e-9)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(1.01 * whole, differences(loss, Z), rtol=1e-6)


# --- pairs ---------------------------------------------------------------------------
def test_every_pair_has_noise_of_its_own():
    corpus = toy()
    config = replace(BASE, window=3, negatives=2)
    plan = subwords.make_plan(corpus, config)
    found = walk.pairs(plan, config, seed=1)
    assert found.outputs.shape[1] == 3
    # neighbours of one position read different cards
    deck = plan.words.deck.copy()
    deck[:] = np.arange(len(deck)) % 4
    marked = plan._replace(words=plan.words._replace(deck=deck))
    noise = walk.pairs(marked, config, seed=1).outputs[:, 1:]
    same = (noise[1:] == noise[:-1]).all(axis=1)
    assert not same.all()


def test_pairs_in_pieces_are_the_pairs_of_the_whole():
    corpus = toy()
    plan = subwords.make_plan(corpus, BASE)
    whole = walk.pairs(plan, BASE, seed=2, epoch=1)
    parts = [
        walk.pairs(plan, BASE, seed=2, epoch=1, documents=slice(a, b))
        for a, b in ((0, 1), (1, 3), (3, 4))
    ]
    for name in whole._fields:
        joined = np.concatenate([getattr(p, name) for p in parts])
        np.testing.assert_array_equal(joined, getattr(whole, name))


def test_chunks_cover_the_documents():
    plan = subwords.make_plan(toy(), BASE)
    found = list(walk.chunks(plan, tokens=5))
    assert [c.start for c in found][1:] == [c.stop for c in found][:-1]
    assert (found[0].start, found[-1].stop) == (0, 4)


# --- fit -----------------------------------------------------------------------------
@pytest.mark.parametrize("backend", ["numpy", "numba", "torch"])
def test_unknown_words_get_the_mean_of_their_ngrams(backend):
    run = subwords.fit(toy(), BASE, backend=backend)
    rows = reference.rows_of_words(
        ["bananas"], first=4, own=False, min_n=3, max_n=6, buckets=40
    )
    wanted = subwords.mean_rows(run.Z, rows)
    np.testing.assert_allclose(run.vectors(["bananas"]), wanted, atol=1e-6)
    known = run.vectors(["banana", "zzz"])
    np.testing.assert_array_equal(known[0], run.embedding["banana"])
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(1.01 * wanted, run.vectors(["bananas"]), atol=1e-6)


def test_without_ngrams_an_unknown_word_has_zeros():
    run = subwords.fit(toy(), replace(BASE, max_n=0))
    assert len(run.Z) == 4
    assert not run.vectors(["bananas"]).any()
    assert run.vectors(["banana"]).any()


def test_encode_names_known_and_unknown_words():
    run = subwords.fit(toy(), BASE)
    found = subwords.encode(run, ["banana", "bananas"])
    assert found.keys == ("banana", "bananas")


@settings(max_examples=20, deadline=None)
@given(st.lists(LETTERS, min_size=1, max_size=5, unique=True))
def test_any_word_of_any_script_has_a_finite_vector(words):
    run = RUN.setdefault("run", subwords.fit(toy(), BASE))
    found = run.vectors(words)
    assert found.shape == (len(words), 6)
    assert np.isfinite(found).all()


RUN: dict = {}


def test_seeds_differ_and_a_seed_repeats():
    runs = [subwords.fit(toy(), BASE, seed=s).Z for s in (1, 1, 2)]
    np.testing.assert_array_equal(runs[0], runs[1])
    assert np.abs(runs[0] - runs[2]).max() > 1e-3


def test_repr_says_class_and_sizes():
    assert repr(subwords.fit(toy(), BASE)).startswith("Fit(Subword: 4 x 6")


# --- bad input -----------------------------------------------------------------------
@pytest.mark.parametrize("units", ["codepoint", "grapheme"])
def test_an_empty_word_is_refused(units):
    with pytest.raises(ValueError, match="the word is empty"):
        subwords.ngrams("", units=units)
    run = subwords.fit(toy(), replace(BASE, units=units))
    with pytest.raises(ValueError, match="the word is empty"):
        run.vectors(["banana", ""])


def test_a_lone_surrogate_is_refused():
    """What ``open(..., errors="surrogateescape")`` makes of invalid UTF-8."""
    broken = b"ab\xff".decode("utf-8", "surrogateescape")
    with pytest.raises(ValueError, match="lone surrogate at place 2"):
        subwords.ngrams(broken)
    run = subwords.fit(toy(), BASE)
    with pytest.raises(ValueError, match="read the text as UTF-8"):
        run.vectors(["fine", broken])


def test_bytes_and_bare_strings_are_refused():
    with pytest.raises(TypeError, match="decode"):
        subwords.ngrams(b"word")
    run = subwords.fit(toy(), BASE)
    with pytest.raises(TypeError, match="a list of words"):
        run.vectors("banana")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"min_n": 4, "max_n": 3}, "1 <= min_n <= max_n"),
        ({"min_n": 0}, "1 <= min_n"),
        ({"max_n": -1}, "max_n"),
        ({"buckets": 0}, "buckets must lie"),
        ({"buckets": 1 << 31}, "buckets must lie"),
        ({"units": "byte"}, "unknown units"),
        ({"architecture": "cbow"}, "skipgram"),
        ({"objective": "hierarchical_softmax"}, "negative_sampling"),
        ({"dim": 0}, "dim must be at least 1"),
    ],
)
def test_a_bad_setting_names_itself(change, message):
    with pytest.raises(ValueError, match=message):
        replace(BASE, **change)


@pytest.mark.parametrize(
    ("options", "change", "message"),
    [
        ({"backend": "jax"}, {}, "unknown backend"),
        ({"device": "cuda"}, {}, "needs backend='torch'"),
        ({}, {"batch_pairs": 4}, "takes 1 pair a step"),
        (
            {"backend": "numpy"},
            {"threads": 2, "deterministic": False},
            "needs backend='numba'",
        ),
    ],
)
def test_fit_refuses_what_it_would_not_read(options, change, message):
    with pytest.raises(ValueError, match=message):
        subwords.fit(toy(), replace(BASE, **change), **options)


def test_unknown_units_are_named():
    with pytest.raises(ValueError, match="unknown units 'byte'"):
        subwords.ngrams("word", units="byte")


def test_divergence_is_reported():
    wild = replace(BASE, learning_rate=1e30)
    with (
        pytest.raises(FloatingPointError, match="lower learning_rate"),
        np.errstate(all="ignore"),
    ):
        subwords.fit(toy(), wild)
