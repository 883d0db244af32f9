"""The files an `Embedding` is kept in: static-model folders, word2vec, gensim.

No reader runs code from a file, and none sets memory aside because a header says so: a
header is first held against the size of the file. Keys a format cannot keep are refused
when written, with the reason.

Left out: compressed files, and word2vec's ``.model`` pickles.
Chapter: ``words/evaluation``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from operator import index
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tutor.embedding import Embedding

Parts = tuple[tuple[str, ...], NDArray[Any], Mapping[str, Any]]

_MODULES = [
    {
        "idx": 0,
        "name": "0",
        "path": "",
        "type": "sentence_transformers.models.StaticEmbedding",
    }
]
_HEADER_BYTES = 1000
_KEY_BYTES = 1 << 20


# --- a folder that model2vec and sentence-transformers open --------------------------
def write_folder(embedding: Embedding, folder: Path) -> Path:
    """Write the four files that model2vec and sentence-transformers look for.

    A zero row for unknown words is added at the end, which model2vec drops from its
    mean and sentence-transformers counts in; cosines are the same. Keys with white
    space become added tokens, found in running text before it is split.
    """
    from safetensors.numpy import save_file

    unknown = "[UNK]"
    while unknown in embedding:
        unknown = f"[{unknown}]"
    config = {
        "model_type": "model2vec",
        "architectures": ["StaticModel"],
        "hidden_dim": embedding.dim,
        "embedding_dtype": embedding.vectors.dtype.name,
        "normalize": False,
        "tutor": {"unknown": unknown, "meta": dict(embedding.meta)},
    }
    try:
        config_text = json.dumps(config, indent=2, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"meta must be JSON-able to be saved ({error}), got "
            f"{dict(embedding.meta)!r}"
        ) from error
    tokenizer = _tokenizer((*embedding.keys, unknown), unknown)
    folder.mkdir(parents=True, exist_ok=True)
    rows = np.concatenate(
        [embedding.vectors, np.zeros((1, embedding.dim), embedding.vectors.dtype)]
    )
    save_file({"embeddings": rows}, folder / "model.safetensors")
    for name, text in (
        ("tokenizer.json", json.dumps(tokenizer, ensure_ascii=False)),
        ("config.json", config_text),
        ("modules.json", json.dumps(_MODULES, indent=2)),
    ):
        (folder / name).write_text(text + "\n", encoding="utf-8", newline="")
    return folder


def read_folder(folder: Path) -> Parts:
    """Read a folder of `write_folder`, or one that model2vec wrote."""
    texts = {}
    for name in ("config.json", "tokenizer.json"):
        try:
            texts[name] = json.loads((folder / name).read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise FileNotFoundError(
                f"{folder} has no {name}; Embedding.save writes four files, keep them "
                "together"
            ) from error
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{folder / name} is damaged: {error}") from error
    tensors = _tensors(folder / "model.safetensors")
    vectors = tensors.get("embeddings", tensors.get("embedding.weight"))
    if vectors is None or set(tensors) & {"mapping", "weights"}:
        raise ValueError(
            f"expected one tensor named 'embeddings', found {sorted(tensors)}; "
            "quantised models cannot be read"
        )
    if vectors.ndim != 2 or vectors.dtype.kind not in "fiu":
        raise ValueError(
            f"expected a matrix of real numbers, found {vectors.dtype} of shape "
            f"{vectors.shape} in {folder / 'model.safetensors'}"
        )
    ours = _table(texts["config.json"], folder).get("tutor", {})
    keys = _vocabulary(texts["tokenizer.json"], len(vectors))
    if keys and keys[-1] == ours.get("unknown"):
        keys, vectors = keys[:-1], vectors[:-1]
    return keys, vectors, ours.get("meta", {})


def _tensors(path: Path) -> dict[str, NDArray[Any]]:
    """Read a safetensors file; whatever is wrong with it is a ``ValueError``."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return dict(load_file(path))
    except SafetensorError as error:
        raise ValueError(f"{path} is damaged: {error}") from error
    except (TypeError, AttributeError, KeyError, ValueError) as error:
        raise ValueError(
            f"{path} is damaged, or holds numbers that NumPy does not know "
            f"(bfloat16, float8): {error}"
        ) from error


def _table(value: Any, folder: Path) -> dict[str, Any]:
    ours = value.get("tutor", {}) if isinstance(value, dict) else None
    if isinstance(ours, dict) and isinstance(ours.get("meta", {}), dict):
        return dict(value)
    raise ValueError(f"{folder / 'config.json'} is damaged: not a table of settings")


def _tokenizer(keys: tuple[str, ...], unknown: str) -> dict[str, Any]:
    """Return a whole-word tokenizer: split at white space, look each piece up."""
    spaced = [
        {
            "id": row,
            "content": key,
            "single_word": True,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
            "special": False,
        }
        for row, key in enumerate(keys)
        if _has_space(key)
    ]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": spaced,
        "normalizer": None,
        "pre_tokenizer": {"type": "WhitespaceSplit"},
        "post_processor": None,
        "decoder": None,
        "model": {
            "type": "WordLevel",
            "vocab": {key: row for row, key in enumerate(keys)},
            "unk_token": unknown,
        },
    }


def _vocabulary(tokenizer: Any, rows: int) -> tuple[str, ...]:
    """Return the tokenizer's words in row order; each row must have exactly one."""
    try:
        vocab = dict(tokenizer["model"]["vocab"])
        vocab |= {t["content"]: t["id"] for t in tokenizer.get("added_tokens") or ()}
        ids = sorted((index(row), str(key)) for key, row in vocab.items())
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise ValueError(
            "tokenizer.json holds no word list of the kind {word: row}"
        ) from error
    if [row for row, _ in ids] != list(range(rows)):
        raise ValueError(
            f"the tokenizer has {len(ids)} words, the matrix {rows} rows; "
            "they must be numbered 0, 1, ... alike"
        )
    return tuple(key for _, key in ids)


# --- word2vec ------------------------------------------------------------------------
def write_word2vec(embedding: Embedding, path: Path, *, binary: bool = False) -> Path:
    """Write the header ``n d`` and a row each: the key, a space, d float32 numbers."""
    for key in embedding.keys:
        if _has_space(key):
            raise ValueError(
                f"word2vec's format ends a key at white space, so {key!r} could not be "
                "read back: replace it, or use Embedding.save"
            )
    with np.errstate(over="ignore"):
        rows = embedding.vectors.astype("<f4")
    if not np.isfinite(rows).all():
        raise ValueError("entries beyond 3.4e38 do not fit word2vec's float32")
    with path.open("wb") as file:
        file.write(f"{len(embedding)} {embedding.dim}\n".encode())
        for key, row in zip(embedding.keys, rows, strict=True):
            numbers = (
                row.tobytes() if binary else " ".join(f"{x:.9g}" for x in row).encode()
            )
            file.write(key.encode() + b" " + numbers + b"\n")
    return path


def read_word2vec(path: Path, *, binary: bool = False) -> Parts:
    """Read word2vec's text or binary format as float32."""
    size = path.stat().st_size
    with path.open("rb") as file:
        n, dim = _header(file.readline(_HEADER_BYTES), size, path, binary=binary)
        vectors = np.empty((n, dim), dtype=np.float32)
        keys = []
        for row in range(n):
            read = _binary_row if binary else _text_row
            try:
                key, vectors[row] = read(file, dim)
            except ValueError as error:
                raise ValueError(
                    f"{path} breaks off or is damaged at row {row} of {n}: {error}"
                ) from error
            keys.append(key)
        if file.read(_HEADER_BYTES).strip():
            raise ValueError(f"{path} goes on after the {n} rows its header promises")
    return tuple(keys), vectors, {}


def _header(line: bytes, size: int, path: Path, *, binary: bool) -> tuple[int, int]:
    try:
        n, dim = (int(part) for part in line.split())
    except ValueError as error:
        raise ValueError(
            f"{path} does not begin with two numbers (rows, columns): {line[:40]!r}"
        ) from error
    smallest = (2 + 4 * dim) if binary else (1 + 2 * dim)  # a key, d entries
    if n < 0 or not 0 < dim < 1 << 31 or n * smallest > size - len(line):
        raise ValueError(
            f"{path} promises {n} rows of {dim} numbers, which cannot fit its "
            f"{size} bytes: it is cut short, or not in this format"
        )
    return n, dim


def _text_row(file: BinaryIO, dim: int) -> tuple[str, NDArray[np.float32]]:
    line = file.readline(_KEY_BYTES + 64 * dim)
    key, *numbers = line.rstrip(b" \r\n").split(b" ")
    if len(numbers) != dim:
        raise ValueError(f"{len(numbers)} numbers where {dim} were expected")
    with np.errstate(over="ignore"):  # beyond float32: infinite, refused by Embedding
        return key.decode(), np.array([float(x) for x in numbers]).astype(np.float32)


def _binary_row(file: BinaryIO, dim: int) -> tuple[str, NDArray[np.float32]]:
    key = bytearray()
    while (letter := file.read(1)) != b" ":
        if not letter or len(key) > _KEY_BYTES:
            raise ValueError("a key without an end")
        if letter != b"\n" or key:  # some writers end a row with a newline, some not
            key += letter
    body = file.read(4 * dim)
    if len(body) != 4 * dim:
        raise ValueError(f"{len(body)} bytes where {4 * dim} were expected")
    return key.decode(), np.frombuffer(body, dtype="<f4")


def _has_space(key: str) -> bool:
    return any(letter.isspace() for letter in key)


# --- gensim --------------------------------------------------------------------------
def to_gensim(embedding: Embedding) -> Any:
    """Return ``KeyedVectors`` whose norms belong to these vectors.

    gensim keeps norms beside the vectors and does not renew them when ``kv.vectors`` is
    assigned: its "cosines" may then exceed 1.
    """
    from gensim.models import KeyedVectors

    kv = KeyedVectors(embedding.dim, dtype=embedding.vectors.dtype)
    kv.add_vectors(list(embedding.keys), np.array(embedding.vectors))
    kv.fill_norms(force=True)
    return kv


def from_gensim(keyed_vectors: Any) -> Parts:
    """Return keys and a copy of the vectors; the cached norms are not used."""
    keys = keyed_vectors.index_to_key
    strange = next((key for key in keys if not isinstance(key, str)), None)
    if strange is not None:
        raise TypeError(
            f"gensim key {strange!r} is a {type(strange).__name__}; gensim takes such "
            "a key for a row number when it is missing: use strings"
        )
    return tuple(keys), np.array(keyed_vectors.vectors[: len(keys)]), {}
