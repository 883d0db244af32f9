"""Studies of chapter ``closing/one_world``: spaces of the same concepts, compared.

Settings are those of the families' own chapters, made smaller where nothing depends on
it; none was chosen by looking at an agreement. A family that claims rest on has five
seeds; GloVe of the course, in tables only, has two here and the rest in
``one_world_families``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tutor.claims.studies import Study
from tutor.closing.one_world import reference as rsa
from tutor.closing.one_world import rotation, spaces, stored
from tutor.closing.studies import one_world_more as more
from tutor.datasets import texts
from tutor.datasets.world import World, world
from tutor.datasets.world_graph import world_triples
from tutor.datasets.world_links import LEAST
from tutor.graphs.graph import Graph
from tutor.graphs.walks import fit as fit_walks
from tutor.knowledge.triples import TriplesConfig, evaluate
from tutor.knowledge.triples import fit as fit_triples
from tutor.words.counts import CountsConfig
from tutor.words.counts import fit as fit_svd
from tutor.words.glove import GloVeConfig
from tutor.words.glove import fit as fit_glove
from tutor.words.word2vec import Word2VecConfig
from tutor.words.word2vec import fit as fit_sgns

if TYPE_CHECKING:
    from tutor.datasets import Corpus
    from tutor.embedding import Embedding
    from tutor.evaluate.statistics import Effect

Table = NDArray[np.float64]
Runs = NDArray[np.float64]

SEEDS = (1, 2, 3, 4, 5)
FEW = (1, 2)
"""Seeds of GloVe, which takes longest and which no claim rests on."""
SGNS = Word2VecConfig(dim=50, epochs=5)
GLOVE = GloVeConfig(dim=50, epochs=5, x_max=10.0)
SVD = CountsConfig(dim=50)
KNOWLEDGE = {name: TriplesConfig(scorer=name) for name in ("transe", "complex")}
SGNS_NAME, WALKS_NAME, FACTS_NAME = "SGNS, word", "DeepWalk, node", "TransE, entity"
K = 10
"""Neighbours that are compared."""


# --- runs ----------------------------------------------------------------------------
def word_runs(corpus: Corpus, words: Sequence[str]) -> dict[str, Runs]:
    """Return the vectors that the course's own text teaches, one run a seed."""
    sgns = [fit_sgns(corpus, SGNS, seed=seed).embedding for seed in SEEDS]
    several = [fit_glove(corpus, GLOVE, seed=seed).embedding for seed in FEW]
    return {
        SGNS_NAME: np.stack([spaces.composed(run, words) for run in sgns]),
        "GloVe, word": np.stack([spaces.composed(run, words) for run in several]),
        "SVD, word": spaces.composed(fit_svd(corpus, SVD).embedding, words)[None],
    }


def halves(corpus: Corpus, words: Sequence[str]) -> dict[str, Any]:
    """Return how far two halves of the text agree: the ceiling of the text itself.

    Even and odd documents; they stand in one fixed random order, so each half holds
    every source. Names of which one half lacks a word are left out of both.
    """
    rows = np.arange(len(corpus))
    parts = [corpus.subset(rows[start::2]) for start in (0, 1)]
    known = [
        name
        for name in words
        if all(piece in part.vocabulary for part in parts for piece in name.split())
    ]
    found: dict[str, Any] = {"words": len(known)}
    runs = {
        SGNS_NAME: [fit_sgns(p, SGNS, seed=SEEDS[0]).embedding for p in parts],
        "SVD, word": [fit_svd(p, SVD).embedding for p in parts],
    }
    for name, pair in runs.items():
        one, other = (rsa.similarities(spaces.composed(run, known)) for run in pair)
        found[name] = round(rsa.agreement(one, other), 4)
    return found


def graph_runs(whole: World, concepts: World) -> tuple[dict[str, Runs], dict[str, int]]:
    """Return DeepWalk's and HOPE's vectors of the concepts' nodes; and sizes."""
    mentions = whole.mentions()
    graph = Graph.from_edges(mentions.titles, mentions.arcs).largest_component()
    keys = [mentions.titles[row] for row in concepts.column("node")]
    fits = (fit_walks(graph, seed=seed) for seed in SEEDS)
    runs = {WALKS_NAME: np.stack([rows_of(fit.embedding, keys) for fit in fits])}
    runs |= more.hope_runs(graph, keys)
    return runs, {"nodes": len(graph), "mentions": len(mentions.arcs)}


def rows_of(embedding: Embedding, keys: Sequence[str]) -> Table:
    """Return the rows of some keys as float64 (n, dim)."""
    return np.asarray(embedding.subset(keys).vectors, np.float64)


def knowledge_runs(whole: World, concepts: World) -> tuple[dict[str, Runs], dict]:
    """Return entity vectors of three scorers, and the MRR of held-out facts."""
    data = world_triples(whole.column("synset"))
    runs, ranks, keys = {}, {}, concepts.column("synset")
    for name, config in KNOWLEDGE.items():
        fits = [fit_triples(data, config, seed=seed) for seed in SEEDS]
        title = {"transe": FACTS_NAME, "complex": "ComplEx, entity"}[name]
        runs[title] = np.stack([rows_of(fit.embedding, keys) for fit in fits])
        ranks[title] = [round(evaluate(f, data, "test").mrr(), 4) for f in fits]
    flows, ranks[more.FLOWS_NAME] = more.flow_runs(data, keys, SEEDS)
    runs |= flows
    sizes = {"entities": len(data.entities), "facts": len(data)}
    return runs, {"mrr": ranks, **sizes}


# --- what is compared ----------------------------------------------------------------
def tables_of(runs: Mapping[str, Table]) -> dict[str, list[Table]]:
    """Return the similarity tables of each space, one a run."""
    return {
        name: [rsa.similarities(X) for X in np.reshape(table, (-1, *table.shape[-2:]))]
        for name, table in runs.items()
    }


def paired(one: Sequence[Table], other: Sequence[Table]) -> list[tuple[Table, Table]]:
    """Return runs side by side; a space without seeds stands beside each run."""
    count = max(len(one), len(other))
    return [(one[i % len(one)], other[i % len(other)]) for i in range(count)]


def neighbouring_runs(runs: Sequence[Table]) -> list[tuple[Table, Table]]:
    """Return each run beside the next seed's: the ceiling of a family."""
    return [(runs[i], runs[(i + 1) % len(runs)]) for i in range(len(runs))]


def against(
    tables: Mapping[str, list[Table]], first: tuple[str, str], second: tuple[str, str]
) -> Effect:
    """Return the agreement of one pair of spaces less that of another."""
    left, right = (paired(tables[a], tables[b]) for a, b in (first, second))
    return rsa.agreement_effect(left, right)


def every_pair(
    tables: Mapping[str, list[Table]], measure: Callable[[Table, Table], float]
) -> dict[str, float]:
    """Return a measure of every two spaces, the mean over runs."""
    found = {}
    for a, b in combinations(tables, 2):
        values = [measure(A, B) for A, B in paired(tables[a], tables[b])]
        found[f"{a} | {b}"] = round(float(np.mean(values)), 4)
    return found


def searches(runs: Mapping[str, Table]) -> dict[str, float]:
    """Return the mean reciprocal rank from every space into every other."""
    first = {
        name: table.reshape(-1, *table.shape[-2:])[0] for name, table in runs.items()
    }
    return {
        f"{a} > {b}": round(float(rotation.transfer(X, Y, seed=SEEDS[0]).mean()), 4)
        for a, X in first.items()
        for b, Y in first.items()
        if a != b
    }


def effects(tables: Mapping[str, list[Table]]) -> dict[str, Effect]:
    """Return what the chapter's stored claims rest on, by the name of the claim."""
    sgns, walk = tables[SGNS_NAME], tables[WALKS_NAME]
    gloss, text = "MiniLM, gloss", "MiniLM, text"
    return {
        "ceiling": rsa.agreement_effect(paired(sgns, walk), neighbouring_runs(walk)),
        "text": against(
            tables, (SGNS_NAME, "SVD, word"), (SGNS_NAME, "GloVe-6B, word")
        ),
        "wordnet": against(tables, (FACTS_NAME, gloss), (FACTS_NAME, text)),
        "wikipedia": against(tables, (WALKS_NAME, text), (WALKS_NAME, gloss)),
    }


def compared(runs: Mapping[str, Table], concepts: World) -> dict[str, Any]:
    """Return what the chapter shows of all spaces: tables, ceilings, effects."""
    tables = tables_of(runs)
    within = rsa.pairs_within(concepts.column("kind"))
    ceilings = {
        name: rsa.agreement_effect(neighbouring_runs(part))
        for name, part in tables.items()
        if len(part) > 1
    }
    return {
        "spaces": list(tables),
        "agreement": every_pair(tables, rsa.agreement),
        "within": every_pair(tables, lambda A, B: rsa.agreement(A, B, within)),
        "overlap": every_pair(
            tables, lambda A, B: float(rsa.neighbour_overlap(A, B, K).mean())
        ),
        "transfer": searches(runs),
        "ceilings": {name: asdict(effect) for name, effect in ceilings.items()},
        "effects": {name: asdict(effect) for name, effect in effects(tables).items()},
    }


def train_spaces() -> dict[str, Any]:
    """Train, write ``data/weights/one_world.safetensors``, compare all spaces."""
    import torch

    torch.set_num_threads(1)
    whole = world()
    concepts = whole.core()
    corpus = texts.course_en(min_count=LEAST)
    facts, knowledge = knowledge_runs(whole, concepts)
    runs = word_runs(corpus, concepts.column("word"))
    graph, sizes = graph_runs(whole, concepts)
    runs |= more.text_runs(concepts, SEEDS) | graph | facts
    sha256 = stored.write(stored.path(), concepts.column("name"), runs)
    kept = stored.read(stored.path(), concepts.column("name"), sha256)
    ordered = {name: kept[name] for name in runs}  # half precision, as readers have it
    every = ordered | spaces.fixed(concepts)
    return {
        "sha256": sha256,
        "bytes": stored.path().stat().st_size,
        "coverage": whole.coverage(),
        "dims": {name: int(table.shape[-1]) for name, table in every.items()},
        "seeds": {name: len(table) for name, table in ordered.items()},
        "knowledge": knowledge,
        "graph": sizes,
        "halves": halves(corpus, concepts.column("word")),
        **compared(every, concepts),
    }


_ONE = "tutor.closing.one_world"
INPUTS = (
    *(f"{_ONE}.{name}" for name in ("reference", "rotation", "spaces", "stored")),
    *(f"tutor.datasets.world{end}" for end in ("", "_links", "_texts", "_graph")),
    *("tutor.datasets.graphs", "tutor.graphs.graph", "tutor.graphs.walks.config"),
    *("tutor.graphs.walks.reference", "tutor.graphs.walks.fast"),
    *("tutor.words.word2vec.fast", "tutor.words.word2vec.walk"),
    *("tutor.words.counts.reference", "tutor.words.counts.svd"),
    *("tutor.words.glove.reference", "tutor.words.glove.fast"),
    *("tutor.knowledge.triples.reference", "tutor.knowledge.triples.train"),
    *(fit_sgns, fit_svd, fit_glove, fit_walks, fit_triples),
    *(word_runs, graph_runs, knowledge_runs, compared, effects, halves, searches),
    *(more, "tutor.documents.paragraphs:fit"),
    *("tutor.graphs.reconstruction:fit_hope", "tutor.knowledge.flows:fit"),
    *("tutor.documents.paragraphs.fast", "tutor.documents.paragraphs.walk"),
    *("tutor.graphs.reconstruction.katz", "tutor.knowledge.flows.train"),
)
STUDIES = {
    "one_world-spaces": Study(
        run=train_spaces,
        inputs=INPUTS,
        data=(
            *("course-en", "wordnet", "openmoji-font", "emoji-names"),
            *("emoji-categories", "glove-6b-50d", "minilm-l6-v2"),
            *("efficientnet-lite0", "wikipedia-leads-en"),
        ),
    ),
}
