"""Extraction and rewriting: by pencil, by loops, properties, gensim, bad input."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutor.datasets import Corpus
from tutor.datasets.wordnet import Synset, WordNet
from tutor.words import terms
from tutor.words.terms import TermsConfig, c_value, extract, find_candidates, npmi
from tutor.words.terms.speech import ADJECTIVE, BREAK, NOUN, parts_of_speech

# "basal cell carcinoma" 5 times, "squamous cell carcinoma" 3, "cell carcinoma" 2 alone
LONG = ["basal", "cell", "carcinoma"]
OTHER = ["squamous", "cell", "carcinoma"]
TEXT = [LONG] * 5 + [OTHER] * 3 + [["cell", "carcinoma"]] * 2 + [["of", "cell"]]
KINDS = {"basal": ADJECTIVE, "squamous": ADJECTIVE, "of": BREAK}


def made(documents=TEXT):
    corpus = Corpus.from_documents(documents)
    speech = [KINDS.get(word, NOUN) for word in corpus.vocabulary.words]
    return corpus, speech


def names_of(corpus, found):
    words = corpus.vocabulary.words
    return [" ".join(words[t] for t in rows) for rows in found.sequences()]


def documents_of(corpus):
    return [corpus.words(i) for i in range(len(corpus))]


def random_text(seed, n=40):
    """Documents of few letters, so that runs repeat; some documents are empty."""
    rng = np.random.default_rng(seed)
    return [rng.choice(list("aabbcd."), rng.integers(0, 14)).tolist() for _ in range(n)]


def by_letter(corpus):
    kinds = {"a": ADJECTIVE, "b": NOUN, "c": NOUN, "d": ADJECTIVE, ".": BREAK}
    return np.array([kinds[word] for word in corpus.vocabulary.words])


# --- pencil --------------------------------------------------------------------------
def test_c_value_of_the_small_text_by_hand():
    """The chapter's table: f = 10, 5, 5, 3, 3 … and what is left of each.

    *cell carcinoma* stands in two longer candidates: log2(2) (10 - (5 + 3) / 2) = 6.
    *basal cell* stands in one, always: log2(2) (5 - 5) = 0.
    *basal cell carcinoma* in none: log2(3) 5.
    """
    corpus, speech = made()
    found = find_candidates(corpus, speech, longest=3, min_count=2)
    value = c_value(found.lengths, found.counts, terms.nested(found))
    table = dict(zip(names_of(corpus, found), value, strict=True))
    expected = {
        "cell carcinoma": 6.0,
        "basal cell": 0.0,
        "squamous cell": 0.0,
        "basal cell carcinoma": 5 * math.log2(3),
        "squamous cell carcinoma": 3 * math.log2(3),
    }
    assert table.keys() == expected.keys()
    for name, known in expected.items():
        np.testing.assert_allclose(table[name], known, atol=1e-12)


def test_npmi_by_hand():
    """A pair of words that never stand apart scores 1; one at chance 0; three by hand.

    64 tokens, three words of 16, 8, 4 occurrences, together 2: log2 p is -5 together,
    -2, -3 and -4 alone: (-5 + 9) / (2 * 5) = 0.4.
    """
    np.testing.assert_allclose(npmi([4], [[4, 4]], 64), 1.0)
    np.testing.assert_allclose(npmi([2], [[16, 8]], 64), 0.0, atol=1e-12)
    np.testing.assert_allclose(npmi([2], [[16, 8, 4]], 64), 0.4)


def test_rewriting_takes_the_longest_from_the_left():
    corpus, _ = made([["a", "b", "c", "d"], ["b", "c"], ["a", "b"], ["a"], ["b"]])
    units = [("a", "b"), ("b", "c"), ("a", "b", "c"), ("c", "d"), ("x", "y")]
    rewritten = terms.rewrite(corpus, units)
    assert documents_of(rewritten) == [["a_b_c", "d"], ["b_c"], ["a_b"], ["a"], ["b"]]
    assert rewritten.vocabulary.counts.sum() == len(rewritten.tokens) == 6


# --- loops ---------------------------------------------------------------------------
def candidates_by_loop(documents, kinds, longest, min_count):
    counts = Counter()
    for words in documents:
        for i in range(len(words)):
            for n in range(2, longest + 1):
                run = tuple(words[i : i + n])
                if len(run) < n or any(kinds[w] == BREAK for w in run):
                    continue
                if kinds[run[-1]] == NOUN:
                    counts[run] += 1
    return {run: n for run, n in counts.items() if n >= min_count}


def c_value_by_loop(counts):
    def holds(long, short):
        n = len(short)
        return any(long[i : i + n] == short for i in range(len(long) - n + 1))

    found = {}
    for a, f in counts.items():
        longer = [counts[b] for b in counts if len(b) > len(a) and holds(b, a)]
        mean = sum(longer) / len(longer) if longer else 0
        found[a] = math.log2(len(a)) * (f - mean)
    return found


def rewrite_by_loop(documents, units):
    joined = []
    for words in documents:
        out, i = [], 0
        while i < len(words):
            fits = [u for u in units if tuple(words[i : i + len(u)]) == u]
            unit = max(fits, key=len, default=(words[i],))
            out.append("_".join(unit))
            i += len(unit)
        joined.append(out)
    return joined


@pytest.mark.parametrize("seed", range(5))
def test_candidates_and_c_values_are_those_of_the_loops(seed):
    """Oracle: the definitions, a run at a time."""
    documents = random_text(seed)
    corpus = Corpus.from_documents(documents)
    speech = by_letter(corpus)
    kinds = dict(zip(corpus.vocabulary.words, speech, strict=True))
    found = find_candidates(corpus, speech, longest=4, min_count=2)
    words = corpus.vocabulary.words
    runs = [tuple(words[t] for t in rows) for rows in found.sequences()]
    expected = candidates_by_loop(documents, kinds, 4, 2)
    assert len(expected) > 20
    assert dict(zip(runs, found.counts.tolist(), strict=True)) == expected
    values = c_value(found.lengths, found.counts, terms.nested(found))
    known = c_value_by_loop(expected)
    np.testing.assert_allclose(values, [known[run] for run in runs], atol=1e-10)


@pytest.mark.parametrize("seed", range(5))
def test_rewriting_is_that_of_the_loop(seed):
    documents = random_text(seed)
    rng = np.random.default_rng(seed)
    units = [tuple(rng.choice(list("abcd"), rng.integers(2, 5))) for _ in range(25)]
    rewritten = terms.rewrite(Corpus.from_documents(documents), units)
    assert documents_of(rewritten) == rewrite_by_loop(documents, units)


def test_the_loops_can_tell_a_wrong_formula():
    """Rung 9: 1 % more on one count must be seen."""
    corpus, speech = made()
    found = find_candidates(corpus, speech, longest=3, min_count=2)
    pairs = terms.nested(found)
    right = c_value(found.lengths, found.counts, pairs)
    wrong = c_value(found.lengths, found.counts * 1.01, pairs)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(wrong, right, atol=1e-10)


# --- properties ----------------------------------------------------------------------
@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.sampled_from("abcd."), max_size=12), min_size=1))
def test_properties(documents):
    """Inner counts are at least outer ones; NPMI lies in [-1, 1]; no word is lost."""
    if not any(documents):
        return
    corpus = Corpus.from_documents(documents)
    try:
        found = find_candidates(corpus, by_letter(corpus), longest=3, min_count=1)
    except ValueError:
        return  # no candidate: nothing to hold
    inner, outer = terms.nested(found).T
    assert (found.counts[inner] >= found.counts[outer]).all()
    value = c_value(found.lengths, found.counts, terms.nested(found))
    assert (value <= np.log2(found.lengths) * found.counts + 1e-9).all()
    assert (value >= -1e-9).all()
    parts = np.where(found.rows < 0, 0, corpus.vocabulary.counts[found.rows])
    if (found.counts < len(corpus.tokens)).all():
        firm = npmi(found.counts, parts, len(corpus.tokens))
        assert (np.abs(firm) <= 1 + 1e-9).all()
    words = corpus.vocabulary.words
    units = [[words[t] for t in rows] for rows in found.sequences()]
    rewritten = terms.rewrite(corpus, units)
    parts_again = [
        [part for unit in words for part in unit.split("_")]
        for words in documents_of(rewritten)
    ]
    assert parts_again == documents_of(corpus)


# --- outside -------------------------------------------------------------------------
def test_npmi_equals_gensim():
    """Oracle: ``gensim.models.phrases.npmi_scorer`` on the counts of a random text."""
    phrases = pytest.importorskip("gensim.models.phrases")
    corpus = Corpus.from_documents(random_text(7))
    found = find_candidates(corpus, by_letter(corpus), longest=2, min_count=2)
    parts = corpus.vocabulary.counts[found.rows]
    n = len(corpus.tokens)
    theirs = [
        phrases.npmi_scorer(float(a), float(b), float(f), len(parts), 1, float(n))
        for (a, b), f in zip(parts, found.counts, strict=True)
    ]
    np.testing.assert_allclose(npmi(found.counts, parts, n), theirs, atol=1e-12)


def test_a_text_of_pairs_is_joined_as_gensim_joins_it():
    """Oracle: ``gensim.models.Phrases`` with its NPMI, where all terms are pairs.

    The words of the text are nouns in disjoint pairs and stop words between, so pairs
    never overlap.
    """
    models = pytest.importorskip("gensim.models")
    rng = np.random.default_rng(0)
    pairs = [("red", "cell"), ("blue", "cell"), ("left", "arm")]
    documents = []
    for _ in range(60):
        words = []
        for i in rng.integers(0, 3, 4):
            words += [*pairs[i], "."]
        documents.append(words)
    corpus = Corpus.from_documents(documents)
    speech = [BREAK if w == "." else NOUN for w in corpus.vocabulary.words]
    config = TermsConfig(longest=2, min_count=2, least_c_value=0, least_npmi=0.3)
    ours = terms.rewrite(corpus, extract(corpus, speech, config).words)
    model = models.Phrases(
        documents, min_count=2, threshold=0.3, scoring="npmi", connector_words=["."]
    )
    theirs = [list(model[words]) for words in documents]
    assert documents_of(ours) == theirs


# --- extraction as a whole -----------------------------------------------------------
def test_extract_orders_and_keeps_by_both_thresholds():
    corpus, speech = made()
    config = TermsConfig(longest=3, min_count=2, least_c_value=5, least_npmi=-1)
    found = extract(corpus, speech, config)
    assert found.words == (tuple(LONG), ("cell", "carcinoma"))
    assert found.counts.tolist() == [5, 10]
    assert np.all(np.diff(found.c_values) <= 0)
    firm = TermsConfig(longest=3, min_count=2, least_c_value=5, least_npmi=0.7)
    assert extract(corpus, speech, firm).words == (("cell", "carcinoma"),)
    assert repr(found) == "Terms(2, C-value 6.0 or more)"


def test_vectors_of_terms_are_those_of_word2vec_on_the_rewritten_text():
    from tutor.words import word2vec

    corpus, speech = made(TEXT * 3)
    found = extract(corpus, speech, TermsConfig(longest=3, least_npmi=-1))
    config = word2vec.Word2VecConfig(dim=8, epochs=2, negatives=2, sample=0)
    ours = terms.fit(corpus, found, config, backend="numpy", seed=3).embedding
    units = terms.rewrite(corpus, found.words)
    known = word2vec.fit(units, config, backend="numpy", seed=3).embedding
    np.testing.assert_array_equal(ours.vectors, known.vectors)
    assert "basal_cell_carcinoma" in ours


@pytest.mark.gpu
def test_vectors_of_terms_on_a_gpu(cuda):
    """Rung 8: the same call on CUDA and CPU, small text, one pair a step."""
    from tutor.words.word2vec import Word2VecConfig

    corpus, speech = made(TEXT * 3)
    found = extract(corpus, speech, TermsConfig(longest=3, least_npmi=-1))
    config = Word2VecConfig(dim=8, epochs=2, negatives=2, sample=0)
    here, there = (
        terms.fit(corpus, found, config, backend="torch", device=d).embedding.vectors
        for d in ("cpu", cuda)
    )
    np.testing.assert_allclose(here, there, atol=1e-4)


# --- parts of speech -----------------------------------------------------------------
def lexicon():
    """Cyst: noun. Block: one noun sense, two verb senses. Renal: adjective."""
    rows = [
        ("n-1", "n", ("cyst",)),
        ("n-2", "n", ("block",)),
        ("v-1", "v", ("block",)),
        ("v-2", "v", ("block",)),
        ("v-3", "v", ("cause",)),
        ("a-1", "s", ("renal",)),
        ("r-1", "r", ("often",)),
        ("n-3", "n", ("body",)),
        ("a-2", "a", ("large",)),
        ("n-4", "n", ("in",)),
    ]
    return WordNet({key: Synset(key, pos, w, "") for key, pos, w in rows}, "", "")


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("cyst", NOUN),
        ("cysts", NOUN),
        ("bodies", NOUN),
        ("block", BREAK),
        ("blocks", BREAK),
        ("caused", BREAK),
        ("causing", BREAK),
        ("renal", ADJECTIVE),
        ("larger", ADJECTIVE),
        ("in", BREAK),  # a stop word, though a noun in WordNet (an inch)
        ("x", BREAK),
        ("3rd", BREAK),
        ("dysplasia", NOUN),
        ("dysplastic", ADJECTIVE),
        ("bilaterally", BREAK),
    ],
)
def test_what_a_word_mostly_is(word, kind):
    assert parts_of_speech([word], lexicon()).tolist() == [kind]


# --- bad input -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"longest": 1}, "longest=1"),
        ({"longest": 2.5}, "longest must be"),
        ({"min_count": 0}, "min_count must be"),
        ({"least_c_value": -1}, "least_c_value must be 0 or more"),
        ({"least_c_value": math.nan}, "least_c_value must be 0 or more"),
        ({"least_npmi": 1.5}, "least_npmi must lie in -1 to 1"),
        ({"joiner": ""}, "joiner must be text"),
        ({"joiner": "a b"}, "joiner must be text"),
    ],
)
def test_settings_are_checked(setting, message):
    with pytest.raises(ValueError, match=message):
        TermsConfig(**setting)


def test_candidates_refuse_what_does_not_fit():
    corpus, speech = made()
    with pytest.raises(ValueError, match="speech must hold 0, 1 or 2"):
        find_candidates(corpus, speech[:-1])
    with pytest.raises(ValueError, match="speech must hold 0, 1 or 2"):
        find_candidates(corpus, [3] * len(speech))
    with pytest.raises(ValueError, match="occurs min_count=50 times"):
        find_candidates(corpus, speech, min_count=50)
    with pytest.raises(ValueError, match="occurs min_count=1 times"):
        find_candidates(corpus, [BREAK] * len(speech), min_count=1)
    with pytest.raises(ValueError, match="longest=1"):
        find_candidates(corpus, speech, longest=1)
    with pytest.raises(ValueError, match="the corpus is empty"):
        Corpus.from_documents([[], []])


def test_extract_says_which_threshold_left_nothing():
    corpus, speech = made()
    with pytest.raises(ValueError, match=r"none of 5 candidates has a C-value of 99"):
        extract(corpus, speech, TermsConfig(min_count=2, longest=3, least_c_value=99))


@pytest.mark.parametrize(
    ("lengths", "counts", "pairs", "message"),
    [
        ([2, 3], [4], [], "flat and alike"),
        ([1], [4], [], "two words or more"),
        ([2], [0], [], "at least once"),
        ([2], [4], [(0, 1)], "rows 0 to 1 of 1"),
    ],
)
def test_c_value_refuses(lengths, counts, pairs, message):
    with pytest.raises(ValueError, match=message):
        c_value(lengths, counts, pairs)


@pytest.mark.parametrize(
    ("joint", "parts", "message"),
    [
        ([4, 4], [[5, 5]], "joint \\(n,\\) and parts"),
        ([4], [[5, 0]], "two words or more"),
        ([6], [[5, 9]], "as often as its rarest word"),
        ([0], [[5, 9]], "between 1 and"),
        ([20], [[20, 20]], "less than tokens=20"),
    ],
)
def test_npmi_refuses(joint, parts, message):
    with pytest.raises(ValueError, match=message):
        npmi(joint, parts, 20)


def test_rewrite_refuses():
    corpus, _ = made()
    with pytest.raises(ValueError, match="there is no term"):
        terms.rewrite(corpus, [])
    with pytest.raises(ValueError, match="two words or more"):
        terms.rewrite(corpus, [("cell",)])
    with pytest.raises(TypeError, match="not the string 'basal cell'"):
        terms.rewrite(corpus, ["basal cell"])
    with pytest.raises(ValueError, match="joiner must be text"):
        terms.rewrite(corpus, [LONG], joiner="")
    held, _ = made([["a_b", "c"]])
    with pytest.raises(ValueError, match="1 words hold the joiner '_', 'a_b'"):
        terms.rewrite(held, [("a_b", "c")])
    unknown = terms.rewrite(corpus, [("no", "such")])
    assert documents_of(unknown) == documents_of(corpus)
