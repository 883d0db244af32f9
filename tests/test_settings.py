"""Settings that count something are whole numbers of at least 1."""

import numpy as np
import pytest

from tutor.settings import check_whole


@pytest.mark.parametrize("value", [1, 7, np.int32(3), np.int64(1)])
def test_whole_numbers_pass(value):
    check_whole("window", value)


@pytest.mark.parametrize("value", [0, -1, 2.5, 2.0, True, "3", None, np.float64(4)])
def test_others_are_named(value):
    with pytest.raises(ValueError, match="window must be at least 1 and a whole") as e:
        check_whole("window", value)
    assert repr(value) in str(e.value)
