"""The VBA project and the ribbon of the workbook, added to a file of sheets (decision A9)."""

from __future__ import annotations

import importlib.util
import re
import tempfile
import zipfile
from pathlib import Path

from pyopenvba import ExcelFile
from pyopenvba.exceptions import PyOpenVBAError

from carbon_workbook.messages import CodedError
from carbon_workbook.resources import packaged
from carbon_workbook.workbook.layout import MACRO_MARK

XLWINGS_MODULE = "xlwings"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_MACRO_TYPE = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
_RIBBON_PART = "customUI/customUI14.xml"
_RIBBON_RELATION = (
    '<Relationship Id="rIdRuban" Type="http://schemas.microsoft.com/office/2007/relationships/ui/extensibility" '
    f'Target="{_RIBBON_PART}"/>'
)
_EPOCH = (1980, 1, 1, 0, 0, 0)
_SHAPE = re.compile(
    rf'<xdr:sp macro=""([^>]*>\s*<xdr:nvSpPr>\s*<xdr:cNvPr [^>]*?descr=")({MACRO_MARK}(\w+))(")'
)


def module_sources() -> dict[str, str]:
    """Sources of our VBA modules by name, as they stand in ``excel/vba``, then the xlwings standalone module."""
    found = {path.stem: _text(path) for path in sorted(packaged("excel/vba").glob("*.bas"))}
    found[XLWINGS_MODULE] = _text(_xlwings_source())
    return found


def ribbon_source() -> str:
    """The ribbon tab, as it stands in ``excel/ribbon.xml``."""
    return _text(packaged("excel/ribbon.xml"))


def add_macros(sheets: Path) -> bytes:
    """A macro-enabled workbook from a file of sheets: content type, VBA modules, buttons, ribbon."""
    with tempfile.TemporaryDirectory() as folder:
        typed = Path(folder) / "book.xlsm"
        with zipfile.ZipFile(sheets) as source:
            _pack(typed, {name: _typed(name, source.read(name)) for name in source.namelist()})
        with ExcelFile(typed) as book:
            project = book.add_vba_project()
            for name, text in module_sources().items():
                project.add_module(name, text.replace("\n", "\r\n"))
            book.save()
        with zipfile.ZipFile(typed) as source:
            parts = {name: source.read(name) for name in source.namelist()}
        parts["_rels/.rels"] = parts["_rels/.rels"].replace(
            b"</Relationships>", _RIBBON_RELATION.encode() + b"</Relationships>"
        )
        parts[_RIBBON_PART] = ribbon_source().encode()
        _pack(typed, parts)
        return typed.read_bytes()


def modules_in(path: Path) -> dict[str, str]:
    """Sources of the VBA modules of a macro-enabled workbook, by name. Raises CodedError when they are unreadable."""
    try:
        with ExcelFile(path) as book:
            return {name: book.get_module(name).replace("\r\n", "\n") for name in book.module_names()}
    except PyOpenVBAError as error:
        raise CodedError("CW-785", path=path.name, detail=error) from error


def _typed(name: str, content: bytes) -> bytes:
    if name == "[Content_Types].xml":
        return content.replace(_SHEET_TYPE.encode(), _MACRO_TYPE.encode())
    if name.startswith("xl/drawings/drawing"):
        text = _SHAPE.sub(r'<xdr:sp macro="[0]!\3"\1Bouton \3\4', content.decode())
        return text.encode()
    return content


def _pack(path: Path, parts: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            target.writestr(entry, content)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8").replace("\r\n", "\n")


def _xlwings_source() -> Path:
    """The standalone module of the installed xlwings, found without importing it."""
    spec = importlib.util.find_spec(XLWINGS_MODULE)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(XLWINGS_MODULE)
    return Path(spec.submodule_search_locations[0]) / "xlwings.bas"
