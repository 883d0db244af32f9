"""Huffman codes: short paths for frequent words. Chapter: ``words/word2vec``."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray


class HuffmanTree(NamedTuple):
    """Paths of all words, padded to the longest.

    Attributes
    ----------
    nodes : (vocab, longest) int32
        Inner nodes from the root to the leaf, rows of the output matrix.
    codes : (vocab, longest) uint8
        The bit taken at each node.
    lengths : (vocab,) int32
        Bits of each word's code.
    """

    nodes: NDArray[np.int32]
    codes: NDArray[np.uint8]
    lengths: NDArray[np.int32]


def huffman_tree(counts: ArrayLike) -> HuffmanTree:
    r"""Return the binary tree of least expected code length.

    .. math:: \min \sum_w f_w \, L(w)

    where :math:`f_w` is the share of word w and :math:`L(w)` its number of bits. The
    optimum lies within one bit of the entropy of :math:`f`.

    The two lightest nodes are joined until one is left; both queues (words, lightest
    first, and joined nodes in order of creation) stay sorted, so it takes one pass.

    Shapes: ``counts`` (vocab,) → see :class:`HuffmanTree`; there are vocab - 1 inner
    nodes and the root is the last. Ties take words before joined nodes.

    Raises
    ------
    ValueError
        With fewer than two words.

    Source: Huffman (1952); its use for word2vec, Mikolov et al. (2013b), section 2.1.
    """
    weights = np.asarray(counts, dtype=np.int64)
    n = len(weights)
    if n < 2:
        raise ValueError(f"a code needs at least two words, got {n}")
    leaves = np.argsort(weights, kind="stable")
    weight = [int(w) for w in weights[leaves]] + [0] * (n - 1)
    parent, bit = np.zeros(2 * n - 1, np.int64), np.zeros(2 * n - 1, np.uint8)
    leaf, inner = 0, n
    for new in range(n, 2 * n - 1):
        for side in (0, 1):
            if leaf < n and (inner >= new or weight[leaf] <= weight[inner]):
                child, leaf = leaf, leaf + 1
            else:
                child, inner = inner, inner + 1
            weight[new] += weight[child]
            parent[child], bit[child] = new, side
    return _paths(parent, bit, leaves)


def _paths(
    parent: NDArray[np.int64], bit: NDArray[np.uint8], leaves: NDArray[np.int64]
) -> HuffmanTree:
    """Return each leaf's nodes and bits, root first, from the parent links."""
    n = len(leaves)
    root = 2 * n - 2
    depth = np.zeros(2 * n - 1, np.int64)
    for node in range(root - 1, -1, -1):
        depth[node] = depth[parent[node]] + 1
    longest = int(depth.max())
    nodes, codes = np.zeros((n, longest), np.int32), np.zeros((n, longest), np.uint8)
    lengths = np.zeros(n, np.int32)
    here, step = np.arange(n), depth[:n].copy()
    lengths[leaves] = step
    while np.any(step > 0):
        walking = step > 0
        step = step - walking
        rows = leaves[walking]
        codes[rows, step[walking]] = bit[here[walking]]
        here = np.where(walking, parent[here], here)
        nodes[rows, step[walking]] = here[walking] - n
    return HuffmanTree(nodes, codes, lengths)
