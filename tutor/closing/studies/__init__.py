"""Studies of part *closing*: each chapter's module lists its own in ``STUDIES``.

:func:`tutor.claims.studies.studies` collects them.
"""
