"""Exercises of part *multimodal*: each chapter's module lists its own in ``EXERCISES``.

:func:`tutor.exercises.check` finds them by ``multimodal/<chapter>/<name>``.
"""
