"""Hostile pickles: nothing outside the list is imported, called or built."""

import os
import pickle
import subprocess
from collections import OrderedDict

import numpy as np
import pytest

from tutor.datasets import UnsafeContentError
from tutor.datasets.restricted_pickle import NUMPY, loads


class _Runs:
    """Pickles to a call of ``function(*arguments)``, as hostile files do."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize(
    ("function", "argument"),
    [
        (os.system, "echo x > {}"),  # a shell of any system understands it
        (subprocess.getoutput, "echo x > {}"),
        (exec, "open({!r}, 'w').close()"),
    ],
)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_hostile_pickle_runs_nothing(tmp_path, function, argument, protocol):
    trace = tmp_path / "trace"
    hostile = {"data": [1, 2], "x": _Runs(function, argument.format(str(trace)))}
    data = pickle.dumps(hostile, protocol=protocol)
    with pytest.raises(UnsafeContentError, match="not on the list"):
        loads(data, allowed=NUMPY)
    assert not trace.exists()


@pytest.mark.parametrize(
    ("function", "argument"),
    [(os.system, "echo x > {}"), (exec, "open({!r}, 'w').close()")],
)
def test_the_same_pickle_would_run_without_the_list(tmp_path, function, argument):
    """The test above can fail: plain pickle does run it."""
    trace = tmp_path / "trace"
    pickle.loads(pickle.dumps(_Runs(function, argument.format(str(trace)))))
    assert trace.exists()


@pytest.mark.parametrize(
    "value", [1, "é", b"\x00", 2.5, None, [1, {"a": (2, {3})}], {"x": [True]}]
)
def test_plain_values_need_no_name(value):
    assert loads(pickle.dumps(value)) == value


@pytest.mark.parametrize("dtype", ["f4", "i8", "U3", "O"])
def test_arrays_need_numpys_names(dtype):
    array = np.array([[1, 2], [3, 4]]).astype(dtype)
    np.testing.assert_array_equal(loads(pickle.dumps(array), allowed=NUMPY), array)
    with pytest.raises(UnsafeContentError, match="numpy"):
        loads(pickle.dumps(array))


def test_an_object_array_hides_nothing(tmp_path):
    trace = tmp_path / "trace"
    array = np.array([_Runs(os.system, f"echo x > {trace}")], dtype=object)
    with pytest.raises(UnsafeContentError, match=r"system"):
        loads(pickle.dumps(array), allowed=NUMPY)
    assert not trace.exists()


def test_names_can_move_house():
    """An old module's name is read from where it lives today."""
    data = pickle.dumps(OrderedDict(a=1), protocol=2)
    data = data.replace(b"collections\nOrderedDict", b"oldlib\nOldDict")
    old, new = ("oldlib", "OldDict"), ("collections", "OrderedDict")
    assert loads(data, allowed=[old], renamed={old: new}) == {"a": 1}
    with pytest.raises(UnsafeContentError, match=r"oldlib\.OldDict"):
        loads(data, allowed=[new])


@pytest.mark.parametrize(
    "name",
    [("builtins", "eval"), ("builtins", "getattr"), ("os", "system"), ("a", "b.c")],
)
def test_dangerous_names_cannot_even_be_listed(name):
    with pytest.raises(ValueError, match="must not be admitted"):
        loads(b"", allowed=[name])


@pytest.mark.parametrize("data", [b"", b"no pickle", b"\x80\x05X\xff\xff\xff\xff"])
def test_garbage_is_refused(data):
    with pytest.raises(UnsafeContentError, match="cannot be read"):
        loads(data)


def test_persistent_references_are_refused():
    with pytest.raises(UnsafeContentError, match="outside itself"):
        loads(b"Pabc\n.")
