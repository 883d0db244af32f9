"""tutor.training: the result types, the device errors and the torch loop."""

import numpy as np
import pytest

from tutor.training import Fit, History, check_backend, select_device, train


def test_history_is_a_checked_table():
    h = History({"loss": [1.0, 0.5], "rate": [0.1, 0.05]})
    assert h["loss"] == (1.0, 0.5)
    assert len(h) == 2
    assert repr(h) == "History(2 epochs: loss, rate)"
    assert h.table().splitlines()[1].split() == ["1", "1", "0.1"]
    with pytest.raises(KeyError, match="no column 'los'"):
        h["los"]
    with pytest.raises(ValueError, match="one length"):
        History({"loss": [1.0], "rate": []})
    with pytest.raises(TypeError):
        h.columns["loss"] = ()


def test_fit_says_what_it_is():
    class ToyConfig:
        pass

    class Table(list):
        dim = 3

    fit = Fit(Table([1, 2]), None, History(), ToyConfig(), seed=4, backend="numpy")
    assert repr(fit) == "Fit(Toy: 2 x 3, backend='numpy', seed=4)"


def test_unknown_backend_lists_what_there_is():
    with pytest.raises(ValueError, match=r"'jax'; this algorithm has numpy, numba"):
        check_backend("jax", ("numpy", "numba"))
    with pytest.raises(ModuleNotFoundError, match="pip install nothere_xyz"):
        check_backend("nothere_xyz", ("numpy", "nothere_xyz"))


def test_unknown_device_lists_what_there_is():
    with pytest.raises(ValueError, match=r"'tpu' is not available here; .*cpu"):
        select_device("tpu")
    assert select_device("cpu").type == "cpu"


def test_cuda_where_there_is_none():
    torch = pytest.importorskip("torch")
    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")
    with pytest.raises(ValueError, match=r"'cuda' is not available here"):
        select_device("cuda")


@pytest.mark.gpu
def test_select_device_finds_cuda(cuda):
    assert select_device(cuda).type == "cuda"


def line():
    """Return a one-weight least-squares model and its data y = 3 x."""
    import torch

    class Line(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.w = torch.nn.Parameter(torch.zeros(1))

        def forward(self, x, y):
            return ((self.w * x - y) ** 2).sum()

    x = np.arange(1, 5, dtype=np.float32)
    return Line(), [(x, 3 * x)]


@pytest.mark.parametrize("optimizer", ["sgd", "adagrad", "adam"])
def test_train_lowers_the_loss(optimizer):
    model, batches = line()
    rate = {"sgd": 0.01, "adagrad": 0.6, "adam": 0.3}[optimizer]
    history = train(
        model, [batches] * 60, learning_rate=rate, optimizer=optimizer, device="cpu"
    )
    assert history["loss"][-1] < 1e-2 * history["loss"][0]


def test_one_sgd_step_by_hand():
    """d/dw of sum (w x - 3 x)^2 at 0 is -6 sum x^2 = -180; times .001: w = .18."""
    model, batches = line()
    train(model, [batches], learning_rate=1e-3)
    np.testing.assert_allclose(model.w.item(), 0.18, rtol=1e-6)


def test_train_refuses_bad_input_and_names_a_diverging_batch():
    model, batches = line()
    with pytest.raises(ValueError, match="unknown optimizer 'lion'"):
        train(model, [batches], learning_rate=0.1, optimizer="lion")
    with pytest.raises(ValueError, match="positive, got 0"):
        train(model, [batches], learning_rate=0)
    with pytest.raises(FloatingPointError, match="epoch 0, batch 1"):
        train(
            model,
            [[*batches, (np.array([np.nan]), np.array([1.0]))]],
            learning_rate=1e-3,
        )
