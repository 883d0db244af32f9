"""All randomness of the course, as pure functions of (seed, epoch, stream, position).

A random number here has an address instead of a history: the number at position 17
of epoch 2 is the same whoever asks for it, in whatever order and on however many
threads. NumPy, Numba and torch therefore consume the same draws, and a run can be
repeated from its seed alone. ``reference`` is NumPy; ``fast`` holds the Numba twins.
"""

from tutor.sampling.reference import (
    INIT,
    MASK,
    NOISE,
    SHUFFLE,
    SUBSAMPLE,
    WALK,
    WINDOW,
    check_offsets,
    initial_vectors,
    integers,
    keep_probability,
    noise,
    noise_deck,
    noise_start,
    permutation,
    random_bits,
    skipgram_pairs,
    stream_key,
    subsample,
    uniform,
    window_sizes,
)

__all__ = [
    "INIT",
    "MASK",
    "NOISE",
    "SHUFFLE",
    "SUBSAMPLE",
    "WALK",
    "WINDOW",
    "check_offsets",
    "initial_vectors",
    "integers",
    "keep_probability",
    "noise",
    "noise_deck",
    "noise_start",
    "permutation",
    "random_bits",
    "skipgram_pairs",
    "stream_key",
    "subsample",
    "uniform",
    "window_sizes",
]
