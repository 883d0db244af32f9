"""Part four: pictures and words in one space.

``clip`` trains two encoders to meet; ``frozen`` is an image encoder of others.
"""

from __future__ import annotations

from tutor.lazy import rooms

__all__ = ["clip", "frozen"]

__getattr__ = rooms(__name__, __all__)
