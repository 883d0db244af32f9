"""WordPiece: words, merges and cuts, by hand and against the library ``tokenizers``."""

from collections import Counter
from itertools import islice, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

from tutor import sampling
from tutor.context import bert
from tutor.context.bert.merges import characters_of, join, join_in
from tutor.context.bert.wordpiece import CLS, LONGEST, SEP, UNK

HUG = {"hug": 10, "pug": 5, "pun": 12, "bun": 4, "hugs": 5}
LETTERS = st.text(alphabet="abcdef", min_size=1, max_size=12)


def small():
    pieces = ["un", "##aff", "##able", "aff", "a", "##a", "##ff", "!"]
    return bert.WordPiece((*bert.SPECIALS, *pieces))


# --- words ---------------------------------------------------------------------------
@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=[*map(chr, range(128)), *"éÜñçßÅ¡¿«"], max_size=40))
def test_words_equal_the_librarys(text):
    """Oracle: tokenizers' BertNormalizer (uncased) and BertPreTokenizer."""
    normal = normalizers.BertNormalizer(lowercase=True).normalize_str(text)
    found = pre_tokenizers.BertPreTokenizer().pre_tokenize_str(normal)
    assert bert.split_words(text) == [word for word, _ in found]


def test_words_by_hand():
    assert bert.split_words("Café-au-lait, 2 cups_") == [
        *("cafe", "-", "au", "-", "lait", ",", "2", "cups", "_")
    ]
    assert bert.split_words(" \t\n") == []
    assert bert.count_words(["a b", "A"]) == {"a": 2, "b": 1}


# --- learning ------------------------------------------------------------------------
def test_merges_by_pencil():
    """The five-word example, counted by hand: ug 20, un 16, hug 15."""
    steps = list(bert.merges(HUG))
    assert [s.pair for s in steps[:3]] == [
        *(("##u", "##g"), ("##u", "##n"), ("h", "##ug"))
    ]
    assert [s.score for s in steps[:3]] == [20.0, 16.0, 15.0]


def test_likelihood_by_pencil():
    """The pair g, s: 5 / (20 * 5) = 1/20 beats u and g: 20 / (36 * 20) = 1/36."""
    first = next(bert.merges(HUG, score="likelihood"))
    assert first.pair == ("##g", "##s")
    np.testing.assert_allclose(first.score, 1 / 20, rtol=1e-12)
    by_count = next(bert.merges(HUG))
    assert by_count.pair != first.pair


def best_of(words, cut, score):
    """Return the best pair by counting everything anew: a loop as oracle."""
    pairs, pieces = Counter(), Counter()
    for word, n in words.items():
        for piece in cut[word]:
            pieces[piece] += n
        for pair in pairwise(cut[word]):
            pairs[pair] += n
    if not pairs:
        return None
    worth = {
        (a, b): n if score == "count" else n / (pieces[a] * pieces[b])
        for (a, b), n in pairs.items()
    }
    best = min(worth, key=lambda pair: (-worth[pair], pair))
    return best, float(worth[best])


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(LETTERS, st.integers(1, 50), min_size=1, max_size=8),
    st.sampled_from(["count", "likelihood"]),
)
def test_each_merge_is_the_best_of_a_fresh_count(words, score):
    cut = {word: characters_of(word) for word in words}
    for step in bert.merges(words, score=score):
        pair, worth = best_of(words, cut, score)
        assert step.pair == pair
        np.testing.assert_allclose(step.score, worth, rtol=1e-12)
        cut = {word: join_in(pieces, pair) for word, pieces in cut.items()}
    assert best_of(words, cut, score) is None
    assert all(pieces == [word] for word, pieces in cut.items())


def theirs(counts, size):
    """Train tokenizers' WordPiece on words repeated as often as they are counted."""
    model = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    model.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.WordPieceTrainer(
        vocab_size=size, special_tokens=list(bert.SPECIALS), show_progress=False
    )
    model.train_from_iterator((f"{w} " * n for w, n in counts.items()), trainer)
    return set(model.get_vocab())


def test_vocabulary_equals_the_librarys_up_to_the_first_tie():
    """Oracle: tokenizers' WordPieceTrainer, which breaks ties by its own order."""
    counts = bert.count_words(bert.glosses().pilot)
    scores = [step.score for step in islice(bert.merges(counts), 500)]
    clear = next(i for i, (a, b) in enumerate(pairwise(scores)) if a == b)
    assert clear > 30
    characters = len({c for w in counts for c in w}) + len(
        {c for w in counts for c in w[1:]}
    )
    size = len(bert.SPECIALS) + characters + clear
    ours = set(bert.learn_vocabulary(counts, size).pieces)
    assert ours == theirs(counts, size)
    assert ours != theirs(counts, size - 1)


def test_vocabulary_of_real_definitions_is_nearly_the_librarys():
    """Real counts tie often; more than nine of ten pieces are the same all the same."""
    counts = bert.count_words(bert.glosses().pilot)
    ours = set(bert.learn_vocabulary(counts, 1000).pieces)
    library = theirs(counts, 1000)
    assert len(ours) == len(library) == 1000
    assert len(ours & library) >= 900


def test_join():
    assert join(("##n", "##g")) == "##ng"
    assert join(("h", "##ug")) == "hug"
    assert join_in(["a", "##a", "##a", "##a"], ("##a", "##a")) == ["a", "##aa", "##a"]


def test_a_pair_must_be_frequent_enough():
    steps = list(bert.merges({"ab": 3, "cd": 1}, least=2))
    assert [s.pair for s in steps] == [("a", "##b")]
    assert not list(bert.merges({"ab": 1}, score="likelihood", least=2))


@pytest.mark.parametrize(
    ("counts", "given", "message"),
    [
        ({"a": 1}, {"score": "bpe"}, "unknown score 'bpe'"),
        ({}, {}, "got 0 words"),
        ({"": 1}, {}, "an empty one among them"),
        ({"a": 0}, {}, "least count 0"),
    ],
)
def test_bad_words_are_refused(counts, given, message):
    with pytest.raises(ValueError, match=message):
        next(bert.merges(counts, **given))


def test_a_size_without_room_is_refused():
    with pytest.raises(ValueError, match=r"size=9 has no room for 5 .* and 5 single"):
        bert.learn_vocabulary({"abc": 1}, 9)
    assert len(bert.learn_vocabulary({"abc": 1}, 1000)) == 12  # nothing left to join


# --- cutting -------------------------------------------------------------------------
def test_longest_match_by_hand():
    rows = small().rows
    assert bert.longest_match("unaffable", rows) == ["un", "##aff", "##able"]
    assert bert.longest_match("aff", rows) == ["aff"]
    assert bert.longest_match("affx", rows) == ["[UNK]"]  # as a whole
    assert bert.longest_match("a" * (LONGEST + 1), rows) == ["[UNK]"]
    assert bert.longest_match("a" * LONGEST, rows)[:2] == ["a", "##a"]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(alphabet="abcdefx", min_size=1, max_size=110), max_size=5))
def test_cuts_equal_the_librarys(words):
    """Oracle: tokenizers' WordPiece on the same vocabulary, words of all lengths."""
    words = [w.removeprefix("x") or "x" for w in words]
    learned = bert.learn_vocabulary({"abcd": 3, "bcde": 2, "fab": 9, "cab": 1}, 22)
    model = models.WordPiece(
        learned.rows, unk_token="[UNK]", max_input_chars_per_word=LONGEST
    )
    for word in words:
        wanted = [token.value for token in model.tokenize(word)]
        assert bert.longest_match(word, learned.rows) == wanted


def test_encoding_the_definitions_equals_the_librarys():
    """Oracle: tokenizers' WordPiece with BERT's normaliser, on 9,000 real texts."""
    pieces = bert.vocabulary()
    theirs = Tokenizer(models.WordPiece(pieces.rows, unk_token="[UNK]"))
    theirs.normalizer = normalizers.BertNormalizer(lowercase=True)
    theirs.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    texts = bert.glosses().held
    for text, other in zip(texts, theirs.encode_batch(list(texts)), strict=True):
        assert pieces.encode(text) == [CLS, *other.ids, SEP]


def test_encode_and_decode():
    pieces = small()
    ids = pieces.encode("Unaffable a!")
    assert ids == [CLS, 5, 6, 7, 9, 12, SEP]
    assert pieces.decode(ids) == "unaffable a !"
    assert pieces.encode("zz") == [CLS, UNK, SEP]
    assert pieces.encode("a " * 50_000, longest=8) == [CLS, *[9] * 6, SEP]
    assert repr(pieces) == "WordPiece(13 pieces)"


@pytest.mark.parametrize("text", ["", "  \n", "\x00"])
def test_an_empty_text_is_refused(text):
    with pytest.raises(ValueError, match="has no words; leave it out"):
        small().encode(text)


def test_no_room_between_the_ends_is_refused():
    with pytest.raises(ValueError, match="longest=2 leaves no room"):
        small().encode("a", longest=2)


@pytest.mark.parametrize("lost", ["[MASK]", "[UNK]"])
def test_a_vocabulary_without_mask_or_unknown_is_refused(lost):
    pieces = [p for p in small().pieces if p != lost]
    with pytest.raises(ValueError, match=f"lacks \\{lost[:-1]}\\]"):
        bert.WordPiece(tuple(pieces))


def test_a_vocabulary_in_another_order_or_with_twins_is_refused():
    with pytest.raises(ValueError, match="a vocabulary begins with"):
        bert.WordPiece(("a", *bert.SPECIALS))
    with pytest.raises(ValueError, match="stand twice: a"):
        bert.WordPiece((*bert.SPECIALS, "a", "a"))


def test_the_order_of_words_does_not_matter():
    words = list(HUG)
    for seed in range(3):
        mixed = {words[i]: HUG[words[i]] for i in sampling.permutation(5, seed)}
        assert list(bert.merges(mixed)) == list(bert.merges(HUG))
