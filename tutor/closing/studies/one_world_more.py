"""Three more families of the one world: paragraph vectors, HOPE, a flow.

They join those of ``one_world`` in one study. Paragraph vectors and HOPE have 64
numbers, else the former's settings are their chapter's and the latter's its defaults;
the flow takes coordinates, passes and batches of the scorers of facts beside it. None
was chosen by looking at an agreement. Chapter: ``closing/one_world``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor.closing.one_world import spaces
from tutor.datasets import texts
from tutor.datasets.corpus import Corpus
from tutor.datasets.tokenizer import tokenize
from tutor.datasets.triples import TripleSet
from tutor.datasets.world import World
from tutor.documents.paragraphs import ParagraphConfig
from tutor.documents.paragraphs import fit as fit_paragraphs
from tutor.graphs.graph import Graph
from tutor.graphs.reconstruction import HopeConfig, fit_hope
from tutor.graphs.reconstruction.katz import MOST
from tutor.knowledge.flows import FlowsConfig
from tutor.knowledge.flows import evaluate as evaluate_flows
from tutor.knowledge.flows import fit as fit_flows

Runs = NDArray[np.float64]

PARAGRAPHS = ParagraphConfig(
    dim=64, negatives=2, sample=1e-4, epochs=20, learning_rate=0.03
)
HOPE = HopeConfig(dim=64)
FLOWS = FlowsConfig(scorer="nfe1", dim=32, epochs=60, batch_size=128)
TEXT_NAME, HOPE_NAME, FLOWS_NAME = "PV-DBOW, text", "HOPE, node", "NFE-1, entity"


def text_runs(concepts: World, seeds: tuple[int, ...]) -> dict[str, Runs]:
    """Return paragraph vectors of the concepts' texts (seeds, n, 64).

    The concepts' texts, as MiniLM reads them, stand first among the lead sections of
    all other articles: vectors of a few hundred texts alone would learn little.
    """
    own = set(concepts.column("article"))
    told = spaces.openings(concepts.texts())
    leads = enumerate(texts.wikipedia_leads())
    others = [lead.text for row, lead in leads if row not in own]
    documents = [tokenize(text) for text in (*told, *others)]
    corpus = Corpus.from_documents(documents, min_count=5, name="texts")
    fits = (fit_paragraphs(corpus, PARAGRAPHS, seed=seed) for seed in seeds)
    runs = [np.asarray(fit.parameters.D[: len(told)], np.float64) for fit in fits]
    return {TEXT_NAME: np.stack(runs)}


def hope_runs(graph: Graph, keys: list[str]) -> dict[str, Runs]:
    """Return HOPE's vectors of some nodes, source beside target: (1, n, 64).

    Its table is dense, so it sees these nodes and those of most edges beside them,
    ``MOST`` in all. Nothing is random: there is one run.
    """
    rows = [graph.row(key) for key in keys]
    rest = np.setdiff1d(np.arange(len(graph)), rows)
    order = rest[np.argsort(-graph.degrees[rest], kind="stable")]
    part = graph.subgraph([*rows, *order[: MOST - len(rows)]])
    fit = fit_hope(part, HOPE)
    assert fit.context is not None
    halves = [side.subset(keys).vectors for side in (fit.embedding, fit.context)]
    return {HOPE_NAME: np.concatenate(halves, axis=1).astype(np.float64)[None]}


def flow_runs(
    data: TripleSet, keys: tuple[str, ...], seeds: tuple[int, ...]
) -> tuple[dict[str, Runs], list[float]]:
    """Return where NFE-1 puts some entities (seeds, n, 32), and the MRR of each run.

    An entity is a random variable; its location is taken, its spread left out.
    """
    fits = [fit_flows(data, FLOWS, seed=seed) for seed in seeds]
    ranks = [round(evaluate_flows(fit, data, "test").mrr(), 4) for fit in fits]
    tables: list[Any] = [fit.embedding.subset(keys).vectors for fit in fits]
    runs = np.stack([table[:, : FLOWS.dim] for table in tables])
    return {FLOWS_NAME: runs.astype(np.float64)}, ranks
