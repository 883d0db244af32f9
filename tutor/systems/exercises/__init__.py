"""Exercises of part *systems*: each chapter's module lists its own in ``EXERCISES``.

:func:`tutor.exercises.check` finds them by ``systems/<chapter>/<name>``.
"""
