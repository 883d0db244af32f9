"""The losses in torch, pooling, and an encoder cut short: for training, CUDA too.

Function by function the twin of ``pooling``, ``contrastive`` and ``reference``; the
same names, shapes and meanings. Chapter: ``context/matryoshka``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tutor.context.attention.torch import Encoder
from tutor.context.matryoshka.config import (
    MatryoshkaConfig,
    check_batch,
    check_dims,
    check_layer,
    check_positive,
    check_shorter,
)
from tutor.context.matryoshka.pooling import check_how, check_texts
from tutor.context.matryoshka.reference import two_d_weights


def pool(states: Tensor, lengths: Tensor, how: str = "mean") -> Tensor:
    """Return one vector a text, as ``pooling.pool``."""
    check_how(how)
    if how == "cls":
        return states[:, 0]
    if how == "last":
        return states[torch.arange(len(states), device=states.device), lengths - 1]
    places = torch.arange(states.shape[1], device=states.device)
    real = (places < lengths[:, None])[:, :, None]
    if how == "max":
        return states.masked_fill(~real, -torch.inf).amax(dim=1)
    return (states * real).sum(dim=1) / lengths[:, None]


def info_nce_loss(pairs: Tensor, *, temperature: float = 0.05) -> Tensor:
    """Return ``contrastive.info_nce_loss``."""
    check_batch(pairs.shape[1])
    check_positive("temperature", temperature)
    U, V = F.normalize(pairs, dim=-1)
    own = torch.arange(len(U), device=U.device)
    return F.cross_entropy(U @ V.T / temperature, own)


def matryoshka_loss(
    pairs: Tensor, dims: Sequence[int], *, temperature: float = 0.05
) -> Tensor:
    """Return ``reference.matryoshka_loss``."""
    check_dims(dims, pairs.shape[-1])
    parts = [info_nce_loss(pairs[..., :d], temperature=temperature) for d in dims]
    return torch.stack(parts).sum()


def coordinate_divergence(
    teacher: Tensor, student: Tensor, smoothing: float = 1.0
) -> Tensor:
    """Return ``reference.coordinate_divergence``; the teacher keeps its gradient."""
    dim = teacher.shape[-1]
    p = torch.log_softmax(teacher.reshape(-1, dim) / smoothing, dim=-1)
    q = torch.log_softmax(student.reshape(-1, dim) / smoothing, dim=-1)
    return F.kl_div(q, p, reduction="batchmean", log_target=True)


def two_d_loss(
    last: Tensor,
    early: Tensor,
    *,
    layer: int,
    dim: int,
    temperature: float = 0.05,
    smoothing: float = 1.0,
    version: str = "v1",
) -> Tensor:
    """Return ``reference.two_d_loss``."""
    check_shorter(dim, last.shape[-1])
    w = two_d_weights(layer, smoothing, version)
    both = (dim, last.shape[-1])
    return (
        matryoshka_loss(last, both, temperature=temperature)
        + w.early * matryoshka_loss(early, both, temperature=temperature)
        + w.divergence * coordinate_divergence(last, early, smoothing)
    )


def shortened(encoder: Encoder, layers: int) -> Encoder:
    """Return an encoder of the first ``layers`` blocks, with weights of its own."""
    check_layer(layers, encoder.config.layers)
    values = encoder.values()
    config = replace(encoder.config, layers=layers)
    short = Encoder(config, values._replace(blocks=values.blocks[:layers]))
    return short.to(encoder.tokens.device).train(encoder.training)


def pooled_states(
    encoder: Encoder,
    texts: Sequence[Sequence[int]],
    layers: Sequence[int],
    *,
    how: str = "mean",
    pieces: int = 4,
) -> Tensor:
    """Return the pooled states of some layers, with their gradients.

    Texts of like length go through the encoder together, in ``pieces`` batches, so
    that little is filled up.

    Shapes: token ids a text → (layers, texts, dim), texts in the order given.
    """
    from tutor.context.attention import packed

    check_texts(texts)
    order = torch.argsort(torch.tensor([len(ids) for ids in texts]), stable=True)
    found = []
    for piece in order.chunk(min(pieces, len(texts))):
        ids, lengths = packed.pad([texts[int(i)] for i in piece])
        place = encoder.tokens.device
        states = encoder(torch.as_tensor(ids, device=place), lengths)
        n = torch.as_tensor(lengths, device=place)
        found.append(torch.stack([pool(states[k], n, how) for k in layers]))
    back = torch.argsort(order).to(encoder.tokens.device)
    return torch.cat(found, dim=1)[:, back]


class MatryoshkaTuner(nn.Module):
    """Pairs of texts and an encoder: a batch of pair numbers in, a loss out.

    Parameters
    ----------
    encoder : Encoder
        Trained in place; its token table is left as it is.
    anchors, positives : sequences of token ids
        Text i of one belongs to text i of the other.
    config : MatryoshkaConfig
    """

    def __init__(
        self,
        encoder: Encoder,
        anchors: Sequence[Sequence[int]],
        positives: Sequence[Sequence[int]],
        config: MatryoshkaConfig,
    ):
        super().__init__()
        self.encoder = encoder
        self.anchors, self.positives = anchors, positives
        self.config = config
        encoder.tokens.requires_grad_(False)

    def forward(self, rows: Tensor, layer: int | Tensor, dim: int | Tensor) -> Tensor:
        """Return the loss summed over the pairs of a batch.

        ``rows`` (batch,) int are pairs; layer and dim are what a two-dimensional
        method draws, and the others do not look at them.
        """
        chosen = [int(i) for i in rows]
        texts = [side[i] for side in (self.anchors, self.positives) for i in chosen]
        top, n = self.encoder.config.layers, int(layer)
        two = self.config.method.startswith("2d")
        found = pooled_states(self.encoder, texts, [top, n] if two else [top])
        X = found.view(len(found), 2, len(chosen), -1)
        tau = self.config.temperature
        if two:
            version = self.config.method.removeprefix("2d-")
            loss = two_d_loss(
                X[0], X[1], layer=n, dim=int(dim), temperature=tau,
                smoothing=self.config.smoothing, version=version,
            )  # fmt: skip
        elif self.config.method == "matryoshka":
            dims = (*self.config.dims, X.shape[-1])
            loss = matryoshka_loss(X[0], dims, temperature=tau)
        else:
            loss = info_nce_loss(X[0], temperature=tau)
        return loss * len(chosen)
