"""Studies of chapter ``context/attention``: words in their place, sentences, order.

Settings were looked at once, on other lemmas and other sentences than the chapter
measures: ``PILOT`` of each were left aside for that. The chapter runs all of it live,
the senses on a part of the lemmas; ``attention_senses`` stores them for every lemma.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tutor import sampling
from tutor.context import attention
from tutor.context.attention import packed
from tutor.datasets import lexicons
from tutor.datasets.examples import SenseExample, definition, wordnet_examples
from tutor.evaluate.ranking import realistic_ranks
from tutor.geometry import unit_rows

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from tutor.context.attention.torch import Encoder

Floats = NDArray[np.floating[Any]]
Rows = NDArray[np.int64]

SEEDS = (1, 2, 3, 4, 5)
PILOT = 300
TOKENS = 1024  # tokens a batch


class Reader(NamedTuple):
    """An encoder ready to read: the module on its device, and its tokenizer."""

    encoder: Encoder
    tokenizer: Tokenizer


def reader(device: str = "cpu") -> Reader:
    """Return MiniLM, in evaluation mode, on a device."""
    from tutor.training import select_device

    found = attention.minilm()
    encoder = attention.Encoder(found.config, found.parameters)
    return Reader(encoder.eval().to(select_device(device)), found.tokenizer)


def tokens_of(model: Reader, texts: Sequence[str]) -> list[list[int]]:
    """Return token ids with [CLS] in front and [SEP] behind."""
    return [list(found.ids) for found in model.tokenizer.encode_batch(list(texts))]


def states_of(
    model: Reader, ids: Rows, lengths: Rows | None, mask: Any
) -> list[Floats]:
    """Return the states of a padded batch at each depth; a mask may be a table."""
    import torch

    given = torch.as_tensor(ids, device=model.encoder.tokens.device)
    mask = mask if isinstance(mask, str) else torch.as_tensor(mask)
    with torch.inference_mode():
        states = model.encoder(given, lengths, mask=mask)
    return [state.cpu().numpy() for state in states]


# --- senses: a word in its place -----------------------------------------------------
class Triplets(NamedTuple):
    """For each seed and lemma: an example, one of the same sense, one of another.

    Attributes
    ----------
    pool : tuple of SenseExample
    query, same, other : (seeds, lemmas) int
        Rows of the pool.
    """

    pool: tuple[SenseExample, ...]
    query: Rows
    same: Rows
    other: Rows


def triplets(count: int, *, first: int = 0, seeds: Sequence[int] = SEEDS) -> Triplets:
    """Draw triplets of ambiguous lemmas, one a lemma and seed.

    A lemma (with its part of speech) takes part if one sense has two examples and
    another has one. Lemmas come in an order drawn once.

    Parameters
    ----------
    count, first : int
        How many lemmas, and how many of the order to leave out before them.
    """
    senses: dict[tuple[str, str], dict[str, list[SenseExample]]]
    senses = defaultdict(lambda: defaultdict(list))
    for example in wordnet_examples():
        senses[example.lemma, example.pos][example.synset].append(example)
    ambiguous = [
        list(s.values())
        for s in senses.values()
        if len(s) > 1 and max(map(len, s.values())) > 1
    ]
    order = sampling.permutation(len(ambiguous), seed=7)[first : first + count]
    chosen = [ambiguous[i] for i in order]
    pool = tuple(e for lists in chosen for examples in lists for e in examples)
    row = {example: i for i, example in enumerate(pool)}
    drawn = np.array(
        [
            [
                [row[e] for e in _triplet(lists, seed, i)]
                for i, lists in enumerate(chosen)
            ]
            for seed in seeds
        ]
    )
    return Triplets(pool, *np.moveaxis(drawn, -1, 0))


def _triplet(
    lists: list[list[SenseExample]], seed: int, number: int
) -> tuple[SenseExample, SenseExample, SenseExample]:
    def order(n: int, step: int) -> list[int]:
        drawn = sampling.permutation(n, seed=seed, epoch=4 * number + step)
        return [int(i) for i in drawn]

    large = [i for i, examples in enumerate(lists) if len(examples) > 1]
    mine = large[order(len(large), 0)[0]]
    query, same = (lists[mine][i] for i in order(len(lists[mine]), 1)[:2])
    rest = [examples for i, examples in enumerate(lists) if i != mine]
    theirs = rest[order(len(rest), 2)[0]]
    return query, same, theirs[order(len(theirs), 3)[0]]


def word_states(model: Reader, examples: Sequence[SenseExample]) -> Floats:
    """Return the state of the marked word at each depth: the mean of its pieces.

    Shapes: → (examples, layers + 1, dim); depth 0 is what enters the first block.
    """
    found = model.tokenizer.encode_batch([example.text for example in examples])
    layers, dim = model.encoder.config.layers, model.encoder.config.dim
    states = np.empty((len(examples), layers + 1, dim), dtype=np.float32)
    for piece in packed.batches([len(f.ids) for f in found], TOKENS):
        ids, lengths = packed.pad([found[k].ids for k in piece])
        table = np.stack(states_of(model, ids, lengths, "bidirectional"), axis=1)
        for row, k in enumerate(piece):
            pieces = _pieces(found[k].offsets, examples[k].start, examples[k].end)
            states[k] = table[row][:, pieces].mean(axis=1)
    return states


def neighbour_bags(model: Reader, examples: Sequence[SenseExample]) -> Floats:
    """Return the mean token vector of the words around the marked word.

    No attention, no order, no position: the control of every claim about context.

    Shapes: → (examples, dim).
    """
    table = model.encoder.tokens.detach().cpu().numpy()
    bags = []
    for example in examples:
        found = model.tokenizer.encode(example.text)
        mine = _pieces(found.offsets, example.start, example.end)
        real = [i for i, (a, b) in enumerate(found.offsets) if b > a and i not in mine]
        bags.append(table[np.asarray(found.ids)[real]].mean(axis=0))
    return np.stack(bags)


def _pieces(offsets: Sequence[tuple[int, int]], start: int, end: int) -> list[int]:
    """Return the tokens that share a character with text[start:end]."""
    return [i for i, (a, b) in enumerate(offsets) if a < end and b > start and b > a]


def picks_same(vectors: Floats, drawn: Triplets) -> Floats:
    """Return 1 where the query is nearer to its own sense, 1/2 for a tie, else 0.

    Shapes: ``vectors`` (pool, dim) → (seeds, lemmas). One vector for all contexts of a
    lemma gives 1/2 everywhere.
    """
    X = unit_rows(np.asarray(vectors, dtype=np.float64))
    near = np.einsum("snd,snd->sn", X[drawn.query], X[drawn.same])
    far = np.einsum("snd,snd->sn", X[drawn.query], X[drawn.other])
    return np.asarray((1 + np.sign(np.round(near - far, 9))) / 2)


def shuffled_example(example: SenseExample, seed: int, number: int) -> SenseExample:
    """Return an example with its words in another order, the marked word among them."""
    words = example.text.split(" ")
    starts = np.cumsum([0] + [len(word) + 1 for word in words[:-1]])
    mine = int(np.searchsorted(starts, example.start, side="right")) - 1
    order = sampling.permutation(len(words), seed=seed, epoch=number).tolist()
    before = order[: order.index(mine)]
    start = sum(len(words[i]) + 1 for i in before) + example.start - int(starts[mine])
    end = start + example.end - example.start
    text = " ".join(words[i] for i in order)
    return SenseExample(text, start, end, example.lemma, example.pos, example.synset)


# --- sentences: find the definition --------------------------------------------------
class Task(NamedTuple):
    """Example sentences, and the definition that belongs to each, row by row."""

    sentences: tuple[str, ...]
    definitions: tuple[str, ...]


def definitions_task(count: int, *, first: int = 0, least: int = 8) -> Task:
    """Return sentences of ``least`` words or more, one a synset.

    They come in an order drawn once; the first ``first`` of it are left out.
    """
    chosen: dict[str, SenseExample] = {}
    for example in wordnet_examples():
        if len(example.text.split()) >= least:
            chosen.setdefault(example.synset, example)
    keys = list(chosen)
    order = sampling.permutation(len(keys), seed=7)[first : first + count]
    net = lexicons.wordnet()
    return Task(
        tuple(chosen[keys[i]].text for i in order),
        tuple(definition(net[keys[i]]) for i in order),
    )


def shuffle_words(text: str, seed: int, number: int) -> str:
    """Return the words of a text in an order drawn for (seed, number)."""
    words = text.split()
    order = sampling.permutation(len(words), seed=seed, epoch=number)
    return " ".join(words[i] for i in order)


def sentence_vectors(model: Reader, texts: Sequence[str]) -> Floats:
    """Return MiniLM's sentence vectors: the mean of the last states, at length 1."""
    states = packed.last_states(model.encoder, tokens_of(model, texts))
    return unit_rows(np.stack([state.mean(axis=0) for state in states]))


def bag_vectors(model: Reader, texts: Sequence[str]) -> Floats:
    """Return the mean token vector of each text, at length 1: nobody looks at anybody.

    [CLS] and [SEP], the same for all, are left out.
    """
    table = model.encoder.tokens.detach().cpu().numpy()
    found = tokens_of(model, texts)
    return unit_rows(np.stack([table[ids[1:-1]].mean(axis=0) for ids in found]))


def reciprocal_ranks(queries: Floats, documents: Floats) -> Floats:
    """Return 1 / rank of document i for query i. Shapes: (n, dim) both → (n,)."""
    own = np.arange(len(queries))
    return 1.0 / realistic_ranks(queries @ documents.T, own)
