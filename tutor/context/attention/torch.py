"""The encoder in torch: for training, and on CUDA unchanged.

Parameters carry the names and shapes of the NumPy reference, so that each function has
its oracle there. Attention goes through ``scaled_dot_product_attention``, which picks
the fastest kernel of the device. Chapter: ``context/attention``.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn
from torch.nn import functional as F

from tutor.context.attention import config as settings
from tutor.context.attention import masks
from tutor.context.attention.config import EncoderConfig, Parameters
from tutor.context.attention.reference import check_tokens, sinusoidal


class Block(nn.Module):
    """Attention and feed-forward, each with its residual sum and LayerNorm."""

    W_q: Tensor
    b_q: Tensor
    W_k: Tensor
    b_k: Tensor
    W_v: Tensor
    b_v: Tensor
    W_o: Tensor
    b_o: Tensor
    gain_1: Tensor
    shift_1: Tensor
    W_1: Tensor
    b_1: Tensor
    W_2: Tensor
    b_2: Tensor
    gain_2: Tensor
    shift_2: Tensor

    def __init__(self, weights: settings.Block, config: EncoderConfig):
        super().__init__()
        self.config = config
        for name, part in weights._asdict().items():
            self.register_parameter(name, nn.Parameter(torch.tensor(part)))

    def forward(self, X: Tensor, allowed: Tensor | None = None) -> Tensor:
        """Return the states after the block, as ``reference.block``.

        Shapes: ``X`` (batch, n, dim), ``allowed`` (n, n) or (batch, n, n) or None for
        yes everywhere → (batch, n, dim).
        """
        if self.config.norm == "post":
            Y = self.norm_1(X + self.attend(X, allowed))
            return self.norm_2(Y + self.feed_forward(Y))
        Y = X + self.attend(self.norm_1(X), allowed)
        return Y + self.feed_forward(self.norm_2(Y))

    def attend(self, X: Tensor, allowed: Tensor | None = None) -> Tensor:
        """Return multi-head attention of X to itself, before residual and norm."""
        p = self.config.dropout if self.training else 0.0
        where = None if allowed is None else allowed.unsqueeze(-3)
        Q, K, V = self.heads(X)
        O = F.scaled_dot_product_attention(Q, K, V, attn_mask=where, dropout_p=p)
        return self._drop(O.transpose(-2, -3).flatten(-2) @ self.W_o + self.b_o)

    def heads(self, X: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return queries, keys, values: three of (batch, heads, n, d_h)."""
        parts = (
            (X @ W + b).view(*X.shape[:-1], self.config.heads, -1).transpose(-2, -3)
            for W, b in (
                (self.W_q, self.b_q),
                (self.W_k, self.b_k),
                (self.W_v, self.b_v),
            )
        )
        Q, K, V = parts
        return Q, K, V

    def attention_weights(self, X: Tensor, allowed: Tensor | None = None) -> Tensor:
        """Return what each head looks at: (batch, heads, n, n), rows sum to 1."""
        if self.config.norm == "pre":
            X = self.norm_1(X)
        Q, K, _ = self.heads(X)
        S = Q @ K.transpose(-1, -2) / Q.shape[-1] ** 0.5
        if allowed is not None:
            S = S.masked_fill(~allowed.unsqueeze(-3), -torch.inf)
        return torch.softmax(S, dim=-1)

    def feed_forward(self, X: Tensor) -> Tensor:
        """Return the two-layer network of each token, before residual and norm."""
        before = X @ self.W_1 + self.b_1
        act = F.gelu(before) if self.config.activation == "gelu" else F.relu(before)
        return self._drop(act @ self.W_2 + self.b_2)

    def norm_1(self, X: Tensor) -> Tensor:
        """Apply the attention's LayerNorm."""
        size = (self.config.dim,)
        return F.layer_norm(X, size, self.gain_1, self.shift_1, self.config.epsilon)

    def norm_2(self, X: Tensor) -> Tensor:
        """Apply the feed-forward's LayerNorm."""
        size = (self.config.dim,)
        return F.layer_norm(X, size, self.gain_2, self.shift_2, self.config.epsilon)

    def _drop(self, X: Tensor) -> Tensor:
        return F.dropout(X, self.config.dropout, self.training)


class Encoder(nn.Module):
    """Token vectors, positions and a stack of blocks: one encoder, any mask.

    Parameters
    ----------
    config : EncoderConfig
    parameters : named arrays, optional
        Where to begin, for example a trained model; fresh ones otherwise.
    seed : int
        Of the fresh parameters.
    """

    tokens: Tensor
    positions: Tensor | None
    segments: Tensor | None
    gain: Tensor
    shift: Tensor
    waves: Tensor

    def __init__(
        self,
        config: EncoderConfig,
        parameters: Parameters | None = None,
        *,
        seed: int = 0,
    ):
        super().__init__()
        given = parameters or settings.initial_parameters(config, seed)
        self.config = config
        for name in ("tokens", "positions", "segments", "gain", "shift"):
            part = getattr(given, name)
            held = None if part is None else nn.Parameter(torch.tensor(part))
            self.register_parameter(name, held)
        if config.positions == "sinusoidal":
            table = torch.tensor(sinusoidal(config.max_length, config.dim))
            waves = table.to(self.tokens.dtype)
            self.register_buffer("waves", waves, persistent=False)
        self.blocks = nn.ModuleList(Block(part, config) for part in given.blocks)

    def __repr__(self) -> str:
        c = self.config
        return (
            f"Encoder({c.layers} layers, dim {c.dim}, {c.heads} heads, "
            f"hidden {c.hidden}, vocab {c.vocab})"
        )

    def forward(
        self,
        tokens: Tensor,
        lengths: Tensor | ArrayLike | None = None,
        *,
        mask: str | Tensor = "bidirectional",
        prefixes: Tensor | ArrayLike | None = None,
    ) -> list[Tensor]:
        """Return the states that enter the first block and leave each block.

        Parameters
        ----------
        tokens : (batch, n) int
        lengths : (batch,) int, optional
            Real tokens of each row, on the left; None: all.
        mask : {"bidirectional", "causal", "prefix"} or bool (n, n) or (batch, n, n)
            A table of one's own replaces the kind, and then padding is its business.
        prefixes : (batch,) int
            With ``mask="prefix"``: how many tokens all may see.

        Returns
        -------
        list of layers + 1 tensors (batch, n, dim)
            As ``reference.hidden_states``; states at padding mean nothing.
        """
        allowed = self.allowed(tokens, lengths, mask=mask, prefixes=prefixes)
        return self.run(self.embed(tokens), allowed)

    def allowed(
        self,
        tokens: Tensor,
        lengths: Tensor | ArrayLike | None = None,
        *,
        mask: str | Tensor = "bidirectional",
        prefixes: Tensor | ArrayLike | None = None,
    ) -> Tensor | None:
        """Return the mask as a table of yes and no; None where all is allowed."""
        n = tokens.shape[-1]
        if isinstance(mask, Tensor):
            if mask.dtype != torch.bool or mask.shape[-2:] != (n, n):
                raise ValueError(
                    f"a mask of your own must be bool and end in ({n}, {n}), got "
                    f"{tuple(mask.shape)} of {mask.dtype}"
                )
            return mask.to(tokens.device)
        given = [None if x is None else _array(x) for x in (lengths, prefixes)]
        table = masks.allowed(mask, n, lengths=given[0], prefixes=given[1])
        masks.check_batch(table, len(tokens))
        if table.all():
            return None
        return torch.from_numpy(table).to(tokens.device)

    def embed(self, tokens: Tensor, segments: Tensor | None = None) -> Tensor:
        """Return what enters the first block, as ``reference.embed``.

        Shapes: ``tokens`` (batch, n) int → (batch, n, dim).
        """
        if tokens.device.type == "cpu":  # elsewhere a look at the ids would wait
            check_tokens(tokens.numpy(), self.config)
        n = tokens.shape[-1]
        X = F.embedding(tokens, self.tokens)
        if self.positions is not None:
            X = X + self.positions[:n]
        elif self.config.positions == "sinusoidal":
            X = X + self.waves[:n]
        if self.segments is not None:
            rows = torch.zeros_like(tokens) if segments is None else segments
            X = X + F.embedding(rows, self.segments)
        if self.config.norm == "post":
            X = self.last_norm(X)
        return F.dropout(X, self.config.dropout, self.training)

    def run(self, X: Tensor, allowed: Tensor | None = None) -> list[Tensor]:
        """Return X and the states after each block, for states of one's own making."""
        states = [X]
        for block in self.stack():
            states.append(block(states[-1], allowed))
        if self.config.norm == "pre":
            states[-1] = self.last_norm(states[-1])
        return states

    def attention_weights(
        self,
        tokens: Tensor,
        lengths: Tensor | ArrayLike | None = None,
        *,
        mask: str | Tensor = "bidirectional",
        prefixes: Tensor | ArrayLike | None = None,
    ) -> list[Tensor]:
        """Return what each head of each block looks at: (batch, heads, n, n) each."""
        allowed = self.allowed(tokens, lengths, mask=mask, prefixes=prefixes)
        states = self.run(self.embed(tokens), allowed)
        pairs = zip(self.stack(), states, strict=False)
        return [block.attention_weights(X, allowed) for block, X in pairs]

    def stack(self) -> list[Block]:
        """Return the blocks in order."""
        return cast("list[Block]", list(self.blocks))

    def last_norm(self, X: Tensor) -> Tensor:
        """Apply the LayerNorm of the embeddings (post) or of the last state (pre)."""
        return F.layer_norm(
            X, (self.config.dim,), self.gain, self.shift, self.config.epsilon
        )

    def values(self) -> Parameters:
        """Return a copy of the parameters as NumPy arrays, wherever they are."""

        def held(part: Tensor | None) -> Any:
            return None if part is None else part.detach().cpu().numpy().copy()

        top = {
            name: held(getattr(self, name))
            for name in Parameters._fields
            if name != "blocks"
        }
        blocks = tuple(
            settings.Block(
                **{name: held(getattr(block, name)) for name in settings.Block._fields}
            )
            for block in self.stack()
        )
        return Parameters(**top, blocks=blocks)


def _array(values: Tensor | ArrayLike) -> np.ndarray:
    if isinstance(values, Tensor):
        return values.detach().cpu().numpy()
    return np.asarray(values)
