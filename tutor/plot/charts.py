"""Lines with bands, dots with intervals, bars, scatter plots and matrices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tutor.plot import style, words
from tutor.plot.style import INK, PALETTE, Figure

if TYPE_CHECKING:
    from tutor.claims.decision import EffectLike


def lines(
    x: Sequence[float],
    series: Mapping[str, Any],
    *,
    title: str,
    x_label: str,
    y_label: str,
    log_x: bool = False,
    log_y: bool = False,
    reference: Mapping[str, float] | None = None,
) -> Figure:
    """Draw one line a series; several seeds become a mean with a band.

    Parameters
    ----------
    x : (n,)
        Common abscissa.
    series : mapping of name to (n,) or (seeds, n)
        With seeds, the band runs from the smallest to the largest.
    title : str
        The question the figure answers.
    x_label, y_label : str
        Axes with units.
    log_x, log_y : bool
        Logarithmic axes.
    reference : mapping of name to value, optional
        Horizontal lines to compare with, for example ``{"chance": 0.25}``.

    Raises
    ------
    ValueError
        If a series has another length than ``x``.
    """
    fig, axes = style.canvas(title)
    told = []
    for index, (name, values) in enumerate(series.items()):
        runs = np.atleast_2d(np.asarray(values, dtype=float))
        if runs.shape[1] != len(x):
            raise ValueError(
                f"series {name!r} has {runs.shape[1]} points, x has {len(x)}"
            )
        mean = runs.mean(axis=0)
        look = style.stroke(index)
        axes.plot(x, mean, label=name, markersize=6, **look)
        if len(runs) > 1:
            low, high = runs.min(axis=0), runs.max(axis=0)
            axes.fill_between(x, low, high, color=look["color"], alpha=0.2, lw=0)
        told.append(f"{name} {words.course(x, mean)}")
    told += _references(axes, reference or {})
    axes.set_xscale("log" if log_x else "linear")
    if len(x) <= 10:  # the measured places are the ticks
        axes.set_xticks(list(x), [f"{value:g}" for value in x])
        axes.minorticks_off()
    axes.set_yscale("log" if log_y else "linear")
    style.label(axes, x_label, y_label)
    if len(series) > 1:
        style.legend(axes)
    alt = f"{title} Lines of {y_label} against {x_label}: {words.listed(told)}."
    return Figure(fig, alt, title)


def _references(axes: Any, reference: Mapping[str, float]) -> list[str]:
    """Draw named horizontal lines; return what the alt text says of them."""
    for name, value in reference.items():
        axes.axhline(value, color=INK, ls=":", lw=1.5)
        axes.annotate(
            name, (1, value), xycoords=("axes fraction", "data"), color=INK,
            ha="right", va="bottom", fontsize=10,
        )  # fmt: skip
    return [
        f"a dotted line marks {name} at {words.say(value)}"
        for name, value in reference.items()
    ]


def forest(
    effects: Mapping[str, EffectLike],
    *,
    title: str,
    label: str,
    margin: float | None = None,
    threshold: float = 0.0,
) -> Figure:
    """Draw one dot with its interval for each effect, and the margin as a strip.

    Parameters
    ----------
    effects : mapping of name to Effect
        Top to bottom.
    title, label : str
        The question; the axis with its unit.
    margin : float, optional
        Half-width of the strip in which a difference does not matter.
    threshold : float
        Where the vertical line stands.
    """
    height = 1.5 + 0.45 * len(effects)
    fig, axes = style.canvas(title, height=height)
    told = []
    for row, (name, effect) in enumerate(effects.items()):
        color = PALETTE[0]
        axes.plot([effect.low, effect.high], [row, row], color=color, lw=3)
        axes.plot(effect.estimate, row, "o", color=color, ms=9)
        values = words.interval(effect.estimate, effect.low, effect.high)
        told.append(f"{name} {values}")
    axes.axvline(threshold, color=INK, lw=1.5)
    if margin is not None:
        axes.axvspan(threshold - margin, threshold + margin, color=INK, alpha=0.2, lw=0)
        told.append(f"a strip marks the margin of {words.say(margin)}")
    axes.set_yticks(range(len(effects)), list(effects))
    axes.set_ylim(len(effects) - 0.5, -0.5)
    style.label(axes, label, "")
    alt = f"{title} Dots with intervals, {label}: {words.listed(told, 20)}."
    return Figure(fig, alt, title)


def bars(
    values: Mapping[str, Any], *, title: str, label: str, zero: bool = True
) -> Figure:
    """Draw one horizontal bar a name, with its interval where it has one.

    Parameters
    ----------
    values : mapping of name to float or Effect
        Top to bottom.
    title, label : str
        The question; the axis with its unit.
    zero : bool
        Start the axis at zero, as lengths of bars ask for.
    """
    fig, axes = style.canvas(title, height=1.5 + 0.45 * len(values))
    told = []
    for row, (name, value) in enumerate(values.items()):
        height = float(getattr(value, "estimate", value))
        axes.barh(row, height, color=PALETTE[0], height=0.65)
        text = words.say(height)
        if hasattr(value, "low"):
            axes.plot([value.low, value.high], [row, row], color=INK, lw=2.5)
            text = words.interval(height, value.low, value.high)
        told.append(f"{name} {text}")
    if not zero:
        axes.margins(x=0.1)
        axes.set_xlim(auto=True)
    axes.set_yticks(range(len(values)), list(values))
    axes.set_ylim(len(values) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    style.label(axes, label, "")
    return Figure(fig, f"{title} Bars of {label}: {words.listed(told, 20)}.", title)


def scatter(
    x: Any,
    y: Any,
    *,
    title: str,
    x_label: str,
    y_label: str,
    names: Mapping[int, str] | None = None,
    fit: bool = True,
) -> Figure:
    """Draw points, and the least-squares line through them.

    Parameters
    ----------
    x, y : (n,)
        Coordinates, finite.
    title, x_label, y_label : str
        The question; axes with units.
    names : mapping of index to text, optional
        Labels for a few points.
    fit : bool
        Draw the line; the alt text then tells its slope and the correlation.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if x.shape != y.shape or x.ndim != 1:
        raise ValueError(f"x has shape {x.shape}, y has shape {y.shape}; both (n,)")
    fig, axes = style.canvas(title)
    many = len(x) > 500
    axes.scatter(
        x, y, s=8 if many else 28, color=PALETTE[0], alpha=0.35 if many else 0.8, lw=0
    )
    told = f"{len(x)} points"
    if fit and len(x) > 1 and np.ptp(x) > 0:
        slope, intercept = np.polyfit(x, y, 1)
        ends = np.array([x.min(), x.max()])
        axes.plot(ends, intercept + slope * ends, color=PALETTE[1], ls="--")
        told += f", fitted line of slope {words.say(slope)}"
    if len(x) > 2 and np.ptp(x) > 0 and np.ptp(y) > 0:
        told += f", correlation {words.say(np.corrcoef(x, y)[0, 1])}"
    for index, name in (names or {}).items():
        axes.annotate(
            name, (x[index], y[index]), xytext=(5, 4), textcoords="offset points",
            color=INK, fontsize=11,
        )  # fmt: skip
    if names:
        told += f"; named are {', '.join(names.values())}"
    style.label(axes, x_label, y_label)
    return Figure(fig, f"{title} {y_label} against {x_label}: {told}.", title)


def matrix(
    values: Any,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    title: str,
    label: str,
    annotate: bool | None = None,
    digits: int = 2,
) -> Figure:
    """Draw a matrix as coloured cells; small ones with their numbers.

    Parameters
    ----------
    values : (r, c)
        Values of both signs get a scale that is symmetric about 0; NaN stays empty.
    rows, columns : sequences of str
        Names, r and c of them.
    title, label : str
        The question; what a cell holds, with its unit.
    annotate : bool, optional
        Write the numbers; by default up to 120 cells.
    digits : int
        Decimals of the written numbers.
    """
    table = np.asarray(values, dtype=float)
    if table.shape != (len(rows), len(columns)):
        raise ValueError(
            f"values have shape {table.shape}, names say {(len(rows), len(columns))}"
        )
    signed = bool(np.nanmin(table) < 0 < np.nanmax(table))
    peak = float(np.nanmax(np.abs(table))) or 1.0
    low, high = (-peak, peak) if signed else (np.nanmin(table), np.nanmax(table))
    fig, axes = style.canvas(title, height=1.8 + 0.4 * len(rows))
    scale = style.DIVERGING if signed else style.SEQUENTIAL
    image = axes.imshow(table, cmap=scale, vmin=low, vmax=high, aspect="auto")
    axes.grid(visible=False)
    axes.set_xticks(range(len(columns)), list(columns), rotation=45, ha="right")
    axes.set_yticks(range(len(rows)), list(rows))
    bar = fig.colorbar(image, ax=axes)
    bar.set_label(label, color=INK)
    bar.ax.tick_params(colors=INK)
    if annotate if annotate is not None else table.size <= 120:
        _write_cells(axes, image, table, digits)
    top = divmod(int(np.nanargmax(table)), len(columns))
    bottom = divmod(int(np.nanargmin(table)), len(columns))
    alt = (
        f"{title} {len(rows)} by {len(columns)} cells of {label}: highest "
        f"{words.say(table[top])} at {rows[top[0]]}, {columns[top[1]]}; lowest "
        f"{words.say(table[bottom])} at {rows[bottom[0]]}, {columns[bottom[1]]}."
    )
    return Figure(fig, alt, title)


def _write_cells(axes: Any, image: Any, table: np.ndarray, digits: int) -> None:
    """Write each number in black or white, whichever reads better on its cell."""
    for (row, column), value in np.ndenumerate(table):
        if np.isnan(value):
            continue  # an empty cell
        red, green, blue, _ = image.cmap(image.norm(value))
        light = 0.299 * red + 0.587 * green + 0.114 * blue > 0.5
        axes.text(
            column, row, f"{value + 0.0:.{digits}f}", ha="center", va="center",
            color="black" if light else "white", fontsize=10,
        )  # fmt: skip
