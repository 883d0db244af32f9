"""Transformers on a GPU and on the processor: reading, pretraining, tuning.

The encoder has MiniLM's shape and random weights: a step takes the same time, and its
vectors mean nothing. Texts are the first words of the course's corpus, in word pieces
of our own small BERT. Chapters: ``context/attention``, ``context/bert``,
``context/matryoshka``.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from tutor.benchmarks import Row
from tutor.benchmarks.devices import finished, last_loss, row, seeds, sides

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from tutor.context.attention.torch import Encoder

CPU = "torch, all cores"
SHORTEST, LONGEST, PART = 5, 15, 16
"""Words of a text, and where a document's second text begins."""
PIECES = 64
"""Pieces of a text with both ends; the rest is cut off."""
SHAPE = "MiniLM's shape (6 layers, 384 numbers), random weights; float32 on both sides"
FORWARD = [(1, 32, 20), (32, 32, 5), (512, 32, 1), (32, 512, 1)]
ATTENTION = [(512, 40), (2048, 10), (8192, 2)]
BERT = [(3, 128, 256, 100), (3, 128, 4096, 20), (6, 256, 8192, 6)]
MATRYOSHKA = [(32, 8), (256, 3)]
"""Sizes, last how often or how many steps: batch and length; length; layers, dim and
pieces a step; pairs a step."""
ENCODING = f"{SHAPE}; texts of 5 to 15 words, cutting them into pieces included"
TRAINING = (
    "texts of 5 to 15 words, those of one length together; what is hidden, and the "
    "first parameters, are drawn on the processor on both sides and are part of it"
)


def rows(quick: bool, device: str = "cuda") -> list[Row]:
    """Return the rows; ``quick`` takes the smallest size of each with less work."""
    few, less = (1, 20) if quick else (None, 1)
    return [
        *(_sentences(n, device) for n in [16, 256, 2048][:few]),
        *(_forward(b, n, -(-t // less), device) for b, n, t in FORWARD[:few]),
        *(_attention(n, -(-t // less), device) for n, t in ATTENTION[:few]),
        *(_bert(k, d, b, -(-t // less), device) for k, d, b, t in BERT[:few]),
        *(_matryoshka(n, -(-t // less), device) for n, t in MATRYOSHKA[:few]),
        *(_exits(n, device) for n in [256, 2048][:few]),
    ]


# --- what all of them read -----------------------------------------------------------
@cache
def _encoder(device: str) -> Encoder:
    """Return an encoder of MiniLM's shape on a device, the same weights on each."""
    from tutor.context import attention

    if device != "cpu":
        there: Encoder = copy.deepcopy(_encoder("cpu")).to(device)
        return there
    config = attention.EncoderConfig(
        layers=6, dim=384, heads=12, hidden=1536, vocab=30_522, max_length=512,
        segments=2,
    )  # fmt: skip
    made: Encoder = attention.Encoder(config).eval()
    return made


@cache
def _tokenizer() -> Tokenizer:
    """Return the compiled form of our small BERT's way to cut texts."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    from tutor.context import bert

    rows = bert.vocabulary().rows
    found = Tokenizer(models.WordPiece(rows, unk_token="[UNK]"))
    found.normalizer = normalizers.BertNormalizer(lowercase=True)
    found.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    ends = (("[SEP]", rows["[SEP]"]), ("[CLS]", rows["[CLS]"]))
    found.post_processor = processors.BertProcessing(*ends)
    found.enable_truncation(PIECES)
    return found


@cache
def _texts(count: int, first: int = 0) -> list[str]:
    """Return some words from ``first`` on of documents in an order drawn once."""
    from tutor import sampling
    from tutor.datasets import texts

    corpus = texts.course_en()
    long = np.flatnonzero(np.diff(corpus.offsets) >= PART + LONGEST)
    chosen = long[sampling.permutation(len(long), seed=0)[:count]]
    sizes = sampling.integers(
        first, 0, sampling.SHUFFLE, np.arange(count), LONGEST - SHORTEST + 1
    )
    pairs = zip(chosen.tolist(), (SHORTEST + sizes).tolist(), strict=True)
    return [" ".join(corpus.words(i)[first : first + n]) for i, n in pairs]


@cache
def _ids(count: int, first: int = 0) -> list[Any]:
    """Return the texts in pieces, with [CLS] and [SEP]."""
    found = _tokenizer().encode_batch(_texts(count, first))
    return [np.array(text.ids) for text in found]


def _number(found: Any) -> Mapping[str, float]:
    """Return one number of a result: both sides did the same."""
    return {"first number": float(found.reshape(-1)[0])}


# --- attention -----------------------------------------------------------------------
def _sentences(count: int, device: str) -> Row:
    """Return the row of sentence vectors of some texts."""
    from tutor.context.studies import attention as study

    def work(place: str) -> Callable[[], Any]:
        def vectors() -> Any:
            model = study.Reader(_encoder(place), _tokenizer())
            return study.sentence_vectors(model, _texts(count))

        return vectors

    return row(
        "context/attention",
        f"{count:,} sentence vectors",
        gpu=work(device),
        cpu=work("cpu"),
        cpu_name=CPU,
        unit="texts",
        work=count,
        quality=_number,
        notes=f"{ENCODING}; about 1,024 pieces at a time, the vectors copied back",
    )


def _forward(batch: int, length: int, times: int, device: str) -> Row:
    """Return the row of the encoder alone on one batch."""
    drawn = np.random.default_rng(0)
    tokens = drawn.integers(0, 30_522, (batch, length))
    lengths = drawn.integers(length // 2, length + 1, batch)

    def work(place: str) -> Callable[[], Any]:
        def forward() -> Any:
            import torch

            encoder = _encoder(place)
            for _ in range(times):
                with torch.inference_mode():
                    given = torch.as_tensor(tokens, device=place)
                    found = finished(encoder(given, lengths, mask="causal"))
            return found[-1]

        return forward

    return row(
        "context/attention",
        f"{batch} x {length} tokens through the encoder",
        gpu=work(device),
        cpu=work("cpu"),
        cpu_name=CPU,
        unit="tokens",
        work=times * batch * length,
        quality=_number,
        notes=f"{SHAPE}; causal mask with lengths, no gradients, {times} times one "
        "batch drawn at random, padding counted as tokens; the states stay where they "
        "are",
    )


def _attention(length: int, times: int, device: str) -> Row:
    """Return the row of one layer's attention over one sequence."""
    drawn = np.random.default_rng(0).normal(size=(1, length, 384))
    X = drawn.astype(np.float32)

    def work(place: str) -> Callable[[], Any]:
        def attend() -> Any:
            import torch

            block = _encoder(place).stack()[0]
            for _ in range(times):
                with torch.inference_mode():
                    given = torch.as_tensor(X, device=place)
                    found = finished(block.attend(given))
            return found

        return attend

    return row(
        "context/attention",
        f"attention of one layer over {length:,} tokens",
        gpu=work(device),
        cpu=work("cpu"),
        cpu_name=CPU,
        unit="tokens",
        work=times * length,
        quality=_number,
        notes="12 heads of 32 numbers with their projections, no mask, no gradients, "
        f"{times} times one sequence drawn at random; float32 on both sides",
    )


# --- BERT ----------------------------------------------------------------------------
def _bert(layers: int, dim: int, batch: int, steps: int, device: str) -> Row:
    """Return the row of pretraining a model of some size."""
    from tutor.context import bert
    from tutor.context.bert.presets import PRESETS

    config = PRESETS["masked"]
    encoder = replace(
        config.encoder, layers=layers, dim=dim, heads=dim // 32, hidden=4 * dim
    )
    config = replace(config, encoder=encoder, batch=batch, tokens=batch * steps)
    count = min(40_000, config.tokens)

    def fit(**options: Any) -> Any:
        return bert.pretrain(_ids(count), config, **options)

    return row(
        "context/bert",
        f"{layers} layers of {dim}, {batch:,} pieces a step",
        **sides(partial(fit, device=device), fit),
        cpu_name=CPU,
        unit="pieces",
        work=config.tokens,
        quality=last_loss,
        notes=f"float32, {config.tokens:,} pieces or up to a step more, {TRAINING}",
    )


# --- Matryoshka ----------------------------------------------------------------------
def _matryoshka(batch: int, steps: int, device: str) -> Row:
    """Return the row of tuning on batches of pairs."""
    from tutor.context import matryoshka

    config = matryoshka.MatryoshkaConfig(steps=steps, batch_size=batch)

    def work(place: str) -> Callable[[], Any]:
        turn = seeds()
        own = cache(lambda: copy.deepcopy(_encoder("cpu")).to(place))

        def train() -> Any:
            pairs = _ids(2048), _ids(2048, PART)
            found = matryoshka.tune(
                own(), *pairs, config, seed=next(turn), device=place
            )
            return finished(found)

        return train

    return row(
        "context/matryoshka",
        f"tuning, {batch} pairs a step",
        gpu=work(device),
        cpu=work("cpu"),
        cpu_name=CPU,
        unit="pairs",
        work=batch * steps,
        quality=lambda history: {"loss": history["loss"][-1]},
        notes=f"{SHAPE}; 2d-v1, {steps} steps a turn on from the last, a pair is two "
        "pieces of one document, in ids already",
    )


def _exits(count: int, device: str) -> Row:
    """Return the row of vectors from an early exit."""
    from tutor.context.matryoshka import exit_vectors

    def work(place: str) -> Callable[[], Any]:
        return lambda: exit_vectors(_encoder(place), _ids(count), layer=3, dim=64)

    return row(
        "context/matryoshka",
        f"{count:,} vectors of 64 numbers after layer 3",
        gpu=work(device),
        cpu=work("cpu"),
        cpu_name=CPU,
        unit="texts",
        work=count,
        quality=_number,
        notes=f"{SHAPE}; ids in, vectors copied back; the shorter encoder is built in "
        "each call, through arrays of the processor",
    )
