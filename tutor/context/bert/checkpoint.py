"""Checkpoints: weights in half precision, the settings beside them, a hash over all.

The file is ``safetensors``: numbers and names, nothing that could run. Its settings
must be those the reader expects. Chapter: ``context/bert``.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tutor.context.attention.config import Block, Float, Parameters
from tutor.context.bert.pretrain import OBJECTIVES, PretrainConfig
from tutor.context.bert.reference import Head
from tutor.datasets.integrity import sha256_file

if TYPE_CHECKING:
    from tutor.context.bert.torch import MaskedLM


class CheckpointError(RuntimeError):
    """A checkpoint is not there, not whole, or of another configuration."""


def save(path: Path, model: MaskedLM, config: PretrainConfig) -> str:
    """Write a model in half precision and return the SHA-256 of the file."""
    from safetensors.numpy import save_file

    arrays = flat(model.encoder.values(), model.head())
    half = {name: part.astype(np.float16) for name, part in arrays.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(half, path, metadata={"config": _text(config)})
    return sha256_file(path)


def load(
    path: Path, config: PretrainConfig, *, sha256: str, remedy: str = ""
) -> MaskedLM:
    """Read a checkpoint, after its hash and its settings have been compared.

    Parameters
    ----------
    path : Path
    config : PretrainConfig
        The settings it must have been trained with.
    sha256 : str
        The hash it must have.
    remedy : str
        What makes it anew, for the message.

    Raises
    ------
    CheckpointError
        If the file is missing or altered (both hashes are named), or was trained with
        other settings (both are named).
    """
    from safetensors import safe_open

    from tutor.context.bert.torch import MaskedLM

    remedy = remedy or "train it again"
    found = sha256_file(path) if path.is_file() else "no file"
    if found != sha256:
        raise CheckpointError(
            f"{path.name}: expected SHA-256 {sha256}, found {found}; {remedy}"
        )
    with safe_open(path, framework="np") as file:
        held = (file.metadata() or {}).get("config", "{}")
        if held != _text(config):
            raise CheckpointError(
                f"{path.name} was trained with other settings. "
                f"{_differences(held, config)} In the file: {held}. "
                f"Asked for: {_text(config)}. Ask for the settings of the file, or "
                f"{remedy}"
            )
        arrays = {n: file.get_tensor(n).astype(np.float32) for n in file.keys()}  # noqa: SIM118
    parameters, head = nested(arrays, config.encoder.layers)
    mask = OBJECTIVES[config.objective]
    return MaskedLM(config.encoder, parameters, head, mask=mask).eval()


def flat(parameters: Parameters, head: Head) -> dict[str, Float]:
    """Return all arrays by a name of their own: ``blocks.0.W_q``, ``head.bias``."""
    top = parameters._asdict()
    blocks = top.pop("blocks")
    found = {name: part for name, part in top.items() if part is not None}
    for i, block in enumerate(blocks):
        found |= {f"blocks.{i}.{name}": part for name, part in block._asdict().items()}
    return found | {f"head.{name}": part for name, part in head._asdict().items()}


def nested(arrays: dict[str, Any], layers: int) -> tuple[Parameters, Head]:
    """Undo :func:`flat`."""
    blocks = tuple(
        Block(**{name: arrays[f"blocks.{i}.{name}"] for name in Block._fields})
        for i in range(layers)
    )
    top = {n: arrays.get(n) for n in Parameters._fields if n != "blocks"}
    head = Head(**{name: arrays[f"head.{name}"] for name in Head._fields})
    return Parameters(**top, blocks=blocks), head  # type: ignore[arg-type]


def _text(config: PretrainConfig) -> str:
    return json.dumps(asdict(config), sort_keys=True)


def _differences(held: str, config: PretrainConfig) -> str:
    """Name the fields that differ, as ``encoder.layers: 3 there, 2 asked for``."""
    there, asked = _flat_fields(json.loads(held)), _flat_fields(asdict(config))
    parts = [
        f"{name}: {there.get(name, 'none')} there, {asked.get(name, 'none')} asked for"
        for name in sorted(there.keys() | asked.keys())
        if there.get(name) != asked.get(name)
    ]
    return "; ".join(parts) + "."


def _flat_fields(fields: dict[str, Any], front: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in fields.items():
        if isinstance(value, dict):
            found |= _flat_fields(value, f"{front}{name}.")
        else:
            found[front + name] = value
    return found
