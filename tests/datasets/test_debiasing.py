"""The published lists of hard debiasing: sizes, cases, and a file that is cut."""

import json

import numpy as np
import pytest

from tutor.datasets import debiasing
from tutor.datasets.errors import DataError
from tutor.words.bias import lists


def test_published_lists():
    """Sizes of the authors' repository: 10 pairs, 52, 218 seeds, 1,441, 320."""
    given = debiasing.published()
    assert repr(given) == (
        "DebiasingLists(10 definitional pairs, 47 to equalise, 218 seeds, 1282 "
        "specific words, 320 professions)"
    )
    ten = {frozenset(pair) for pair in given.definitional}
    assert ten == {frozenset(pair) for pair in lists.DEFINITIONAL_PAIRS}
    assert set(given.seeds) <= set(given.specific)
    scores = np.array(list(given.professions.values()))
    assert np.abs(scores).max() <= 1
    assert given.professions["actress"][0] < 0  # by definition, on the side of she


def test_lists_that_are_cut_are_refused(monkeypatch, tmp_path):
    path = tmp_path / "lists.json"
    path.write_text(json.dumps({"gender": {"definitional_pairs": [["a", "b"]]}}))
    monkeypatch.setattr(debiasing, "file", lambda name: path)
    with pytest.raises(DataError, match="expected lists of"):
        debiasing.published()
