"""Which embedding should I use? Advice that stands on claims of this book, or falls.

Each piece of advice cites claims with the verdict it rests on. The page is written at
build time from the ledger; a cited claim that is gone, or has another verdict, stops
the build and turns a test red. Chapter: ``closing/one_world``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tutor.claims.measured import number
from tutor.closing.families import Record, Support, by_id, look_up


@dataclass(frozen=True)
class Advice:
    """A situation, what the book's measurements say to do in it, and which ones."""

    situation: str
    advice: str
    support: tuple[Support, ...]


def _yes(*claims: str) -> tuple[Support, ...]:
    return tuple(Support(claim, "reproduced") for claim in claims)


def _no(*claims: str) -> tuple[Support, ...]:
    return tuple(Support(claim, "not reproduced at this size") for claim in claims)


ADVICE = (
    Advice(
        "You need vectors of single words, and have some million words of text.",
        "Begin with counts: PPMI, then a truncated SVD with the square root of the "
        "singular values. It needs no training. Then try skip-gram with the same care; "
        "between the two the book could not decide. Do not expect GloVe to be better: "
        "on this text, tuned alike, it was worse.",
        (
            *_yes("counts-ppmi-raw", "counts-power-half"),
            Support("counts-svd-sgns", "undecided"),
            *_no("glove-sgns"),
        ),
    ),
    Advice(
        "You need word vectors, and your text is small or of one trade.",
        "Train on your own text, even if it is little: vectors of the domain beat "
        "those of far more general text. On little text skip-gram beat CBOW; whether "
        "it beats count vectors there, the book could not decide.",
        (
            *_yes("evaluation-domain", "evaluation-domain-full", "evaluation-simple"),
            Support("evaluation-counts-suffice", "undecided"),
        ),
    ),
    Advice(
        "You classify texts and have few labels.",
        "Average word vectors and put a regression on top. With thousands of labels go "
        "back to TF-IDF words, which then beat means of short vectors.",
        _yes(
            "evaluation-features", "evaluation-features-full", "evaluation-many-labels"
        ),
    ),
    Advice(
        "You search or compare sentences, and a packaged encoder is allowed.",
        "Take it, with the mean of its last states. It beats SIF over fourteen tasks. "
        "Ask for it to be short only if it was trained to be cut.",
        _yes("matryoshka-context", "matryoshka-pooling", "matryoshka-short"),
    ),
    Advice(
        "You search documents, and no packaged encoder is allowed.",
        "Weigh word vectors by SIF rather than averaging them plainly. Paragraph "
        "vectors beat LSA on the book's documents.",
        _yes("paragraphs-sif", "paragraphs-lsa", "matryoshka-sif-live"),
    ),
    Advice(
        "Your index of documents must be very small.",
        "Learned binary codes beat ITQ on TF-IDF and SVD, but they did not rank as "
        "well as real vectors. Order a shortlist again by real vectors.",
        (
            *_yes("paragraphs-itq-128", "paragraphs-two-stage"),
            *_no("paragraphs-bound"),
        ),
    ),
    Advice(
        "You need the sense of a word in its sentence.",
        "Take a contextual encoder's state of the word. Its neighbours alone, without "
        "their order, tell the sense worse.",
        _yes("attention-senses", "attention-senses-order"),
    ),
    Advice(
        "You would train a language model on a few hundred thousand pieces.",
        "Do not take masking at 15 of 100 for granted: from so small a text, guessing "
        "each next piece taught more, and hiding half taught more than hiding 15.",
        (*_no("bert-both-sides"), *_yes("bert-mask-rate")),
    ),
    Advice(
        "You search pictures by words, with about a thousand pairs.",
        "Try a linear map from words to simple features of the picture first: the "
        "trained dual encoders of this book did not beat it. Split by family, or the "
        "score is too good.",
        (
            *_yes("clip-linear-looks", "clip-siblings-leak"),
            *_no("clip-small-looks", "clip-full-looks"),
        ),
    ),
    Advice(
        "You embed the nodes of a graph.",
        "Begin with DeepWalk; its score comes from the structure. Tuning p and q of "
        "node2vec brought no gain that the book could be sure of. Judge link "
        "prediction against pairs of equal degree.",
        (
            *_yes("walks-rewired", "walks-propagation", "walks-links-matched"),
            Support("walks-node2vec", "undecided"),
        ),
    ),
    Advice(
        "You complete a graph of facts.",
        "Begin with ComplEx rather than DistMult: it ranked higher on both real "
        "graphs. Tune the loss with it: the full softmax won where settings were "
        "chosen for each, and lost on another graph without a penalty. Where relations "
        "are one-way steps, the symmetric score of DistMult ranked far below RotatE.",
        (
            *_yes(
                "triples-complex-kinships",
                "triples-complex-umls",
                "triples-softmax-nssa",
                "triples-grid-distmult",
            ),
            *_no("triples-softmax-nssa-live"),
        ),
    ),
    Advice(
        "You think of giving the entities of a graph of facts an uncertainty.",
        "Compare at equal numbers an entity first: there the uncertainty of flow "
        "embeddings did not raise ranks, not even where a question has many answers.",
        _no("flows-uncertainty-many", "flows-trap-equal-numbers"),
    ),
    Advice(
        "Your tables of users and items do not fit.",
        "Share one table among the fields, with two look-ups and a salt for each. On "
        "ratings of films it beat separate small tables of the same bytes; on late "
        "flights it was a tie.",
        (
            *_yes("multiplexing-fair", "multiplexing-lookups", "multiplexing-one-salt"),
            Support("multiplexing-flights", "tie"),
        ),
    ),
)


def page(records: Iterable[Record]) -> str:
    """Return the body of the page *Which embedding should I use?* as Markdown.

    Raises
    ------
    ClaimError
        If a cited claim is missing or its verdict has changed.
    """
    known = by_id(records)
    return "\n\n".join(_section(advice, known) for advice in ADVICE)


def _section(advice: Advice, known: dict[str, Record]) -> str:
    lines = [f"## {advice.situation.rstrip('.')}", "", advice.advice, ""]
    lines += ["| it rests on | measured | verdict | chapter |", "|---|---|---|---|"]
    for support in advice.support:
        record = look_up(known, support)
        ours, low, high = (
            number(record[key], record["digits"]) for key in ("estimate", "low", "high")
        )
        where = record["chapter"]
        cells = (
            f"{record['statement']} ({record['metric']}; claim `{record['id']}`)",
            f"{ours}, {low} to {high}",
            record["outcome"],
            f"[{where}](../{where}.ipynb#what-reproduced)",
        )
        lines.append("| " + " | ".join(c.replace("|", "\\|") for c in cells) + " |")
    return "\n".join(lines)
