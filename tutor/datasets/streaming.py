"""Build a corpus of any length on disk, and open it again.

Two passes. The first gives each new word the next number and writes the numbers as
they come; the second replaces them by ranks. In memory stand the vocabulary,
``BUFFER`` tokens, and some 65 bytes a document: its length, its place, and its turn
when documents are shuffled. Nothing grows with the number of tokens.
The folder holds ``tokens.npy``, ``offsets.npy``, ``counts.npy``, ``words.txt`` and,
written last, ``meta.json`` with the SHA-256 of the others.
"""

from __future__ import annotations

import json
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

from tutor.datasets.corpus import BUFFER
from tutor.datasets.errors import DamagedFileError
from tutor.datasets.integrity import check, sha256_file
from tutor.sampling import permutation

FILES: Final = ("tokens.npy", "offsets.npy", "counts.npy", "words.txt")


def write_corpus(
    folder: Path,
    documents: Iterable[Sequence[str]],
    *,
    shuffle: bool = False,
    meta: Mapping[str, Any] | None = None,
) -> None:
    """Stream documents into a folder that :func:`read_corpus` opens.

    Parameters
    ----------
    folder
        An existing, empty folder.
    documents
        Lists of words; walked over once.
    shuffle
        Put the documents in the order of ``permutation(n, seed=0)``, so that sources
        given one after another mix.
    meta
        Kept in ``meta.json``.

    Raises
    ------
    ValueError
        When there is no word at all, or a word holds a line break.
    """
    words, counts, lengths = _first_pass(folder / "first.raw", documents)
    if not words:
        raise ValueError("the corpus is empty: no document has a word")
    order = sorted(range(len(words)), key=lambda i: (-counts[i], words[i]))
    rank = np.empty(len(words), np.int32)
    rank[order] = np.arange(len(words), dtype=np.int32)
    text = "\n".join(words[i] for i in order)
    if text.count("\n") != len(words) - 1 or "\r" in text:
        raise ValueError("a word holds a line break; tokenize the documents first")
    (folder / "words.txt").write_bytes(text.encode())
    np.save(folder / "counts.npy", counts[order])
    total = int(counts.sum())
    with (folder / "tokens.npy").open("wb") as out:
        start_array(out, total)
        if shuffle:
            lengths = _shuffled(folder / "first.raw", out, rank, lengths)
        else:
            for part in pieces(folder / "first.raw", 0):
                rank[part].tofile(out)
    np.save(folder / "offsets.npy", np.concatenate([[0], np.cumsum(lengths)]))
    (folder / "first.raw").unlink()
    record = dict(meta or {}) | {
        "documents": len(lengths),
        "tokens": total,
        "types": len(words),
        "files": {name: sha256_file(folder / name) for name in FILES},
    }
    (folder / "meta.json").write_text(json.dumps(record, indent=1), encoding="utf-8")


def _first_pass(
    path: Path, documents: Iterable[Sequence[str]]
) -> tuple[list[str], NDArray[np.int64], NDArray[np.int64]]:
    """Write tokens in order of first appearance; return words, counts, lengths."""
    numbers: defaultdict[str, int] = defaultdict()
    numbers.default_factory = numbers.__len__
    counts = np.zeros(0, np.int64)
    lengths, buffer = array("q"), array("i")

    with path.open("wb") as out:
        for document in documents:
            before = len(buffer)
            buffer.extend(map(numbers.__getitem__, document))
            lengths.append(len(buffer) - before)
            if len(buffer) >= BUFFER:
                counts = _flush(out, buffer, counts, len(numbers))
        counts = _flush(out, buffer, counts, len(numbers))
    return list(numbers), counts, np.array(lengths, np.int64)


def _flush(
    out: Any, buffer: array[int], counts: NDArray[np.int64], types: int
) -> NDArray[np.int64]:
    """Write the buffer, empty it, and return the counts with its tokens added."""
    added = np.bincount(np.frombuffer(buffer, np.int32), minlength=types)
    added[: len(counts)] += counts
    buffer.tofile(out)
    del buffer[:]
    return added.astype(np.int64)


def _shuffled(
    path: Path, out: IO[bytes], rank: NDArray[np.int32], lengths: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Copy whole documents in permuted order; return their lengths in that order."""
    source = np.memmap(path, np.int32, "r")
    order = permutation(len(lengths), 0)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    batch, size = [], 0
    for i in order.tolist():
        batch.append(source[starts[i] : starts[i + 1]])
        size += int(lengths[i])
        if size >= BUFFER:
            rank[np.concatenate(batch)].tofile(out)
            batch, size = [], 0
    if size:
        rank[np.concatenate(batch)].tofile(out)
    return lengths[order]


def start_array(out: IO[bytes], n: int) -> None:
    """Write the header of a ``.npy`` file of ``n`` int32; its numbers follow."""
    header = {"descr": "<i4", "fortran_order": False, "shape": (n,)}
    np.lib.format.write_array_header_1_0(out, header)


def pieces(path: Path, skip: int) -> Iterator[NDArray[np.int32]]:
    """Yield the int32 of a file after ``skip`` bytes, ``BUFFER`` at a time.

    Reading leaves no pages behind, where mapping would: memory stays flat.
    """
    with path.open("rb") as handle:
        handle.seek(skip)
        while len(part := np.fromfile(handle, "<i4", BUFFER)):
            yield part


def read_meta(folder: Path) -> dict[str, Any] | None:
    """Return ``meta.json``, or None where the folder is not a finished corpus."""
    try:
        meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    whole = isinstance(meta, dict) and set(meta.get("files", ())) == set(FILES)
    return meta if whole else None


def verify(folder: Path) -> dict[str, Any]:
    """Check every file of a finished corpus against its recorded hash.

    Raises
    ------
    DamagedFileError
        Naming the file, the expected and the found hash.
    """
    meta = read_meta(folder)
    if meta is None:
        raise DamagedFileError(folder / "meta.json", "a finished record", "none")
    for name, expected in meta["files"].items():
        check(folder / name, expected)
    return meta


def read_arrays(
    folder: Path, *, in_memory: bool = False
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64], list[str]]:
    """Return tokens (mapped, unless ``in_memory``), offsets, counts and words."""
    mode: Any = None if in_memory else "r"
    tokens = np.load(folder / "tokens.npy", mmap_mode=mode, allow_pickle=False)
    offsets = np.load(folder / "offsets.npy", allow_pickle=False)
    counts = np.load(folder / "counts.npy", allow_pickle=False)
    words = (folder / "words.txt").read_bytes().decode().split("\n")
    return tokens, offsets, counts, words
