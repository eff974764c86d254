"""The Windows of the tests, in Wine: a pinned CPython, our wheel, xlwings' real DLL and COM server.

Made once under ``CW_WINDOWS_DIR`` (default: the user's cache), with the very folders that the workbook's configuration
names; the wheel is built from the checkout at each session.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from carbon_workbook.excel.command_line import dll_command_line
from carbon_workbook.workbook.layout import XLWINGS
from carbon_workbook.workbook.package import Package, read_sheet
from carbon_workbook.workbook.vba import XLWINGS_MODULE, module_sources

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
PYTHON_LIST, PACKAGE_LIST = HERE / "python.txt", HERE / "packages.txt"
BRIDGE, PROBE = "carbon_workbook.excel.bridge", "cells_probe"
BOOK, OURS = r"C:\Bilans\carbon_workbook.xlsm", "ours"
SITE = "Lib/site-packages"
SEARCHED = "python313.zip\r\n.\r\nLib\\site-packages\r\nimport site\r\n"
SILENT: dict[str, Any] = {
    "stdin": subprocess.DEVNULL,
    "stdout": subprocess.DEVNULL,
    "stderr": subprocess.DEVNULL,
}


def wine_is_there() -> bool:
    return bool(shutil.which("wine") and shutil.which("wineboot") and shutil.which("wineserver"))


@dataclass(frozen=True)
class Answer:
    """What a call gave: a value, or the text of the COM error; and how long it took in the caller's process."""

    value: Any
    error: str
    seconds: float


class Windows:
    """A Wine prefix with the Windows Python; ``caller`` processes stand for Excel."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.python, self.app, self.prefix = home / "python", home / "app", home / "prefix"

    @property
    def environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "PYTHONPATH")}
        return kept | {
            "WINEPREFIX": str(self.prefix),
            "WINEARCH": "win64",
            "WINEDEBUG": "-all",
            # No WMI: what Wine 8 has of it brings down platform.system(), which pint asks at import.
            "WINEDLLOVERRIDES": "mscoree,mshtml,wbemprox=",
            "LC_ALL": "C.UTF-8",
        }

    def make(self) -> None:
        """Python, packages and prefix, unless these very ones are there; then our wheel, always."""
        wanted = hashlib.sha256(PYTHON_LIST.read_bytes() + PACKAGE_LIST.read_bytes()).hexdigest()
        stamp = self.home / "made.txt"
        if not stamp.exists() or stamp.read_text(encoding="ascii") != wanted:
            for folder in (self.python, self.app, self.prefix):
                shutil.rmtree(folder, ignore_errors=True)
            self.app.mkdir(parents=True)
            self._make_python()
            self._make_prefix()
            self._compile(self.python / SITE)
            stamp.write_text(wanted, encoding="ascii")
        self._install_ours()

    def _make_python(self) -> None:
        _pip(
            "install",
            "--no-deps",
            "--no-compile",
            "--require-hashes",
            "--target",
            str(self.python),
            "-r",
            str(PYTHON_LIST),
        )
        site = self.python / SITE
        windows = ("--platform", "win_amd64", "--python-version", "3.13", "--implementation", "cp")
        _pip(
            "install",
            "--no-deps",
            "--no-compile",
            "--target",
            str(site),
            *windows,
            "--only-binary=:all:",
            "-r",
            str(PACKAGE_LIST),
        )
        # A target folder gets the data files too; the DLL is looked for beside the interpreter.
        for library in site.glob("xlwings*.dll"):
            library.replace(self.python / library.name)
        (self.python / "python313._pth").write_text(SEARCHED, encoding="ascii", newline="")

    def _make_prefix(self) -> None:
        for command in (("wineboot", "-i"), ("wine", "winecfg", "-v", "win10")):
            subprocess.run(command, env=self.environment, timeout=180, check=True, **SILENT)
        # Without this restart the first program can wait for minutes.
        self.close()

    def _compile(self, folder: Path) -> None:
        # The DLL's command line says -B: what is not compiled now is compiled again at every start.
        self.run("-m", "compileall", "-q", "-j", "1", wine_path(folder), check=False)

    def _install_ours(self) -> None:
        site = self.python / SITE
        for old in (self.app, *site.glob("carbon_workbook*")):
            shutil.rmtree(old)
        self.app.mkdir()
        with tempfile.TemporaryDirectory() as folder:
            _pip("wheel", "--no-deps", "--wheel-dir", folder, str(ROOT))
            (wheel,) = Path(folder).glob("*.whl")
            with zipfile.ZipFile(wheel) as content:
                content.extractall(site)
        shutil.copy(HERE / "cells_probe.py", self.app)
        self._compile(site / "carbon_workbook")
        self._compile(self.app)

    def run(self, *arguments: str, check: bool = True) -> str:
        """Output of the Windows Python."""
        done = subprocess.run(
            ("wine", str(self.python / "python.exe"), *arguments),
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=300,
            check=check,
        )
        return done.stdout

    def installed(self, local: str) -> None:
        """Show the installation at ``local``, a value of LOCALAPPDATA, as ``setup`` would have put it there."""
        folder = self.unix_path(local) / "CarbonWorkbook"
        folder.mkdir(parents=True, exist_ok=True)
        for name, target in (("python", self.python), ("app", self.app)):
            link = folder / name
            if not link.is_symlink():
                link.symlink_to(target)

    def unix_path(self, path: str) -> Path:
        """Where a path of drive C is."""
        return self.prefix / "drive_c" / path.removeprefix("C:\\").replace("\\", "/")

    def close(self) -> None:
        """End every process of this prefix, and of no other."""
        for option in ("-k", "-w"):
            subprocess.run(("wineserver", option), env=self.environment, timeout=60, check=False, **SILENT)


class Caller:
    """A Windows process that calls our functions as Excel does."""

    def __init__(self, windows: Windows) -> None:
        self.calls = 0
        self._process = subprocess.Popen(
            ("wine", str(windows.python / "python.exe"), wine_path(HERE / "client.py")),
            env=windows.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
        )
        self.about: Mapping[str, Any] = self._ask("about").value

    def activate(self, name: str, dll: str, line: str) -> Answer:
        """Have the DLL start a server (or join the one it knows by this command line)."""
        return self._ask("activate", name, dll, line)

    def stop(self, name: str, dll: str, line: str) -> Answer:
        return self._ask("stop", name, dll, line)

    def kill(self, process: float) -> None:
        """End a server from outside, as a task manager would."""
        self._ask("kill", process)

    def call(
        self, name: str, module: str, function: str, arguments: Sequence[object], times: int = 1
    ) -> Answer:
        """``CallUDF``; None stands for a blank cell, ``{"date": …}`` and its like for what JSON cannot say."""
        self.calls += times
        return self._ask("call", name, module, function, list(arguments), times)

    def _ask(self, request: str, *arguments: object) -> Answer:
        pipe_in, pipe_out = self._process.stdin, self._process.stdout
        assert pipe_in is not None
        assert pipe_out is not None
        pipe_in.write(json.dumps([request, arguments]) + "\n")
        pipe_in.flush()
        text = pipe_out.readline()
        if not text:
            said = self._process.communicate(timeout=60)[1]
            raise RuntimeError(f"the calling process ended during « {request} »: {said[-2000:]}")
        found = json.loads(text)
        return Answer(found.get("value"), found.get("error", ""), found["seconds"])

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)


@dataclass(frozen=True)
class Excel:
    """A caller in Excel's place, and what the workbook's configuration sheet and VBA tell it."""

    windows: Windows
    caller: Caller
    configuration: Mapping[str, str]
    version: str

    @property
    def local(self) -> str:
        """LOCALAPPDATA of this Windows."""
        return str(self.caller.about["environment"]["LOCALAPPDATA"])

    def line(self, book: str = BOOK, local: str = "") -> str:
        return dll_command_line(self.configuration, book, {"LOCALAPPDATA": local or self.local})

    def dll(self, local: str = "") -> str:
        return rf"{local or self.local}\CarbonWorkbook\python\xlwings64-{self.version}.dll"

    def activate(self, name: str, book: str = BOOK, local: str = "") -> Answer:
        """Have a server started by the command line of this workbook; ``local`` is another user's LOCALAPPDATA."""
        self.windows.installed(local or self.local)
        return self.caller.activate(name, self.dll(local), self.line(book, local))

    def stop(self, name: str, book: str = BOOK, local: str = "") -> Answer:
        return self.caller.stop(name, self.dll(local), self.line(book, local))

    def udf(self, function: str, *arguments: object, book: str = BOOK, server: str = OURS) -> Any:
        """What ``CallUDF`` gives the wrapper. Raises RuntimeError on a COM error."""
        answer = self.caller.call(server, BRIDGE, function, [book, *arguments])
        if answer.error:
            raise RuntimeError(answer.error)
        return answer.value

    def probe(self, function: str, *arguments: object, server: str = OURS) -> Answer:
        return self.caller.call(server, PROBE, function, arguments)


@contextmanager
def excel(package: Package) -> Iterator[Excel]:
    """Excel's stand-in with this workbook open and a server ready to answer; every process ends with it."""
    made = Windows(windows_home())
    made.make()
    (version,) = set(re.findall(r'Lib "xlwings64-([\d.]+)\.dll"', module_sources()[XLWINGS_MODULE]))
    rows = read_sheet(package, XLWINGS).rows
    configuration = {str(row[1]): str(row.get(2) or "") for _, row in sorted(rows.items()) if row.get(1)}
    caller = Caller(made)
    try:
        yield Excel(made, caller, configuration, version)
    finally:
        caller.close()
        made.close()


def windows_home() -> Path:
    return Path(os.environ.get("CW_WINDOWS_DIR") or Path.home() / ".cache" / "carbon-workbook-windows")


def wine_path(path: Path) -> str:
    """A path of this system as Wine shows it."""
    return "Z:" + str(path).replace("/", "\\")


def _pip(*arguments: str) -> None:
    command = (sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments)
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=600, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments[:3])}…\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
