"""Parts offer their rooms on first use, and name them when asked for another."""

import importlib

import pytest

PARTS = (
    "words",
    "documents",
    "context",
    "multimodal",
    "graphs",
    "knowledge",
    "systems",
)


@pytest.mark.parametrize("part", PARTS)
def test_a_part_offers_its_rooms(part):
    package = importlib.import_module(f"tutor.{part}")
    for name in package.__all__:
        assert getattr(package, name).__name__ == f"tutor.{part}.{name}"
    offered = ", ".join(package.__all__)
    wanted = f"module 'tutor.{part}' has no attribute 'nothing'; it offers {offered}"
    with pytest.raises(AttributeError) as error:
        _ = package.nothing
    assert str(error.value) == wanted


@pytest.mark.parametrize(
    ("package", "name"),
    [
        ("attention", "Encoder"),
        ("bert", "MaskedLM"),
        ("matryoshka", "MatryoshkaTuner"),
        ("matryoshka", "shortened"),
    ],
)
def test_what_needs_torch_is_fetched_when_asked(package, name):
    pytest.importorskip("torch", reason="torch is not installed")
    module = importlib.import_module(f"tutor.context.{package}")
    home = importlib.import_module(f"tutor.context.{package}.torch")
    assert getattr(module, name) is getattr(home, name)
    with pytest.raises(AttributeError) as error:
        _ = module.nothing
    assert str(error.value) == (
        f"module 'tutor.context.{package}' has no attribute 'nothing'; it offers "
        f"{', '.join(module.__all__)}"
    )
