"""What training returns, and the one short torch loop of the course.

:class:`Fit` is the result of every ``fit``; :class:`History` its loss curve. Devices
and backends are chosen here, so that a wrong name meets the same clear error
everywhere. Chapter: ``words/word2vec``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

    from tutor.embedding import Embedding


@dataclass(frozen=True)
class History:
    """A run's measurements: one row an epoch, one named column a quantity."""

    columns: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        columns = {k: tuple(float(x) for x in v) for k, v in self.columns.items()}
        lengths = {name: len(column) for name, column in columns.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"columns must have one length, got {lengths}")
        object.__setattr__(self, "columns", MappingProxyType(columns))

    def __getitem__(self, name: str) -> tuple[float, ...]:
        if name not in self.columns:
            raise KeyError(f"no column {name!r}; this history has {list(self.columns)}")
        return self.columns[name]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def __repr__(self) -> str:
        return f"History({len(self)} epochs: {', '.join(self.columns) or 'empty'})"

    def table(self, digits: int = 2) -> str:
        """Return the rows as text, ``digits`` significant digits a number."""
        names = ["epoch", *self.columns]
        rows = [
            [str(i + 1), *(f"{self.columns[n][i]:.{digits}g}" for n in self.columns)]
            for i in range(len(self))
        ]
        widths = [max(len(r[k]) for r in [names, *rows]) for k in range(len(names))]
        return "\n".join(
            "  ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=True))
            for row in [names, *rows]
        )


@dataclass(frozen=True)
class Fit:
    """What every ``fit`` returns.

    Attributes
    ----------
    embedding : Embedding
        The vectors to use.
    context : Embedding or None
        The second matrix (context or output vectors), where the method has one.
    history : History
        Loss and learning rate by epoch.
    config : object
        The frozen configuration the run was given.
    seed : int
    backend : str
        ``numpy``, ``numba`` or ``torch``.
    """

    embedding: Embedding
    context: Embedding | None
    history: History
    config: Any
    seed: int
    backend: str

    def __repr__(self) -> str:
        name = type(self.config).__name__.removesuffix("Config")
        return (
            f"Fit({name}: {len(self.embedding)} x {self.embedding.dim}, "
            f"backend={self.backend!r}, seed={self.seed})"
        )


def check_backend(backend: str, available: Iterable[str]) -> str:
    """Return ``backend`` if it is one of ``available``; else say which there are.

    Raises
    ------
    ValueError
        If the name is unknown.
    ModuleNotFoundError
        If the backend's library is not installed.
    """
    from importlib.util import find_spec

    available = tuple(available)
    if backend not in available:
        raise ValueError(
            f"unknown backend {backend!r}; this algorithm has {', '.join(available)}"
        )
    if backend != "numpy" and find_spec(backend) is None:
        raise ModuleNotFoundError(
            f"backend {backend!r} needs the package {backend}, which is not installed: "
            f"pip install {backend}, or use backend='numpy'"
        )
    return backend


def available_devices() -> tuple[str, ...]:
    """Return the device names torch can use here, ``cpu`` first."""
    import torch

    names = ["cpu"]
    names += [f"cuda:{i}" for i in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        names.append("mps")
    return tuple(names)


def select_device(device: str = "cpu") -> torch.device:
    """Return the torch device of this name (``cpu``, ``cuda``, ``cuda:0``, ``mps``).

    Raises
    ------
    ValueError
        If the device is unknown or not there; the message lists those that are.
    """
    import torch

    names = available_devices()
    known = set(names) | {name.split(":")[0] for name in names}
    if device not in known:
        raise ValueError(
            f"device {device!r} is not available here; available: {', '.join(names)}"
        )
    return torch.device(device)


def train(
    model: torch.nn.Module,
    epochs: Iterable[Iterable[tuple[Any, ...]]],
    *,
    learning_rate: float,
    optimizer: str = "sgd",
    device: str = "cpu",
) -> History:
    r"""Train ``model`` in place and return its loss curve.

    .. math:: \theta \leftarrow \theta - \eta \, \nabla_\theta \ell(\text{batch})

    where :math:`\ell` is ``model(*batch)``, a scalar summed over the batch, and
    :math:`\eta` the learning rate.

    Parameters
    ----------
    model : torch.nn.Module
        ``forward(*batch)`` returns the loss; higher is worse.
    epochs : iterable of iterables of batches
        One inner iterable an epoch; a batch is a tuple of arrays or tensors.
    learning_rate : float
        Positive.
    optimizer : {"sgd", "adagrad", "adam"}
    device : str
        See :func:`select_device`.

    Raises
    ------
    ValueError
        For an unknown optimizer or device, or a learning rate that is not positive.
    FloatingPointError
        If the loss stops being finite; the message names epoch and batch.
    """
    import torch

    kinds = {
        "sgd": torch.optim.SGD,
        "adagrad": torch.optim.Adagrad,
        "adam": torch.optim.Adam,
    }
    if optimizer not in kinds:
        raise ValueError(f"unknown optimizer {optimizer!r}; there are {list(kinds)}")
    if not learning_rate > 0:
        raise ValueError(f"learning_rate must be positive, got {learning_rate}")
    place = select_device(device)
    model.to(place)
    step = kinds[optimizer](model.parameters(), lr=learning_rate)
    losses = []
    for epoch, batches in enumerate(epochs):
        total, count = 0.0, 0
        for number, batch in enumerate(batches):
            step.zero_grad()
            loss = model(*(torch.as_tensor(part, device=place) for part in batch))
            if not torch.isfinite(loss):
                raise FloatingPointError(
                    f"loss is {loss.item()} at epoch {epoch}, batch {number}: "
                    "lower learning_rate or the batch size"
                )
            loss.backward()
            step.step()
            total += float(loss.detach())
            count += len(batch[0])
        losses.append(total / max(count, 1))
    return History({"loss": tuple(losses)})
