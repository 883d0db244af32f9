"""The settings of a table and the small network behind it."""

from __future__ import annotations

from dataclasses import dataclass

METHODS = ("full", "hashed", "fair", "unified")
SALTS = ("chunk", "field", "none")


@dataclass(frozen=True)
class MultiplexingConfig:
    r"""Settings of :func:`tutor.systems.multiplexing.fit`.

    The paper's settings were not read in its text; the values here are the course's.

    Attributes
    ----------
    method : {"full", "hashed", "fair", "unified"}
        ``full`` keeps a row for each value; ``hashed`` gives each field a part of the
        budget; ``fair`` keeps small fields exact and hashes the rest; ``unified`` lets
        all fields share all rows.
    budget : float
        :math:`\beta`, the table's bytes as a share of the full table's; 1 for
        ``full``.
    dim : int
        :math:`D`, numbers a field, the same for all methods.
    lookups : int
        :math:`c`, chunks a field is looked up in; a chunk has D / c numbers.
    exact_share : float
        Of ``fair``: small fields are kept exact while they take at most this share of
        the budget.
    power : float
        :math:`\alpha` of ``hashed`` and ``fair``: a field with n values gets rows in
        proportion to :math:`n^\alpha`.
    salts : {"chunk", "field", "none"}
        What gets a hash function of its own: every chunk of every field, every field
        (its chunks then meet together), or nothing.
    hidden : int
        :math:`H`, units of the hidden layer; 0 is logistic regression.
    epochs, batch_size, learning_rate
        Of Adam. The epoch with the best validation AUC is kept.
    init : float
        Initial rows are uniform on (-init, init).

    Raises
    ------
    ValueError
        If a value is out of its range; the message names field, value and remedy.
    """

    method: str = "unified"
    budget: float = 0.1
    dim: int = 16
    lookups: int = 1
    exact_share: float = 0.5
    power: float = 1.0
    salts: str = "chunk"
    hidden: int = 64
    epochs: int = 5
    batch_size: int = 1024
    learning_rate: float = 0.005
    init: float = 0.05

    def __post_init__(self) -> None:
        for name, allowed in (("method", METHODS), ("salts", SALTS)):
            if getattr(self, name) not in allowed:
                raise ValueError(
                    f"unknown {name} {getattr(self, name)!r}; there are {allowed}"
                )
        for name in ("dim", "lookups", "epochs", "batch_size"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more, got {getattr(self, name)}")
        for name in ("exact_share", "power"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(
                    f"{name} must lie between 0 and 1, got {getattr(self, name)}"
                )
        if self.hidden < 0:
            raise ValueError(f"hidden must be 0 or more, got {self.hidden}")
        for name in ("learning_rate", "init"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be above 0, got {getattr(self, name)}")
        if not 0 < self.budget <= 1:
            raise ValueError(
                f"budget is a share of the full table's bytes, above 0 and at most 1, "
                f"got {self.budget}"
            )
        if self.method == "full" and self.budget != 1:
            raise ValueError(f"a full table has budget 1, got {self.budget}")
        if self.dim % self.lookups:
            raise ValueError(
                f"dim {self.dim} cannot be cut into {self.lookups} equal chunks; "
                "choose lookups that divide it"
            )
