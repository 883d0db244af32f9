"""What chapter ``words/terms`` measures live, beside the scores of ``terms_scores``.

How many names the pattern accepts, where an order of candidates puts them, and how the
precision of the map's edges falls as more are drawn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor import sampling
from tutor.datasets import Corpus
from tutor.datasets.wordnet import wordnet
from tutor.embedding import Embedding
from tutor.geometry import mean_center, unit_rows
from tutor.words import terms
from tutor.words.studies.terms import (
    Bench,
    Floats,
    Judged,
    in_text,
    unit_vectors,
    word_means,
)
from tutor.words.terms.candidates import Candidates, find_candidates
from tutor.words.terms.graph import neighbour_graph, relabelled, star_precision
from tutor.words.terms.speech import BREAK, NOUN, STOP_WORDS

RUNS = 48  # stream: random runs of words
GROUPS = 7
LABELS = range(5)


# --- the pattern ---------------------------------------------------------------------
def fits_pattern(kinds: Sequence[int]) -> bool:
    """Return whether parts of speech are (adjective | noun)* noun, of two or more."""
    return len(kinds) > 1 and BREAK not in kinds and kinds[-1] == NOUN


def accepted(names: Iterable[tuple[str, ...]]) -> dict[str, int]:
    """Count names of several words: with a stop word, refused otherwise, accepted."""
    several = [name for name in names if len(name) > 1]
    words = sorted({word for name in several for word in name})
    kinds = dict(
        zip(words, terms.parts_of_speech(words, wordnet()).tolist(), strict=True)
    )
    found = Counter(
        "a stop word inside"
        if not STOP_WORDS.isdisjoint(name)
        else "accepted"
        if fits_pattern([kinds[word] for word in name])
        else "another part of speech"
        for name in several
    )
    return {"names": len(several), **found}


def random_runs(corpus: Corpus, speech: ArrayLike, *, n: int = 20_000) -> float:
    """Return the share of random pairs of adjacent words that the pattern accepts."""
    kinds = np.asarray(speech)[corpus.tokens]
    last = np.zeros(len(kinds), bool)
    ends = corpus.offsets[1:]
    last[ends[ends > 0] - 1] = True
    starts = np.flatnonzero(~last)
    place = starts[sampling.integers(0, 0, RUNS, np.arange(n), len(starts))]
    return float(((kinds[place] != BREAK) & (kinds[place + 1] == NOUN)).mean())


# --- the order of candidates ---------------------------------------------------------
def all_candidates(
    found: Bench, speech: ArrayLike
) -> tuple[Candidates, Floats, Floats]:
    """Return every candidate of the text, with C-values and NPMI."""
    corpus, config = found.corpus, terms.TermsConfig()
    listed = find_candidates(
        corpus, speech, longest=config.longest, min_count=config.min_count
    )
    values = terms.c_value(listed.lengths, listed.counts, terms.nested(listed))
    parts = np.where(listed.rows < 0, 0, corpus.vocabulary.counts[listed.rows])
    return listed, values, terms.npmi(listed.counts, parts, len(corpus.tokens))


def are_names(found: Bench, listed: Candidates) -> NDArray[np.bool_]:
    """Return which candidates are names in one of the ontologies: (n,)."""
    words = found.corpus.vocabulary.words
    known = set().union(*(j.ontology.names for j in found.judged.values()))
    named = [tuple(words[t] for t in rows) in known for rows in listed.sequences()]
    return np.array(named)


def places(scores: ArrayLike) -> Floats:
    """Return the share of candidates below each, equal ones counted half: (n,)."""
    from scipy.stats import rankdata

    s = np.asarray(scores, np.float64)
    return np.asarray((rankdata(s) - 0.5) / len(s), np.float64)


def found_share(found: Bench) -> dict[str, tuple[int, int]]:
    """Return how many names the text holds often enough, and how many were found."""
    extracted = set(found.found.words)
    share = {}
    for name, judged in found.judged.items():
        there = in_text(judged.ontology, found.units["dictionary"])
        share[name] = (len(there), sum(n in extracted for n in there))
    return share


# --- the map -------------------------------------------------------------------------
def named(judged: Judged, vectors: Floats) -> Embedding:
    """Return one row a name, most frequent first, the key with spaces."""
    order = np.argsort(-judged.counts, kind="stable")
    keys = tuple(" ".join(judged.names[i]) for i in order)
    return Embedding(keys, unit_rows(vectors[order]).astype(np.float32))


def maps(judged: Judged, words: Embedding, units: Embedding) -> dict[str, Embedding]:
    """Return the names as units and as means of words, as learned and centred.

    Beside them stand means of random vectors.
    """
    shown = {
        "terms as units": unit_vectors(units, judged.names)[0],
        "means of words": word_means(words, judged.names),
    }
    known = tuple(sorted({word for name in judged.names for word in name}))
    where = np.arange(len(known) * words.dim).reshape(len(known), words.dim)
    noise = Embedding(known, sampling.uniform(1, 0, RUNS, where) - 0.5)
    shown["means of random vectors"] = word_means(noise, judged.names)
    for name in ("terms as units", "means of words"):
        shown[f"{name}, centred"] = mean_center(unit_rows(shown[name]))
    return {name: named(judged, vectors) for name, vectors in shown.items()}


def edge_curve(
    judged: Judged,
    shown: Embedding,
    sizes: Sequence[int],
    *,
    topn: int = 5,
    apart: bool = False,
    exchange: bool = False,
) -> list[tuple[int, float, float]]:
    """Return, for each number of edges, it, the last cosine, and the share right.

    Edges are those of the map around every name, highest cosine first; right are those
    between is-a neighbours. With ``apart`` only edges between names without a common
    word are drawn. With ``exchange`` labels are exchanged within bands of frequency,
    and the share is the mean over five exchanges.
    """
    row = {" ".join(name): i for i, name in enumerate(judged.names)}
    edges = neighbour_graph(shown, shown.keys, topn=topn, threshold=-1.0)
    pairs = np.array([(row[e.left], row[e.right]) for e in edges])
    cosines = np.array([e.cosine for e in edges])
    if apart:
        kept = ~judged.shares_word[pairs[:, 0], pairs[:, 1]]
        pairs, cosines = pairs[kept], cosines[kept]
    orders = [np.arange(len(judged))]
    if exchange:
        orders = [relabelled(judged.band, seed=s) for s in LABELS]
    right = np.mean([judged.near[o[pairs[:, 0]], o[pairs[:, 1]]] for o in orders], 0)
    return [
        (n, float(cosines[n - 1]), float(right[:n].mean()))
        for n in sizes
        if n <= len(pairs)
    ]


def right_edges(judged: Judged, stack: Floats) -> Floats:
    """Return, for each run and term, the share of its five edges that are right.

    Only names without a common word can be joined. Shapes: → (seeds, n).
    """
    related = judged.near & ~judged.shares_word
    return np.array([star_precision(t, related) for t in _apart(judged, stack)])


def exchanged_edges(judged: Judged, stack: Floats) -> Floats:
    """Return the same with labels exchanged inside bands of frequency.

    The mean over five exchanges. Shapes: → (seeds, n).
    """
    related = judged.near & ~judged.shares_word
    orders = [relabelled(judged.band, seed=s) for s in LABELS]
    shares = [
        [star_precision(t, related[np.ix_(o, o)]) for o in orders]
        for t in _apart(judged, stack)
    ]
    mean: Floats = np.array(shares).mean(axis=1)
    return mean


def _apart(judged: Judged, stack: Floats) -> list[Floats]:
    """Return the cosines with those of names that share a word below all others."""
    return [np.where(judged.shares_word, -2.0, table) for table in stack]


def branches(judged: Judged) -> dict[tuple[str, ...], str]:
    """Return the branch below the root that each name belongs to, in words.

    The seven largest are named, the rest is *other*; of several branches the largest.
    """
    ontology = judged.ontology
    spoken = {node: " ".join(name) for name, node in ontology.names.items()}
    above = {
        name: [n for n in ontology.above(ontology.names[name]) if _is_top(ontology, n)]
        for name in judged.names
    }
    sizes = Counter(node for nodes in above.values() for node in nodes)
    largest = [node for node, _ in sizes.most_common(GROUPS)]
    chosen: Mapping[tuple[str, ...], str] = {
        name: next((n for n in largest if n in nodes), "")
        for name, nodes in above.items()
    }
    return {
        name: _short(spoken.get(node, node)) if node else "other"
        for name, node in chosen.items()
    }


def _short(name: str) -> str:
    return name.removeprefix("abnormality of ").removeprefix("the ")


def _is_top(ontology: terms.Ontology, node: str) -> bool:
    return ontology.depths[node] == 2
