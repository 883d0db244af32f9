"""Settings of the families that study ``one_world-families`` trains.

They are those of the partner on the same source, or of the family's own chapter; none
was chosen by looking at an agreement. Chapter: ``closing/one_world``.
"""

from __future__ import annotations

from tutor.documents.paragraphs.config import ParagraphConfig
from tutor.graphs.reconstruction.config import SDNEConfig
from tutor.graphs.walks.config import WalkConfig
from tutor.knowledge.triples.config import TriplesConfig
from tutor.words.glove.reference import GloVeConfig
from tutor.words.subwords.config import SubwordConfig

SEEDS = (1, 2, 3, 4, 5)
PIECES_SEEDS = (1, 2, 3)
"""A run of fastText takes more than twenty seconds: three, and no claim rests on it."""
GLOVE_SEEDS = (3, 4, 5)
"""Those that study ``one_world-spaces`` does not train."""

PIECES = SubwordConfig(dim=50, epochs=5)
GLOVE = GloVeConfig(dim=50, epochs=5, x_max=10.0)
WALKS = WalkConfig(p=0.5, q=2.0)
SDNE = SDNEConfig(dim=32, penalty=5.0, alpha=1.0, epochs=300)
SDNE_NODES = 500
"""SDNE's table is dense, its network as wide as the graph: concepts and few others."""
CODES = ParagraphConfig(
    dim=64, bits=64, code="binary", negatives=2, epochs=30, learning_rate=0.015
)
KNOWLEDGE = {
    "DistMult, entity": TriplesConfig(scorer="distmult"),
    "RotatE, entity": TriplesConfig(scorer="rotate"),
}
