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
        "Your words are rare, or your corpus never saw them.",
        "Give them vectors from their pieces: over all rare English words that beat "
        "word2vec, which has nothing for the unknown ones. Hold it against mere shared "
        "spelling, which on little text the book could not tell it from. To classify "
        "short texts try character n-grams with a linear machine first: on Bengali "
        "names and on sentiment nothing trained here beat them.",
        (
            *_yes("subwords-rare-live", "subwords-svm", "subwords-sentiment-svm"),
            Support("subwords-unknown-live", "undecided"),
            Support("subwords-names", "undecided"),
        ),
    ),
    Advice(
        "Your words have several meanings, and you want a vector for each.",
        "Try k-means on the means of contexts first: Disambiguated Skip-gram was not "
        "shown to be better, neither than it nor than hard assignment. If you know how "
        "many senses there are, say so: told the number, k-means did better than a "
        "model that had to find it. Check that senses are not just sources of text.",
        (
            *_yes("senses-told", "senses-sources"),
            Support("senses-kmeans-live", "undecided"),
            Support("senses-hard", "undecided"),
        ),
    ),
    Advice(
        "Your word vectors carry a bias that you want out.",
        "Do not take a zero for an absence. After the published removal of one "
        "direction similarity and analogies were kept, but a probe still told on which "
        "side words had lain, and other pairs of the same kind still saw their "
        "direction. Beside every such number put what random directions give: the "
        "gender direction left no more behind than they did.",
        (
            *_yes("bias-similarity-kept", "bias-analogies-kept", "bias-remains"),
            *_no("bias-zero-held-out-glove", "bias-remains-more-than-random"),
        ),
    ),
    Advice(
        "Your text holds numbers.",
        "Word vectors of numerals know magnitude inside the range they were trained "
        "on, and fail outside it: there, give the model the number itself or its "
        "logarithm. From DICE, sums were read better than from word vectors inside the "
        "range; outside it, worse than from the bare number.",
        _yes(
            "numbers-words-magnitude",
            "numbers-words-outside",
            "numbers-dice-sum",
            "numbers-dice-outside",
        ),
    ),
    Advice(
        "You know a person by a handful of ratings.",
        "Shrink the person's mean towards everybody's: with five ratings it was nearer "
        "than the plain mean, with all of them there was no difference.",
        _yes("numbers-shrunk-few", "numbers-shrunk-all"),
    ),
    Advice(
        "You want to read the columns of your vectors.",
        "Rotate them by varimax: it changes no distance, and columns held together "
        "better than those of a random rotation. Scales between opposites keep their "
        "promise on average, but they cost similarity.",
        (*_yes("numbers-varimax", "numbers-scales"), *_no("numbers-scales-cost")),
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
        "Take it, with the pooling that it was tuned with. Measured was MiniLM, which "
        "was tuned with the mean of its last states: the mean beat its first state, "
        "and MiniLM beat SIF over fourteen tasks. Another encoder may want another "
        "pooling. Where vectors must be short, take one that was trained to be cut.",
        _yes("matryoshka-context", "matryoshka-pooling", "matryoshka-short"),
    ),
    Advice(
        "You search documents, and no packaged encoder is allowed.",
        "Weigh word vectors by SIF rather than averaging them plainly. Paragraph "
        "vectors beat LSA on the book's documents and were level with word vectors of "
        "the same length, trained as long and weighed by SIF.",
        (
            *_yes("paragraphs-sif", "paragraphs-lsa", "matryoshka-sif-live"),
            Support("paragraphs-dbow-sif", "tie"),
        ),
    ),
    Advice(
        "Your index of documents must be very small.",
        "Try random hyperplanes on real paragraph vectors first: with the longer "
        "codes they ranked better than learned binary codes, with short ones the book "
        "could not decide. Learned codes beat ITQ on TF-IDF and SVD, were on a par "
        "with a noisy autoencoder, and did not rank as well as real vectors. Order a "
        "shortlist again by real vectors.",
        (
            *_yes("paragraphs-itq-128", "paragraphs-two-stage"),
            *_no("paragraphs-lsh-128", "paragraphs-bound"),
            Support("paragraphs-lsh-32", "undecided"),
            Support("paragraphs-autoencoder", "tie"),
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
        "DeepWalk's score comes from the structure, and it named topics better than "
        "label propagation. Whether it beats spectral vectors of the same length, the "
        "book could not decide: begin with whichever is easier for you. Tuning p and q "
        "of node2vec brought no gain that the book could be sure of, nor did the graph "
        "beside the words of a text. Judge link prediction against pairs of equal "
        "degree: against pairs drawn evenly, degrees alone did better.",
        (
            *_yes("walks-rewired", "walks-propagation", "walks-links-matched"),
            *_no("walks-links-easy"),
            Support("walks-spectral", "undecided"),
            Support("walks-node2vec", "undecided"),
            Support("walks-beside-text", "undecided"),
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
        "Compare at equal numbers an entity first: there no measurement showed that "
        "the uncertainty of flow embeddings raises ranks. With few numbers an entity, "
        "and where a question has many answers, it lowered them; otherwise the book "
        "could not decide.",
        (
            *_no("flows-uncertainty-many", "flows-trap-equal-numbers"),
            Support("flows-uncertainty-kinships", "undecided"),
            Support("flows-uncertainty-umls", "undecided"),
        ),
    ),
    Advice(
        "You must rebuild a graph from its vectors.",
        "Try both HOPE and SDNE on your graph: which rebuilt two hops better turned "
        "round from one graph to another. For likeness in meaning do not count on "
        "HOPE: its cosines agreed less with people than the better of the others.",
        (
            *_yes("reconstruction-order-philosophy", "reconstruction-order-people"),
            *_no("reconstruction-order-wordnet", "reconstruction-meaning"),
        ),
    ),
    Advice(
        "You ask whether one embedding can stand in for another.",
        "Do not argue from an agreement over pairs alone: whether pictures and words "
        "agree on pairs of one kind by more than the margin, the book could not "
        "decide. Train one of them twice: words and a graph came less near than two "
        "runs of the graph's family, so noise of training was no excuse. Then learn "
        "one rotation, test it on things that it has not seen, and hold it against "
        "partners dealt out within their kind. From words to glosses it found far more "
        "than kinds explain, from pictures to words only a little more.",
        (
            *_yes("one_world-rotation-words", "one_world-rotation-pictures"),
            *_yes("one_world-ceiling", "one_world-ceiling-neighbours"),
            *_yes("one_world-ceiling-rotation"),
            Support("one_world-pictures-words", "undecided"),
        ),
    ),
    Advice(
        "Your tables of users and items do not fit.",
        "Share one table among the fields, with two look-ups and a salt for each. On "
        "ratings of films it beat separate small tables of the same bytes, also those "
        "with two look-ups of their own; with no salt at all it was as good. On late "
        "flights it was a tie.",
        (
            *_yes("multiplexing-fair", "multiplexing-lookups", "multiplexing-one-salt"),
            *_yes("multiplexing-two-hashes", "multiplexing-no-salt"),
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
