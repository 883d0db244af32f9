r"""Likeness on an is-a graph: what a map of terms is judged by.

Chapter: ``words/terms``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor.datasets.tokenizer import tokenize

if TYPE_CHECKING:
    from tutor.datasets.wordnet import WordNet

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
HPO_ROOT = "HP:0000118"
"""*Phenotypic abnormality*: what is observed, without onset, course or inheritance."""


@dataclass(frozen=True, eq=False, repr=False)
class Ontology:
    """Names, the node each belongs to, and what each node is a kind of.

    Attributes
    ----------
    name : str
    names : mapping
        From the words of a name to its node.
    parents : mapping
        From each node to those directly above. A node without parents is a root.

    Raises
    ------
    ValueError
        If a name or a parent belongs to a node that is not listed, or a node is above
        itself.
    """

    name: str
    names: Mapping[tuple[str, ...], str]
    parents: Mapping[str, tuple[str, ...]]

    def __post_init__(self) -> None:
        known = set(self.parents)
        named = set(self.names.values()) | {
            p for up in self.parents.values() for p in up
        }
        if missing := sorted(named - known):
            raise ValueError(
                f"{len(missing)} nodes of {self.name!r} are not listed, {missing[0]!r} "
                "among them: give parents for every node, () for a root"
            )
        if len(self.depths) < len(known):
            raise ValueError(
                f"{len(known) - len(self.depths)} nodes of {self.name!r} are reached "
                "from no root: some node is above itself"
            )

    def __len__(self) -> int:
        return len(self.parents)

    def __repr__(self) -> str:
        return f"Ontology({self.name!r}, {len(self.names)} names, {len(self)} nodes)"

    @cached_property
    def depths(self) -> dict[str, int]:
        """Nodes on the shortest way up to a root, both ends counted: a root has 1."""
        below: dict[str, list[str]] = {}
        for node, up in self.parents.items():
            for parent in up:
                below.setdefault(parent, []).append(node)
        front = [node for node, up in self.parents.items() if not up]
        found = dict.fromkeys(front, 1)
        while front:
            front = [c for node in front for c in below.get(node, ()) if c not in found]
            front = list(dict.fromkeys(front))
            found.update((c, 1 + min(found.get(p, 10**6) for p in self.parents[c]))
                         for c in front)  # fmt: skip
        return found

    def above(self, node: str) -> dict[str, int]:
        """Return the node and all above it, each with the fewest steps up to it."""
        found, front, step = {node: 0}, [node], 0
        while front:
            step += 1
            front = [p for one in front for p in self.parents[one] if p not in found]
            found.update(dict.fromkeys(front, step))
        return found


def wu_palmer(ontology: Ontology, terms: Sequence[tuple[str, ...]]) -> Floats:
    r"""Return how alike terms are by where their branches meet: (n, n), in [0, 1].

    .. math:: s(a, b) = \max_c \frac{2\,d_c}{2\,d_c + u_{ac} + u_{bc}}

    where c is a node above both, :math:`d_c` its depth (a root has 1), and
    :math:`u_{ac}` the steps from a up to c. 0 where no root is shared.

    Source: Wu and Palmer (1994), with the best meeting point where there are several.
    """
    up, depth = _up(ontology, terms)
    found = np.zeros((len(terms), len(terms)))
    for i, row in enumerate(up):
        shared = np.isfinite(row)
        ways = up[:, shared] + row[shared]
        twice = 2 * depth[shared]
        found[i] = (twice / (twice + ways)).max(axis=1, initial=0.0)
    return found


def is_a_distance(ontology: Ontology, terms: Sequence[tuple[str, ...]]) -> Floats:
    r"""Return the fewest is-a steps between terms, up and then down: (n, n).

    .. math:: d(a, b) = \min_c\, (u_{ac} + u_{bc})

    1 is parent and child; 2 is grandparent or sibling, by a common parent. Infinite
    where no root is shared; 0 for names of one node.
    """
    up, _ = _up(ontology, terms)
    found = np.empty((len(terms), len(terms)))
    for i, row in enumerate(up):
        shared = np.isfinite(row)
        found[i] = (up[:, shared] + row[shared]).min(axis=1, initial=np.inf)
    return found


def _up(ontology: Ontology, terms: Sequence[tuple[str, ...]]) -> tuple[Floats, Floats]:
    """Return steps from each term up to each node (inf if not above), and depths."""
    unknown = [term for term in terms if term not in ontology.names]
    if unknown:
        raise KeyError(
            f"{len(unknown)} terms are no names of {ontology.name!r}, "
            f"{' '.join(unknown[0])!r} among them"
        )
    above = [ontology.above(ontology.names[term]) for term in terms]
    nodes = {
        node: i for i, node in enumerate(dict.fromkeys(n for a in above for n in a))
    }
    up = np.full((len(terms), len(nodes)), np.inf)
    for row, ways in zip(up, above, strict=True):
        row[[nodes[node] for node in ways]] = list(ways.values())
    return up, np.array([ontology.depths[node] for node in nodes], np.float64)


# --- two ontologies ------------------------------------------------------------------
def phenotype_ontology() -> Ontology:
    """Return the abnormalities of the Human Phenotype Ontology by their names.

    Synonyms are left out; of two terms whose names have the same words, the first
    stays. Licence: free with citation, the version shown, the content unaltered.
    """
    from tutor.datasets.collections import phenotypes

    listed = phenotypes()
    below: dict[str, list[str]] = {}
    for term in listed.values():
        for parent in term.parents:
            below.setdefault(parent, []).append(term.id)
    kept, front = {HPO_ROOT}, [HPO_ROOT]
    while front:
        front = [c for node in front for c in below.get(node, ()) if c not in kept]
        kept.update(front)
    names: dict[tuple[str, ...], str] = {}
    for key in listed:
        if key in kept:
            names.setdefault(tuple(tokenize(listed[key].name)), key)
    parents = {
        key: tuple(p for p in listed[key].parents if p in kept)
        for key in listed
        if key in kept
    }
    return Ontology("HPO", names, parents)


def noun_ontology(wordnet: WordNet) -> Ontology:
    """Return WordNet's nouns by their names of several words with one meaning.

    A name of several noun synsets is left out: which of them the text means is not
    known. Licence: WordNet's own, free for any use with its notice.
    """
    nouns = {key: s for key, s in wordnet.synsets.items() if s.pos == "n"}
    meanings: dict[tuple[str, ...], set[str]] = {}
    for key, synset in nouns.items():
        for lemma in synset.lemmas:
            meanings.setdefault(tuple(tokenize(lemma)), set()).add(key)
    names = {
        words: min(keys)
        for words, keys in meanings.items()
        if len(words) > 1 and len(keys) == 1
    }
    parents = {key: (*s.hypernyms, *s.instance_of) for key, s in nouns.items()}
    return Ontology("WordNet", names, parents)


def is_near(distances: ArrayLike, steps: int = 2) -> NDArray[np.bool_]:
    """Return which terms are is-a neighbours: ``steps`` or fewer apart, not the same.

    Shapes: (n, n) → (n, n), the diagonal false.
    """
    near = np.asarray(distances) <= steps
    np.fill_diagonal(near, False)
    return near
