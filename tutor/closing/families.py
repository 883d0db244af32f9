"""The closing table: every family of the book, with what the book measured of it.

Words stand here, numbers do not: scores and failures are looked up in the ledger of
claims (the records in the executed notebooks), costs in the stored benchmark. A claim
that is gone, or whose verdict is another than the one the words rest on, is an error.
Chapter: ``closing/one_world``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from tutor.claims import ClaimError, Measured
from tutor.closing.costs import cost

Record = Mapping[str, Any]


class Support(NamedTuple):
    """A claim, and the verdict on which the words rest."""

    claim: str
    outcome: str


@dataclass(frozen=True)
class Family:
    """One family: what it minimises, what it is held against, what supports the words.

    ``bench`` names a row of ``data/results/bench.json``, ``gpu`` the largest work of it
    on a GPU; empty where no rate of a quiet machine is stored.
    """

    name: str
    chapter: str
    objective: str
    negatives: str
    score: Support
    failure: Support
    bench: str = ""
    gpu: str = ""


FAMILIES = (
    Family(
        "counts and SVD",
        "words/counts",
        "best low-rank copy of a PPMI table",
        "none: unseen pairs are zeros",
        Support("counts-ppmi-raw", "reproduced"),
        Support("counts-smoothing-svd", "not reproduced at this size"),
        "truncated SVD, dim 100, against sklearn",
        "words/counts: 5,150,741 tokens, 43,126 words",
    ),
    Family(
        "skip-gram, negative sampling",
        "words/word2vec",
        "tell true pairs from noise, one by one",
        "noise words by smoothed frequency",
        Support("word2vec-subsampling-live", "reproduced"),
        Support("word2vec-rare-alike", "reproduced"),
        "SGNS, the tuned kernel, 2 threads",
        "words/word2vec: Triton, 4,096 walkers, 5,150,741 tokens",
    ),
    Family(
        "GloVe",
        "words/glove",
        "weighted squares on log counts",
        "none: unseen pairs are left out",
        Support("glove-weighting", "reproduced"),
        Support("glove-sgns", "not reproduced at this size"),
        "GloVe, 4000 words, to the end of training",
        "words/glove: batches of 65,536 cells, 956,896 tokens",
    ),
    Family(
        "skip-gram on pieces of words",
        "words/subwords",
        "as skip-gram, the word being the mean of its pieces",
        "noise words by smoothed frequency",
        Support("subwords-rare-live", "reproduced"),
        Support("subwords-unknown-live", "undecided"),
        "fastText training, 3 to 6-grams, 1 thread, against fastText",
        "words/subwords: batches of 16,384 pairs, 365,878 tokens",
    ),
    Family(
        "several vectors a word",
        "words/senses",
        "as skip-gram, the word being a mixture of its senses",
        "noise words by smoothed frequency",
        Support("senses-hard", "undecided"),
        Support("senses-sources", "reproduced"),
        "Senses, gumbel, 3 a word, 1 thread",
        "words/senses: 2,048 windows a step, 365,878 tokens",
    ),
    Family(
        "bags of words: LSA, SIF",
        "documents/paragraphs",
        "LSA: best low-rank copy of a TF-IDF table; SIF: none, a weighted mean",
        "none",
        Support("paragraphs-sif", "reproduced"),
        Support("matryoshka-context", "reproduced"),
    ),
    Family(
        "paragraph vectors and codes",
        "documents/paragraphs",
        "guess a document's words from its vector",
        "noise words",
        Support("paragraphs-lsa", "reproduced"),
        Support("paragraphs-bound", "not reproduced at this size"),
        "paragraph vectors, dbow, 1 thread",
        "documents/paragraphs: binary codes, 6,500 documents, 1,024 a step",
    ),
    Family(
        "masked language model",
        "context/bert",
        "guess hidden pieces from both sides",
        "all other pieces, by softmax",
        Support("bert-both-sides-trainings", "reproduced"),
        Support("bert-both-sides", "not reproduced at this size"),
        "masked language model, one step",
        "context/bert: 6 layers of 256, 8,192 pieces a step",
    ),
    Family(
        "tuned sentence encoder",
        "context/matryoshka",
        "bring a text and its partner together",
        "the other texts of the batch",
        Support("matryoshka-pooling", "reproduced"),
        Support("attention-sentence-order", "reproduced"),
        "MiniLM sentence vectors, against sentence-transformers",
        "context/attention: 2,048 sentence vectors",
    ),
    Family(
        "pictures with words",
        "multimodal/clip",
        "bring a picture and its caption together",
        "the other pairs of the batch",
        Support("clip-small-unseen", "reproduced"),
        Support("clip-full-looks", "not reproduced at this size"),
        "contrastive loss and gradient, batch 2048, open_clip",
        "multimodal/clip: batches of 1,024 pairs, pictures of 32 pixels",
    ),
    Family(
        "heads trained on text alone",
        "multimodal/text_only",
        "name a picture by what its caption taught, gap bridged by noise or centring",
        "those of the encoder beneath",
        Support("text_only-centred", "reproduced"),
        Support("text_only-half", "undecided"),
        "head on text vectors",
        "multimodal/text_only: 768 dimensions, 1,024 units",
    ),
    Family(
        "walks on a graph",
        "graphs/walks",
        "skip-gram on random walks",
        "noise nodes by smoothed frequency",
        Support("walks-rewired", "reproduced"),
        Support("walks-links-easy", "not reproduced at this size"),
        "DeepWalk walks, 1 thread",
        "graphs/walks: DeepWalk, 3,194 nodes, 4,096 pairs a step",
    ),
    Family(
        "reconstruction of a graph",
        "graphs/reconstruction",
        "rebuild who is near whom",
        "all other nodes, or none",
        Support("reconstruction-order-philosophy", "reproduced"),
        Support("reconstruction-order-wordnet", "not reproduced at this size"),
        "graphs/reconstruction: SDNE, 2,000 nodes",
        "graphs/reconstruction: SDNE, 4,000 nodes",
    ),
    Family(
        "facts: triples",
        "knowledge/triples",
        "rank the right entity of a fact first",
        "all other entities, or sampled ones",
        Support("triples-complex-kinships", "reproduced"),
        Support("triples-spread-kinships", "not reproduced at this size"),
        "RotatE, self-adversarial sampling",
        "knowledge/triples: ComplEx, 15,000 entities",
    ),
    Family(
        "facts: flows",
        "knowledge/flows",
        "bring a moved random variable onto another",
        "all other entities, or sampled ones",
        Support("flows-affine-share-live", "reproduced"),
        Support("flows-uncertainty-umls", "undecided"),
        "NFE-3, scores of all tails",
        "knowledge/flows: NFE-1, 15,000 entities",
    ),
    Family(
        "shared tables",
        "systems/multiplexing",
        "that of the model above them",
        "none of their own",
        Support("multiplexing-fair", "reproduced"),
        Support("multiplexing-orthogonal-blocks", "undecided"),
        "shared table, two look-ups, MovieLens",
        "systems/multiplexing: 500,000 ratings, 8,192 a batch, table of 100%",
    ),
)


def by_id(records: Iterable[Record]) -> dict[str, Record]:
    """Return the records of the ledger by claim, each once."""
    found: dict[str, Record] = {}
    for record in records:
        if record["id"] in found:
            raise ClaimError(f"two claims are called {record['id']!r} in the ledger")
        found[record["id"]] = record
    return found


def look_up(known: Mapping[str, Record], support: Support) -> Record:
    """Return the record of a cited claim.

    Raises
    ------
    ClaimError
        If the ledger has no such claim, or another verdict than the one relied on.
    """
    record = known.get(support.claim)
    if record is None:
        raise ClaimError(
            f"claim {support.claim!r} is cited and not in the ledger: cite another, or "
            "execute its chapter"
        )
    if record["outcome"] != support.outcome:
        raise ClaimError(
            f"claim {support.claim!r} is {record['outcome']!r} now; the words here "
            f"rest on {support.outcome!r}: read its chapter and write them anew"
        )
    return record


def measured(record: Record) -> Measured:
    """Return a claim's estimate with the band of its own chapter."""
    low, high = record["measured"][0]["band"]
    return Measured(
        record["estimate"], (low, high), record["digits"], f"claim {record['id']}"
    )


def closing_table(
    records: Iterable[Record], bench: Sequence[Mapping[str, Any]]
) -> list[list[Measured | str]]:
    """Return the rows of the closing table.

    Parameters
    ----------
    records : claims of the ledger, see ``tutor.house.ledger.records``
    bench : rows of the stored benchmark, see ``tutor.house.speed.rows``

    Raises
    ------
    ClaimError
        As :func:`look_up`, or for a benchmark row that is gone.
    """
    known = by_id(records)
    rates = {row["name"]: row for row in bench}
    rows: list[list[Measured | str]] = []
    for family in FAMILIES:
        score = look_up(known, family.score)
        failure = look_up(known, family.failure)
        rows.append(
            [
                family.name,
                family.objective,
                family.negatives,
                measured(score),
                f"{score['metric']} ({score['outcome']})",
                *cost(family.bench, rates),
                f"{failure['statement']} ({failure['outcome']})",
                measured(failure),
            ]
        )
    return rows


HEADER = (
    "family",
    "objective",
    "negatives",
    "measured difference",
    "of what",
    "work a second",
    "in",
    "a claim that shows its limit",
    "by how much",
)
