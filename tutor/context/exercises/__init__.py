"""Exercises of part *context*: each chapter's module lists its own in ``EXERCISES``.

:func:`tutor.exercises.check` finds ``context/attention/masked_softmax`` in
``tutor/context/exercises/attention.py`` by the name ``masked_softmax``.
"""
