"""Train a masked (or a left-to-right) language model on texts, from scratch.

Texts of equal length share a batch, so nothing is padded. Which texts, in which order,
and what is hidden comes from counter-based streams: a run can be repeated to the bit on
one machine with one thread. Chapter: ``context/bert``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor import sampling
from tutor.context.attention.config import EncoderConfig
from tutor.context.bert import start
from tutor.context.bert.masking import Masked, MaskingConfig, mask_tokens, next_tokens
from tutor.training import History, select_device

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from tutor.context.bert.torch import MaskedLM

OBJECTIVES = {"masked": "bidirectional", "left": "causal", "next": "causal"}
"""What is predicted, and the encoder's mask that goes with it."""

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class PretrainConfig:
    """Settings of a training run; values in brackets: [BERT].

    Attributes
    ----------
    encoder : EncoderConfig
    objective : {"masked", "left", "next"}
        Hidden places from both sides [masked]; the same places from the left alone;
        or each next piece from the left, with nothing hidden.
    masking : MaskingConfig
        Not used by ``next``.
    tokens : int
        Pieces read in all, texts repeated as often as that takes.
    batch : int
        About how many pieces a step.
    learning_rate : float
        Highest one of AdamW, reached after ``warmup``, then falling to 0 in a line.
    warmup : float
        Share of the tokens.
    weight_decay : float
        Of matrices; gains, shifts and biases have none [0.01].
    """

    encoder: EncoderConfig = field(default_factory=EncoderConfig)
    objective: str = "masked"
    masking: MaskingConfig = field(default_factory=MaskingConfig)
    tokens: int = 2_000_000
    batch: int = 1024
    learning_rate: float = 1e-3
    warmup: float = 0.1
    weight_decay: float = 0.01

    def __post_init__(self) -> None:
        if self.objective not in OBJECTIVES:
            raise ValueError(
                f"unknown objective {self.objective!r}; there are "
                f"{', '.join(OBJECTIVES)}"
            )
        if self.encoder.norm != "post" or self.encoder.segments:
            raise ValueError(
                "the model here is BERT's without segments: norm='post' and "
                f"segments=0, got norm={self.encoder.norm!r} and "
                f"segments={self.encoder.segments}"
            )
        if min(self.tokens, self.batch) < 1 or not self.learning_rate > 0:
            raise ValueError(
                f"tokens={self.tokens}, batch={self.batch} and learning_rate="
                f"{self.learning_rate} must be above 0"
            )
        if not 0 <= self.warmup < 1 or not self.weight_decay >= 0:
            raise ValueError(
                f"warmup={self.warmup} must lie in [0, 1), weight_decay="
                f"{self.weight_decay} be 0 or more"
            )


class Pretraining(NamedTuple):
    """What a run leaves: the model on its device, and the loss along the way."""

    model: MaskedLM
    history: History


def batches(
    texts: Sequence[ArrayLike], config: PretrainConfig, *, seed: int, epoch: int
) -> Iterator[tuple[Rows, Rows]]:
    """Yield (numbers, tokens) of one epoch: every text once, equal lengths together.

    Shapes: → (texts,), (texts, n) with about ``config.batch`` pieces.
    """
    lengths = np.array([len(text) for text in texts])  # type: ignore[arg-type]
    order = sampling.permutation(len(texts), seed, epoch=epoch)
    order = order[np.argsort(lengths[order], kind="stable")]
    pieces: list[Rows] = []
    for group in np.split(order, np.flatnonzero(np.diff(lengths[order])) + 1):
        size = max(1, config.batch // int(lengths[group[0]]))
        pieces += np.split(group, range(size, len(group), size))
    for i in sampling.permutation(len(pieces), seed, epoch=epoch, stream=_BATCHES):
        yield pieces[i], np.stack([np.asarray(texts[k]) for k in pieces[i]])


_BATCHES = 73  # stream of the order of batches


def steps(
    texts: Sequence[ArrayLike], config: PretrainConfig, *, seed: int
) -> Iterator[Masked]:
    """Yield what each step of a run predicts, until its tokens are read."""
    read, epoch = 0, 0
    while True:
        for numbers, tokens in batches(texts, config, seed=seed, epoch=epoch):
            if config.objective == "next":
                masked = next_tokens(tokens)
            else:
                masked = mask_tokens(
                    tokens, config.masking, config.encoder.vocab,
                    numbers=numbers, seed=seed, epoch=epoch,
                )  # fmt: skip
            if len(masked.targets):  # in a tiny batch chance may choose no place
                yield masked
            read += tokens.size
            if read >= config.tokens:
                return
        epoch += 1


def rate_at(config: PretrainConfig, done: float) -> float:
    """Return the learning rate when a share ``done`` of the tokens has been read."""
    up = done / config.warmup if config.warmup else 1.0
    return config.learning_rate * max(0.0, min(up, (1 - done) / (1 - config.warmup)))


def pretrain(
    texts: Sequence[ArrayLike],
    config: PretrainConfig,
    *,
    seed: int = 0,
    device: str = "cpu",
) -> Pretraining:
    r"""Train a language model from scratch.

    Each step lowers the mean loss of one batch by AdamW, its gradient cut to length 1:

    .. math:: \theta \leftarrow \theta - \eta_t \bigl(
              \hat m / (\sqrt{\hat v} + \epsilon) + \lambda\, \theta\bigr)

    Parameters
    ----------
    texts : sequences of token ids
        Each at most ``encoder.max_length`` long, [CLS] in front and [SEP] behind.
    config : PretrainConfig
    seed : int
        Of the first parameters, the order of texts, and what is hidden.
    device : str

    Returns
    -------
    Pretraining
        The history has up to 40 rows: mean loss, and tokens read by then.

    Raises
    ------
    ValueError
        For no texts, or one that is empty or too long.
    FloatingPointError
        If the loss stops being finite.
    """
    import torch

    from tutor.context.bert.torch import MaskedLM

    _check(texts, config)
    place = select_device(device)
    mask = OBJECTIVES[config.objective]
    begin = start.initial_parameters(config.encoder, seed)
    model = MaskedLM(config.encoder, begin, mask=mask, seed=seed).to(place).train()
    torch.manual_seed(seed)  # dropout, where there is some
    optimizer = _adamw(model, config)
    rows: list[tuple[float, float]] = []
    read, losses = 0, []
    for masked in steps(texts, config, seed=seed):
        for group in optimizer.param_groups:
            group["lr"] = rate_at(config, min(1.0, read / config.tokens))
        loss = model(*(torch.as_tensor(part, device=place) for part in masked))
        _step(model, optimizer, loss)
        losses.append(loss.detach())
        read += masked.tokens.size
        if read >= config.tokens * (len(rows) + 1) / 40:
            rows.append((_mean(losses, read), float(read)))
            losses = []
    columns = tuple(zip(*rows, strict=True))
    history = History({"loss": columns[0], "tokens": columns[1]})
    return Pretraining(model.eval(), history)


def _adamw(model: MaskedLM, config: PretrainConfig) -> torch.optim.AdamW:
    import torch

    matrices = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim == 1]
    return torch.optim.AdamW(
        [
            {"params": matrices, "weight_decay": config.weight_decay},
            {"params": others, "weight_decay": 0.0},
        ],
        lr=config.learning_rate,
    )


def _step(model: MaskedLM, optimizer: torch.optim.AdamW, loss: Tensor) -> None:
    import torch

    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()


def _mean(losses: Sequence[Tensor], read: int) -> float:
    import torch

    mean = float(torch.stack(list(losses)).mean())
    if not np.isfinite(mean):
        raise FloatingPointError(
            f"the loss is {mean} after {read} tokens: lower learning_rate"
        )
    return mean


def _check(texts: Sequence[ArrayLike], config: PretrainConfig) -> None:
    sizes = [len(text) for text in texts]  # type: ignore[arg-type]
    most = config.encoder.max_length
    if not sizes or min(sizes) < 2 or max(sizes) > most:
        found = f"{min(sizes)} to {max(sizes)} pieces" if sizes else "none"
        raise ValueError(
            f"texts must have 2 to {most} pieces (max_length), got {found}: cut them "
            "by WordPiece.encode(text, longest=max_length), and leave empty ones out"
        )
