"""Charts of the reports as PNG. One style: Okabe-Ito colours, hatches and printed values, so that a print in black and
white or a colour-blind reader loses nothing."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import matplotlib as mpl

mpl.use("Agg")

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from carbon_workbook.report.format import number, percent

WIDTH_CM = 16.0
DPI = 200

BLUE, ORANGE, GREEN, PURPLE, SKY, GREY = "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#595959"
FILLS = ((BLUE, ""), (ORANGE, "///"), (GREEN, "..."), (SKY, "xx"), (PURPLE, "\\\\\\"), (GREY, "++"))

STYLE = {
    "font.family": ["DejaVu Sans"],
    "font.size": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#8c8c8c",
    "axes.linewidth": 0.6,
    "axes.labelcolor": "#262626",
    "xtick.color": "#262626",
    "ytick.color": "#262626",
    "hatch.color": "white",
    "hatch.linewidth": 0.7,
    "svg.hashsalt": "carbon-workbook",
}


@dataclass(frozen=True)
class Chart:
    """What a chart shows, as data: the same for a picture, a page or a native chart. ``values`` in tCO2e."""

    kind: str
    title: str
    alt: str
    labels: tuple[str, ...]
    values: tuple[float, ...]
    unit: str
    mark: str = ""


@lru_cache(maxsize=16)
def picture(chart: Chart) -> bytes:
    """PNG of a chart, WIDTH_CM wide. Raises KeyError on an unknown kind."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH_CM / 2.54, _height(chart) / 2.54), layout="constrained")
        axes = figure.add_subplot()
        DRAWINGS[chart.kind](axes, chart)
        stream = io.BytesIO()
        figure.savefig(stream, format="png", dpi=DPI, metadata={"Software": None})
    return stream.getvalue()


def _height(chart: Chart) -> float:
    if chart.kind == "pareto":
        return 7.4
    return max(3.0, 1.3 + 0.64 * len(chart.values))


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
    places = range(len(chart.values))
    largest = max(map(abs, chart.values))
    for place, value, (colour, hatch) in zip(places, chart.values, fills, strict=True):
        axes.barh(place, value, color=colour, hatch=hatch, height=0.68, edgecolor="white", linewidth=0.4)
        axes.text(max(value, 0) + 0.01 * largest, place, f"{number(value, 1)}", va="center", fontsize=7.5)
    axes.set_yticks(list(places), [_wrapped(label, width) for label in chart.labels], fontsize=7)
    axes.invert_yaxis()
    axes.set_xlim(min(0.0, *chart.values) * 1.1, largest * 1.14)
    axes.set_xlabel(chart.unit)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: number(x, 0 if largest >= 10 else 1)))
    axes.tick_params(axis="y", length=0)


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
    shares.plot(places, cumulated, color="#262626", marker="o", markersize=3.5, linewidth=1.2)
    shares.axhline(0.8, color=ORANGE, linestyle=(0, (5, 3)), linewidth=1.4)
    shares.text(len(chart.values) - 0.55, 0.785, chart.mark, ha="right", va="top", fontsize=7.5)
    shares.set_ylim(0, 1.08)
    shares.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    shares.yaxis.set_major_formatter(FuncFormatter(lambda y, _: percent(y, 0)))
    shares.spines["right"].set_visible(True)


DRAWINGS: dict[str, Callable[[Axes, Chart], None]] = {"bars": _bars, "ranking": _ranking, "pareto": _pareto}
