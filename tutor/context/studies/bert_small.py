"""Live twin of the stored trainings of chapter ``context/bert``: seconds, not minutes.

One block and a tenth of the text. What it must beat, the unigram, is written as a model
of the same kind, so that one function scores both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tutor.context.attention.config import EncoderConfig
from tutor.context.bert.presets import RIVALS, SMALL

if TYPE_CHECKING:
    from tutor.context.bert.torch import MaskedLM

TOKENS = 40_000
ENCODER = replace(SMALL, layers=1, dim=64, hidden=256)
SETTINGS = {
    name: replace(RIVALS[name], encoder=ENCODER, tokens=TOKENS)
    for name in ("masked", "next")
}
"""Two of the rivals, smaller and with less text; all else is theirs."""


def unigram(
    texts: Sequence[NDArray[np.int64]], config: EncoderConfig = ENCODER
) -> MaskedLM:
    r"""Return the model that answers everywhere by how often a piece occurs.

    The token table is 0, so whatever is read, the scores are the head's bias

    .. math:: \beta_w = \log \frac{c_w + 1}{\sum_v (c_v + 1)}

    where :math:`c_w` counts piece :math:`w` in the texts, ends left out.

    Parameters
    ----------
    texts : sequence of (n,) int
        With both ends.
    config : EncoderConfig
        Its vocabulary counts; the rest of the model is not used.
    """
    import torch

    from tutor.context.bert.torch import MaskedLM

    inside = np.concatenate([ids[1:-1] for ids in texts])
    counts = np.bincount(inside, minlength=config.vocab) + 1.0
    model = MaskedLM(config).eval()
    with torch.no_grad():
        model.encoder.tokens.zero_()
        model.bias.copy_(torch.as_tensor(np.log(counts / counts.sum())))
    return model
