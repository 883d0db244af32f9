"""Executing a chapter: budgets are named, a failing cell leaves nothing behind."""

import pytest

from tutor.house.outputs import over_budget, read_source, regenerate
from tutor.house.setup import HouseError

HEAD = (
    "---\njupytext:\n  text_representation:\n    extension: .md\n"
    "    format_name: myst\nkernelspec:\n  display_name: Python 3\n"
    "  language: python\n  name: python3\n---\n\n# Title\n\n"
)


def house(tmp_path, *cells):
    """Write a chapter of a few cells into an empty house."""
    source = tmp_path / "book" / "source" / "words" / "small.md"
    source.parent.mkdir(parents=True)
    blocks = "".join(f"```{{code-cell}} ipython3\n{cell}\n```\n\n" for cell in cells)
    source.write_text(HEAD + blocks, encoding="utf-8")
    return tmp_path


def test_budgets():
    assert over_budget([1.0, 29.9, 30.0]) == []
    assert over_budget([1.0, 31.0]) == ["code cell 2 took 31 s, at most 30 s wanted"]
    assert over_budget([25.0] * 4) == ["all cells took 100 s, at most 90 wanted"]


def test_a_second_run_changes_no_byte(tmp_path):
    root = house(tmp_path, "1 + 1", "print('x')")
    path = root / "book" / "words" / "small.ipynb"
    regenerate("words/small", root)
    first = path.read_bytes()
    regenerate("words/small", root)
    assert path.read_bytes() == first
    assert b'execution_count": 2' in first


def test_a_failing_cell_leaves_nothing(tmp_path):
    root = house(tmp_path, "1 + 1", "raise ValueError('no')")
    with pytest.raises(HouseError, match="ValueError"):
        regenerate("words/small", root)
    assert not list((root / "book" / "words").iterdir())


def test_ids_come_from_the_cells(tmp_path):
    root = house(tmp_path, "1", "1")
    source = root / "book" / "source" / "words" / "small.md"
    ids = [cell["id"] for cell in read_source(source).cells]
    assert len(set(ids)) == len(ids)
    assert ids == [cell["id"] for cell in read_source(source).cells]
