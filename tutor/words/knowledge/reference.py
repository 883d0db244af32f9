r"""Knowledge in word vectors, in NumPy: after training, or while it lasts.

*Retrofitting* takes finished vectors :math:`\hat q_i` and moves each towards its
neighbours in a lexicon. The published sweep sets one word at a time to

.. math:: q_i \leftarrow \frac{\alpha\, \hat q_i + \frac{1}{d_i} \sum_{j \sim i} q_j}
          {\alpha + 1}

where :math:`d_i` is the number of its neighbours. With :math:`\beta_{ij} = 1/d_i` in
the printed sum of squares the two ends of an edge weigh differently, and the sweep is
not its minimiser. It is the exact minimiser, word by word, of

.. math:: \Psi(Q) = \alpha \sum_i d_i \lVert q_i - \hat q_i \rVert^2
          + \sum_{i \sim j} \lVert q_i - q_j \rVert^2

with each edge once: each word's line of equations is multiplied by its degree.

The *joint* objective adds edges to training itself, see :mod:`.joint`.

Left out: edges with weights or directions.
Sources: Faruqui et al. (2015), "Retrofitting word vectors to semantic lexicons";
Alawad et al. (2021). Chapter: ``words/knowledge``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor.words.knowledge.edges import EdgeRows

Float = NDArray[np.floating[Any]]


def lengths_of(Q: Float, edges: EdgeRows) -> Float:
    r"""Return :math:`\lVert q_i - q_j \rVert^2` of each edge. Shapes: → (edges,)."""
    apart = Q[edges.pairs[:, 0]] - Q[edges.pairs[:, 1]]
    return np.asarray(np.einsum("ed,ed->e", apart, apart))


def retrofit_objective(
    Q: Float, original: Float, edges: EdgeRows, anchor: float = 1.0
) -> float:
    r"""Return :math:`\Psi(Q)`, see the head of this module. Shapes: (rows, dim)."""
    moved = ((Q - original) ** 2).sum(axis=1)
    return float(anchor * edges.degrees @ moved + lengths_of(Q, edges).sum())


def retrofit_gradient(
    Q: Float, original: Float, edges: EdgeRows, anchor: float = 1.0
) -> Float:
    r"""Return the gradient of :math:`\Psi`.

    .. math:: \nabla_{q_i} = 2 \alpha d_i (q_i - \hat q_i)
              + 2 \sum_{j \sim i} (q_i - q_j)

    In matrix form :math:`2\,(\alpha D (Q - \hat Q) + (D - A)\, Q)`, with A the edges
    and D their degrees. Shapes: (rows, dim) → the same.
    """
    slope = 2 * anchor * edges.degrees[:, None] * (Q - original)
    left, right = edges.pairs.T
    apart = 2 * (Q[left] - Q[right])
    np.add.at(slope, left, apart)
    np.add.at(slope, right, -apart)
    return np.asarray(slope)


def retrofit_sweep(
    Q: Float, original: Float, edges: EdgeRows, anchor: float = 1.0
) -> None:
    """Set every linked word once, in the order of rows, each from the newest others.

    Changes ``Q`` in place. Words without edges are not touched.
    """
    starts, others = edges.neighbours
    for i in edges.linked:
        mean = Q[others[starts[i] : starts[i + 1]]].mean(axis=0)
        Q[i] = (anchor * original[i] + mean) / (anchor + 1)


def retrofit_solution(
    original: Float, edges: EdgeRows, anchor: float = 1.0
) -> NDArray[np.float64]:
    r"""Return where the sweeps lead: the solution of a sparse linear system.

    .. math:: (\alpha D + D - A)\, Q = \alpha D\, \hat Q

    over the linked words; the others stay. The matrix is symmetric, and positive
    definite for :math:`\alpha > 0` since its diagonal outweighs each row.
    """
    from scipy import sparse
    from scipy.sparse.linalg import splu

    linked = edges.linked
    place = np.zeros(edges.size, np.int64)
    place[linked] = np.arange(len(linked))
    i, j = place[edges.pairs].T
    n, degrees = len(linked), edges.degrees[linked].astype(np.float64)
    A = sparse.coo_matrix((np.ones(len(i)), (i, j)), shape=(n, n))
    system = sparse.diags((anchor + 1) * degrees) - A - A.T
    right = anchor * degrees[:, None] * np.asarray(original, np.float64)[linked]
    found = np.array(original, dtype=np.float64)
    found[linked] = splu(system.tocsc()).solve(right)
    return found
