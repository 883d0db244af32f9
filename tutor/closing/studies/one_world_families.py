"""Study of chapter ``closing/one_world``: more families of the same concepts.

Each stands beside one that ``one_world`` trained, on the same source: fastText beside
skip-gram, node2vec beside DeepWalk, SDNE beside HOPE, DistMult and RotatE beside TransE
and ComplEx, binary codes beside paragraph vectors; GloVe gets the seeds it lacks.
Settings are those of the partner, or of the family's own chapter; none was chosen by
looking at an agreement. Five seeds each; three for fastText, a run of which takes more
than twenty seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor.claims.studies import Study
from tutor.closing.one_world import every, spaces, stored
from tutor.closing.studies import one_world as first
from tutor.closing.studies import one_world_settings as settings
from tutor.datasets import texts
from tutor.datasets.corpus import Corpus
from tutor.datasets.tokenizer import tokenize
from tutor.datasets.world import World, world
from tutor.datasets.world_graph import world_triples
from tutor.datasets.world_links import LEAST
from tutor.documents.paragraphs import codes
from tutor.documents.paragraphs import fit as fit_paragraphs
from tutor.graphs.graph import Graph
from tutor.graphs.reconstruction import fit_sdne
from tutor.graphs.walks import fit as fit_walks
from tutor.knowledge.triples import evaluate
from tutor.knowledge.triples import fit as fit_triples
from tutor.words.glove import fit as fit_glove
from tutor.words.subwords import fit as fit_pieces

Runs = NDArray[np.float64]


# --- runs ----------------------------------------------------------------------------
def word_runs(corpus: Corpus, words: Sequence[str]) -> dict[str, Runs]:
    """Return fastText's vectors of the concepts' words, and GloVe's of more seeds."""
    pieces = (
        fit_pieces(corpus, settings.PIECES, seed=seed) for seed in settings.PIECES_SEEDS
    )
    glove = (
        fit_glove(corpus, settings.GLOVE, seed=seed) for seed in settings.GLOVE_SEEDS
    )
    return {
        "fastText, word": np.stack(
            [spaces.composed(run.embedding, words) for run in pieces]
        ),
        "GloVe, word": np.stack(
            [spaces.composed(run.embedding, words) for run in glove]
        ),
    }


def code_runs(concepts: World) -> dict[str, Runs]:
    """Return the bits of the concepts' texts (seeds, n, 64), as 0 and 1.

    Documents are those of the paragraph vectors: the concepts' texts, then the lead
    sections of all other articles.
    """
    own = set(concepts.column("article"))
    told = spaces.openings(concepts.texts())
    leads = enumerate(texts.wikipedia_leads())
    others = [lead.text for row, lead in leads if row not in own]
    documents = [tokenize(text) for text in (*told, *others)]
    corpus = Corpus.from_documents(documents, min_count=5, name="texts")
    fits = (
        fit_paragraphs(corpus, settings.CODES, seed=seed) for seed in settings.SEEDS
    )
    bits = [codes(fit)[: len(told)].astype(np.float64) for fit in fits]
    return {"binary codes, text": np.stack(bits)}


def graph_runs(graph: Graph, keys: Sequence[str]) -> dict[str, Runs]:
    """Return node2vec's and SDNE's vectors of some nodes, one run a seed."""
    part = graph.subgraph(
        around(graph, [graph.row(key) for key in keys], settings.SDNE_NODES)
    )
    walks = (fit_walks(graph, settings.WALKS, seed=seed) for seed in settings.SEEDS)
    nets = (fit_sdne(part, settings.SDNE, seed=seed) for seed in settings.SEEDS)
    return {
        "node2vec, node": np.stack([first.rows_of(f.embedding, keys) for f in walks]),
        "SDNE, node": np.stack([first.rows_of(f.embedding, keys) for f in nets]),
    }


def around(graph: Graph, rows: Sequence[int], size: int) -> list[int]:
    """Return ``rows`` and others, ``size`` in all, so that no row loses every edge.

    A row without a neighbour among the rows brings the neighbour that has most edges to
    them; the rest are the nodes with most edges to them, then with most edges. Ties
    take the lower row.

    Raises
    ------
    ValueError
        If ``size`` is too small for that.
    """
    inside = np.zeros(len(graph), bool)
    inside[list(rows)] = True
    touch = np.array([inside[graph.neighbours(i)].sum() for i in range(len(graph))])
    alone = [row for row in rows if not touch[row]]
    brought = {_best(graph.neighbours(row), touch) for row in alone}
    rest = np.setdiff1d(np.arange(len(graph)), [*rows, *brought])
    order = rest[np.lexsort((-graph.degrees[rest], -touch[rest]))]
    kept = [*rows, *sorted(brought)]
    if len(kept) > size:
        raise ValueError(f"{len(kept)} nodes are needed, size is {size}: raise it")
    return [*kept, *order[: size - len(kept)].tolist()]


def _best(nodes: NDArray[np.int32], touch: NDArray[np.int64]) -> int:
    return int(nodes[np.lexsort((nodes, -touch[nodes]))[0]])


def knowledge_runs(
    whole: World, concepts: World
) -> tuple[dict[str, Runs], dict[str, list[float]]]:
    """Return entity vectors of two more scorers, and the MRR of held-out facts."""
    data = world_triples(whole.column("synset"))
    runs, ranks, keys = {}, {}, concepts.column("synset")
    for name, config in settings.KNOWLEDGE.items():
        fits = [fit_triples(data, config, seed=seed) for seed in settings.SEEDS]
        runs[name] = np.stack([first.rows_of(fit.embedding, keys) for fit in fits])
        ranks[name] = [round(evaluate(f, data, "test").mrr(), 4) for f in fits]
    return runs, ranks


# --- the study -----------------------------------------------------------------------
def train_families() -> dict[str, Any]:
    """Train and write ``data/weights/one_world_families.safetensors``."""
    import torch

    torch.set_num_threads(1)
    whole = world()
    concepts = whole.core()
    mentions = whole.mentions()
    graph = Graph.from_edges(mentions.titles, mentions.arcs).largest_component()
    facts, ranks = knowledge_runs(whole, concepts)
    keys = [mentions.titles[row] for row in concepts.column("node")]
    corpus = texts.course_en(min_count=LEAST)
    runs = word_runs(corpus, concepts.column("word"))
    runs |= code_runs(concepts) | graph_runs(graph, keys) | facts
    sha256 = stored.write(every.path(), concepts.column("name"), runs)
    return {
        "sha256": sha256,
        "bytes": every.path().stat().st_size,
        "dims": {name: int(table.shape[-1]) for name, table in runs.items()},
        "seeds": {name: len(table) for name, table in runs.items()},
        "mrr": ranks,
        "sdne nodes": settings.SDNE_NODES,
    }


INPUTS = (
    *("tutor.closing.one_world.stored", every.path, settings, first.rows_of),
    *(spaces.composed, spaces.openings),
    *(f"tutor.datasets.world{end}" for end in ("", "_links", "_texts", "_graph")),
    *("tutor.datasets.graphs", "tutor.graphs.graph", "tutor.graphs.walks.config"),
    *("tutor.graphs.walks.reference", "tutor.graphs.walks.fast"),
    *("tutor.words.word2vec.fast", "tutor.words.word2vec.walk"),
    *("tutor.words.subwords.reference", "tutor.words.subwords.config"),
    *("tutor.words.subwords.walk", "tutor.words.subwords.epoch"),
    "tutor.words.subwords.fast",
    *("tutor.words.glove.reference", "tutor.words.glove.fast"),
    *("tutor.knowledge.triples.reference", "tutor.knowledge.triples.train"),
    *("tutor.documents.paragraphs.fast", "tutor.documents.paragraphs.walk"),
    *("tutor.documents.paragraphs.reference", "tutor.graphs.reconstruction.torch"),
    "tutor.graphs.reconstruction.reference",
    *(fit_pieces, fit_glove, fit_walks, fit_sdne, fit_triples, fit_paragraphs),
    *(word_runs, code_runs, graph_runs, knowledge_runs, around, codes),
)
STUDIES = {
    "one_world-families": Study(
        run=train_families,
        inputs=INPUTS,
        data=(
            *("course-en", "wordnet", "openmoji-font", "emoji-names"),
            *("emoji-categories", "glove-6b-50d", "wikipedia-leads-en"),
        ),
    ),
}
