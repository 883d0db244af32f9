"""Part four: pictures and words in one space.

``clip`` trains an encoder of pictures and one of texts to meet.
"""

from __future__ import annotations

from tutor.lazy import rooms

__all__ = ["clip"]

__getattr__ = rooms(__name__, __all__)
