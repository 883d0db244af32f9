"""Parts offer their rooms on first use, and name them when asked for another."""

import importlib

import pytest


@pytest.mark.parametrize(
    "part", ["words", "documents", "context", "graphs", "knowledge"]
)
def test_a_part_offers_its_rooms(part):
    package = importlib.import_module(f"tutor.{part}")
    for name in package.__all__:
        assert getattr(package, name).__name__ == f"tutor.{part}.{name}"
    offered = ", ".join(package.__all__)
    wanted = f"module 'tutor.{part}' has no attribute 'nothing'; it offers {offered}"
    with pytest.raises(AttributeError) as error:
        _ = package.nothing
    assert str(error.value) == wanted
