"""Batches of sequences of different lengths: filled up, or packed without a gap.

A padded table wastes work on tokens that nobody reads. Everything in a block but the
attention works on one token at a time, so it can run on all tokens of all sequences in
one tall table; only the attention needs to know where sequences end, and sequences of
equal length can go through it together. Chapter: ``context/attention``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from torch import Tensor

    from tutor.context.attention.torch import Block, Encoder

Ids = NDArray[np.int64]


def pad(sequences: Sequence[ArrayLike], fill: int = 0) -> tuple[Ids, Ids]:
    """Put sequences into one table, filled up on the right.

    Shapes: sequences of token ids → (sequences, longest), (sequences,) lengths.

    Raises
    ------
    ValueError
        If there is no sequence, or one without tokens.
    """
    rows = _rows(sequences)
    lengths = np.array([len(row) for row in rows])
    table = np.full((len(rows), lengths.max()), fill, dtype=np.int64)
    for row, ids in zip(table, rows, strict=True):
        row[: len(ids)] = ids
    return table, lengths


def _rows(sequences: Sequence[ArrayLike]) -> list[Ids]:
    rows = [np.asarray(s, dtype=np.int64) for s in sequences]
    if not rows or not all(len(row) for row in rows):
        raise ValueError(
            f"{len(rows)} sequences, {sum(not len(r) for r in rows)} of them empty; "
            "give one or more, each with a token (a tokenizer adds [CLS] and [SEP])"
        )
    return rows


def batches(lengths: ArrayLike, tokens: int) -> Iterator[NDArray[np.int64]]:
    """Yield rows in order of length, about ``tokens`` tokens at a time.

    Neighbours in length share a batch, so little is filled up.

    Shapes: ``lengths`` (n,) → pieces of a permutation of 0 to n - 1.
    """
    sizes = np.asarray(lengths)
    order = np.argsort(sizes, kind="stable")
    piece = (np.cumsum(sizes[order]) - sizes[order]) // tokens
    yield from np.split(order, np.flatnonzero(np.diff(piece)) + 1)


def last_states(
    encoder: Encoder, sequences: Sequence[ArrayLike], *, tokens: int = 1024
) -> list[NDArray[np.float32]]:
    """Return the last states of each sequence, bidirectional, without any padding.

    Parameters
    ----------
    encoder : Encoder
        On any device; its dropout is off here, and no gradient is kept.
    sequences : sequences of token ids
    tokens : int
        About how many tokens go through the encoder at once.

    Returns
    -------
    list of (length, dim) arrays, in the order given
    """
    import torch

    rows = _rows(sequences)
    found: list[Any] = [None] * len(rows)
    training, place = encoder.training, encoder.tokens.device
    encoder.eval()
    with torch.inference_mode():
        for piece in batches([len(row) for row in rows], tokens):
            groups = _equal_lengths(rows, piece)
            ids = [torch.as_tensor(g, device=place) for g in groups]
            for k, states in zip(piece, _packed(encoder, ids), strict=True):
                found[k] = states.cpu().numpy()
    encoder.train(training)
    return found


def _equal_lengths(rows: Sequence[Ids], piece: NDArray[np.int64]) -> list[Ids]:
    """Return tables of equally long neighbours; ``piece`` is sorted by length."""
    sizes = [len(rows[k]) for k in piece]
    cuts = np.flatnonzero(np.diff(sizes)) + 1
    return [np.stack([rows[k] for k in part]) for part in np.split(piece, cuts)]


def _packed(encoder: Encoder, groups: Sequence[Tensor]) -> list[Tensor]:
    """Return the last states of each sequence of groups of equal length."""
    import torch

    dim = encoder.config.dim
    X = torch.cat([encoder.embed(ids).reshape(-1, dim) for ids in groups])
    sizes = [ids.numel() for ids in groups]

    def attend(block: Block, X: Tensor) -> Tensor:
        """Attention of a tall table: project all, then look group by group."""
        W = torch.cat([block.W_q, block.W_k, block.W_v], dim=1)
        b = torch.cat([block.b_q, block.b_k, block.b_v])
        parts = torch.split(torch.addmm(b, X, W), sizes)
        seen = []
        for ids, part in zip(groups, parts, strict=True):
            shape = (*ids.shape, 3, encoder.config.heads, -1)
            Q, K, V = part.view(shape).permute(2, 0, 3, 1, 4)
            O = torch.nn.functional.scaled_dot_product_attention(Q, K, V)
            seen.append(O.transpose(1, 2).reshape(-1, dim))
        return torch.addmm(block.b_o, torch.cat(seen), block.W_o)

    for block in encoder.stack():
        if encoder.config.norm == "post":
            Y = block.norm_1(X + attend(block, X))
            X = block.norm_2(Y + block.feed_forward(Y))
        else:
            Y = X + attend(block, block.norm_1(X))
            X = Y + block.feed_forward(block.norm_2(Y))
    if encoder.config.norm == "pre":
        X = encoder.last_norm(X)
    parts = zip(groups, torch.split(X, sizes), strict=True)
    return [row for ids, part in parts for row in part.view(*ids.shape, dim)]
