"""Open a pickle without letting it run anything.

A pickle is a program: it may import any name and call it. This reader admits only the
names listed by the caller; the first other name ends the reading before anything of it
has run. Use it after the SHA-256 has been compared, never instead of that.
"""

from __future__ import annotations

import builtins
import importlib
import io
import pickle
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from tutor.datasets.errors import UnsafeContentError

NUMPY = frozenset(
    {
        ("numpy", "dtype"),
        ("numpy", "ndarray"),
        ("numpy.core.multiarray", "_reconstruct"),
        ("numpy._core.multiarray", "_reconstruct"),
        ("numpy.core.numeric", "_frombuffer"),
        ("numpy._core.numeric", "_frombuffer"),
        ("numpy.core.multiarray", "scalar"),
        ("numpy._core.multiarray", "scalar"),
    }
)
"""What plain arrays need. Object arrays stay as safe as the names inside them."""

_NEVER = frozenset(
    {"eval", "exec", "compile", "open", "input", "__import__", "getattr", "setattr"}
    | {"delattr", "globals", "locals", "vars", "breakpoint", "memoryview", "type"}
)


class _Reader(pickle.Unpickler):
    """An unpickler whose only way to a name is the caller's list."""

    def __init__(
        self,
        data: bytes,
        allowed: frozenset[tuple[str, str]],
        renamed: Mapping[tuple[str, str], tuple[str, str]],
    ) -> None:
        super().__init__(io.BytesIO(data), encoding="latin1")
        self._allowed = allowed
        self._renamed = renamed

    def find_class(self, module: str, name: str) -> Any:
        """Return a listed name; anything else is refused."""
        if (module, name) not in self._allowed:
            raise UnsafeContentError(
                f"the pickle asks for {module}.{name}, which is not on the list of "
                "admitted names; nothing of it was run"
            )
        module, name = self._renamed.get((module, name), (module, name))
        if module == "numpy.core" or module.startswith("numpy.core."):
            module = module.replace("numpy.core", "numpy._core", 1)
        return getattr(importlib.import_module(module), name)

    def persistent_load(self, pid: Any) -> Any:
        """Refuse references to things outside the pickle."""
        raise UnsafeContentError("the pickle refers to something outside itself")


def loads(
    data: bytes,
    *,
    allowed: Iterable[tuple[str, str]] = (),
    renamed: Mapping[tuple[str, str], tuple[str, str]] = MappingProxyType({}),
) -> Any:
    """Read a pickle that may use only the admitted names.

    Parameters
    ----------
    data
        The pickle. Containers, numbers, text and bytes need no name at all.
    allowed
        Pairs (module, name) that it may import and call, for instance :data:`NUMPY`.
        A dotted name (an attribute of a class) is never admitted.
    renamed
        Where an admitted name lives today, for pickles of old libraries.

    Raises
    ------
    UnsafeContentError
        When it asks for another name; names it. Also when the bytes are no pickle.
    ValueError
        When ``allowed`` lists a name that can run text or reach any other name.
    """
    listed = frozenset(allowed)
    for module, name in listed:
        bad = name in _NEVER if module == builtins.__name__ else "." in name
        if bad or module in ("os", "subprocess", "sys", "importlib", "posix", "nt"):
            raise ValueError(f"{module}.{name} must not be admitted from a pickle")
    try:
        return _Reader(data, listed, renamed).load()
    except UnsafeContentError:
        raise
    except Exception as error:
        raise UnsafeContentError(
            f"the pickle cannot be read: {type(error).__name__}: {error}"
        ) from error
