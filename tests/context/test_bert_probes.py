"""Probes of place, length and classes of nouns: what is asked, and what is counted."""

import numpy as np
import pytest

from tutor.context import attention, bert
from tutor.context.bert.wordpiece import CLS, SEP
from tutor.context.studies import bert_probes as probes
from tutor.datasets.collections import noun_classes

torch = pytest.importorskip("torch", reason="torch is not installed")

LETTERS = "abcdefghijklmnopqrstuvwxyz"
PIECES = bert.WordPiece((*bert.SPECIALS, *LETTERS))
CONFIG = attention.EncoderConfig(
    layers=2, dim=8, heads=2, hidden=8, vocab=len(PIECES), max_length=64
)


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def texts(count, seed=0):
    """Texts of 5 to 40 letters between both ends."""
    rng = np.random.default_rng(seed)
    return [
        np.array([CLS, *rng.integers(5, len(PIECES), rng.integers(5, 41)), SEP])
        for _ in range(count)
    ]


def test_places_are_drawn_without_regard_to_the_length():
    given = texts(4000)
    task = probes.placed(PIECES, given)
    sizes = np.array([len(ids) for ids in task.texts])
    assert sizes.min() == probes.PLACES + 2
    assert len(task.texts) == sum(len(ids) >= probes.PLACES + 2 for ids in given)
    assert set(task.places.tolist()) == set(range(1, probes.PLACES + 1))
    np.testing.assert_array_equal(task.place, (task.places - 1) // probes.WIDTH)
    for ids, place, piece in zip(task.texts, task.places, task.types, strict=True):
        assert PIECES.pieces[ids[place]] == piece
    assert abs(np.corrcoef(task.places, sizes)[0, 1]) < 0.05
    shares = np.bincount(task.length, minlength=probes.LENGTHS) / len(sizes)
    np.testing.assert_allclose(shares, 1 / probes.LENGTHS, atol=0.04)
    assert (np.diff(sizes[np.argsort(task.length, kind="stable")]) < 0).any()
    for label in range(1, probes.LENGTHS):  # labels are cuts of the lengths
        assert sizes[task.length == label].min() > sizes[task.length < label].max()


def test_shuffled_texts_have_the_same_pieces_and_ends_elsewhere():
    given = texts(200)
    plain, mixed = (probes.placed(PIECES, given, shuffled=s) for s in (False, True))
    np.testing.assert_array_equal(plain.places, mixed.places)
    np.testing.assert_array_equal(plain.length, mixed.length)
    moved = 0
    for before, after in zip(plain.texts, mixed.texts, strict=True):
        assert (after[0], after[-1]) == (CLS, SEP)
        np.testing.assert_array_equal(np.sort(before), np.sort(after))
        moved += int((before != after).any())
    assert moved == len(plain.texts)


def test_too_few_long_texts_are_refused():
    with pytest.raises(ValueError, match="0 of 5 texts have 12 pieces"):
        probes.placed(PIECES, [np.array([CLS, 5, 6, SEP])] * 5)


def test_states_are_those_of_the_drawn_place():
    model = bert.MaskedLM(CONFIG, seed=1).eval()
    task = probes.placed(PIECES, texts(12))
    found = probes.placed_states(model, task)
    for row, ids, place in zip(found, task.texts, task.places, strict=True):
        with torch.no_grad():
            alone = torch.stack(model.encoder(torch.as_tensor(ids[None])))[:, 0]
        np.testing.assert_allclose(row, alone[:, place], atol=1e-5)
        with pytest.raises(AssertionError):  # alive: the place beside is another
            np.testing.assert_allclose(row, alone[:, place + 1], atol=1e-5)


def test_nouns_for_looking_and_for_measuring_share_no_form():
    looked, measured = probes.nouns()
    classes = noun_classes()
    parts = []
    for part in (looked, measured):
        wanted = [classes[e.synset] - 3 for e in part.examples]  # files 3 to 28
        np.testing.assert_array_equal(part.labels, wanted)
        forms = {}
        for e, label in zip(part.examples, part.labels.tolist(), strict=True):
            assert e.pos == "n"
            forms.setdefault(e.word.lower(), []).append(label)
        assert min(map(len, forms.values())) >= probes.LEAST
        assert min(len(set(found)) for found in forms.values()) > 1
        parts.append(set(forms))
    assert not parts[0] & parts[1]
    assert len(parts[0]) == sum(map(len, parts)) // 4


def test_the_usual_label_by_hand():
    """*a* is mostly 1; *b* ties, so 0; *c* is new, and of all 0 and 1 tie, so 0."""
    train, labels = ["a", "a", "a", "b", "b"], [1, 1, 0, 2, 0]
    np.testing.assert_array_equal(
        probes.usual(train, labels, ["c", "a", "b"]), [0, 1, 0]
    )
    np.testing.assert_array_equal(probes.usual(["a"], [2], ["a", "new"]), [2, 2])
    with pytest.raises(ValueError, match="2 words need as many labels"):
        probes.usual(["a", "b"], [1], ["a"])


def blobs(n=3000, words=40, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, words, n), rng.integers(0, 3, n), rng


def test_states_that_name_the_word_learn_control_labels_alone():
    types, y, _ = blobs()
    found = probes.probed(np.eye(40)[types], [f"w{t}" for t in types], y)
    assert found.accuracy.shape == found.control.shape == found.word.shape == (5, 1000)
    assert found.control.mean() > 0.99
    assert found.accuracy.mean() < 0.5
    assert found.word.mean() < 0.5


def test_states_that_hold_the_label_beat_the_word_alone():
    types, y, rng = blobs()
    states = np.eye(3)[y] + 0.01 * rng.normal(size=(len(y), 3))
    found = probes.probed(states, [f"w{t}" for t in types], y)
    assert found.accuracy.mean() > 0.99
    assert found.control.mean() < 0.6
    assert found.word.mean() < 0.5


def test_a_word_that_gives_the_label_away_needs_no_state():
    """Labels fixed by the word: the word alone is right, noise is not."""
    types, _, rng = blobs()
    states = rng.normal(size=(len(types), 4))
    found = probes.probed(states, [f"w{t}" for t in types], types % 3)
    assert found.word.mean() > 0.99
    assert found.accuracy.mean() < 0.5


def test_all_seeds_are_tried_on_the_same_tokens():
    """Tokens whose state shows a wrong label are wrong in every row, at one place."""
    types, y, _ = blobs()
    shown = y.copy()
    shown[:300] = (y[:300] + 1) % 3
    found = probes.probed(np.eye(3)[shown], [f"w{t}" for t in types], y)
    np.testing.assert_array_equal(found.accuracy, found.accuracy[[0] * 5])
    assert 50 < (found.accuracy[0] == 0).sum() < 150  # about a third of the 300
    assert (found.control != found.control[0]).any()  # control labels are new


def test_what_does_not_pair_is_refused():
    with pytest.raises(ValueError, match="4 states, 3 words and 4 labels"):
        probes.probed(np.zeros((4, 2)), ["a", "b", "c"], [0, 1, 0, 1])


def test_depths_are_probed_one_by_one_and_compared_end_to_end():
    types, y, rng = blobs(900)
    words = [f"w{t}" for t in types]
    states = np.stack(
        [np.eye(40)[types], rng.normal(size=(900, 40)), np.eye(40)[y]], axis=1
    )
    found = probes.by_depth(states, words, y)
    assert len(found) == 3
    for depth, one in enumerate(found):
        again = probes.probed(states[:, depth], words, y)
        np.testing.assert_array_equal(one.accuracy, again.accuracy)
    gain = probes.gained(found)
    np.testing.assert_array_equal(gain, found[2].accuracy - found[0].accuracy)
    beyond = probes.gained(found, beyond_memory=True)
    forgotten = found[0].control - found[2].control
    np.testing.assert_array_equal(beyond, gain + forgotten)
    assert forgotten.mean() > 0.2
