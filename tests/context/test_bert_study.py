"""What the chapter's studies hide, read, pair and repair."""

import numpy as np
import pytest

from tutor import geometry
from tutor.context import attention, bert
from tutor.context.bert.wordpiece import CLS, MASK, SEP
from tutor.context.studies import bert as study
from tutor.datasets.examples import SenseExample

torch = pytest.importorskip("torch", reason="torch is not installed")

PIECES = bert.WordPiece((*bert.SPECIALS, "a", "cat", "##s", "sat", "run", "."))
CONFIG = attention.EncoderConfig(
    layers=2, dim=8, heads=2, hidden=8, vocab=11, max_length=64
)


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def model(mask="bidirectional"):
    return bert.MaskedLM(CONFIG, mask=mask, seed=1).eval()


def texts(*lines):
    return [np.array(PIECES.encode(line)) for line in lines]


def test_only_whole_words_of_letters_are_hidden():
    (ids,) = texts("a cats sat.")
    assert study.whole_words(PIECES, ids).tolist() == [1, 4]  # neither cat, ##s nor .
    task = study.cloze(PIECES, [*texts("cats .", "sat .", "a sat")], seed=1)
    assert len(task.texts) == 2
    for text, place, target in zip(*task, strict=True):
        assert text[place] == target
        assert target in (5, 8)
    draws = {
        tuple(study.cloze(PIECES, texts("a sat a run"), s).places) for s in range(20)
    }
    assert len(draws) > 2


def test_guesses_equal_one_text_at_a_time():
    """Batches with padding answer as each text alone, for all three ways to ask."""
    task = study.cloze(PIECES, texts("a cat sat", "sat", "run a cats sat a"), seed=2)
    for objective, mask in (
        *(("masked", "bidirectional"), ("left", "causal"), ("next", "causal")),
    ):
        lm = model(mask)
        wanted = []
        for ids, place in zip(task.texts, task.places, strict=True):
            seen, at = ids.copy(), place
            if objective == "next":
                at = place - 1
                seen = seen[: at + 1]  # nothing behind is needed
            else:
                seen[place] = MASK
            given = (seen[None], np.array([0]), np.array([at]))
            with torch.no_grad():
                scores = lm.scores(*map(torch.as_tensor, given))
            wanted.append(int(scores.argmax()))
        found = study.guesses(lm, task, objective=objective)
        np.testing.assert_array_equal(found, wanted)
        right = study.right(lm, task, objective=objective)
        np.testing.assert_array_equal(right, found == task.targets)


def test_the_hidden_word_is_not_looked_at():
    """Whatever stands at the place, a model of hidden places answers the same."""
    task = study.cloze(PIECES, texts("a cat sat"), seed=1)
    other = task.texts[0].copy()
    other[task.places[0]] = 9
    changed = task._replace(texts=[other])
    for objective, mask in (("masked", "bidirectional"), ("next", "causal")):
        one, two = (
            study.guesses(model(mask), t, objective=objective) for t in (task, changed)
        )
        np.testing.assert_array_equal(one, two)


def test_the_most_frequent_whole_word():
    assert study.most_frequent(PIECES, texts("cats a", "a sat . . .")) == 5


def test_marked_words_are_read_where_they_stand():
    example = SenseExample("A cat's cats run.", 8, 12, "cat", "n", "n-0")
    before, word = study.before_and_word(example)
    assert before == ["a", "cat", "'", "s"]
    assert word == "cats"
    lm = model()
    found = study.tagged(lm, PIECES, [example])
    ids = torch.tensor([PIECES.encode(example.text)])
    with torch.no_grad():
        states = torch.stack(lm.encoder(ids))[:, 0]
    wanted = states[:, 5:7].mean(dim=1)  # [CLS] a cat ' s | cat ##s
    np.testing.assert_allclose(found.states[0], wanted, atol=1e-6)
    assert found.labels.tolist() == [0]


def test_tagged_examples_have_forms_of_several_kinds():
    found = study.tagged_examples(400)
    assert len(found) == 400
    assert {e.pos for e in found} == set(study.PARTS)
    assert found == study.tagged_examples(500)[:400]


def test_states_at_each_depth_leave_padding_out():
    lm, ids = model(), texts("a", "a cat sat on", "run .")
    found = study.states_at_each_depth(lm.encoder, ids)
    assert [f.shape for f in found] == [(3, len(i), 8) for i in ids]
    with torch.no_grad():
        alone = torch.stack(lm.encoder(torch.tensor(ids[0][None])))[:, 0]
    np.testing.assert_allclose(found[0], alone, atol=1e-5)
    words = study.words_by_depth(found, seed=1)
    assert words.shape == (3, 3, 8)
    np.testing.assert_array_equal(words[:, 0], found[0][:, 1])  # the only word there


def test_wu_palmer_by_hand():
    """Two of three ancestors shared: 2 * 2 / (3 + 3); with oneself it is 1."""
    paths = [{"a", "b", "c"}, {"a", "b", "d"}, {"x"}]
    np.testing.assert_allclose(study.wu_palmer(paths, 0, 1), 2 / 3, rtol=1e-12)
    assert study.wu_palmer(paths, 0, 0) == 1
    assert study.wu_palmer(paths, 0, 2) == 0


def test_pairs_are_a_stranger_and_a_relative_each():
    pairs = study.noun_pairs(60)
    assert len(pairs.texts) == 60
    assert len(pairs.gold) == len(pairs.left) == len(pairs.right) == 120
    assert (pairs.left != pairs.right).all()
    assert (pairs.gold[60:] >= pairs.gold[:60]).all()
    assert set(pairs.texts) <= set(bert.glosses().held)


def test_parts_of_the_definitions_share_no_text():
    split = bert.glosses()
    sets = [set(split.train), set(split.pilot), set(split.held)]
    assert sum(map(len, sets)) == len(set.union(*sets))
    assert [len(split.pilot), len(split.held)] == [3000, 9000]


def test_repairs_do_what_their_names_say():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 6)) @ rng.normal(size=(6, 6)) + 5
    found = {name: repair(X) for name, repair in study.repairs(X).items()}
    np.testing.assert_array_equal(found["raw"], X)
    np.testing.assert_allclose(found["centred"].mean(axis=0), 0, atol=1e-12)
    top = geometry.principal_directions(X, 1)
    np.testing.assert_allclose(found["all but the top"] @ top.T, 0, atol=1e-9)
    covariance = found["whitened"].T @ found["whitened"] / 400
    np.testing.assert_allclose(covariance, np.eye(6), atol=1e-3)
    assert study.top_share(X) > study.top_share(found["centred"])


def test_top_share_by_hand():
    """Singular values 4 and 3: 16 / 25."""
    np.testing.assert_allclose(study.top_share(np.diag([4.0, 3.0])), 0.64, rtol=1e-12)


def test_cosines_and_means():
    pairs = study.Pairs((), np.array([0, 1]), np.array([1, 2]), np.array([0.0, 1.0]))
    X = np.array([[1.0, 0], [0, 2.0], [0, 5.0]])
    np.testing.assert_allclose(study.cosines(X, pairs), [0, 1], atol=1e-12)
    lm, ids = model(), texts("a cat", "run")
    found = study.mean_states(lm.encoder, ids)
    with torch.no_grad():
        wanted = lm.encoder(torch.tensor(ids[1][None]))[-1][0].mean(dim=0)
    np.testing.assert_allclose(found[1], wanted, atol=1e-5)
    assert ids[0][0] == CLS
    assert ids[0][-1] == SEP
