"""The multichannel convolutional LSTM: NumPy forward = torch, training, bad input."""

from dataclasses import replace

import numpy as np
import pytest
from numeric import differences

from tutor.words.subwords import classifier
from tutor.words.subwords.classifier import ClassifierConfig

torch = pytest.importorskip("torch", reason="torch is not installed")
from tutor.words.subwords.classifier import torch as twin  # noqa: E402

SMALL = ClassifierConfig(length=10, widths=(2, 3), filters=4, hidden=5, epochs=8)


def lookup(words):
    """Return a vector a word, fixed by its letters."""
    found = [np.random.default_rng([ord(c) for c in w]).normal(size=6) for w in words]
    return np.array(found, np.float32)


def documents(n=60, seed=0):
    """Return documents of two classes: one has *good* somewhere, the other *bad*."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 2
    drawn = [list(rng.choice(list("abcdefg"), 6)) for _ in labels]
    for words, label in zip(drawn, labels, strict=True):
        words[rng.integers(6)] = ("bad", "good")[label]
    return drawn, labels


def test_a_convolution_is_the_loop():
    rng = np.random.default_rng(0)
    x, w, b = rng.normal(size=(2, 7, 3)), rng.normal(size=(4, 3, 2)), rng.normal(size=4)
    loop = np.array(
        [
            [
                [(x[i, t : t + 2].T * w[f]).sum() + b[f] for f in range(4)]
                for t in range(6)
            ]
            for i in range(2)
        ]
    )
    np.testing.assert_allclose(classifier.convolution(x, w, b), loop, atol=1e-10)


def test_pooling_keeps_the_larger_and_drops_a_rest():
    y = np.array([[[1.0], [5.0], [2.0], [3.0], [9.0]]])
    np.testing.assert_array_equal(classifier.max_pool(y, 2), [[[5.0], [3.0]]])


def test_lstm_numpy_equals_torch():
    rng = np.random.default_rng(1)
    layer = torch.nn.LSTM(3, 5, batch_first=True).double()
    x = rng.normal(size=(4, 6, 3))
    p = {k: v.detach().numpy() for k, v in layer.named_parameters()}
    bias = p["bias_ih_l0"] + p["bias_hh_l0"]
    ours = classifier.lstm(x, p["weight_ih_l0"], p["weight_hh_l0"], bias)
    theirs = layer(torch.as_tensor(x))[1][0][0].detach().numpy()
    np.testing.assert_allclose(ours, theirs, atol=1e-10)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(1.01 * ours, theirs, atol=1e-10)


@pytest.mark.parametrize("parts", ["both", "convolutions", "lstm"])
def test_scores_numpy_equal_torch(parts):
    config = replace(SMALL, parts=parts)
    torch.manual_seed(0)
    model = twin.MConvLSTM(6, 3, config).double().eval()
    x = np.random.default_rng(2).normal(size=(5, config.length, 6))
    p = {k: v.detach().numpy() for k, v in model.named_parameters()}
    ours = classifier.scores(x, p, pool=config.pool)
    theirs = model(torch.as_tensor(x)).detach().numpy()
    np.testing.assert_allclose(ours, theirs, atol=1e-10)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(1.01 * ours, theirs, atol=1e-10)


@pytest.mark.parametrize("parts", ["both", "convolutions", "lstm"])
def test_gradients_are_the_finite_differences_of_the_reference(parts):
    """Autograd of torch's loss; NumPy's scores moved a little, entry by entry."""
    config = replace(SMALL, parts=parts)
    torch.manual_seed(0)
    model = twin.MConvLSTM(6, 3, config).double().eval()
    x = np.random.default_rng(2).normal(size=(5, config.length, 6))
    y = np.array([0, 2, 1, 1, 0])
    torch.nn.functional.cross_entropy(
        model(torch.as_tensor(x)), torch.as_tensor(y)
    ).backward()
    p = {k: v.detach().numpy() for k, v in model.named_parameters()}

    def loss(parameters):
        z = classifier.scores(x, parameters, pool=config.pool)
        return (np.log(np.exp(z).sum(axis=1)) - z[np.arange(5), y]).mean()

    for name, value in model.named_parameters():
        found = differences(lambda v, name=name: loss({**p, name: v}), p[name])
        np.testing.assert_allclose(
            value.grad, found, atol=1e-7, rtol=1e-5, err_msg=name
        )
    with pytest.raises(AssertionError):  # alive: the last parameter's, 1 % too large
        np.testing.assert_allclose(1.01 * value.grad, found, atol=1e-7, rtol=1e-5)


def test_dropout_acts_in_training_only():
    torch.manual_seed(0)
    model = twin.MConvLSTM(6, 2, SMALL)
    x = torch.randn(3, SMALL.length, 6)
    assert (model.train()(x) - model(x)).abs().max() > 1e-4
    torch.testing.assert_close(model.eval()(x), model(x))


@pytest.mark.parametrize("parts", ["both", "convolutions", "lstm"])
def test_it_learns_what_a_word_decides(parts):
    torch.set_num_threads(1)
    train, labels = documents(200)
    config = replace(SMALL, parts=parts, epochs=25, dropout=0.1, learning_rate=0.01)
    net = classifier.fit(train, labels, lookup, config, seed=1)
    unseen, truth = documents(100, seed=9)
    assert np.mean(net.predict(unseen) == truth) > 0.85
    assert net.losses[-1] < 0.5 * net.losses[0]


def test_a_seed_repeats_and_leaves_torch_s_stream_alone():
    torch.set_num_threads(1)
    train, labels = documents()
    torch.manual_seed(5)
    before = torch.get_rng_state()
    one, two = (classifier.fit(train, labels, lookup, SMALL, seed=1) for _ in "ab")
    assert one.losses == two.losses
    torch.testing.assert_close(torch.get_rng_state(), before)
    assert classifier.fit(train, labels, lookup, SMALL, seed=2).losses != one.losses


def test_texts_are_cut_and_filled_from_the_left():
    table, rows = classifier.arrange([["a", "b"], ["c"] * 9, []], lookup, 3)
    assert table.shape == (4, 6)
    assert not table[-1].any()
    np.testing.assert_array_equal(rows, [[3, 0, 1], [2, 2, 2], [3, 3, 3]])


@pytest.mark.gpu
def test_scores_on_the_gpu_are_those_of_the_cpu(cuda):
    torch.manual_seed(0)
    model, x = twin.MConvLSTM(6, 2, SMALL).eval(), torch.randn(3, SMALL.length, 6)
    wanted = model(x)
    found = model.to(cuda)(x.to(cuda)).cpu()
    torch.testing.assert_close(found, wanted, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"filters": 0}, "filters must be at least 1"),
        ({"widths": ()}, "widths must be 1"),
        ({"widths": (12,)}, "leaves nothing to pool"),
        ({"dropout": 1.0}, "dropout must lie"),
        ({"learning_rate": 0.0}, "learning_rate must be above"),
        ({"parts": "cnn"}, "unknown parts"),
    ],
)
def test_a_bad_setting_names_itself(change, message):
    with pytest.raises(ValueError, match=message):
        replace(SMALL, **change)


def test_bad_input_is_refused():
    train, labels = documents(4)
    with pytest.raises(ValueError, match="labels must be 4 whole numbers"):
        classifier.fit(train, labels[:3], lookup, SMALL)
    with pytest.raises(ValueError, match="at least two classes"):
        classifier.fit(train, [1, 1, 1, 1], lookup, SMALL)
    with pytest.raises(TypeError, match="a list of words"):
        classifier.fit(["one", "two"], [0, 1], lookup, SMALL)
    with pytest.raises(ValueError, match="no document holds a word"):
        classifier.fit([[], []], [0, 1], lookup, SMALL)
    with pytest.raises(ValueError, match="no documents"):
        classifier.arrange([], lookup, 3)
    net = classifier.fit(train, labels, lookup, replace(SMALL, epochs=1))
    assert repr(net).startswith("Classifier(both, length=10")
