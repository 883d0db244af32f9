"""Exercises of part *documents*: each chapter's module lists its ``EXERCISES``."""
