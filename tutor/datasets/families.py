"""Families of emoji, and splits that do not cut them.

Concepts that differ in one attribute are siblings: a model that has seen *woman cook*
has seen most of *man cook*. Chapter: ``multimodal/clip``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tutor.sampling import permutation

Rows = NDArray[np.int64]

_ATTRIBUTES = frozenset(
    (
        *("man", "woman", "men", "women", "person", "people", "male", "female"),
        *("boy", "girl", "boys", "girls", "mr", "mrs", "old", "older"),
        *("red", "orange", "yellow", "green", "blue", "purple", "brown", "black"),
        *("white", "grey", "gray", "pink", "light", "dark"),
        *("large", "medium", "small", "big", "heavy", "open", "closed"),
        *("left", "right", "up", "down", "upwards", "downwards", "upper", "lower"),
        *("leftwards", "rightwards", "high", "low", "double", "manual", "motorized"),
        *("adult", "child", "hair", "blond", "curly", "bald", "beard"),
        *("facing", "pointing", "clockwise", "counterclockwise", "vertical"),
        *("horizontal", "raised", "lowered", "1st", "2nd", "3rd", "first", "last"),
        *("a", "an", "the", "with", "and", "of", "in", "on", "s"),
    )
)
_HOURS = frozenset(
    (
        *("one", "two", "three", "four", "five", "six"),
        *("seven", "eight", "nine", "ten", "eleven", "twelve"),
    )
)


@dataclass(frozen=True, eq=False)
class Split:
    """Rows of three parts of a set, each rising."""

    train: Rows
    valid: Rows
    test: Rows

    def __repr__(self) -> str:
        return f"Split({len(self.train)} + {len(self.valid)} + {len(self.test)})"


def split_rows(groups: Sequence[str], *, test: int, valid: int, seed: int = 0) -> Split:
    """Return rows for training, choosing and testing; no group is cut.

    Groups come in a random order of ``seed``; they fill the test part until it has at
    least ``test`` rows, then the validation part, and the rest is for training.

    Raises
    ------
    ValueError
        When nothing would be left to train on.
    """
    names = sorted(set(groups))
    order = [names[i] for i in permutation(len(names), seed)]
    sizes = dict.fromkeys(names, 0)
    for name in groups:
        sizes[name] += 1
    part, filled = {}, {"test": 0, "valid": 0}
    for name in order:
        if filled["test"] < test:
            goal = "test"
        elif filled["valid"] < valid:
            goal = "valid"
        else:
            part[name] = "train"
            continue
        part[name] = goal
        filled[goal] += sizes[name]
    rows = {
        goal: np.array([i for i, g in enumerate(groups) if part[g] == goal], np.int64)
        for goal in ("train", "valid", "test")
    }
    if not len(rows["train"]):
        raise ValueError(
            f"test={test} and valid={valid} take all {len(groups)} rows; ask for less"
        )
    return Split(**rows)


def family_of(name: str, category: str = "", subcategory: str = "") -> str:
    """Return the family of an English name: what is left without its attributes.

    Attributes are gender, age, hair, colour, size, direction and order; ``man cook``
    and ``woman cook`` become ``cook``. The faces of animals go, and all clock times,
    moons, keycaps and Japanese buttons are one family each. A name of attributes alone
    (``man``, ``woman red hair``) is of the family of its subcategory.
    """
    text = name.lower()
    words = re.findall(r"\w+", text)
    if "o’clock" in text or (_HOURS & set(words) and "thirty" in words):
        return "clock time"
    for sign in ("moon", "keycap", "mailbox"):
        if sign in words:
            return sign
    if text.startswith("japanese") and "button" in words:
        return "japanese button"
    if category == "Animals & Nature":
        words = [w for w in words if w != "face"]
    rest = [w for w in words if w not in _ATTRIBUTES]
    return " ".join(rest) or f"[{subcategory or category or 'other'}]"
