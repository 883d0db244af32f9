"""The census table of occupations: values of the R package's page, and damage."""

import numpy as np
import pytest

from tutor.datasets import occupations
from tutor.datasets.errors import DataError


def test_census_table():
    """Values of the R package's page: 102 rows; nurses 96.12 % women, prestige 64.7."""
    table = occupations.prestige()
    assert repr(table) == "Occupations(102)"
    nurse = table.names.index("nurses")
    np.testing.assert_allclose(table.women[nurse], 0.9612)
    np.testing.assert_allclose(table.prestige[nurse], 64.7)
    assert not table.women.flags.writeable
    words = dict(table.words())
    np.testing.assert_allclose(words["secretary"], 0.9751)
    assert "newsboy" not in words
    assert not any("." in word or word.endswith("men") for word in words)


def test_census_table_that_is_cut_is_refused(monkeypatch):
    short = {"rownames": ["a"], "women": [1.0], "prestige": [2.0]}
    monkeypatch.setattr(occupations, "read_frame", lambda path: short)
    with pytest.raises(DataError, match="expected 102 occupations, read 1"):
        occupations.prestige()
    monkeypatch.setattr(occupations, "read_frame", lambda path: {"women": [1.0]})
    with pytest.raises(DataError, match="lacks the columns rownames, prestige"):
        occupations.prestige()
