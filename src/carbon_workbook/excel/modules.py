"""The worksheet functions as Excel presents them, and the VBA module that is written from the tables."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from carbon_workbook.messages import texts
from carbon_workbook.resources import packaged
from carbon_workbook.specs.spec import entry_sheets
from carbon_workbook.workbook.layout import sheet_code

TEXTS = "CarbonTextes"
_SPOKEN = ("CW-601", "CW-602", "CW-603", "CW-618", "CW-619", "CW-620", "CW-839")
_LONGEST_LITERAL = 200


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument as the function wizard shows it."""

    name: str
    help: str


@dataclass(frozen=True, slots=True)
class Function:
    """A worksheet function: ``required`` arguments come first, a row of answer fills ``width`` cells."""

    name: str
    description: str
    required: int
    width: int
    arguments: tuple[Argument, ...]


@cache
def functions() -> Mapping[str, Function]:
    """The worksheet functions by name, from ``functions.toml``."""
    return {
        row["name"]: Function(
            row["name"],
            row["description"],
            row["required"],
            row["width"],
            tuple(Argument(**argument) for argument in row["arguments"]),
        )
        for row in _declared()["functions"]
    }


def texts_module() -> str:
    """What ``CarbonTextes.bas`` must hold: messages and function descriptions, taken from their tables."""
    lines = [
        f'Attribute VB_Name = "{TEXTS}"',
        "Option Explicit",
        "Option Private Module",
        "",
        "' Module écrit par « python -m carbon_workbook.excel.modules » d'après les tables ; ne pas le modifier ici.",
        "",
    ]
    for code in _SPOKEN:
        text = texts()[code]
        sentence = f"{code} – {text.sentence} {text.remedy}"
        lines.append(f"Public Const {code.replace('-', '_')} As String = {_literal(sentence)}")
    lines += [
        "",
        "Public Sub CarbonDecrire()",
        "    Dim enregistre As Boolean",
        "    enregistre = ThisWorkbook.Saved",
    ]
    for function in functions().values():
        helps = ", _\n        ".join(_literal(argument.help) for argument in function.arguments)
        lines += [
            f"    Application.MacroOptions Macro:={_literal(function.name)}, _",
            f"        Description:={_literal(function.description)}, _",
            f"        Category:={_literal(_declared()['category'])}, _",
            f"        ArgumentDescriptions:=Array({helps})",
        ]
    lines += ["    ThisWorkbook.Saved = enregistre", "End Sub", ""]
    lines += ["Public Function CarbonCodeFeuille(nom As String) As String", "    Select Case nom"]
    for spec in entry_sheets().values():
        lines.append(
            f"        Case {_literal(spec.title)}: CarbonCodeFeuille = {_literal(sheet_code(spec.title))}"
        )
    lines += ["    End Select", "End Function", ""]
    return "\n".join(lines)


@cache
def _declared() -> dict[str, Any]:
    with packaged("excel/functions.toml").open("rb") as stream:
        return tomllib.load(stream)


def _literal(text: str) -> str:
    """A VBA string, cut where the editor's lines would grow too long."""
    pieces = [text[i : i + _LONGEST_LITERAL] for i in range(0, len(text), _LONGEST_LITERAL)]
    return " & ".join('"' + piece.replace('"', '""') + '"' for piece in pieces)


if __name__ == "__main__":
    (packaged("excel/vba") / f"{TEXTS}.bas").write_text(texts_module(), encoding="utf-8", newline="\n")
