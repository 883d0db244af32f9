"""Studies of part *context*: functions that the chapters and stored studies call.

A chapter's module lists what ``python -m tutor claims`` stores in ``STUDIES``; see
:mod:`tutor.claims.studies`.
"""
