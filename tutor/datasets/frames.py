"""Old pandas tables as plain columns, read without pandas.

A pickled ``DataFrame`` names pandas' internals of its day, and those have moved. Every
name it may ask for is listed here and answered by a stand-in that only keeps what it is
given; the arrays inside are NumPy's. Use it after the SHA-256 has been compared.
"""

from __future__ import annotations

import lzma
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor.datasets import restricted_pickle
from tutor.datasets.errors import DataError

__all__ = ["read_frame"]

_HERE = "tutor.datasets.frames"


class Axis:
    """Stands for an index: the names along one side."""

    def __init__(self, content: dict[str, Any]):
        self.names = content.get("data")  # a range of row numbers has none


class Block:
    """Stands for a block: the values of some columns, and where these stand."""

    def __init__(self, values: Any, placement: Any, ndim: int):
        self.values, self.placement, self.ndim = values, placement, ndim


class Blocks:
    """Stands for pandas' block manager."""

    def __init__(self, blocks: tuple[Block, ...], axes: list[Axis]):
        self.blocks, self.axes = blocks, axes


class Frame:
    """Stands for the table itself."""

    blocks: Blocks

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.blocks = state["_mgr"]


def new_axis(kind: type, content: dict[str, Any]) -> Axis:
    """Stand for the function that makes an index."""
    del kind
    return Axis(content)


_STANDS_FOR = {
    ("pandas.core.frame", "DataFrame"): (_HERE, "Frame"),
    ("pandas.core.internals.managers", "BlockManager"): (_HERE, "Blocks"),
    ("pandas._libs.internals", "_unpickle_block"): (_HERE, "Block"),
    ("pandas.core.indexes.base", "_new_Index"): (_HERE, "new_axis"),
    ("pandas.core.indexes.base", "Index"): (_HERE, "Axis"),
    ("pandas.core.indexes.range", "RangeIndex"): (_HERE, "Axis"),
}
ADMITTED = frozenset({*restricted_pickle.NUMPY, *_STANDS_FOR, ("builtins", "slice")})
"""All names that a table may ask for."""


def read_frame(path: Path) -> dict[str, NDArray[Any]]:
    """Return the columns of an LZMA-packed pickled table, in their order.

    Raises
    ------
    UnsafeContentError
        When the pickle asks for a name that is not in :data:`ADMITTED`.
    DataError
        When the file is no LZMA, or holds no table of named columns.
    """
    try:
        packed = lzma.decompress(path.read_bytes())
    except lzma.LZMAError as error:
        raise DataError(f"{path} is not LZMA-packed ({error})") from error
    found = restricted_pickle.loads(packed, allowed=ADMITTED, renamed=_STANDS_FOR)
    if not isinstance(found, Frame) or not hasattr(found, "blocks"):
        raise DataError(f"{path} holds a {type(found).__name__}, expected a table")
    names = found.blocks.axes[0].names
    if names is None:
        raise DataError(f"{path} holds a table whose columns have no names")
    columns: dict[int, NDArray[Any]] = {}
    for block in found.blocks.blocks:
        columns.update(zip(_places(block, len(names)), block.values, strict=True))
    return {str(names[i]): np.asarray(columns[i]) for i in range(len(names))}


def _places(block: Block, width: int) -> list[int]:
    """Return which columns a block holds."""
    if isinstance(block.placement, slice):
        return list(range(width))[block.placement]
    return [int(i) for i in block.placement]
