"""The native charts of Synthèse and the tables that they draw. One look with the reports: same data, same order.

Colours stay apart for a colour-blind reader; patterns, dashes and markers keep the series apart in black and white.
"""

from __future__ import annotations

from typing import Any

from carbon_workbook.workbook import chart_cells as data
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.build_book import Sheet
from carbon_workbook.workbook.build_parts import header_row, section
from carbon_workbook.workbook.cells import column_letters
from carbon_workbook.workbook.energy_layout import Block
from carbon_workbook.workbook.style import FONT, INK, LINE, MUTED, SERIES

GRID = {"visible": True, "line": {"color": LINE, "width": 0.5}}
GRID_OFF = {"visible": False}
COLUMN, WIDTH, GUTTER = 6, 710, 14
HEIGHT = 300
NUMBERS = {
    data.PARETO: ("", "tonnes", "percent", "percent", ""),
    data.FACTORS: ("", "tonnes", "percent", "whole"),
    data.INTERVALS: ("", "tonnes", "tonnes", "tonnes", "whole"),
    data.PREVIOUS: ("", "tonnes", "tonnes", "change"),
    data.TRAJECTORY: ("year", "tonnes", "tonnes", "gap"),
}


def write_tables(sheet: Sheet) -> None:
    """The data of each chart, empty until the first refresh."""
    section(sheet, data.FIRST - 1, "Données des graphiques", 5)
    for block, numbers in NUMBERS.items():
        sheet.put(block.header - 1, 1, block.title, "advice", text_wrap=False, indent=0)
        header_row(sheet, block.header, block.labels)
        for row in range(block.first, block.last + 1):
            for column, number in enumerate(numbers, start=1):
                sheet.put(row, column, None, "row", number, align="left" if column == 1 else "right")


def write_charts(sheet: Sheet) -> None:
    """Scopes and categories at the top, the others each beside its data."""
    _scopes(sheet)
    _categories(sheet)
    _pareto(sheet)
    _factors(sheet)
    _intervals(sheet)
    _previous(sheet)
    _trajectory(sheet)


def _insert(
    sheet: Sheet, chart: Any, row: int, width: int = WIDTH, height: int = HEIGHT, shift: int = 0
) -> None:
    chart.set_size({"width": width, "height": height})
    place = {"object_position": 2, "x_offset": GUTTER + shift}
    sheet.raw.insert_chart(row - 1, COLUMN - 1, chart, place)


def _span(sheet: Sheet, column: int, block: Block, rows: int | None = None) -> str:
    """Cells of a column of a block, as a chart names them."""
    letters, last = column_letters(column), block.first + (rows or block.rows) - 1
    return f"={sheet.quoted}!${letters}${block.first}:${letters}${last}"


def _scopes(sheet: Sheet) -> None:
    first, last = at.summary_row("S1"), at.summary_row("S3")
    name = sheet.quoted
    chart = sheet.book.chart("column")
    labels, values = f"={name}!$A${first}:$A${last}", f"={name}!$B${first}:$B${last}"
    chart.add_series({**_bars("tCO2e", labels, values, 0), "data_labels": _labels()})
    _dress(chart, "Les trois scopes (tCO2e, par localisation)")
    _insert(sheet, chart, at.SUMMARY_FIRST - 1, 330, 330)


def _categories(sheet: Sheet) -> None:
    rows = [row.row for row in at.ghgp_rows() if row.code.isdigit()]
    letters, place = column_letters(at.GHGP_TOTAL), f"'{at.GHGP}'"
    chart = sheet.book.chart("bar")
    labels = f"={place}!$B${rows[0]}:$B${rows[-1]}"
    chart.add_series(_bars("tCO2e", labels, f"={place}!${letters}${rows[0]}:${letters}${rows[-1]}", 2))
    _dress(chart, "Scope 3 par catégorie (tCO2e)")
    _lying(chart)
    _insert(sheet, chart, at.SUMMARY_FIRST - 1, WIDTH - 340, 330, 340)


def _pareto(sheet: Sheet) -> None:
    block = data.PARETO
    labels = _span(sheet, 5, block)
    columns, lines = sheet.book.chart("column"), sheet.book.chart("line")
    columns.add_series(_bars("tCO2e", labels, _span(sheet, 2, block), 0))
    cumulated = {**_line(3, "circle"), "y2_axis": True}
    lines.add_series({"name": "Cumul", "categories": labels, "values": _span(sheet, 3, block), **cumulated})
    threshold = {**_line(1, "none", dash="dash"), "y2_axis": True}
    lines.add_series({"name": "80 %", "categories": labels, "values": _span(sheet, 4, block), **threshold})
    columns.combine(lines)
    _dress(columns, "Pareto : postes, part cumulée et seuil de 80 %", legend=True)
    lines.set_y2_axis(
        {"num_format": "0\\ %", "min": 0, "max": 1, "num_font": _font(8), "line": {"color": LINE}}
    )
    _insert(sheet, columns, at.LEVELS_FIRST + 2, WIDTH, 420)


def _factors(sheet: Sheet) -> None:
    block = data.FACTORS
    chart = sheet.book.chart("bar")
    bars = _bars("tCO2e", _span(sheet, 1, block), _span(sheet, 2, block), 2)
    chart.add_series({**bars, "data_labels": _labels()})
    _dress(chart, "Facteurs qui pèsent le plus (tCO2e)")
    _lying(chart)
    _insert(sheet, chart, block.header - 1)


def _intervals(sheet: Sheet) -> None:
    """A pale bar a post with its 95 % interval over it.

    The upper gap is stacked on it, unseen: no program makes the axis long enough for the error bars.
    """
    block = data.INTERVALS
    chart = sheet.book.chart("bar", "stacked")
    error = {
        "type": "custom",
        "minus_values": _span(sheet, 3, block),
        "plus_values": _span(sheet, 4, block),
        "line": {"color": INK, "width": 1.75},
    }
    labels = _span(sheet, 1, block)
    bars = _bars("tCO2e", labels, _span(sheet, 2, block), 5)
    pale = {"color": SERIES[5], "transparency": 45}
    chart.add_series({**bars, "fill": pale, "y_error_bars": error})
    room = _bars("Écart haut", labels, _span(sheet, 4, block), 5)
    chart.add_series({**room, "fill": {"none": True}})
    _dress(chart, "Incertitude à 95 % des postes les plus lourds (tCO2e)")
    _lying(chart)
    _insert(sheet, chart, block.header - 1)


def _previous(sheet: Sheet) -> None:
    block = data.PREVIOUS
    chart = sheet.book.chart("bar")
    labels = _span(sheet, 1, block)
    striped = {
        "fill": None,
        "pattern": {"pattern": "dark_upward_diagonal", "fg_color": SERIES[1], "bg_color": "#FFFFFF"},
        "border": {"color": SERIES[1]},
    }
    chart.add_series({**_bars("N-1", labels, _span(sheet, 2, block), 1), **striped, "overlap": -5})
    chart.add_series(_bars("N", labels, _span(sheet, 3, block), 0))
    _dress(chart, "Année contre N-1 (tCO2e)", legend=True)
    _lying(chart)
    _insert(sheet, chart, block.header - 1)


def _trajectory(sheet: Sheet) -> None:
    block = data.TRAJECTORY
    chart = sheet.book.chart("scatter", "straight_with_markers")
    years = _span(sheet, 1, block)
    path = {"name": "Trajectoire linéaire", "categories": years, "values": _span(sheet, 2, block)}
    chart.add_series({**path, **_line(1, "none", dash="dash")})
    measured = {"name": "Mesuré", "categories": years, "values": _span(sheet, 3, block)}
    chart.add_series({**measured, **_line(0, "square")})
    _dress(chart, "", legend=True)
    chart.set_title({"name": f"={sheet.quoted}!$A${block.header - 1}", "name_font": _font(11, bold=True)})
    chart.show_blanks_as("span")
    chart.set_x_axis({"num_format": "0", "num_font": _font(8), "line": {"color": LINE}, "major_unit": 2})
    _insert(sheet, chart, block.header - 1)


def _bars(name: str, categories: str, values: str, colour: int) -> dict[str, Any]:
    return {
        "name": name, "categories": categories, "values": values,
        "fill": {"color": SERIES[colour]}, "border": {"none": True}, "gap": 50,
    }  # fmt: skip


def _line(colour: int, marker: str, dash: str = "solid") -> dict[str, Any]:
    ink = {"color": SERIES[colour]}
    mark: dict[str, Any] = {"type": marker}
    if marker != "none":
        mark |= {"size": 6, "fill": ink, "border": ink}
    return {"line": {**ink, "width": 2, "dash_type": dash}, "marker": mark}


def _labels() -> dict[str, Any]:
    return {"value": True, "num_format": "#,##0", "font": _font(8)}


def _lying(chart: Any) -> None:
    """Axes of horizontal bars, the first at the top."""
    chart.set_y_axis(
        {"reverse": True, "num_font": _font(8), "line": {"color": LINE}, "major_gridlines": GRID_OFF}
    )
    chart.set_x_axis(
        {"num_format": "#,##0", "num_font": _font(8), "major_gridlines": GRID, "label_position": "high"}
    )


def _font(size: int, **extra: object) -> dict[str, object]:
    return {"name": FONT, "size": size, "color": MUTED, **extra}


def _dress(chart: Any, title: str, *, legend: bool = False) -> None:
    chart.set_title({"name": title, "name_font": {"name": FONT, "size": 11, "color": INK, "bold": True}})
    axis = {"num_font": _font(8), "line": {"color": LINE}}
    chart.set_x_axis(axis)
    chart.set_y_axis({**axis, "num_format": "#,##0", "major_gridlines": GRID})
    chart.set_legend({"position": "bottom", "font": _font(9)} if legend else {"none": True})
    chart.set_chartarea({"border": {"color": LINE}, "fill": {"color": "#FFFFFF"}})
