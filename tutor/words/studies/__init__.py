"""Studies of part *words*: each chapter's module lists its own in ``STUDIES``.

``STUDIES = {"word2vec-windows": Study(run=..., inputs=[...], data=["course-en"])}``;
``python -m tutor claims word2vec-windows`` runs one and stores what it found.
:func:`tutor.claims.studies.studies` collects them.
"""
