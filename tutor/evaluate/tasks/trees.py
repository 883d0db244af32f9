"""How near two things are in a hierarchy, and pairs of them at all distances.

Chapter: ``context/matryoshka``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tutor import sampling

Parents = Mapping[str, Sequence[str]]
_START, _UP, _DOWN = 211, 212, 213  # streams of the draws


def steps_up(parents: Parents, key: str) -> dict[str, int]:
    """Return everything above a key, and itself, with the fewest steps to it."""
    found, front, step = {key: 0}, [key], 0
    while front:
        step += 1
        above = [p for k in front for p in parents.get(k, ()) if p not in found]
        front = list(dict.fromkeys(above))
        found.update(dict.fromkeys(front, step))
    return found


def path_length(parents: Parents, a: str, b: str) -> int:
    """Return the steps from a up to something above both, and down to b.

    Raises
    ------
    ValueError
        If nothing is above both.
    """
    up, down = steps_up(parents, a), steps_up(parents, b)
    return min(up[k] + down[k] for k in _shared(up, down, a, b))


def wu_palmer(parents: Parents, a: str, b: str) -> float:
    r"""Return Wu and Palmer's likeness of two keys: 1 for the same, near 0 for far.

    .. math:: \frac{2\,h}{h_a + h_b}, \qquad h_a = h + (\text{steps from } a)

    where :math:`h` is the depth of the deepest thing above both: one more than the
    longest of the shortest ways from it to anything above it. Source: Wu and Palmer
    (1994), whose depth is the way to the root; the two differ where there are several
    ways up.
    """
    up, down = steps_up(parents, a), steps_up(parents, b)
    best = 0.0
    for key in _shared(up, down, a, b):
        depth = 1 + max(steps_up(parents, key).values())
        best = max(best, 2 * depth / (2 * depth + up[key] + down[key]))
    return best


def _shared(up: Mapping[str, int], down: Mapping[str, int], a: str, b: str) -> set[str]:
    shared = set(up) & set(down)
    if not shared:
        raise ValueError(f"nothing is above both {a!r} and {b!r}")
    return shared


def related_pairs(
    parents: Parents, keys: Sequence[str], count: int, *, seed: int
) -> list[tuple[str, str]]:
    """Draw pairs of keys at all distances: from one up to an ancestor, then down.

    The ancestor is drawn from all above the first key, then a child of a child, until
    a coin says stop or there is none. Only keys in ``keys`` are returned, each pair
    once.
    """
    allowed = set(keys)
    children: dict[str, list[str]] = {}
    for key in keys:
        for parent in parents.get(key, ()):
            children.setdefault(parent, []).append(key)
    found: dict[tuple[str, str], None] = {}
    for turn in range(50 * count):
        if len(found) == count:
            return list(found)

        def draw(high: int, stream: int, place: int, turn: int = turn) -> int:
            return int(sampling.integers(seed, turn, stream, [place], high)[0])

        a = keys[draw(len(keys), _START, 0)]
        above = [k for k in steps_up(parents, a) if k in children]
        if not above:
            continue
        b = above[draw(len(above), _UP, 0)]
        for place in range(20):
            if b not in children or (place and draw(2, _DOWN, 2 * place)):
                break
            b = children[b][draw(len(children[b]), _DOWN, 2 * place + 1)]
        if a != b and {a, b} <= allowed and (b, a) not in found:
            found[a, b] = None
    raise ValueError(f"only {len(found)} of {count} pairs found in {len(keys)} keys")
