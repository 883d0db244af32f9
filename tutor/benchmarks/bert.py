"""Benchmark of chapter ``context/bert``: a training step, and cutting texts.

The step is forward and backward of the stored model's size on one batch, against
transformers' ``BertForMaskedLM`` with the same weights: it scores every place, ours the
hidden ones. Cutting is ours in Python with a memory of words, against ``tokenizers``,
which is compiled. One thread on both sides.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tutor.benchmarks import Row


def rows(quick: bool) -> list[Row]:
    """Return the rows; ``quick`` takes fewer texts."""
    import torch

    torch.set_num_threads(1)
    ours, theirs, count = _steps(32 if quick else 128)
    texts = _texts(500 if quick else 20_000)
    return [
        Row(
            name="masked language model, one step",
            ours=ours,
            rival=theirs,
            rival_name="transformers BertForMaskedLM, labels at the hidden places",
            threads=1,
            unit="pieces",
            work=float(count),
            quality=lambda loss: {"loss": float(loss)},
            notes="float32, 3 layers, dim 128, 16 pieces a text, 15 of 100 hidden; "
            "forward and backward, no optimizer",
        ),
        Row(
            name="WordPiece, definitions to pieces",
            ours=_cut(texts),
            rival=_library(texts),
            rival_name="tokenizers WordPiece encode_batch",
            threads=1,
            unit="texts",
            work=float(len(texts)),
            quality=lambda found: {"pieces": float(sum(map(len, found)))},
            notes="ours begins each turn without memory of words; both normalise",
        ),
    ]


def _texts(count: int) -> list[str]:
    from tutor.context import bert

    return list(bert.glosses().train[:count])


def _steps(batch: int) -> tuple[Callable[[], Any], Callable[[], Any], int]:
    """Return one step of ours and of the library, and the pieces it reads."""
    import torch

    from tutor.context import bert

    model = bert.trained("masked").model.train()
    theirs = bert.bert_for_masked_lm(model)
    vocab = model.config.vocab
    ids = np.random.default_rng(0).integers(5, vocab, (batch, 16))
    masked = bert.mask_tokens(
        ids, bert.MaskingConfig(), vocab, numbers=np.arange(batch), seed=0
    )
    given = [torch.as_tensor(part) for part in masked]
    labels = torch.full(ids.shape, -100)
    labels[given[1], given[2]] = given[3]

    def ours() -> Any:
        model.zero_grad()
        loss = model(*given)
        loss.backward()
        return loss.detach()

    def library() -> Any:
        theirs.zero_grad()
        loss = theirs(input_ids=given[0], labels=labels).loss
        loss.backward()
        return loss.detach()

    return ours, library, ids.size


def _cut(texts: list[str]) -> Callable[[], Any]:
    """Return the cutting of all texts by a vocabulary that remembers no word yet."""
    from tutor.context import bert

    pieces = bert.vocabulary().pieces

    def work() -> list[list[int]]:
        fresh = bert.WordPiece(pieces)
        return [fresh.encode(text) for text in texts]

    return work


def _library(texts: list[str]) -> Callable[[], Any]:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    from tutor.context import bert

    rows = bert.vocabulary().rows
    found = Tokenizer(models.WordPiece(rows, unk_token="[UNK]"))
    found.normalizer = normalizers.BertNormalizer(lowercase=True)
    found.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    ends = (("[SEP]", rows["[SEP]"]), ("[CLS]", rows["[CLS]"]))
    found.post_processor = processors.BertProcessing(*ends)
    return lambda: [e.ids for e in found.encode_batch(texts)]
