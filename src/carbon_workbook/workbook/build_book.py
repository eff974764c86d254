"""The one place that speaks to xlsxwriter: a workbook with named styles, safe texts and plain helpers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import xlsxwriter

from carbon_workbook.workbook.cells import cell_ref, column_letters
from carbon_workbook.workbook.style import NUMBER_FORMATS, STYLES

CREATED = dt.datetime(2026, 1, 1)
"""Creation date of every built file, so that two builds are identical."""

BOTTOM_MARGIN = 0.7


class Book:
    """A workbook being written. Rows and columns are 1-based everywhere, as a user reads them."""

    def __init__(self, path: Path, *, macros: bool) -> None:
        self.macros = macros
        self._file = xlsxwriter.Workbook(
            str(path),
            {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
        )
        self._formats: dict[tuple[object, ...], Any] = {}
        self._file.set_properties(
            {
                "title": "Inventaire des émissions de gaz à effet de serre",
                "subject": "Saisie, calcul et restitution",
                "author": "Carbon Workbook",
                "created": CREATED,
            }
        )
        self._file.set_calc_mode("auto")
        self._file.set_size(28_000, 16_000)

    def style(self, name: str, number: str = "", **extra: object) -> Any:
        """The cell format of a named style, with a named number format and single changes."""
        key = (name, number, *sorted(extra.items()))
        if key not in self._formats:
            props = {**STYLES[name], **extra}
            if number:
                props["num_format"] = NUMBER_FORMATS[number]
            self._formats[key] = self._file.add_format(props)
        return self._formats[key]

    def differential(self, **props: object) -> Any:
        """A format for a conditional rule."""
        key = ("conditional", *sorted(props.items()))
        if key not in self._formats:
            self._formats[key] = self._file.add_format(props)
        return self._formats[key]

    def name(self, name: str, formula: str) -> None:
        """Define a name of the workbook; ``formula`` without ``=``."""
        self._file.define_name(name, f"={formula}")

    def chart(self, kind: str, subtype: str = "") -> Any:
        return self._file.add_chart({"type": kind, "subtype": subtype} if subtype else {"type": kind})

    def sheet(self, title: str, *, tab: str, orientation: str = "landscape") -> Sheet:
        """A new sheet with its print set-up; French header and footer."""
        return Sheet(self, self._file.add_worksheet(title), title, tab, orientation)

    def close(self) -> None:
        self._file.close()


class Sheet:
    """One worksheet of a ``Book``."""

    def __init__(self, book: Book, raw: Any, title: str, tab: str, orientation: str) -> None:
        self.book, self.raw, self.title = book, raw, title
        # xlsxwriter searches every formula for newer functions, row after row: nine tenths of a long build.
        raw._prepare_formula = cache(raw._prepare_formula)
        raw.hide_gridlines(2)
        raw.set_tab_color(tab)
        raw.set_paper(9)
        if orientation == "landscape":
            raw.set_landscape()
        raw.set_margins(left=0.4, right=0.4, top=0.6, bottom=BOTTOM_MARGIN)
        raw.fit_to_pages(1, 0)
        raw.set_footer("&L&8&K5F6F6C&F&C&8&K5F6F6C&A&R&8&K5F6F6CPage &P sur &N")
        raw.set_header(
            "&L&8&K5F6F6CInventaire des émissions de gaz à effet de serre&R&8&K5F6F6CImprimé le &D"
        )
        raw.set_zoom(90)

    @property
    def quoted(self) -> str:
        """The sheet's name as a formula spells it."""
        return "'" + self.title.replace("'", "''") + "'"

    def absolute(self, row: int, column: int) -> str:
        """``'Sheet'!$A$1``."""
        return f"{self.quoted}!${column_letters(column)}${row}"

    def put(
        self, row: int, column: int, value: object, style: str, number: str = "", **extra: object
    ) -> None:
        """Write a value; a text stays a text, whatever it starts with."""
        if isinstance(value, dt.date):
            number = "date"  # as Excel does when a date is typed, wherever it is typed
        form = self.book.style(style, number, **extra)
        at = (row - 1, column - 1)
        if value is None or value == "":
            self.raw.write_blank(*at, None, form)
        elif isinstance(value, bool):
            self.raw.write_boolean(*at, value, form)
        elif isinstance(value, (int, float)):
            self.raw.write_number(*at, value, form)
        elif isinstance(value, (dt.datetime, dt.date)):
            self.raw.write_datetime(*at, value, form)
        else:
            self.raw.write_string(*at, str(value), form)

    def formula(
        self, row: int, column: int, text: str, style: str, number: str = "", **extra: object
    ) -> None:
        """Write a formula (without ``=``) without a stored value: it is computed when the file opens."""
        self.raw.write_formula(row - 1, column - 1, f"={text}", self.book.style(style, number, **extra), "")

    def link(self, row: int, column: int, title: str, text: str, style: str, cell: str = "A1") -> None:
        """A link to a cell of another sheet. A formula: refresh owns the links that the file stores."""
        quoted = "'" + title.replace("'", "''") + "'"
        formula = f'=HYPERLINK("#{quoted}!{cell}","{text}")'
        self.raw.write_formula(row - 1, column - 1, formula, self.book.style(style), text)

    def merge(self, row: int, first: int, last: int, value: str, style: str, rows: int = 1) -> None:
        """A text over several cells."""
        self.raw.merge_range(row - 1, first - 1, row + rows - 2, last - 1, value, self.book.style(style))

    def widths(self, widths: Sequence[float]) -> None:
        for position, width in enumerate(widths):
            self.raw.set_column(position, position, width, self.book.style("plain"))

    def height(self, row: int, points: float) -> None:
        self.raw.set_row(row - 1, points)

    def band(self, text: str, last: int, *, home: int = 0) -> None:
        """The title band of a sheet, over its first ``last`` columns; the way back to Accueil in column ``home``."""
        self.height(1, 32)
        for column in range(1, last + 1):
            self.put(1, column, "", "band")
        self.put(1, 1, text, "title")
        if home:
            self.link(1, home, "Accueil", "Accueil", "band_link")

    def table(
        self, name: str, row: int, first: int, headers: Sequence[str], rows: int, formulas: Sequence[str] = ()
    ) -> None:
        """A real Excel table whose header stands in ``row``; cell contents are written apart."""
        columns: list[dict[str, object]] = [
            {"header": header, "header_format": self.book.style("header")} for header in headers
        ]
        for column, formula in zip(columns, formulas, strict=bool(formulas)):
            if formula:
                column["formula"] = formula
        self.raw.add_table(
            row - 1,
            first - 1,
            row + rows - 1,
            first + len(headers) - 2,
            {"name": name, "columns": columns, "style": None, "banded_rows": False},
        )

    def validate(self, first_row: int, column: int, last_row: int, options: dict[str, object]) -> None:
        self.raw.data_validation(first_row - 1, column - 1, last_row - 1, column - 1, options)

    def note(self, first_row: int, last_row: int, column: int, condition: dict[str, object]) -> None:
        """A conditional rule over part of a column."""
        self.raw.conditional_format(first_row - 1, column - 1, last_row - 1, column - 1, condition)

    def print_rows(self, first: int, last: int) -> None:
        self.raw.repeat_rows(first - 1, last - 1)

    def print_area(self, last_row: int, last_column: int) -> None:
        self.raw.print_area(0, 0, last_row - 1, last_column - 1)

    def print_filled(self, header: int, column: int, last_column: int) -> None:
        """Print the rows under ``header`` down to the last one that is filled in ``column``, and not the blank ones.

        The area is a formula: it follows the table without any change of the workbook part.
        """
        letters, count = column_letters(column), 100_000
        filled = f"COUNTA({self.quoted}!${letters}${header + 1}:${letters}${count})"
        area = f"{self.absolute(1, 1)}:INDEX({self.quoted}!$A$1:${column_letters(last_column)}${count},"
        self.book.name(f"{self.quoted}!_xlnm.Print_Area", f"{area}{header}+MAX(1,{filled}),{last_column})")

    def protect(self) -> None:
        """Protect against slips, without a password; reading, filtering and links stay possible."""
        self.raw.protect("", {"autofilter": True, "sort": True, "format_columns": True, "format_rows": True})

    def cell(self, row: int, column: int) -> str:
        return cell_ref(row, column)
