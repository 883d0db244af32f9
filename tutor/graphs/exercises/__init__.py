"""Exercises of part *graphs*: each chapter's module lists its own in ``EXERCISES``."""
