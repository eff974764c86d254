"""Charts of the reports, drawn. One style: Okabe-Ito colours, hatches, markers and printed values, so that a print in
black and white or a colour-blind reader loses nothing."""

from __future__ import annotations

import io
import logging
import textwrap
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

import matplotlib as mpl

mpl.use("Agg")

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from carbon_workbook.report.format import number, percent, rounded
from carbon_workbook.report.language import speaking

WIDTH_CM = 16.0
DPI = 200

BLUE, ORANGE, GREEN, PURPLE, SKY, GREY = "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#595959"
INK, FAINT = "#262626", "#8c8c8c"
FILLS = ((BLUE, ""), (ORANGE, "///"), (GREEN, "..."), (SKY, "xx"), (PURPLE, "\\\\\\"), (GREY, "++"))
MARKS = ((BLUE, "o"), (ORANGE, "s"), (GREEN, "^"), (PURPLE, "D"), (SKY, "P"), (GREY, "v"))

STYLE = {
    "font.family": ["DejaVu Sans"],
    "font.size": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": FAINT,
    "axes.linewidth": 0.6,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "hatch.color": "white",
    "hatch.linewidth": 0.7,
    "svg.hashsalt": "carbon-workbook",
    "svg.fonttype": "path",
}


@dataclass(frozen=True)
class Line:
    """One line of a trajectory: (year, tCO2e); a planned one is dashed, a measured one is not."""

    name: str
    points: tuple[tuple[int, float], ...]
    planned: bool = False


@dataclass(frozen=True)
class Chart:
    """What a chart shows, as data: the same for a picture, a page or a native chart. Masses in tCO2e.

    ``bounds``: low and high of each value (intervals). ``before``: the earlier value of each label, None when nobody
    gave it, and ``names``: what both series are called (comparison). ``lines``: those of a trajectory. ``mark``: what
    the 80 % line is called. ``language``: that of its numbers.
    """

    kind: str
    title: str
    alt: str
    labels: tuple[str, ...]
    values: tuple[float, ...]
    unit: str
    mark: str = ""
    bounds: tuple[tuple[float, float], ...] = ()
    before: tuple[float | None, ...] = ()
    names: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    language: str = "fr"


@lru_cache(maxsize=32)
def picture(chart: Chart) -> bytes:
    """PNG of a chart, WIDTH_CM wide. Raises KeyError on an unknown kind."""
    return _drawn(chart, "png")


@lru_cache(maxsize=32)
def drawing(chart: Chart) -> bytes:
    """SVG of a chart, its letters drawn: it looks the same where the font is missing. Raises KeyError as above."""
    return _drawn(chart, "svg")


def _drawn(chart: Chart, form: str) -> bytes:
    stream = io.BytesIO()
    with mpl.rc_context(STYLE), speaking(chart.language), _quiet_fonts():
        figure = Figure(figsize=(WIDTH_CM / 2.54, _height(chart) / 2.54), layout="constrained")
        axes = figure.add_subplot()
        DRAWINGS[chart.kind](axes, chart)
        if form == "svg":
            figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
        else:
            figure.savefig(stream, format="png", dpi=DPI, metadata={"Software": None})
    return stream.getvalue()


@contextmanager
def _quiet_fonts() -> Iterator[None]:
    """A letter or a font that is missing is replaced in silence: the label stands in full in a table beside."""
    logger = logging.getLogger("matplotlib.font_manager")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
            yield
    finally:
        logger.setLevel(level)


def _height(chart: Chart) -> float:
    if chart.kind in ("pareto", "trajectory"):
        return 7.4
    per_label = 1.0 if chart.kind == "comparison" else 0.64
    return max(3.0, 1.3 + per_label * len(chart.values))


def _wrapped(label: str, width: int) -> str:
    lines = textwrap.wrap(label, width, max_lines=2, placeholder="…")
    return "\n".join(lines).replace("$", r"\$") or "–"  # a bare "$" opens a formula for matplotlib


def _bars(axes: Axes, chart: Chart) -> None:
    """Horizontal bars, one fill each, the value at the end."""
    _horizontal(axes, chart, [FILLS[i % len(FILLS)] for i in range(len(chart.values))], 34)


def _ranking(axes: Axes, chart: Chart) -> None:
    """Horizontal bars of one series, largest first."""
    _horizontal(axes, chart, [FILLS[0]] * len(chart.values), 46)


def _horizontal(axes: Axes, chart: Chart, fills: list[tuple[str, str]], width: int) -> None:
    largest = max(map(abs, chart.values))
    for place, (value, (colour, hatch)) in enumerate(zip(chart.values, fills, strict=True)):
        axes.barh(place, value, color=colour, hatch=hatch, height=0.68, edgecolor="white", linewidth=0.4)
        axes.text(max(value, 0) + 0.01 * largest, place, number(value), va="center", fontsize=7.5)
    _labelled_rows(axes, chart, width)
    axes.set_xlim(min(0.0, *chart.values) * 1.1, largest * 1.14)
    _tonnes_below(axes, chart, largest)


def _intervals(axes: Axes, chart: Chart) -> None:
    """A point for each value, its 95 % interval as a line between two stops."""
    largest = max(high for _, high in chart.bounds)
    for place, (value, (low, high)) in enumerate(zip(chart.values, chart.bounds, strict=True)):
        axes.errorbar(
            value, place, xerr=[[value - low], [high - value]], fmt="o", color=BLUE, ecolor=INK, markersize=5,
            capsize=4, linewidth=1.1,
        )  # fmt: skip
        shown, least, most = (rounded(one, high - value) for one in (value, low, high))
        text = f"{shown}  [{least} – {most}]"
        axes.text(high + 0.025 * largest, place, text, va="center", fontsize=7)
    _labelled_rows(axes, chart, 40)
    axes.set_xlim(min(0.0, *(low for low, _ in chart.bounds)), largest * 1.34)
    axes.grid(axis="x", color="#dddddd", linewidth=0.5)
    axes.set_axisbelow(True)
    _tonnes_below(axes, chart, largest)


def _comparison(axes: Axes, chart: Chart) -> None:
    """Two bars a label: the year in full colour, the earlier one hatched; no bar where nobody gave a value."""
    known = [value for value in chart.before if value is not None]
    largest = max(map(abs, (*chart.values, *known)))
    series = ((-0.2, chart.values, FILLS[0], chart.names[0]), (0.2, chart.before, FILLS[1], chart.names[1]))
    for shift, values, (colour, hatch), name in series:
        places = [place + shift for place, value in enumerate(values) if value is not None]
        shown = [value for value in values if value is not None]
        axes.barh(
            places,
            shown,
            color=colour,
            hatch=hatch,
            height=0.38,
            edgecolor="white",
            linewidth=0.4,
            label=name,
        )
        for place, value in zip(places, shown, strict=True):
            axes.text(max(value, 0) + 0.01 * largest, place, number(value), va="center", fontsize=7)
    _labelled_rows(axes, chart, 34)
    axes.set_xlim(min(0.0, *chart.values, *known) * 1.1, largest * 1.16)
    _tonnes_below(axes, chart, largest)
    _legend(axes)


def _trajectory(axes: Axes, chart: Chart) -> None:
    """Emissions by year: what was measured, and the straight line of each target to its year."""
    values = [value for line in chart.lines for _, value in line.points]
    for place, line in enumerate(chart.lines):
        colour, marker = MARKS[place % len(MARKS)]
        years, tonnes = zip(*line.points, strict=True)
        axes.plot(
            years, tonnes, color=colour, marker=marker, linestyle="--" if line.planned else "-", markersize=5,
            linewidth=1.4, label=_wrapped(line.name, 60),
        )  # fmt: skip
        for year, value in line.points[-1:] if line.planned else line.points:
            axes.annotate(
                number(value, 0),
                (year, value),
                textcoords="offset points",
                xytext=(0, 6),
                ha="center",
                fontsize=7,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6},
            )
    axes.set_ylim(min(0.0, *values), max(values) * 1.18)
    axes.margins(x=0.08)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:.0f}"))
    axes.set_ylabel(chart.unit)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: number(y, 0 if max(values) >= 10 else 1)))
    axes.grid(axis="y", color="#dddddd", linewidth=0.5)
    _legend(axes)


def _pareto(axes: Axes, chart: Chart) -> None:
    """Bars by decreasing value, cumulated share as a line, the 80 % line dashed."""
    total = sum(chart.values)
    places = range(len(chart.values))
    cumulated = [sum(chart.values[: place + 1]) / total for place in places]
    axes.bar(places, chart.values, color=BLUE, width=0.72, edgecolor="white", linewidth=0.4)
    axes.set_xticks(list(places), [_wrapped(label, 12) for label in chart.labels], fontsize=7)
    axes.set_ylabel(chart.unit)
    axes.set_ylim(0, max(chart.values) * 1.08)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: number(y, 0)))
    shares = axes.twinx()
    shares.plot(places, cumulated, color=INK, marker="o", markersize=3.5, linewidth=1.2)
    shares.axhline(0.8, color=ORANGE, linestyle=(0, (5, 3)), linewidth=1.4)
    shares.text(len(chart.values) - 0.55, 0.785, chart.mark, ha="right", va="top", fontsize=7.5)
    shares.set_ylim(0, 1.08)
    shares.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    shares.yaxis.set_major_formatter(FuncFormatter(lambda y, _: percent(y, 0)))
    shares.spines["right"].set_visible(True)


def _labelled_rows(axes: Axes, chart: Chart, width: int) -> None:
    """The labels down the left side, the first on top."""
    places = list(range(len(chart.labels)))
    axes.set_yticks(places, [_wrapped(label, width) for label in chart.labels], fontsize=7)
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0)


def _tonnes_below(axes: Axes, chart: Chart, largest: float) -> None:
    axes.set_xlabel(chart.unit)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: number(x, 0 if largest >= 10 else 1)))


def _legend(axes: Axes) -> None:
    axes.figure.legend(loc="outside upper left", ncols=2, frameon=False, fontsize=7.5)


DRAWINGS: dict[str, Callable[[Axes, Chart], None]] = {
    "bars": _bars,
    "ranking": _ranking,
    "pareto": _pareto,
    "intervals": _intervals,
    "comparison": _comparison,
    "trajectory": _trajectory,
}
