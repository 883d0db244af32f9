"""What an `Embedding` refuses, each with the numbers and the remedy in the message."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def several(keys: Iterable[str], name: str) -> Iterable[str]:
    """Return ``keys`` unless it is one string, which would be read letter by letter."""
    if isinstance(keys, str):
        raise TypeError(f"{name} must be several keys, got the string {keys!r}")
    return keys


def check_keys(keys: tuple[str, ...]) -> None:
    """Refuse keys that are no strings, empty, or beyond what a file can hold."""
    for row, key in enumerate(keys):
        if not isinstance(key, str):
            raise TypeError(
                f"keys must be strings, got {type(key).__name__} {key!r} at row {row}: "
                "convert them with map(str, keys)"
            )
        if not key:
            raise ValueError(f"the key at row {row} is empty; no file format keeps it")
    try:
        "".join(keys).encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            f"a key holds half a surrogate pair ({error.object[error.start]!r}), which "
            "no file can store"
        ) from error


def real_floats(values: ArrayLike) -> NDArray[Any]:
    """Return a copy as float16, float32 or float64; complex numbers are refused."""
    vectors = np.array(values, order="C")
    if np.iscomplexobj(vectors):
        raise ValueError(
            "vectors must be real, got complex numbers: keep the real and the "
            "imaginary part as separate columns"
        )
    kept = vectors.dtype in (np.float16, np.float32, np.float64)
    return vectors if kept else vectors.astype(np.float64)


def check_vectors(keys: tuple[str, ...], vectors: NDArray[Any]) -> None:
    """Refuse a wrong rank, another number of rows than keys, NaN and infinity."""
    if vectors.ndim != 2 or vectors.shape[1] == 0:
        raise ValueError(
            f"vectors must have rank 2 (n, d) with d > 0, got rank {vectors.ndim} "
            f"with shape {vectors.shape}"
        )
    if len(vectors) != len(keys):
        raise ValueError(f"{len(keys)} keys but {len(vectors)} rows of vectors")
    finite = np.isfinite(vectors).all(axis=1)
    if not finite.all():
        first = int(finite.argmin())
        raise ValueError(
            f"{int((~finite).sum())} of {len(keys)} rows have NaN or infinite entries, "
            f"the first is {keys[first]!r} (row {first})"
        )
