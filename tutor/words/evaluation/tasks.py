"""Two labelled collections from data the course has: topics, and organ systems.

Chapter: ``words/evaluation``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from tutor.words.evaluation.reference import LabelledTexts

ABNORMALITY = "HP:0000118"
"""Phenotypic abnormality: its children are the organ systems of the ontology."""


def labelled(
    name: str, rows: Iterable[tuple[str, str]], *, smallest: int = 1
) -> LabelledTexts:
    """Tokenise (text, class) rows; classes of fewer than ``smallest`` are left out."""
    from tutor.datasets import tokenize

    kept = [(tokenize(text), label) for text, label in rows]
    kept = [(words, label) for words, label in kept if words]
    names, counts = np.unique([label for _, label in kept], return_counts=True)
    classes = [
        str(n) for n, count in zip(names, counts, strict=True) if count >= smallest
    ]
    row_of = {label: row for row, label in enumerate(classes)}
    kept = [(words, label) for words, label in kept if label in row_of]
    return LabelledTexts(
        name,
        tuple(tuple(words) for words, _ in kept),
        np.array([row_of[label] for _, label in kept], dtype=np.int64),
        tuple(classes),
    )


def topics() -> LabelledTexts:
    """Return the lead sections of Wikipedia with their topic: 9,033 texts, 11 classes.

    The thousand uncategorised ones are left out. Licence: CC BY-SA 4.0.
    """
    from tutor.datasets import texts

    leads = texts.wikipedia_leads()
    rows = [(x.text, x.topic) for x in leads if x.topic != "Uncategorized"]
    return labelled("topics of Wikipedia leads", rows)


def organ_systems() -> LabelledTexts:
    """Return definitions of the Human Phenotype Ontology with their organ system.

    A term belongs to a system when that is its only ancestor directly below
    "phenotypic abnormality"; terms of several systems, without a definition, or of a
    system with fewer than 50 terms are left out. Licence: the ontology's own.
    """
    from tutor.datasets.sources import file

    return labelled(
        "organ systems of HPO",
        organ_rows(file("hpo").read_text(encoding="utf-8")),
        smallest=50,
    )


def organ_rows(text: str) -> list[tuple[str, str]]:
    """Return (definition, organ system) of each term of an OBO file that has one."""
    terms: dict[str, tuple[str, str, list[str]]] = {}
    for block in text.split("\n[Term]\n")[1:]:
        block = block.split("\n\n")[0]
        if "\nis_obsolete: true" in block:
            continue
        fields = {
            key: re.search(rf"^{key}: (.*)$", block, re.M)
            for key in ("id", "name", "def")
        }
        parents = re.findall(r"^is_a: (\S+)", block, re.M)
        found = fields["def"] and re.match(r'"((?:[^"\\]|\\.)*)"', fields["def"][1])
        meaning = re.sub(r"\\(.)", r"\1", found[1]) if found else ""
        if fields["id"] and fields["name"]:
            terms[fields["id"][1]] = (fields["name"][1], meaning, parents)
    systems: dict[str, frozenset[str]] = {
        key: frozenset([name])
        for key, (name, _, parents) in terms.items()
        if ABNORMALITY in parents
    }

    def of(key: str) -> frozenset[str]:
        if key not in systems:
            systems[key] = frozenset()  # a loop in a damaged file ends here
            parents = terms[key][2] if key in terms else []
            systems[key] = frozenset().union(*map(of, parents))
        return systems[key]

    return [
        (meaning, next(iter(of(key))))
        for key, (_, meaning, _) in terms.items()
        if meaning and len(of(key)) == 1
    ]
