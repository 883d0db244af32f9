"""Exercises of part *knowledge*: each chapter's module lists its own in ``EXERCISES``.

:func:`tutor.exercises.check` finds them by ``knowledge/<chapter>/<name>``.
"""
