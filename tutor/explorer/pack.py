"""Numbers small enough for a page, and names safe enough for one."""

from __future__ import annotations

import base64
import json
import unicodedata
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor.geometry import unit_rows
from tutor.sampling import MASK, integers

GRID = 9999
LONGEST = 60


def to_base64(values: NDArray[Any]) -> str:
    """Return the array's bytes, little-endian, as base64 text."""
    little = values.astype(values.dtype.newbyteorder("<"), copy=False)
    return base64.b64encode(little.tobytes()).decode("ascii")


def to_12_bits(values: ArrayLike) -> NDArray[np.uint8]:
    """Return numbers below 4,096 as bytes, two numbers in three.

    The first fills byte 0 and the low half of byte 1, the second the rest; an odd
    count is padded with a zero.

    Shapes: any shape of m numbers, read row by row → (3 * ceil(m / 2),).
    """
    flat = np.asarray(values, dtype=np.uint16).ravel()
    pairs = np.append(flat, np.zeros(len(flat) % 2, dtype=np.uint16)).reshape(-1, 2)
    first, second = pairs.T
    three = [first & 255, (first >> 8) | ((second & 15) << 4), second >> 4]
    return np.stack(three, axis=1).astype(np.uint8).reshape(-1)


def to_bits(values: ArrayLike, bits: int) -> NDArray[np.uint8]:
    """Return numbers below ``2 ** bits`` as bytes, low bits first, without gaps.

    Shapes: any shape of m numbers, read row by row → (ceil(m * bits / 8),). Raises
    ``ValueError`` for a number that does not fit, or other than 1 to 16 bits.
    """
    flat = np.asarray(values, dtype=np.int64).ravel()
    if not 1 <= bits <= 16:
        raise ValueError(f"bits must lie between 1 and 16, got {bits}")
    if len(flat) and not 0 <= flat.min() <= flat.max() < 1 << bits:
        raise ValueError(
            f"numbers from {flat.min()} to {flat.max()} do not fit {bits} bits: they "
            f"must lie between 0 and {(1 << bits) - 1}"
        )
    single = flat[:, None] >> np.arange(bits) & 1
    return np.packbits(single.astype(np.uint8).ravel(), bitorder="little")


def to_grid(flat: NDArray[np.float64]) -> NDArray[np.uint16]:
    """Return coordinates rounded to a grid of 0..9999, one scale for both axes.

    Shapes: (n, 2) → (n, 2). A map of one place sits in the middle.
    """
    low, high = flat.min(axis=0), flat.max(axis=0)
    span = float((high - low).max())
    middle = low / 2 + high / 2
    scaled = (flat - middle) / (span if span > 0 else 1.0) + 0.5
    grid: NDArray[np.uint16] = np.rint(GRID * np.clip(scaled, 0, 1)).astype(np.uint16)
    return grid


def quantise(vectors: ArrayLike) -> NDArray[np.int8]:
    r"""Return each row in 8 bits a number, scaled by its own largest entry.

    .. math:: q_{ij} = \operatorname{round}(127\, x_{ij} / \max_k |x_{ik}|)

    The scale is not kept, because the page only compares directions. An entry moves
    by at most 1/254 of the row's largest entry.

    Shapes: (n, d) → (n, d) int8. Rows of zeros stay zeros.
    """
    rows = np.asarray(vectors, dtype=np.float64)
    peaks = np.abs(rows).max(axis=1, keepdims=True, initial=0.0)
    scaled: NDArray[np.float64] = 127 * rows / np.where(peaks > 0, peaks, 1.0)
    return np.rint(scaled).astype(np.int8)


def summary(rows: NDArray[np.float64], dim: int) -> NDArray[np.int8]:
    """Return the 8-bit summary of unit rows that the analogy box calculates with.

    More than ``dim`` dimensions are first projected on the ``dim`` directions that
    keep most of the inner products.

    Shapes: ``rows`` (m, d) → (m, min(d, dim)) int8.
    """
    if rows.shape[1] > dim:
        right = np.linalg.svd(rows, full_matrices=False)[2][:dim]
        largest = np.abs(right).argmax(axis=1)[:, None]  # fixes each direction's sign
        rows = rows @ (right * np.sign(np.take_along_axis(right, largest, axis=1))).T
    return quantise(rows)


def offset_answers(
    rows: NDArray[np.float64], triples: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the best answer to "a is to b as c is to ?", never a, b or c.

    The rule is 3CosAdd: the row nearest to b - a + c, all of unit length.

    Shapes: ``rows`` (m, d) of unit length, ``triples`` (t, 3) → (t,).
    """
    a, b, c = triples.T
    scores = (rows[b] - rows[a] + rows[c]) @ rows.T
    np.put_along_axis(scores, triples, -np.inf, axis=1)
    answers: NDArray[np.int64] = np.argmax(scores, axis=1)
    return answers


def agreement(
    rows: NDArray[np.float64], packed: NDArray[np.int8], *, questions: int = 500
) -> float | None:
    """Return the share of random questions on which summary and full rows agree.

    A question is a triple of words; the two agree when their first answers (3CosAdd,
    inputs excluded, among the same m words) are the same word. None below 5 words.

    Shapes: ``rows`` (m, d) of unit length, ``packed`` (m, p) → a share in 0..1.
    """
    m = len(rows)
    if m < 5:
        return None
    draws = integers(0, 0, MASK, np.arange(3 * questions), m).reshape(-1, 3)
    full = offset_answers(rows, draws)
    small = unit_rows(packed.astype(np.float64)).astype(np.float64, copy=False)
    return float(np.mean(full == offset_answers(small, draws)))


def visible(key: str) -> str:
    """Return a key as it is shown: no control characters, never empty, not too long.

    Line breaks and other controls become a blank or U+FFFD; overrides of the writing
    direction are dropped (the page isolates each name, so right-to-left words still
    read right to left); names over 60 characters end in an ellipsis.
    """
    text = "".join(_visible_character(c) for c in unicodedata.normalize("NFC", key))
    text = " ".join(text.split()) or "(blank)"
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _visible_character(character: str) -> str:
    """Return a blank, U+FFFD, nothing, or the character itself."""
    if character.isspace():
        return " "
    if character in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069":
        return ""
    return "\ufffd" if unicodedata.category(character) in ("Cc", "Cs") else character


def script_json(value: object) -> str:
    """Return JSON that can stand inside a script element whatever it contains."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
