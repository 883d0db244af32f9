"""Count vectors in torch: the twin of the reference for CPU and CUDA.

The same three steps on sparse tensors, named as in ``reference`` and ``svd``. Nothing
is trained, so there is no module and no loss. Chapter: ``words/counts``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from tutor.training import select_device
from tutor.words.counts.reference import (
    check_corpus,
    check_parameters,
    scaled,
    window_weights,
)
from tutor.words.counts.svd import OVERSAMPLE, SVD, check_factors, random_start, width

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from tutor.datasets import Corpus


def sparse(
    index: Tensor,
    values: Tensor,
    shape: tuple[int, ...],
    *,
    coalesced: bool | None = None,
) -> Tensor:
    """Return a sparse COO tensor whose cells were checked to lie inside ``shape``.

    The check is switched on around the call, since some versions of torch warn where
    it is only asked for as an argument.
    """
    with torch.sparse.check_sparse_tensor_invariants():  # type: ignore[no-untyped-call]
        return torch.sparse_coo_tensor(index, values, shape, is_coalesced=coalesced)


def to_torch(
    matrix: csr_matrix, *, device: str = "cpu", dtype: torch.dtype = torch.float64
) -> Tensor:
    """Return a scipy matrix as a coalesced sparse COO tensor."""
    cells = matrix.tocoo()
    index = np.stack([cells.row, cells.col]).astype(np.int64)
    place = select_device(device)
    values = torch.as_tensor(cells.data, dtype=dtype, device=place)
    return sparse(torch.as_tensor(index, device=place), values, matrix.shape).coalesce()


def to_scipy(matrix: Tensor) -> csr_matrix:
    """Return a coalesced sparse COO tensor as a scipy csr_matrix."""
    from scipy.sparse import csr_matrix

    rows, columns = matrix.indices().cpu().numpy()
    values = matrix.values().cpu().numpy()
    return csr_matrix((values, (rows, columns)), shape=tuple(matrix.shape))


# --- 1. counting ---------------------------------------------------------------------
def cooccurrence(
    corpus: Corpus,
    *,
    window: int = 5,
    weighting: str = "flat",
    symmetric: bool = True,
    device: str = "cpu",
) -> csr_matrix:
    """Count co-occurrences; equals :func:`reference.cooccurrence` bit for bit.

    Sums are whole numbers here too, so the order in which a GPU adds them does not
    matter.
    """
    weights, unit = window_weights(window, weighting)
    array, offsets, n = check_corpus(corpus)
    place = select_device(device)
    tokens = torch.as_tensor(np.array(array), device=place).long()
    starts = torch.as_tensor(np.array(offsets[1:]), device=place)
    document = torch.bucketize(
        torch.arange(len(tokens), device=place), starts, right=True
    )
    none = torch.empty((2, 0), dtype=torch.int64, device=place)
    total = sparse(none, none[0], (n, n))
    for d in range(1, min(window, len(tokens) - 1) + 1):
        inside = document[d:] == document[:-d]
        cells = torch.stack([tokens[d:][inside], tokens[:-d][inside]])
        ones = torch.full((cells.shape[1],), int(weights[d]), device=place)
        total = (total + sparse(cells, ones, (n, n))).coalesce()
    if symmetric:
        total = (total + total.t()).coalesce()
    return scaled(to_scipy(total.coalesce()), unit)


# --- 2. association ------------------------------------------------------------------
def ppmi(matrix: Tensor, *, shift: float = 1.0, smoothing: float = 1.0) -> Tensor:
    r"""Return the PPMI of a sparse tensor of counts; equals :func:`reference.ppmi`.

    .. math::
        M_{ij} = \max\Bigl(0,\;
        \log \frac{X_{ij}}{r_i \, P_\alpha(j)} - \log k \Bigr)

    Shapes: (vocab, vocab) sparse COO → the same, cells that are not positive dropped.
    """
    matrix = matrix.coalesce()
    (rows, columns), values = matrix.indices(), matrix.values()
    sums = torch.zeros(matrix.shape[0], dtype=values.dtype, device=values.device)
    row_sums = sums.index_add(0, rows, values)
    column_sums = sums.index_add(0, columns, values)
    check_parameters(shift, smoothing, float(row_sums.sum()))
    powers = torch.where(column_sums > 0, column_sums**smoothing, 0.0)
    shares = powers / powers.sum()
    pmi = torch.log(values / (row_sums[rows] * (shares[columns] * shift)))
    kept = pmi > 0
    cells = matrix.indices()[:, kept]
    return sparse(cells, pmi[kept], matrix.shape, coalesced=True)


# --- 3. compression ------------------------------------------------------------------
def truncated_svd(
    matrix: csr_matrix,
    dim: int,
    *,
    seed: int = 0,
    iterations: int = 5,
    oversample: int = OVERSAMPLE,
    device: str = "cpu",
    dtype: torch.dtype = torch.float32,
) -> SVD:
    r"""Return the SVD of :func:`svd.truncated_svd`, from the same start.

    .. math::
        Q \leftarrow \operatorname{orth}(A \operatorname{orth}(A^\top Q)), \qquad
        A \approx Q (Q^\top A) = U \Sigma V^\top
    """
    check_factors(matrix, dim, iterations)
    start = random_start(matrix.shape[1], width(matrix, dim, oversample), seed)
    a = to_torch(matrix, device=device, dtype=dtype)
    a_transposed = a.t().coalesce()
    energy = float((a.values().double() ** 2).sum())
    omega = torch.as_tensor(start, dtype=dtype, device=a.device)
    captured = []
    basis = torch.linalg.qr(torch.sparse.mm(a, omega))[0]
    image, small = torch.linalg.qr(torch.sparse.mm(a_transposed, basis))
    for _ in range(iterations):
        captured.append(float((small.double() ** 2).sum()) / energy)
        basis = torch.linalg.qr(torch.sparse.mm(a, image))[0]
        image, small = torch.linalg.qr(torch.sparse.mm(a_transposed, basis))
    captured.append(float((small.double() ** 2).sum()) / energy)
    inner_left, values, inner_right = torch.linalg.svd(small.t())
    left = basis @ inner_left[:, :dim]
    right = image @ inner_right[:dim].t()
    rows = left.abs().argmax(dim=0)
    signs = torch.where(left.gather(0, rows[None]) < 0, -1.0, 1.0).to(dtype)
    return SVD(
        (left * signs).cpu().numpy(),
        values[:dim].cpu().numpy(),
        (right * signs).cpu().numpy(),
        tuple(captured),
    )
