"""The course's own small BERT: what it was trained with, and how to have it.

Two models of the same size on the same texts, one that sees both sides and one that
sees the left. ``python -m tutor claims bert-weights`` trains both and stores them in
``data/weights``; the settings, the hashes and the loss curves are in
``data/results/bert-weights.json``. Chapter: ``context/bert``.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tutor import claims
from tutor.context.bert import checkpoint
from tutor.context.bert.glosses import glosses
from tutor.context.bert.presets import PRESETS, SEED, encoded
from tutor.context.bert.pretrain import PretrainConfig, pretrain
from tutor.context.bert.wordpiece import WordPiece
from tutor.datasets.integrity import sha256_file
from tutor.datasets.paths import data_root
from tutor.training import History

if TYPE_CHECKING:
    from tutor.context.bert.torch import MaskedLM

REMEDY = "run `python -m tutor claims bert-weights`"


class Trained(NamedTuple):
    """A language model ready to use, its vocabulary, settings and loss curve."""

    model: MaskedLM
    vocabulary: WordPiece
    config: PretrainConfig
    history: History


def trained(
    name: str = "masked",
    *,
    config: PretrainConfig | None = None,
    retrain: bool = False,
    device: str = "cpu",
) -> Trained:
    """Return a stored model, or train it again.

    Parameters
    ----------
    name : {"masked", "next"}
        The model that sees both sides, or the one that sees the left.
    config : PretrainConfig, optional
        The settings you rely on; those of :data:`PRESETS` otherwise.
    retrain : bool
        Train from scratch (minutes on one core) instead of reading the checkpoint.
    device : str

    Raises
    ------
    ValueError
        For an unknown name.
    CheckpointError
        If the checkpoint is damaged, or was trained with other settings.
    """
    if name not in PRESETS:
        raise ValueError(f"unknown model {name!r}; there are {', '.join(PRESETS)}")
    wanted = config or PRESETS[name]
    pieces = vocabulary()
    if retrain:
        texts = encoded(pieces, glosses().train)
        run = pretrain(texts, wanted, seed=SEED, device=device)
        return Trained(run.model, pieces, wanted, run.history)
    record = claims.stored("bert-weights")["models"][name]
    model = checkpoint.load(
        weights(f"bert-{name}.safetensors"),
        wanted,
        sha256=record["sha256"],
        remedy=REMEDY,
    )
    return Trained(model.to(device), pieces, wanted, History(record["history"]))


@lru_cache(maxsize=1)
def vocabulary() -> WordPiece:
    """Return the stored vocabulary of 3,000 pieces.

    Raises
    ------
    CheckpointError
        If the file is missing or altered; both hashes are named.
    """
    path = weights("bert-vocab.txt")
    expected = claims.stored("bert-weights")["vocabulary"]["sha256"]
    found = sha256_file(path) if path.is_file() else "no file"
    if found != expected:
        raise checkpoint.CheckpointError(
            f"{path.name}: expected SHA-256 {expected}, found {found}; {REMEDY}"
        )
    return WordPiece(tuple(path.read_text(encoding="utf-8").splitlines()))


def weights(name: str) -> Path:
    """Return the path of a file in ``data/weights``."""
    return data_root() / "weights" / name
