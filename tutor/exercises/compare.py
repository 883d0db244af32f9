"""How a learner's result differs from the right one, in one friendly sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np


def same(want: Any, got: Any, tolerance: float = 1e-6) -> bool:
    """Say whether two results agree: arrays, numbers, text, sequences, mappings."""
    return not difference(want, got, tolerance)


def difference(want: Any, got: Any, tolerance: float) -> str:
    """Say in one sentence how ``got`` differs from ``want``; empty if it does not."""
    if got is None and want is not None:
        return "your function returned nothing; is the `return` missing?"
    if isinstance(want, str | bytes | bool) or want is None:
        ok = type(want) is type(got) and want == got
        return "" if ok else f"expected {want!r}, got {short(got)}."
    if isinstance(want, Mapping):
        if not isinstance(got, Mapping) or set(want) != set(got):
            return f"expected the keys {short(sorted(want))}, got {short(got)}."
        return difference([*want.values()], [got[k] for k in want], tolerance)
    if hasattr(want, "toarray"):
        want, got = want.toarray(), got.toarray() if hasattr(got, "toarray") else got
    if isinstance(want, list | tuple) and not _numeric(want):
        if not isinstance(got, list | tuple) or len(want) != len(got):
            return f"expected {len(want)} things, got {short(got)}."
        found = (difference(w, g, tolerance) for w, g in zip(want, got, strict=True))
        return next((text for text in found if text), "")
    if not _numeric(want):
        return "" if _equal(want, got) else f"expected {short(want)}, got {short(got)}."
    return _array_difference(np.asarray(want), got, tolerance)


def _equal(want: Any, got: Any) -> bool:
    """Compare what is no number: names in an array, or objects by their own rule."""
    if isinstance(want, np.ndarray):
        return isinstance(got, np.ndarray) and np.array_equal(want, got)
    return want is got or (type(want) is type(got) and bool(want == got))


def is_data(value: Any) -> bool:
    """Say whether a value is numbers, text or a collection: what can be compared."""
    return _numeric(value) or isinstance(value, str | bytes | list | tuple | Mapping)


def _array_difference(want: np.ndarray, got: Any, tolerance: float) -> str:
    if not _numeric(got):
        return f"expected numbers, got {short(got)}."
    given = np.asarray(got)
    if want.shape != given.shape:
        return f"expected shape {want.shape}, got shape {given.shape}."
    close = np.isclose(given, want, rtol=tolerance, atol=tolerance, equal_nan=True)
    if close.all():
        return ""
    if not want.ndim:
        return f"expected {short(want)}, got {short(given)}."
    place = tuple(int(i) for i in np.argwhere(~close)[0])
    at = place[0] if len(place) == 1 else place
    return (
        f"{int((~close).sum())} of {want.size} entries differ, the first at {at}: "
        f"expected {short(want[place])}, got {short(given[place])}."
    )


def _numeric(value: Any) -> bool:
    if hasattr(value, "toarray"):
        value = value.toarray()
    try:
        return bool(np.asarray(value).dtype.kind in "biufc")
    except (ValueError, TypeError, RuntimeError):  # torch: a tensor with a gradient
        return False


def arguments(case: tuple[Any, ...]) -> str:
    """Write the arguments of a call."""
    return "(" + ", ".join(short(value) for value in case) + ")"


def short(value: Any) -> str:
    """Write a value in at most 60 characters, an array by its shape."""
    array = value if isinstance(value, np.ndarray) else None
    if isinstance(value, np.generic) or (array is not None and not array.ndim):
        value = np.asarray(value).item()
    if isinstance(value, float):
        return f"{value:.4g}"
    if array is not None and array.size > 6:
        return f"an array of shape {array.shape}"
    if array is not None:
        text = np.array2string(array, precision=3, suppress_small=True, separator=", ")
        return " ".join(text.split())
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else text[:57] + "..."
