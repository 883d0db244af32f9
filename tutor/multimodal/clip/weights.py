"""Trained models that travel with the course, and how they were made.

``data/weights/clip-NAME.safetensors`` holds the numbers in half precision,
``data/weights/clip.json`` how each was made: command, configuration, seed, hash, code,
date and machine. A file is used only if its hash is the recorded one and its
configuration the one that is asked for. Chapter: ``multimodal/clip``.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from tutor.claims.hashing import fingerprint
from tutor.claims.stored import machine, versions
from tutor.datasets.errors import DataError
from tutor.datasets.integrity import check, sha256_file
from tutor.datasets.paths import data_root
from tutor.multimodal.clip.config import ClipConfig
from tutor.multimodal.clip.encoders import ClipFit
from tutor.multimodal.clip.texts import Vocabulary
from tutor.training import History

SEED = 0
PRESETS = {
    "learned": ClipConfig(),
    "cold": replace(ClipConfig(), temperature=0.01, learn_temperature=False),
}
"""``learned``: the default. ``cold``: the same, its temperature fixed at 0.01."""

_CLIP = "tutor.multimodal.clip"
INPUTS = (
    *(f"{_CLIP}.{name}" for name in ("batches", "config", "texts", "torch")),
    f"{_CLIP}:fit",
    *(f"tutor.datasets.{name}" for name in ("drawing", "emoji", "families")),
)
"""The code that a preset comes from: where it changed, the preset is of another day."""


def preset(name: str, *, retrain: bool = False) -> ClipFit:
    """Return a trained preset: read from the course's weights, or trained again.

    Parameters
    ----------
    name : str
        A key of :data:`PRESETS`.
    retrain : bool
        Train it here, which takes half a minute of one core; nothing is written.

    Raises
    ------
    ValueError
        For an unknown name.
    DataError
        When there is no file, or it was trained with another configuration.
    DamagedFileError
        When its hash is not the recorded one.
    """
    if name not in PRESETS:
        raise ValueError(f"no preset {name!r}; there are {', '.join(PRESETS)}")
    if retrain:
        return _trained(name)
    record = records().get(name)
    path = _path(name)
    if record is None or not path.is_file():
        raise DataError(
            f"there are no weights {path.name} in {path.parent}; make them by "
            f"`{_command(name)}`, or call preset({name!r}, retrain=True)"
        )
    return load(check(path, record["sha256"]), PRESETS[name])


def make(name: str) -> Path:
    """Train a preset, write its weights and its record; return the file."""
    path = save(_trained(name), _path(name))
    entry = {
        "sha256": sha256_file(path),
        "bytes": path.stat().st_size,
        "command": _command(name),
        "config": asdict(PRESETS[name]),
        "seed": SEED,
        "inputs": {name: fingerprint(name) for name in INPUTS},
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "machine": machine(),
        "versions": versions(),
    }
    table = {**records(), name: entry}
    text = json.dumps(table, indent=1, sort_keys=True)
    _record().write_text(text + "\n", encoding="utf-8")
    return path


def records() -> dict[str, Any]:
    """Return how each stored preset was made; empty where there is none."""
    path = _record()
    if not path.is_file():
        return {}
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def save(fit: ClipFit, path: Path) -> Path:
    """Write a trained model: numbers in half precision, words and settings beside."""
    from safetensors.numpy import save_file

    arrays = {
        name: part.detach().cpu().numpy().astype(np.float16)
        if part.is_floating_point()
        else part.cpu().numpy()
        for name, part in fit.module.state_dict().items()
    }
    notes = {
        "config": json.dumps(asdict(fit.config), sort_keys=True),
        "seed": str(fit.seed),
        "kind": fit.vocabulary.kind,
        "units": json.dumps(fit.vocabulary.units, ensure_ascii=False),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(arrays, path, metadata=notes)
    return path


def load(path: Path, config: ClipConfig) -> ClipFit:
    """Read a trained model; its history stays behind.

    Raises
    ------
    DataError
        When the file was trained with another configuration: names both values of what
        differs.
    """
    import torch
    from safetensors import safe_open

    from tutor.multimodal.clip import torch as twin

    with safe_open(path, framework="numpy") as handle:
        notes = handle.metadata()
        arrays = {name: handle.get_tensor(name) for name in handle.keys()}  # noqa: SIM118
    stored = json.loads(notes["config"])
    asked = json.loads(json.dumps(asdict(config)))
    differ = [name for name in asked if stored.get(name) != asked[name]]
    if differ:
        said = "; ".join(
            f"{name} {stored.get(name)!r} in the file, {asked[name]!r} asked for"
            for name in differ
        )
        raise DataError(
            f"{path.name} was trained with another configuration: {said}. Ask for that "
            "one, or train anew with clip.fit"
        )
    vocabulary = Vocabulary(tuple(json.loads(notes["units"])), notes["kind"])
    module = twin.new_model(len(vocabulary), config, seed=0)
    state = {k: torch.tensor(v) for k, v in arrays.items()}
    module.load_state_dict(
        {k: v.float() if v.is_floating_point() else v for k, v in state.items()}
    )
    module.eval()
    return ClipFit(module, vocabulary, History(), config, int(notes["seed"]))


def _trained(name: str) -> ClipFit:
    from tutor.datasets import emoji
    from tutor.multimodal import clip

    data = emoji.load(32)
    return clip.fit(data.subset(data.split().train), PRESETS[name], seed=SEED)


def _command(name: str) -> str:
    code = f"from tutor.multimodal.clip import weights; weights.make('{name}')"
    return f'python -c "{code}"'


def _path(name: str) -> Path:
    return data_root() / "weights" / f"clip-{name}.safetensors"


def _record() -> Path:
    return data_root() / "weights" / "clip.json"
