"""The multi-task network: NumPy forward = torch, training, bad input."""

from dataclasses import replace

import numpy as np
import pytest
from numeric import differences

from tutor.words.knowledge import classifier
from tutor.words.knowledge.classifier import MultiTaskConfig

torch = pytest.importorskip("torch", reason="torch is not installed")
from tutor.words.knowledge.classifier import torch as twin  # noqa: E402

SMALL = MultiTaskConfig(
    length=7, widths=(2, 3, 4), filters=6, l2=1e-4, learning_rate=0.01, epochs=25
)
WORDS = ["a", "b", "c", "d", "good", "bad", "up", "down"]
VECTORS = np.random.default_rng(0).normal(size=(len(WORDS), 5))


def documents(n=80, seed=0):
    """Return documents that hold *good* or *bad*, and *up*, *down* or neither."""
    rng = np.random.default_rng(seed)
    first, second = np.arange(n) % 2, rng.integers(0, 3, n)
    found = []
    for x, y in zip(first, second, strict=True):
        words = [
            *rng.choice(list("abcd"), 3),
            ("good", "bad")[x],
            *[["up"], ["down"], []][y],
        ]
        found.append([words[i] for i in rng.permutation(len(words))])
    return found, {"mood": first, "way": second}


def test_a_same_convolution_is_the_loop():
    """Width 4: one zero in front and two behind, as in Keras."""
    rng = np.random.default_rng(0)
    x, w, b = rng.normal(size=(2, 6, 3)), rng.normal(size=(5, 3, 4)), rng.normal(size=5)
    wide = np.zeros((2, 9, 3))
    wide[:, 1:7] = x
    loop = np.array(
        [
            [
                [(wide[i, t : t + 4].T * w[f]).sum() + b[f] for f in range(5)]
                for t in range(6)
            ]
            for i in range(2)
        ]
    )
    found = classifier.same_convolution(x, w, b)
    np.testing.assert_allclose(found, loop, atol=1e-10)


def assert_forward_agrees(device="cpu", atol=1e-10):
    torch.manual_seed(0)
    model = twin.MTCNN(torch.tensor(VECTORS), [2, 3], SMALL).double().to(device).eval()
    rows = np.random.default_rng(1).integers(0, len(WORDS) + 1, (6, SMALL.length))
    labels = np.array([[0, 1, 1, 0, 1, 0], [2, 0, 1, 1, 2, 0]])
    p = {k: v.detach().cpu().numpy() for k, v in model.named_parameters()}
    place = model.E.device
    theirs = model(torch.as_tensor(rows, device=place))
    for ours, z in zip(classifier.scores(rows, p), theirs, strict=True):
        np.testing.assert_allclose(ours, z.detach().cpu(), atol=atol)
        with pytest.raises(AssertionError):
            np.testing.assert_allclose(1.01 * ours, z.detach().cpu(), atol=atol)
    loss = classifier.multitask_loss(classifier.scores(rows, p), labels)
    loss += SMALL.l2 * (p["E"] ** 2).sum()
    whole = model.loss(*(torch.as_tensor(x, device=place) for x in (rows, labels)))
    np.testing.assert_allclose(whole.item(), loss, rtol=1e-8)
    whole.backward()
    assert not model.E.grad[-1].any()  # the filling stays zeros


def test_scores_and_loss_numpy_equal_torch():
    assert_forward_agrees()


@pytest.mark.gpu
def test_scores_and_loss_numpy_equal_cuda(cuda):
    assert_forward_agrees(cuda, atol=1e-8)


def test_gradients_are_the_finite_differences_of_the_reference():
    """Autograd of torch's loss; NumPy's loss moved a little, entry by entry."""
    torch.manual_seed(0)
    model = twin.MTCNN(torch.tensor(VECTORS), [2, 3], SMALL).double().eval()
    rows = np.random.default_rng(1).integers(0, len(WORDS), (6, SMALL.length))
    labels = np.array([[0, 1, 1, 0, 1, 0], [2, 0, 1, 1, 2, 0]])
    model.loss(torch.as_tensor(rows), torch.as_tensor(labels)).backward()
    p = {k: v.detach().numpy() for k, v in model.named_parameters()}

    def loss(parameters):
        found = classifier.multitask_loss(classifier.scores(rows, parameters), labels)
        return found + SMALL.l2 * (parameters["E"] ** 2).sum()

    for name, value in model.named_parameters():
        found = differences(lambda v, name=name: loss({**p, name: v}), p[name])
        np.testing.assert_allclose(
            value.grad, found, atol=1e-7, rtol=1e-5, err_msg=name
        )
    with pytest.raises(AssertionError):  # alive: the last parameter's, 1 % too large
        np.testing.assert_allclose(1.01 * value.grad, found, atol=1e-7, rtol=1e-5)


def test_loss_pencil():
    """Two tasks, even scores over 2 and 4 classes: log 2 + log 4."""
    found = [np.zeros((3, 2)), np.zeros((3, 4))]
    loss = classifier.multitask_loss(found, np.zeros((2, 3), int))
    np.testing.assert_allclose(loss, np.log(8))


def test_it_learns_two_tasks_at_once():
    torch.set_num_threads(1)
    train, labels = documents(240)
    net = classifier.fit(train, labels, WORDS, VECTORS, SMALL, seed=1)
    unseen, truth = documents(120, seed=9)
    found = net.predict(unseen)
    for task, y in truth.items():
        assert np.mean(found[task] == y) > 0.85, task
    assert net.losses[-1] < 0.5 * net.losses[0]
    assert "tasks mood, way" in repr(net)


def test_a_seed_repeats_and_leaves_torch_s_stream_alone():
    torch.set_num_threads(1)
    train, labels = documents()
    config = replace(SMALL, epochs=2)
    torch.manual_seed(5)
    before = torch.get_rng_state()
    one, two = (
        classifier.fit(train, labels, WORDS, VECTORS, config, seed=1) for _ in "ab"
    )
    assert one.losses == two.losses
    torch.testing.assert_close(torch.get_rng_state(), before)
    other = classifier.fit(train, labels, WORDS, VECTORS, config, seed=2)
    assert other.losses != one.losses


def test_adam_turns_a_tiny_penalty_into_a_pull_on_unseen_words():
    """A row no text reads has the penalty's gradient alone: Adam takes whole steps."""
    train, labels = documents(60)
    train = [[w for w in text if w != "d"] for text in train]
    shrunk = []
    for l2 in (1e-3, 0.0):
        config = replace(SMALL, epochs=5, l2=l2)
        net = classifier.fit(train, labels, WORDS, VECTORS, config, seed=1)
        row = net.model.E[WORDS.index("d")].detach().numpy()
        shrunk.append(np.linalg.norm(row) / np.linalg.norm(VECTORS[3]))
    assert shrunk[0] < 0.75
    np.testing.assert_allclose(shrunk[1], 1, atol=1e-6)


def test_rows_pass_over_unknown_words_and_cut():
    rows = classifier.rows_of([["a", "zebra", "b"], ["c"] * 9, []], WORDS, 3)
    np.testing.assert_array_equal(rows, [[0, 1, 8], [2, 2, 2], [8, 8, 8]])
    with pytest.raises(TypeError, match="tokenize it first"):
        classifier.rows_of(["a b"], WORDS, 3)


def test_few_texts_get_more_epochs():
    config = MultiTaskConfig(epochs=2, batch=10, least_steps=30)
    assert [config.epochs_for(n) for n in (5, 50, 300)] == [30, 6, 2]


def test_fit_refuses():
    train, labels = documents(6)
    with pytest.raises(ValueError, match=r"must be \(8, dim\), one row a word, got"):
        classifier.fit(train, labels, WORDS, VECTORS[:3])
    with pytest.raises(ValueError, match="labels of 'mood' must be 6 whole numbers"):
        classifier.fit(train, {"mood": [0, 1]}, WORDS, VECTORS)
    with pytest.raises(ValueError, match="run from 0 to 1, but its classes are 0 to 0"):
        classifier.fit(
            train, {"mood": labels["mood"]}, WORDS, VECTORS, classes={"mood": 1}
        )
    with pytest.raises(ValueError, match="0 documents and 2 tasks"):
        classifier.fit([], labels, WORDS, VECTORS)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"widths": ()}, "widths must be 1 or more"),
        ({"dropout": 1.0}, "dropout must lie in 0 to below 1"),
        ({"l2": -1.0}, "l2 and least_steps must be 0 or more"),
        ({"learning_rate": 0.0}, "learning_rate must be above 0"),
        ({"filters": 0}, "filters must be at least 1"),
    ],
)
def test_settings_are_checked(change, words):
    with pytest.raises(ValueError, match=words):
        MultiTaskConfig(**change)
