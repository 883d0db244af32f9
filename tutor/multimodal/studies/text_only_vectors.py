"""The vectors of ten encoders that travel with the course, and how they were made.

``data/weights/text_only-NAME.safetensors`` holds pictures and captions of all concepts,
(seeds, concepts, dim) in half precision; ``data/weights/text_only.json`` command,
configuration, hash, code, date and machine. A file is used only if its hash is the
recorded one and its configuration the one that is asked for. Chapter:
``multimodal/text_only``.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from tutor.claims.hashing import fingerprint
from tutor.claims.stored import machine, versions
from tutor.datasets.errors import DataError
from tutor.datasets.integrity import check, sha256_file
from tutor.datasets.paths import data_root
from tutor.geometry import unit_rows
from tutor.multimodal.clip import ClipConfig
from tutor.multimodal.studies.text_only_clouds import (
    SEEDS,
    Clouds,
    clouds_of,
    train_clouds,
    with_temperature,
)

PRESETS: dict[str, ClipConfig] = {
    "cold": with_temperature(0.02),
    "warm": with_temperature(0.1),
}
"""``cold``: temperature 0.02, with a gap. ``warm``: 0.1, nearly without."""

_CLIP = "tutor.multimodal.clip"
INPUTS = (
    "tutor.multimodal.studies.text_only_clouds",
    *(f"{_CLIP}.{name}" for name in ("batches", "config", "texts", "torch")),
    f"{_CLIP}:fit",
    *(f"tutor.datasets.{name}" for name in ("drawing", "emoji", "families")),
)
"""The code that the vectors come from: where it changed, they are of another day."""


def preset(name: str, *, retrain: bool = False) -> list[Clouds]:
    """Return the clouds of five encoders: read from the course, or trained again.

    Parameters
    ----------
    name : str
        A key of :data:`PRESETS`.
    retrain : bool
        Train them here, half a minute of one core; nothing is written.

    Raises
    ------
    ValueError
        For an unknown name.
    DataError
        When there is no file, or it was made with another configuration.
    DamagedFileError
        When its hash is not the recorded one.
    """
    if name not in PRESETS:
        raise ValueError(f"no preset {name!r}; there are {', '.join(PRESETS)}")
    if retrain:
        return [train_clouds(PRESETS[name], seed) for seed in SEEDS]
    path, record = _path(name), records().get(name)
    if record is None or not path.is_file():
        raise DataError(
            f"there are no vectors {path.name} in {path.parent}; make them by "
            f"`{_command(name)}`, or call preset({name!r}, retrain=True)"
        )
    wanted = json.loads(json.dumps(asdict(PRESETS[name])))
    if record["config"] != wanted or record["seeds"] != list(SEEDS):
        raise DataError(
            f"{path.name} was made with {record['config']} and seeds "
            f"{record['seeds']}, asked for are {wanted} and {list(SEEDS)}: remake it "
            f"by `{_command(name)}`"
        )
    return load(check(path, record["sha256"]))


def make(name: str) -> Path:
    """Train the encoders of a preset, write their vectors and the record."""
    path = save(preset(name, retrain=True), _path(name))
    entry = {
        "sha256": sha256_file(path),
        "bytes": path.stat().st_size,
        "command": _command(name),
        "config": asdict(PRESETS[name]),
        "seeds": list(SEEDS),
        "inputs": {item: fingerprint(item) for item in INPUTS},
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "machine": machine(),
        "versions": versions(),
    }
    text = json.dumps({**records(), name: entry}, indent=1, sort_keys=True)
    _record().write_text(text + "\n", encoding="utf-8")
    return path


def records() -> dict[str, Any]:
    """Return how each stored preset was made; empty where there is none."""
    if not _record().is_file():
        return {}
    found: dict[str, Any] = json.loads(_record().read_text(encoding="utf-8"))
    return found


def save(clouds: list[Clouds], path: Path) -> Path:
    """Write the vectors of several encoders in half precision."""
    from safetensors.numpy import save_file

    sides = {
        "images": np.stack([c.images for c in clouds]).astype(np.float16),
        "texts": np.stack([c.texts for c in clouds]).astype(np.float16),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(sides, path)
    return path


def load(path: Path) -> list[Clouds]:
    """Read vectors; rows are brought back to length 1, which half precision loses."""
    from safetensors.numpy import load_file

    sides = load_file(path)
    pairs = zip(sides["images"], sides["texts"], strict=True)
    return [clouds_of(unit_rows(x), unit_rows(t)) for x, t in pairs]


def _command(name: str) -> str:
    code = (
        "import torch; torch.set_num_threads(1); "
        "from tutor.multimodal.studies import text_only_vectors as v; "
        f"v.make('{name}')"
    )
    return f'python -c "{code}"'


def _path(name: str) -> Path:
    return data_root() / "weights" / f"text_only-{name}.safetensors"


def _record() -> Path:
    return data_root() / "weights" / "text_only.json"
