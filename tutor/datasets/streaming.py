"""Build a corpus of any length on disk, and open it again.

Two passes. The first gives each new word the next number and writes the numbers as
they come; the second replaces them by ranks. In memory stand the vocabulary and
buffers of ``BUFFER`` tokens or documents: lengths go to the disk as they come, borders
are mapped, and the shuffled order is drawn a slice at a time. Nothing there grows with
the number of tokens or of documents.
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
from tutor.sampling import SHUFFLE, random_bits

FILES: Final = ("tokens.npy", "offsets.npy", "counts.npy", "words.txt")
_AT_ONCE: Final = 1 << 14
"""Documents gathered at once while they are shuffled."""


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
    words, counts, number = _first_pass(folder, documents)
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
            _shuffle(folder, out, rank)
        else:
            (folder / "first.npy").replace(folder / "offsets.npy")
            for part in pieces(folder / "first.raw", 0):
                rank[part].tofile(out)
    for name in ("first.raw", "first.npy"):
        (folder / name).unlink(missing_ok=True)
    record = dict(meta or {}) | {
        "documents": number,
        "tokens": total,
        "types": len(words),
        "files": {name: sha256_file(folder / name) for name in FILES},
    }
    (folder / "meta.json").write_text(json.dumps(record, indent=1), encoding="utf-8")


def _first_pass(
    folder: Path, documents: Iterable[Sequence[str]]
) -> tuple[list[str], NDArray[np.int64], int]:
    """Write ``first.raw``, the tokens by first appearance, and ``first.npy``, borders.

    Return the words, their counts and the number of documents.
    """
    numbers: defaultdict[str, int] = defaultdict()
    numbers.default_factory = numbers.__len__
    counts = np.zeros(0, np.int64)
    lengths, buffer = array("q"), array("i")
    measured = folder / "lengths.raw"

    with (folder / "first.raw").open("wb") as out, measured.open("wb") as sizes:
        for document in documents:
            before = len(buffer)
            buffer.extend(map(numbers.__getitem__, document))
            lengths.append(len(buffer) - before)
            if max(len(buffer), len(lengths)) >= BUFFER:
                counts = _flush(out, buffer, counts, len(numbers))
                lengths.tofile(sizes)
                del lengths[:]
        counts = _flush(out, buffer, counts, len(numbers))
        lengths.tofile(sizes)
    number = measured.stat().st_size // lengths.itemsize
    write_borders(folder / "first.npy", pieces(measured, 0, "<i8"), number)
    measured.unlink()
    return list(numbers), counts, number


def _flush(
    out: Any, buffer: array[int], counts: NDArray[np.int64], types: int
) -> NDArray[np.int64]:
    """Write the buffer, empty it, and return the counts with its tokens added."""
    added = np.bincount(np.frombuffer(buffer, np.int32), minlength=types)
    added[: len(counts)] += counts
    buffer.tofile(out)
    del buffer[:]
    return added.astype(np.int64)


def _shuffle(folder: Path, out: IO[bytes], rank: NDArray[np.int32]) -> None:
    """Copy whole documents to ``out`` in permuted order; write ``offsets.npy``."""
    source = np.memmap(folder / "first.raw", np.int32, "r")
    starts = np.load(folder / "first.npy", mmap_mode="r", allow_pickle=False)
    number = len(starts) - 1
    batch, size = [], 0
    for order in _permuted(number):
        for i in order.tolist():
            batch.append(source[starts[i] : starts[i + 1]])
            size += len(batch[-1])
            if size >= BUFFER or len(batch) >= _AT_ONCE:
                rank[np.concatenate(batch)].tofile(out)
                batch, size = [], 0
    if batch:
        rank[np.concatenate(batch)].tofile(out)
    lengths = (starts[order + 1] - starts[order] for order in _permuted(number))
    write_borders(folder / "offsets.npy", lengths, number)


def _permuted(n: int) -> Iterator[NDArray[np.int64]]:
    """Yield ``sampling.permutation(n, seed=0)`` in slices of about ``BUFFER``.

    Positions are sorted by their random bits. The bits are a function of the position,
    so each slice draws them all again and keeps those of its own range.
    """
    width = (1 << 64) // -(-n // BUFFER) + 1
    for low in range(0, 1 << 64, width):
        high = min(low + width, 1 << 64) - 1
        places, keys = [], []
        for start in range(0, n, BUFFER):
            place = np.arange(start, min(start + BUFFER, n))
            bits = random_bits(0, 0, SHUFFLE, place)
            inside = (bits >= np.uint64(low)) & (bits <= np.uint64(high))
            places.append(place[inside])
            keys.append(bits[inside])
        order = np.argsort(np.concatenate(keys), kind="stable")
        yield np.concatenate(places)[order]


def write_borders(path: Path, lengths: Iterable[NDArray[np.int64]], n: int) -> None:
    """Write where ``n`` documents begin and the last one ends, as a ``.npy`` of int64.

    ``lengths`` come in parts, one number a document.
    """
    total = np.zeros(1, "<i8")
    with path.open("wb") as out:
        start_array(out, n + 1, "<i8")
        total.tofile(out)
        for part in lengths:
            borders = np.cumsum(np.append(total, part), dtype="<i8")
            borders[1:].tofile(out)
            total = borders[-1:]


def start_array(out: IO[bytes], n: int, kind: str = "<i4") -> None:
    """Write the header of a ``.npy`` file of ``n`` numbers; they follow."""
    header = {"descr": kind, "fortran_order": False, "shape": (n,)}
    np.lib.format.write_array_header_1_0(out, header)


def pieces(path: Path, skip: int, kind: str = "<i4") -> Iterator[NDArray[Any]]:
    """Yield the numbers of a file after ``skip`` bytes, ``BUFFER`` at a time.

    Reading leaves no pages behind, where mapping would: memory stays flat.
    """
    with path.open("rb") as handle:
        handle.seek(skip)
        while len(part := np.fromfile(handle, kind, BUFFER)):
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
    """Return tokens and offsets (mapped, unless ``in_memory``), counts and words."""
    mode: Any = None if in_memory else "r"
    tokens = np.load(folder / "tokens.npy", mmap_mode=mode, allow_pickle=False)
    offsets = np.load(folder / "offsets.npy", mmap_mode=mode, allow_pickle=False)
    counts = np.load(folder / "counts.npy", allow_pickle=False)
    words = (folder / "words.txt").read_bytes().decode().split("\n")
    return tokens, offsets, counts, words
