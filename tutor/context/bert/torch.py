"""The masked language model in torch: one encoder, a tied head, any mask.

Parameters carry the names of the NumPy reference. Chapter: ``context/bert``.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tutor.context.attention.config import EncoderConfig, Parameters
from tutor.context.attention.torch import Encoder
from tutor.context.bert.reference import Head, initial_head


class MaskedLM(nn.Module):
    """An encoder and the head that guesses pieces from its states.

    Parameters
    ----------
    config : EncoderConfig
    parameters, head : named arrays, optional
        Where to begin; fresh ones otherwise.
    mask : {"bidirectional", "causal"}
        Who may look at whom: BERT, or a left-to-right model of the same parameters.
    seed : int
        Of the fresh parameters.
    """

    W: Tensor
    b: Tensor
    gain: Tensor
    shift: Tensor
    bias: Tensor

    def __init__(
        self,
        config: EncoderConfig,
        parameters: Parameters | None = None,
        head: Head | None = None,
        *,
        mask: str = "bidirectional",
        seed: int = 0,
    ):
        super().__init__()
        if mask not in ("bidirectional", "causal"):
            raise ValueError(
                f"mask {mask!r} is neither 'bidirectional' nor 'causal': a language "
                "model predicts from both sides or from the left"
            )
        self.config, self.mask = config, mask
        self.encoder = Encoder(config, parameters, seed=seed)
        for name, part in (head or initial_head(config, seed))._asdict().items():
            self.register_parameter(name, nn.Parameter(torch.tensor(part)))

    def __repr__(self) -> str:
        return f"MaskedLM({self.encoder!r}, {self.mask})"

    def forward(
        self, tokens: Tensor, rows: Tensor, columns: Tensor, targets: Tensor
    ) -> Tensor:
        """Return the mean loss over the places to predict, as ``reference.mlm_loss``.

        Shapes: ``tokens`` (batch, n), all of one length; the others (m,) → ().
        """
        return F.cross_entropy(self.scores(tokens, rows, columns), targets)

    def scores(self, tokens: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
        """Return a score for every piece at the places asked. Shapes: → (m, vocab)."""
        states = self.encoder(tokens, mask=self.mask)[-1]
        return self.score_states(states[rows, columns])

    def score_states(self, H: Tensor) -> Tensor:
        """Return ``reference.mlm_scores`` of states. Shapes: (m, dim) → (m, vocab)."""
        act = F.gelu(H @ self.W + self.b)
        size, eps = (self.config.dim,), self.config.epsilon
        N = F.layer_norm(act, size, self.gain, self.shift, eps)
        return N @ self.encoder.tokens.T + self.bias

    def head(self) -> Head:
        """Return a copy of the head as NumPy arrays, wherever it is."""
        parts = {name: getattr(self, name) for name in Head._fields}
        return Head(**{k: v.detach().cpu().numpy().copy() for k, v in parts.items()})
