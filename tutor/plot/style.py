"""How figures look: colours, a transparent ground, and the figure with its alt text.

The same picture stands on a light and on a dark page: nothing is filled behind it, text
and axes are a middle grey, and every colour has a contrast of at least 3 against both.
Series differ in marker and line style too, never in colour alone.
"""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

INK = "#7a7a7a"
PALETTE = ("#0077bb", "#d55e00", "#159a74", "#bb6aa3", "#a07900", "#5f7fbf")
MARKERS = ("o", "s", "^", "D", "v", "P")
STROKES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 2)))
DIVERGING, SEQUENTIAL = "PuOr", "cividis"
_STYLE: Any = {
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "font.family": "DejaVu Sans",
    "font.size": 12,
    "axes.titlesize": 14,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 12,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": INK,
    "grid.alpha": 0.25,
    "lines.linewidth": 2,
    "svg.hashsalt": "tutor",
}


@dataclass(frozen=True)
class Figure:
    """A finished figure and what it shows in words.

    The last line of a cell displays it as PNG; the alt text goes along in the output's
    metadata, and from there into the page. ``fig`` is the matplotlib figure, for those
    who want to change it.
    """

    fig: Canvas
    alt: str
    title: str

    def png(self) -> bytes:
        """Return the picture; the same data give the same bytes."""
        import matplotlib as mpl

        buffer = io.BytesIO()
        with mpl.rc_context(_STYLE):
            engine = self.fig.get_layout_engine()
            if engine is not None:  # lay out once: a second time would move things
                engine.execute(self.fig)
                self.fig.set_layout_engine("none")
            self.fig.savefig(
                buffer,
                format="png",
                dpi=120,
                bbox_inches="tight",
                transparent=True,
                metadata={"Software": None},
            )
        return buffer.getvalue()

    def __repr__(self) -> str:
        return f"<Figure: {self.title}>"

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> tuple[dict[str, str], dict[str, Any]]:
        picture = base64.b64encode(self.png()).decode("ascii")
        data = {"image/png": picture, "text/plain": repr(self)}
        metadata = {
            "image/png": {"alt": self.alt},
            "tutor": {"kind": "figure", "alt": self.alt},
        }
        return data, metadata


def canvas(
    title: str, *, width: float = 7.0, height: float = 4.2
) -> tuple[Canvas, Axes]:
    """Return an empty figure in the course's style, with its title set."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Matplotlib

    if not title.strip():
        raise ValueError("a figure answers a question: give it a title")
    with mpl.rc_context(_STYLE):
        fig = Matplotlib(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(fig)
        axes = fig.add_subplot()
        axes.set_title(title)
    axes.set_axisbelow(True)
    return fig, axes


def stroke(index: int) -> dict[str, Any]:
    """Return colour, marker and line style of the series number ``index``."""
    return {
        "color": PALETTE[index % len(PALETTE)],
        "marker": MARKERS[index % len(MARKERS)],
        "linestyle": STROKES[index % len(STROKES)],
    }


def legend(axes: Axes) -> None:
    """Write the legend outside the data, in the grey of the axes."""
    box = axes.legend(frameon=False, labelcolor=INK, fontsize=11)
    box.set_zorder(5)


def label(axes: Axes, x: str, y: str) -> None:
    """Label both axes."""
    axes.set_xlabel(x, color=INK, fontsize=12)
    axes.set_ylabel(y, color=INK, fontsize=12)
