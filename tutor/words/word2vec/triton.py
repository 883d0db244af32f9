r"""Triton kernel of skip-gram with negative sampling: the GPU's ``fused``.

A *walker* is one warp: 32 lanes that hold a window's K+1 output rows in registers and
train one (context, center) pair after the other, as ``fast.fused_jit`` does with its
block. With one walker the numbers are those of the reference at ``batch_pairs=1``.
Several walkers each take an equal share of the tokens, as the CPU's threads do; windows
do not reach across the cuts. They share both tables: what a pair changes is added by
atomic additions, so no update is lost, but a row may be read while others are about to
change it (Hogwild).

Source: the objective is Mikolov et al. (2013b), section 2.2; the layout is ours.
Chapter: ``words/word2vec``.
"""

from __future__ import annotations

# mypy: disable-error-code="no-untyped-def, no-untyped-call"
from typing import Any, NamedTuple

import numpy as np
import torch
import triton
import triton.language as tl

from tutor import sampling
from tutor.words.word2vec.config import Word2VecConfig
from tutor.words.word2vec.walk import Plan, make_run

GOLDEN = tl.constexpr(0x9E3779B97F4A7C15)
M1, M2 = tl.constexpr(0xBF58476D1CE4E5B9), tl.constexpr(0x94D049BB133111EB)
KEPT_BLOCK = 1024


# --- the draws of tutor.sampling -----------------------------------------------------
@triton.jit
def uniform_jit(key, position):
    """Return the float64 in [0, 1) of ``position``; equals ``sampling.uniform``."""
    z = key + (position.to(tl.uint64) + 1) * GOLDEN
    z = (z ^ (z >> 30)) * M1
    z = (z ^ (z >> 27)) * M2
    z = z ^ (z >> 31)
    return (z >> 11).to(tl.float64) * 1.1102230246251565e-16  # 2**-53


@triton.jit(do_not_specialize=["n"])
def subsample_jit(tokens, keep, keys, mask, n, BLOCK: tl.constexpr):
    """Set ``mask`` where subsampling keeps a token; equals ``sampling.subsample``."""
    i = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    word = tl.load(tokens + i, mask=i < n, other=0)
    draw = uniform_jit(tl.load(keys).to(tl.uint64, bitcast=True), i)
    tl.store(mask + i, (draw < tl.load(keep + word)).to(tl.int8), mask=i < n)


# --- one walker ----------------------------------------------------------------------
@triton.jit(do_not_specialize=["card", "cards"])
def walk_jit(
    U,
    V,
    words,
    places,
    documents,
    edges,
    cuts,
    deck,
    keys,
    card,
    cards,
    rate,
    slope,
    DIM: tl.constexpr,
    WIDTH: tl.constexpr,
    WINDOW: tl.constexpr,
    DYNAMIC: tl.constexpr,
    NEGATIVES: tl.constexpr,
    ROWS: tl.constexpr,
):
    """Train the windows of kept tokens ``edges[p]`` to ``edges[p + 1]``."""
    p = tl.program_id(0)
    first, last = tl.load(edges + p), tl.load(edges + p + 1)
    start, end = tl.load(cuts + p), tl.load(cuts + p + 1)
    key = tl.load(keys + 1).to(tl.uint64, bitcast=True)
    d, j = tl.arange(0, WIDTH), tl.arange(0, ROWS)
    label = (j == 0).to(tl.float32)
    for i in range(first, last):
        word, place = tl.load(words + i), tl.load(places + i)
        document = tl.load(documents + i)
        # --- the K+1 output rows: the word and its noise; a repeated row takes no part
        drawn = (card + place * NEGATIVES + j - 1) % cards
        noise = tl.load(deck + drawn, mask=(j > 0) & (j <= NEGATIVES), other=-1)
        outputs = tl.where(j == 0, word, noise)
        equal = (outputs[:, None] == outputs[None, :]) & (j[None, :] < j[:, None])
        fresh = (tl.sum(equal.to(tl.int32), axis=1) == 0) & (j <= NEGATIVES)
        inside = fresh[:, None] & (d < DIM)[None, :]
        at = V + outputs.to(tl.int64)[:, None] * DIM + d[None, :]
        rows = tl.load(at, mask=inside, other=0.0, cache_modifier=".cg")
        old = rows
        share = (place - start).to(tl.float64) / (end - start)
        step = tl.where(fresh, (rate + slope * share).to(tl.float32), 0.0)
        # --- the pairs of the window, from left to right
        reach = WINDOW
        if DYNAMIC:
            reach = 1 + (uniform_jit(key, place) * WINDOW).to(tl.int32)
        for k in range(tl.maximum(first, i - reach), tl.minimum(last, i + reach + 1)):
            if (k != i) & (tl.load(documents + k) == document):
                row = U + tl.load(words + k).to(tl.int64) * DIM + d
                u = tl.load(row, mask=d < DIM, other=0.0, cache_modifier=".cg")
                score = tl.sum(rows * u[None, :], axis=1)
                g = step * (label - 1 / (1 + tl.exp(-score)))
                change = tl.sum(g[:, None] * rows, axis=0)
                rows += g[:, None] * u[None, :]
                # A row that comes again in the window is read after this: a test with
                # one walker holds whatever compiles this to that order.
                tl.atomic_add(row, change, mask=d < DIM, sem="relaxed")
        tl.atomic_add(at, rows - old, mask=inside, sem="relaxed")


# --- one epoch -----------------------------------------------------------------------
class Layout(NamedTuple):
    """What the walkers read of an epoch, on the GPU, in the kernel's order.

    Attributes
    ----------
    words, places, documents : (kept,)
        The kept tokens, their positions in the corpus, and their documents.
    edges, cuts : (walkers + 1,)
        Where each walker's share begins, among the kept tokens and in the corpus.
    deck : (cards,)
        Noise words.
    keys : (2,)
        Keys of the streams of subsampling and of the windows.
    """

    words: torch.Tensor
    places: torch.Tensor
    documents: torch.Tensor
    edges: torch.Tensor
    cuts: torch.Tensor
    deck: torch.Tensor
    keys: torch.Tensor


def lay_out(
    plan: Plan, walkers: int, place: torch.device, *, seed: int, epoch: int
) -> Layout:
    """Return the kept tokens of an epoch, in equal shares of the corpus."""

    def there(array: Any) -> torch.Tensor:
        return torch.tensor(np.asarray(array), device=place)

    streams = (sampling.SUBSAMPLE, sampling.WINDOW)
    named = [sampling.stream_key(seed, epoch, stream) for stream in streams]
    keys = there(np.array(named, np.uint64).view(np.int64))
    tokens, n = there(plan.tokens), len(plan.tokens)
    mask = torch.empty(n, dtype=torch.int8, device=place)
    blocks = triton.cdiv(n, KEPT_BLOCK)
    subsample_jit[(blocks,)](tokens, there(plan.keep), keys, mask, n, BLOCK=KEPT_BLOCK)
    places = mask.nonzero()[:, 0]
    documents = torch.searchsorted(there(plan.offsets), places, right=True)
    cuts = there(np.linspace(0, n, walkers + 1).astype(np.int64))
    edges = torch.searchsorted(places, cuts)
    return Layout(
        tokens[places], places, documents, edges, cuts, there(plan.deck), keys
    )


def train_epoch(
    U: torch.Tensor,
    V: torch.Tensor,
    plan: Plan,
    config: Word2VecConfig,
    *,
    seed: int = 0,
    epoch: int = 0,
) -> None:
    """Train ``U`` and ``V`` in place for one epoch with ``config.threads`` walkers.

    Both are float32, (vocab, dim), contiguous and on the device that trains. Its
    memory holds the kept tokens beside them: 20 bytes each, and at most 25 a token
    while an epoch is laid out; nothing of it stays.
    """
    run = make_run(plan, config, seed=seed, epoch=epoch)
    with torch.cuda.device_of(U):  # a kernel starts on the current device
        layout = lay_out(plan, config.threads, U.device, seed=seed, epoch=epoch)
        walk_jit[(config.threads,)](
            U,
            V,
            *layout,
            run.card,
            len(plan.deck),
            run.rate,
            run.slope,
            DIM=U.shape[1],
            WIDTH=triton.next_power_of_2(U.shape[1]),
            WINDOW=config.window,
            DYNAMIC=config.dynamic,
            NEGATIVES=config.negatives,
            ROWS=triton.next_power_of_2(config.negatives + 1),
            num_warps=1,
        )
