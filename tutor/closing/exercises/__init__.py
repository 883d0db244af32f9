"""Exercises of part *closing*: each chapter's module lists its own in ``EXERCISES``.

:func:`tutor.exercises.check` finds them by ``closing/<chapter>/<name>``.
"""
