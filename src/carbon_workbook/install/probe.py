"""What ``doctor`` looks at on this machine; nothing is changed, nothing leaves it."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import sys
from collections.abc import Callable
from pathlib import Path

from carbon_workbook.factors.catalogue import load_catalogue
from carbon_workbook.install.configuration import configuration_of
from carbon_workbook.install.doctor import Book, Machine
from carbon_workbook.install.setup import (
    Installation,
    default_home,
    installed,
    libraries_in,
    workbook_configuration,
)
from carbon_workbook.workbook.layout import BASE_NAME, SCHEMA_NAME
from carbon_workbook.workbook.package import Package, open_package, read_sheet
from carbon_workbook.workbook.vba import XLWINGS_MODULE, modules_in

_ASR = (
    r"SOFTWARE\Policies\Microsoft\Windows Defender\Windows Defender Exploit Guard\ASR\Rules",
    "d4f940ab-401b-4efc-aadc-ad5f3c50688a",
)
_OFFICE = (r"SOFTWARE\Microsoft\Office\ClickToRun\Configuration", "Platform")
_REGION = r"Control Panel\International"
_ZONE = re.compile(r"^ZoneId=(\d+)", re.MULTILINE)
_VARIABLE = re.compile(r"%([^%]+)%")


def machine(home: Path | None = None) -> Machine:
    """This machine, and the installation of this user."""
    found = installed(home)
    return Machine(
        system=platform.system(),
        home=str(home or default_home()),
        interpreter=found.interpreter if found else "",
        interpreter_exists=bool(found) and Path(found.interpreter).exists() if found else False,
        python=platform.python_version(),
        bits=found.bits if found else 0,
        xlwings=importlib.metadata.version("xlwings"),
        libraries=_libraries(found),
        office_bits={"x64": 64, "x86": 32}.get(_registry("HKEY_LOCAL_MACHINE", *_OFFICE)),
        asr=_number(_registry("HKEY_LOCAL_MACHINE", *_ASR)),
        synced=tuple(os.environ.get(name, "") for name in ("OneDrive", "OneDriveCommercial", "OneDriveConsumer")),
        locale=_registry("HKEY_CURRENT_USER", _REGION, "LocaleName"),
        decimal=_registry("HKEY_CURRENT_USER", _REGION, "sDecimal") or ",",
        separator=_registry("HKEY_CURRENT_USER", _REGION, "sList") or ";",
        base=load_catalogue().version,
        wanted=workbook_configuration(found) if found else {},
        environment=dict(os.environ),
    )  # fmt: skip


def book(path: str, zone_of: Callable[[Path], int | None] | None = None) -> Book:
    """A workbook; only its address when it is one. Raises CodedError when the file cannot be read."""
    if "://" in path:
        return Book(path, configuration={}, macros=False)
    file = Path(path).resolve()
    package = open_package(file)
    macros = "xl/vbaProject.bin" in package.parts
    found = configuration_of(package)
    return Book(
        path=str(file),
        macros=macros,
        zone=(zone_of or zone)(file),
        configuration=found,
        vba=modules_in(file).get(XLWINGS_MODULE, "") if macros else "",
        signed=any("vbaprojectsignature" in part.lower() for part in package.parts),
        schema=_number(_named(package, SCHEMA_NAME)),
        base=_named(package, BASE_NAME),
        interpreter_exists=Path(_expanded((found or {}).get("INTERPRETER_WIN", ""))).exists(),
    )


def zone(path: Path) -> int | None:
    """Zone that Windows noted in the stream of a file that came from outside; None without."""
    try:
        found = _ZONE.search(Path(f"{path}:Zone.Identifier").read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return None
    return int(found[1]) if found else None


def _named(package: Package, name: str) -> str:
    place = package.defined_names.get(name)
    value = read_sheet(package, place[0]).value(place[1]) if place else None
    return "" if value is None else str(int(value) if isinstance(value, float) else value)


def _number(text: str) -> int | None:
    return int(text) if text.isdigit() else None


def _expanded(text: str) -> str:
    return _VARIABLE.sub(lambda found: os.environ.get(found[1], found[0]), text)


def _libraries(found: Installation | None) -> dict[str, str]:
    """xlwings' DLLs where the workbook's module looks for them: beside the interpreter, and above."""
    if found is None:
        return {}
    folder = Path(found.interpreter).parent
    return {file.name: str(file) for file in libraries_in([folder, folder.parent])}


def _registry(root: str, key: str, name: str) -> str:
    """A value of the registry as text; blank where there is none, or no registry."""
    if sys.platform != "win32":
        return ""
    import winreg

    try:
        with winreg.OpenKey(getattr(winreg, root), key) as opened:
            return str(winreg.QueryValueEx(opened, name)[0])
    except OSError:
        return ""
