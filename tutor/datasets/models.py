"""Pretrained vectors that travel inside packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tutor.datasets.sources import files, source

if TYPE_CHECKING:
    from tutor.embedding import Embedding


def glove(dim: int = 50) -> Embedding:
    """Return GloVe 6B (Wikipedia 2014 and Gigaword 5), 400,000 words.

    Parameters
    ----------
    dim
        50: the only size that a package carries.

    Notes
    -----
    The vectors are those published by Pennington et al. (2014), words in order of
    frequency, lower case. Raises ``ValueError`` for another ``dim``,
    ``MissingCarrierError`` and ``DamagedFileError`` with the remedy.

    Shapes: (400000, 50), float32. Licence: PDDL. Chapter: ``words/glove``.
    """
    if dim != 50:
        raise ValueError(f"GloVe is carried in 50 dimensions only, not {dim!r}")
    from pyarrow import parquet

    from tutor.embedding import Embedding

    index, matrix = files("glove-6b-50d")
    keys = parquet.read_table(index, columns=["index"]).column("index").to_pylist()
    vectors = np.load(matrix, allow_pickle=False)
    record = source("glove-6b-50d")
    meta = {"name": "GloVe 6B 50d", "licence": record.licence}
    return Embedding(keys, vectors, meta | {"citation": record.citation})
