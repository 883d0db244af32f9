"""Fixtures of all tests: the device rung, and one clear place for skips."""

import pytest


@pytest.fixture
def cuda():
    """Return ``"cuda"``, or skip with the reason where there is none."""
    torch = pytest.importorskip("torch", reason="torch is not installed")
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device on this machine")
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    return "cuda"
