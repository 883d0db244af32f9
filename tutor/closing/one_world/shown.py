"""Which spaces the explorer shows: every family once, by a rule.

Families are those of the closing table, with the encoder of pictures beside them. Of
several spaces of a family the one stands that a live claim of the chapter rests on;
else the one whose runs share most neighbours, a space without anything random sharing
all. Chapter: ``closing/one_world``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tutor.closing.one_world.every import FIXED, ONE_RUN

LIVE = (
    *("GloVe-6B, word", "MiniLM, gloss", "SIF, gloss"),
    *("ImageNet, drawing", "own CLIP, drawing"),
)
"""Spaces on which a live claim rests, the first of a family before the others."""

SPACES = {
    "counts and SVD": ("SVD, word",),
    "skip-gram, negative sampling": ("SGNS, word",),
    "GloVe": ("GloVe-6B, word", "GloVe, word"),
    "skip-gram on pieces of words": ("fastText, word",),
    "bags of words: LSA, SIF": ("LSA, gloss", "LSA, text", "SIF, gloss", "SIF, text"),
    "paragraph vectors and codes": ("PV-DBOW, text", "binary codes, text"),
    "masked language model": ("own BERT, gloss",),
    "tuned sentence encoder": ("MiniLM, gloss", "MiniLM, text"),
    "encoder of pictures": ("ImageNet, drawing",),
    "pictures with words": ("own CLIP, drawing",),
    "walks on a graph": ("DeepWalk, node", "node2vec, node"),
    "reconstruction of a graph": ("HOPE, node", "SDNE, node"),
    "facts: triples": (
        *("TransE, entity", "ComplEx, entity"),
        *("DistMult, entity", "RotatE, entity"),
    ),
    "facts: flows": ("NFE-1, entity",),
}
"""The spaces of each family; pixels belong to none, nothing in them is learned."""

WITHOUT = {
    "several vectors a word": "none of a word's vectors is marked as that of our sense",
    "heads trained on text alone": "a head gives classes, its vectors are CLIP's",
    "shared tables": "its keys are users and films",
}
"""Families of the closing table that have no vectors of these concepts, and why."""


def one_each(ceilings: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return one space a family.

    Parameters
    ----------
    ceilings : of each space with two runs, ``{"neighbours": {"estimate": …}, …}``
    """

    def shared(space: str) -> float:
        if ONE_RUN.get(space) == FIXED:
            return 1.0
        own = ceilings.get(space)
        return float(own["neighbours"]["estimate"]) if own else 0.0

    chosen = {}
    for family, spaces in SPACES.items():
        live = [space for space in LIVE if space in spaces]
        chosen[family] = live[0] if live else max(spaces, key=shared)
    return chosen
