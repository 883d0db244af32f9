"""What the chapter's studies draw, read and count."""

import numpy as np
import pytest

from tutor.context import attention as A
from tutor.context.studies import attention as study
from tutor.context.studies import attention_heads as heads
from tutor.datasets.examples import SenseExample

torch = pytest.importorskip("torch", reason="torch is not installed")


@pytest.fixture(scope="module")
def model():
    torch.set_num_threads(1)
    return study.reader()


def example(text, word):
    start = text.index(word)
    return SenseExample(text, start, start + len(word), word, "n", "n-0")


def test_triplets_are_two_of_one_sense_and_one_of_another():
    drawn = study.triplets(30, first=5, seeds=(1, 2))
    assert drawn.query.shape == drawn.same.shape == drawn.other.shape == (2, 30)
    for q, s, o in zip(*(part.ravel() for part in drawn[1:]), strict=True):
        query, same, other = (drawn.pool[i] for i in (q, s, o))
        assert len({query, same, other}) == 3
        assert query.lemma == same.lemma == other.lemma
        assert query.pos == same.pos == other.pos
        assert query.synset == same.synset != other.synset
    assert (drawn.query[0] != drawn.query[1]).any()
    again = study.triplets(30, first=5, seeds=(1, 2))
    np.testing.assert_array_equal(again.other, drawn.other)


def test_lemmas_left_out_do_not_come_back():
    lemmas = [
        {(e.lemma, e.pos) for e in study.triplets(20, first=f).pool} for f in (0, 20)
    ]
    assert not lemmas[0] & lemmas[1]


def test_a_static_vector_is_right_half_of_the_time_exactly():
    drawn = study.triplets(20)
    static = np.ones((len(drawn.pool), 4))
    np.testing.assert_array_equal(study.picks_same(static, drawn), 0.5)


def test_picks_same_by_hand():
    drawn = study.Triplets((), *(np.array([[i]]) for i in range(3)))
    near, far = [1.0, 0.1], [0.0, 1.0]
    assert study.picks_same(np.array([[1.0, 0], near, far]), drawn) == 1
    assert study.picks_same(np.array([[1.0, 0], far, near]), drawn) == 0


def test_word_states_are_those_of_the_marked_pieces(model):
    """*unhurriedness* is cut into pieces; their mean counts. One text alone."""
    one = example("with great unhurriedness", "unhurriedness")
    found = study.word_states(model, [example("a bank", "bank"), one])[1]
    encoded = model.tokenizer.encode(one.text)
    mine = [i for i, (a, b) in enumerate(encoded.offsets) if a >= one.start and b > a]
    assert len(mine) > 1
    p = A.minilm()
    states = A.hidden_states(p.parameters, np.array([encoded.ids]), p.config)
    wanted = [layer[0, mine].mean(axis=0) for layer in states]
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_neighbour_bags_leave_the_word_itself_out(model):
    one = example("river bank", "bank")
    table = model.encoder.tokens.detach().numpy()
    row = model.tokenizer.token_to_id("river")
    np.testing.assert_allclose(study.neighbour_bags(model, [one])[0], table[row])


@pytest.mark.parametrize("seed", range(4))
def test_shuffling_an_example_keeps_its_words_and_its_mark(seed):
    one = example("they pulled the canoe up on the bank, alone", "bank")
    mixed = study.shuffled_example(one, seed, 0)
    assert sorted(mixed.text.split()) == sorted(one.text.split())
    assert mixed.word == "bank"
    assert (mixed.lemma, mixed.synset) == (one.lemma, one.synset)


def test_shuffled_words_differ_by_seed_and_by_number():
    text = " ".join(map(str, range(12)))
    found = {study.shuffle_words(text, s, n) for s in (1, 2) for n in (0, 1)}
    assert len(found) == 4
    assert all(sorted(t.split()) == sorted(text.split()) for t in found)


def test_sentences_and_definitions_belong_together():
    from tutor.datasets import lexicons

    task = study.definitions_task(10, first=3)
    glosses = {s.gloss for s in lexicons.wordnet().synsets.values()}
    for sentence, text in zip(*task, strict=True):
        assert len(sentence.split()) >= 8
        assert any(g.startswith(text) and sentence in g for g in glosses)


def test_a_tie_has_the_expected_rank():
    """Two equal documents: rank 1.5 each."""
    X = np.ones((2, 3))
    np.testing.assert_allclose(study.reciprocal_ranks(X, X), 1 / 1.5)


def test_bags_do_not_change_when_words_are_shuffled(model):
    text = "they pulled the canoe up on the bank"
    one, two = study.bag_vectors(model, [text, study.shuffle_words(text, 1, 0)])
    np.testing.assert_allclose(one, two, atol=1e-6)


# --- heads and masks -----------------------------------------------------------------
def test_looks_at_adds_up(model):
    """In a text of one word, previous is [CLS] and next is [SEP]."""
    found = heads.looks_at(model, ["bank"])
    total = found["previous"] + found["next"] + found["itself"]
    np.testing.assert_allclose(total, 1, atol=1e-5)
    np.testing.assert_allclose(found["previous"], found["[CLS]"])
    np.testing.assert_allclose(found["any one"], 1 / 3)


def test_forbidding_nothing_gives_the_sentence_vectors(model):
    texts = ["a river bank", "the bank raised its rates again"]
    plain = study.sentence_vectors(model, texts)
    found = heads.vectors_forbidding(model, texts, None)
    np.testing.assert_allclose(found, plain, atol=1e-5)


def test_a_forbidden_token_is_seen_by_nobody_but_itself(model):
    """Hide place 2: then whatever stands there, the other states are the same."""
    texts, places = ["a river bank", "a savings bank"], 2
    allowed = np.ones((1, 5, 5), bool)
    allowed[:, [0, 1, 3, 4], places] = False
    states = [
        study.states_of(model, np.array([ids]), None, allowed)[-1][0, 3]
        for ids in study.tokens_of(model, texts)
    ]
    np.testing.assert_allclose(states[0], states[1], atol=1e-5)
    hidden = heads.vectors_forbidding(model, texts, lambda number: places)
    assert np.abs(hidden - study.sentence_vectors(model, texts)).max() > 1e-3


@pytest.mark.parametrize("place", [0, 2])
def test_hiding_holds_in_every_block_from_the_first(model, place):
    """The same mask by hand, block by block: nobody but itself has weight on it.

    The pooled vector is still the mean of all states, the hidden token's among them.
    """
    text = ["a river bank"]
    (ids,) = study.tokens_of(model, text)
    allowed = torch.ones(1, len(ids), len(ids), dtype=torch.bool)
    allowed[:, :, place] = False
    allowed[:, place, place] = True
    others = [p for p in range(len(ids)) if p != place]
    with torch.inference_mode():
        X = model.encoder.embed(torch.tensor([ids]))
        for block in model.encoder.stack():
            weights = block.attention_weights(X, allowed)
            assert weights[..., others, place].max() == 0
            assert weights[..., place, others].min() > 0  # it still looks at them
            X = block(X, allowed)
    wanted = X[0].mean(dim=0).numpy()
    found = heads.vectors_forbidding(model, text, lambda number: place)
    np.testing.assert_allclose(found[0], wanted / np.linalg.norm(wanted), atol=1e-5)


def test_without_a_mask_only_the_longest_keeps_its_vector(model):
    texts = ["a bank", "they pulled the canoe up on the bank"]
    right = study.sentence_vectors(model, texts)
    wrong = heads.vectors_without_mask(model, texts, 1)
    np.testing.assert_allclose(wrong[1], right[1], atol=1e-5)
    assert wrong[0] @ right[0] < 0.95


def test_random_places_stand_between_the_ends():
    lengths = tuple(range(3, 40))
    places = heads.random_places(lengths, 1)
    assert all(1 <= p <= n - 2 for p, n in zip(places, lengths, strict=True))
    assert places != heads.random_places(lengths, 2)
