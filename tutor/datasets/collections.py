"""Small labelled collections for judging text encoders.

Phenotypes, diagnoses, rated review sentences, emoji, documented functions, and news
texts that people compared. Each loader reads pinned, hash-checked files; nothing is
imported or run. Chapter: ``context/matryoshka``.
"""

from __future__ import annotations

import ast
import json
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from tutor.datasets.errors import DataError
from tutor.datasets.sources import file, files, source

_LARGEST = 2_000_000  # bytes of a member taken out of the archive of reviews


# --- the Human Phenotype Ontology ----------------------------------------------------
@dataclass(frozen=True)
class Phenotype:
    """A term: id, name, definition (or ""), and the ids of what it is a kind of."""

    id: str
    name: str
    definition: str
    parents: tuple[str, ...]


@lru_cache(maxsize=1)
def phenotypes() -> dict[str, Phenotype]:
    """Return the terms of the Human Phenotype Ontology in use, by id.

    Licence: free with citation, the version shown, the content unaltered.
    """
    text = file("hpo").read_text(encoding="utf-8")
    found = {}
    for block in text.split("\n[Term]\n")[1:]:
        block = block.partition("\n[")[0]
        if "\nis_obsolete: true" in block:
            continue
        key, name = (_line(block, field) for field in ("id", "name"))
        quoted = re.search(r'^def: "((?:[^"\\]|\\.)*)"', block, re.MULTILINE)
        definition = re.sub(r"\\(.)", r"\1", quoted.group(1)) if quoted else ""
        parents = re.findall(r"^is_a: (\S+)", block, re.MULTILINE)
        found[key] = Phenotype(key, name, definition, tuple(parents))
    return found


def _line(block: str, field: str) -> str:
    match = re.search(rf"^{field}: (.*)$", block, re.MULTILINE)
    if match is None:
        raise DataError(f"a term of the ontology has no {field}: {block[:60]!r}")
    return match.group(1).strip()


# --- ICD-10-CM -----------------------------------------------------------------------
@dataclass(frozen=True)
class Diagnosis:
    """A code, its description, the description one level up (or ""), its chapter."""

    code: str
    text: str
    parent: str
    chapter: str


@lru_cache(maxsize=1)
def diagnoses() -> tuple[Diagnosis, ...]:
    """Return the diagnoses of ICD-10-CM in the order of its file. Public domain."""
    root = ElementTree.parse(file("icd-10-cm")).getroot()
    found: list[Diagnosis] = []

    def walk(node: ElementTree.Element, parent: str, chapter: str) -> None:
        for diag in node.findall("diag"):
            text = (diag.findtext("desc") or "").strip()
            code = (diag.findtext("name") or "").strip()
            found.append(Diagnosis(code, text, parent, chapter))
            walk(diag, text, chapter)

    for chapter in root.findall("chapter"):
        title = re.sub(r"\s*\(.*\)$", "", (chapter.findtext("desc") or "").strip())
        for section in chapter.findall("section"):
            walk(section, "", title)
    if not found:
        raise DataError("the tabular list of ICD-10-CM holds no diagnosis")
    return tuple(found)


# --- rated sentences from reviews ----------------------------------------------------
class Rated(NamedTuple):
    """A sentence and the mean rating of twenty people, from -4 to 4."""

    text: str
    rating: float


@lru_cache(maxsize=2)
def reviews(subject: str) -> tuple[Rated, ...]:
    """Return rated sentences from reviews of ``movie`` s or ``amazon`` products.

    Ratings: MIT. Source: Hutto and Gilbert (2014). Characters that are not UTF-8 are
    replaced.
    """
    if subject not in ("movie", "amazon"):
        raise ValueError(f"no reviews of {subject!r}; there are movie, amazon")
    name = f"hutto_ICWSM_2014/{subject}ReviewSnippets_GroundTruth.txt"
    with tarfile.open(file("review-snippets"), "r:gz") as archive:
        member = archive.getmember(name)
        handle = archive.extractfile(member)
        if handle is None or member.size > _LARGEST:
            raise DataError(f"{name} is no plain file of less than {_LARGEST} bytes")
        lines = handle.read().decode("utf-8", errors="replace").splitlines()
    rows = [line.split("\t", 2) for line in lines if line.count("\t") >= 2]
    return tuple(Rated(text.strip(), float(rating)) for _, rating, text in rows)


# --- emoji ---------------------------------------------------------------------------
class Emoji(NamedTuple):
    """The name of an emoji in lower case, and its group."""

    name: str
    group: str


@lru_cache(maxsize=1)
def emoji_names() -> tuple[Emoji, ...]:
    """Return the names of 1,903 emoji with their groups. Licence: MIT."""
    raw = json.loads(file("emoji-categories").read_text(encoding="utf-8"))
    return tuple(Emoji(r["name"].lower(), r["category"]) for r in raw if r["name"])


# --- functions and what their authors say of them ------------------------------------
class Function(NamedTuple):
    """A function: its name, the first paragraph of its docstring, its other code."""

    name: str
    summary: str
    body: str


@lru_cache(maxsize=1)
def documented_functions() -> tuple[Function, ...]:
    """Return public functions of the library boltons that say what they do.

    The files are parsed, never imported. The docstring is taken out of the body.
    Licence: BSD-3-Clause.
    """
    found = [f for path in files("python-functions") for f in _functions(path)]
    first = {f.summary: f for f in reversed(found)}
    return tuple(f for f in found if first[f.summary] is f)


def _functions(path: Path) -> Iterator[Function]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
            continue
        text = ast.get_docstring(node) or ""
        summary = " ".join(text.split("\n\n")[0].split())
        if len(summary.split()) >= 5 and len(node.body) > 1:
            body = "\n".join(ast.unparse(part) for part in node.body[1:])
            yield Function(node.name, summary, body)


# --- news texts compared by people ---------------------------------------------------
class Judged(NamedTuple):
    """Texts, and for each pair i < j how alike people found them (0 to 1)."""

    texts: tuple[str, ...]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    likeness: NDArray[np.float64]


@lru_cache(maxsize=1)
def lee_documents() -> Judged:
    """Return 50 news texts and the 1,225 mean judgements of Lee et al. (2005)."""
    corpus, table = files("lee-documents")
    texts = tuple(corpus.read_text(encoding="latin-1").splitlines())
    scores = np.loadtxt(table)
    record = source("lee-documents")
    left, right = np.triu_indices(len(texts), 1)
    if scores.shape != (len(texts),) * 2 or len(left) != record.rows:
        raise DataError(f"{len(texts)} texts but judgements of shape {scores.shape}")
    return Judged(texts, left, right, scores[left, right])


# --- WordNet's noun classes ----------------------------------------------------------
@lru_cache(maxsize=1)
def noun_classes() -> dict[str, int]:
    """Return the lexicographer's file (3 to 28) of each noun synset, by its id.

    WordNet's editors sorted nouns into 26 files such as animal, food or feeling; the
    number stands in the second column of the database.
    """
    found = {}
    for path in files("wordnet"):
        if "noun" in path.name:
            for line in path.read_text(encoding="utf-8").splitlines():
                if line and not line.startswith(" "):
                    offset, number = line.split(" ", 2)[:2]
                    found[f"n-{offset}"] = int(number)
    return found
