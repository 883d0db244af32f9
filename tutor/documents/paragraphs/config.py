"""The settings of paragraph vectors, each with its symbol."""

from __future__ import annotations

from dataclasses import dataclass

ARCHITECTURES = ("dbow", "dm")
CODES = ("real", "binary", "real-binary")


@dataclass(frozen=True)
class ParagraphConfig:
    r"""Settings of :func:`tutor.documents.paragraphs.fit`.

    Defaults are for some thousand documents of some dozen words.

    Attributes
    ----------
    dim : int
        Length :math:`d` of a document's vector. With ``code="binary"`` it is the
        number of bits.
    code : {"real", "binary", "real-binary"}
        What predicts the words: the vector itself; its bits
        :math:`\mathbb 1[z > 0]`; or the bits of a projection :math:`W r`.
    bits : int
        Length of the code of ``real-binary``; not used otherwise.
    architecture : {"dbow", "dm"}
        ``dbow`` predicts every word from the document alone; ``dm`` from the mean of
        the document's vector and the words around, real vectors only.
    window : int
        Words on each side, for ``dm``.
    negatives : int
        Noise words for each word :math:`K`.
    noise_power : float
        Exponent of the noise distribution.
    sample : float
        Subsampling threshold :math:`t`, a share of all tokens; 0 is off.
    epochs : int
        Passes over the documents.
    learning_rate : float
        AdaGrad's :math:`\eta`, falling in a straight line to a tenth.
    initial_square : float
        Where AdaGrad's sums of squares begin, above 0.
    batch_documents : int or None
        Documents whose gradients are summed into one step (``dbow``), windows
        (``dm``). None: 1 for NumPy and Numba, the only value they take; 64 for torch.

    Raises
    ------
    ValueError
        If a value is out of its range; the message names field, value and remedy.
    """

    dim: int = 100
    code: str = "real"
    bits: int = 64
    architecture: str = "dbow"
    window: int = 5
    negatives: int = 5
    noise_power: float = 0.75
    sample: float = 1e-3
    epochs: int = 20
    learning_rate: float = 0.1
    initial_square: float = 0.1
    batch_documents: int | None = None

    def __post_init__(self) -> None:
        for name in ("dim", "bits", "window", "negatives", "epochs"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more, got {getattr(self, name)}")
        for name in ("learning_rate", "initial_square"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be above 0, got {getattr(self, name)}")
        if self.sample < 0:
            raise ValueError(f"sample must be 0 (off) or more, got {self.sample}")
        if self.batch_documents is not None and self.batch_documents < 1:
            raise ValueError(
                f"batch_documents must be 1 or more, got {self.batch_documents}"
            )
        for name, allowed in (("architecture", ARCHITECTURES), ("code", CODES)):
            if getattr(self, name) not in allowed:
                raise ValueError(
                    f"unknown {name} {getattr(self, name)!r}; there are {allowed}"
                )
        if self.architecture == "dm" and self.code != "real":
            raise ValueError(
                f"architecture 'dm' has real vectors only, got code={self.code!r}: use "
                "architecture='dbow'"
            )
