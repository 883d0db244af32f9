"""Suggestions for a name that is not there, so that an error can carry its remedy."""

from __future__ import annotations

from collections.abc import Sequence


def closest_spellings(word: object, keys: Sequence[str], k: int = 3) -> list[str]:
    """Return the ``k`` keys spelled most like ``word``, best first, without case.

    Lists longer than 5,000 are first cut to keys of nearly its length that share its
    first or last letter, after the first 1,000.
    """
    from difflib import SequenceMatcher

    text = str(word).lower()
    pool: Sequence[str] = keys
    if len(keys) > 5000:
        near = [
            key
            for key in keys[1000:]
            if abs(len(key) - len(text)) <= 2
            and (key[:1].lower() == text[:1] or key[-1:].lower() == text[-1:])
        ]
        pool = [*keys[:1000], *near[:20_000]]
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(text)
    scored = []
    for row, key in enumerate(pool):
        matcher.set_seq1(key.lower())
        if len(pool) <= 2000 or matcher.real_quick_ratio() > 0.6:
            scored.append((-matcher.ratio(), row, key))
    return [key for _, _, key in sorted(scored)[:k]]
