"""Exercises of part *words*: each chapter's module lists its own in ``EXERCISES``.

:func:`tutor.exercises.check` finds ``words/word2vec/keep_probability`` in
``tutor/words/exercises/word2vec.py`` by the name ``keep_probability``.
"""
