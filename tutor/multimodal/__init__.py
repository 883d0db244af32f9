"""Part four: pictures and words in one space.

``clip`` trains two encoders to meet; ``frozen`` is an image encoder of others.
``text_only`` trains on texts what is then used on pictures.
"""

from __future__ import annotations

from tutor.lazy import rooms

__all__ = ["clip", "frozen", "text_only"]

__getattr__ = rooms(__name__, __all__)
