"""Every figure of the course, each with an alt text made from its data.

A figure answers the question in its title. The functions return a :class:`Figure`; as
the last line of a cell it shows itself as PNG and hands its alt text to the page.
Nothing else in the package imports matplotlib.
"""

from tutor.plot.charts import bars, forest, lines, matrix, scatter
from tutor.plot.maps import embedding_map, main_plane, neighbours_kept
from tutor.plot.pictures import gallery
from tutor.plot.style import INK, PALETTE, Figure

__all__ = [
    "INK",
    "PALETTE",
    "Figure",
    "bars",
    "embedding_map",
    "forest",
    "gallery",
    "lines",
    "main_plane",
    "matrix",
    "neighbours_kept",
    "scatter",
]
