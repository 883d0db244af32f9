"""Studies of part *documents*: each chapter's module lists its own in ``STUDIES``.

``python -m tutor claims NAME`` runs one and stores what it found.
"""
