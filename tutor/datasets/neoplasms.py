"""Names of tumours from ICD-10-CM with three labels, and parts that cut no family.

The texts are the descriptions and inclusion terms of the codes C00 to D48. Site and
behaviour are read from the code, the side from the description of the code: ICD spends
a digit on it, but only words say for which organs. Nothing here is medical advice.
Chapter: ``words/knowledge``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from tutor.datasets.errors import DataError
from tutor.datasets.sources import file
from tutor.datasets.tokenizer import tokenize
from tutor.sampling import permutation

SITES: dict[str, str] = {
    "lip, oral cavity and pharynx": "C00-C14 D00.0 D10-D11 D37.0",
    "digestive organs": "C15-C26 C78.4-C78.8 D00.1-D00.2 D01 D12-D13 D37.1-D37.9",
    "respiratory and intrathoracic organs": "C30-C39 C78.0-C78.3 D02 D14-D15 D38",
    "bone and articular cartilage": "C40-C41 C79.5 D16 D48.0",
    "skin": "C43-C44 C4A C79.2 D03-D04 D22-D23 D48.5",
    "soft tissue": "C45-C49 D17-D21 D48.1-D48.4",
    "breast": "C50 D05 D24 D48.6",
    "female genital organs": "C51-C58 D06 D07.0-D07.3 D25-D28 D39",
    "male genital organs": "C60-C63 D07.4-D07.6 D29 D40",
    "urinary tract": "C64-C68 C79.0-C79.1 D09.0-D09.1 D30 D41",
    "eye, brain and nervous system": "C69-C72 C79.3-C79.4 D09.2 D31-D33 D42-D43",
    "endocrine glands": "C73-C75 C79.7 D09.3 D34-D35 D44",
    "lymphoid and hematopoietic tissue": "C77 C81-C96 D45-D47",
}
"""Organ systems and their codes; what belongs to none of them is left out."""
BEHAVIOURS: dict[str, str] = {
    "malignant": "C00-C76 C7A C80-C96",
    "secondary": "C77-C79 C7B",
    "in situ": "D00-D09",
    "benign": "D10-D36 D3A",
    "uncertain behavior": "D37-D48",
}
SIDES = ("no side", "right", "left")
TASKS = {"site": tuple(SITES), "behaviour": tuple(BEHAVIOURS), "side": SIDES}
"""The classes of each task."""

_SMALL = {"and", "in", "no", "side"}
LABEL_WORDS = frozenset(
    word
    for names in TASKS.values()
    for name in names
    for word in tokenize(name)
    if word not in _SMALL
) | {"situ", "primary", "bones", "tissues"}
"""Words of the class names, and close forms: the harder variant goes without them."""


@dataclass(frozen=True, eq=False)
class Neoplasms:
    """Texts as lists of words, their labels and their families.

    Attributes
    ----------
    texts : tuple of str
        As published.
    words : tuple of tuples of str
    labels : mapping of str to (n,) int64
        Class numbers of each task, in the order of ``TASKS``.
    families : tuple of str
        The category, the first three characters of the code.
    """

    texts: tuple[str, ...] = field(repr=False)
    words: tuple[tuple[str, ...], ...] = field(repr=False)
    labels: dict[str, NDArray[np.int64]] = field(repr=False)
    families: tuple[str, ...] = field(repr=False)

    def __len__(self) -> int:
        return len(self.words)

    def __repr__(self) -> str:
        count = len(set(self.families))
        return f"Neoplasms({len(self)} texts of {count} families)"

    def without(self, words: frozenset[str] = LABEL_WORDS) -> Neoplasms:
        """Return the texts without these words; those that nothing is left of stay."""
        left = tuple(tuple(w for w in text if w not in words) for text in self.words)
        return Neoplasms(self.texts, left, self.labels, self.families)


@lru_cache(maxsize=1)
def neoplasms() -> Neoplasms:
    """Return the names of tumours that belong to one site. Public domain.

    A text that occurs under several codes is taken once, at the first.

    Raises
    ------
    MissingCarrierError, DamagedFileError
        With the remedy, or the two hashes.
    """
    root = ElementTree.parse(file("icd-10-cm")).getroot()
    found: dict[str, tuple[str, int, int, int]] = {}
    for code, description, terms in _codes(root):
        site, behaviour = class_of(code, SITES), class_of(code, BEHAVIOURS)
        if site < 0 or behaviour < 0:
            continue
        side = _side(description)
        for text in (description, *terms):
            found.setdefault(text, (code, site, behaviour, side))
    if not found:
        raise DataError("the tabular list of ICD-10-CM holds no neoplasm")
    columns = list(zip(*found.values(), strict=True))
    labels = {
        name: np.array(column, np.int64)
        for name, column in zip(TASKS, columns[1:], strict=True)
    }
    words = tuple(tuple(tokenize(text)) for text in found)
    families = tuple(code[:3] for code in columns[0])
    return Neoplasms(tuple(found), words, labels, families)


def _codes(
    node: ElementTree.Element,
) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield code, description and inclusion terms of every code, in file order."""
    for diag in node.iter("diag"):
        notes = (n.text or "" for t in diag.findall("inclusionTerm") for n in t)
        code, text = (diag.findtext(x) or "" for x in ("name", "desc"))
        yield code.strip(), text.strip(), tuple(n.strip() for n in notes)


def class_of(code: str, classes: dict[str, str]) -> int:
    """Return the number of the class whose code ranges hold a code, or -1.

    A range such as ``C15-C26`` holds all codes that begin with a category between its
    ends; ``D37.1-D37.9`` all that begin with one of these subcategories.
    """
    for number, ranges in enumerate(classes.values()):
        for part in ranges.split():
            first, _, last = part.partition("-")
            if first <= code[: len(first)] <= (last or first):
                return number
    return -1


def _side(text: str) -> int:
    """Return the number of the side a description names, if it names one."""
    named = {w for w in tokenize(text) if w in SIDES}
    return SIDES.index(named.pop()) if len(named) == 1 else 0


def family_folds(
    data: Neoplasms, count: int, *, valid: int, seed: int = 0
) -> NDArray[np.int64]:
    """Return the part of each text, 0 to ``count - 1``, or -1 for validation: (n,).

    No family is cut. Families come in a random order; they fill the validation part
    until it has ``valid`` texts, then each goes to the smallest part.

    Raises
    ------
    ValueError
        When a part would stay empty.
    """
    names = sorted(set(data.families))
    sizes = {name: data.families.count(name) for name in names}
    parts, filled, held = {}, [0] * count, 0
    for i in permutation(len(names), seed).tolist():
        name = names[i]
        if held < valid:
            parts[name], held = -1, held + sizes[name]
            continue
        parts[name] = filled.index(min(filled))
        filled[parts[name]] += sizes[name]
    if count < 2 or not all(filled):
        raise ValueError(
            f"{len(data)} texts cannot fill {count} parts beside {valid} for "
            "validation: 2 parts or more, and fewer for validation"
        )
    return np.array([parts[name] for name in data.families], np.int64)


def fresh(
    data: Neoplasms, train: NDArray[np.int64], test: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the rows of ``test`` whose set of words no text of ``train`` has.

    *Neoplasm of kidney* stands in several families once the label words are gone.
    """
    seen = {frozenset(data.words[i]) for i in train}
    return np.array([i for i in test if frozenset(data.words[i]) not in seen], np.int64)
