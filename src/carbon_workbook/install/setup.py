"""A private installation for one user, without administrator rights: an interpreter, our packages, a launcher.

Everything stands in one folder, which names what setup made in it: nothing else is ever replaced or removed.
"""

from __future__ import annotations

import csv
import hashlib
import importlib.metadata
import json
import os
import re
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PureWindowsPath

import carbon_workbook
from carbon_workbook import __version__
from carbon_workbook.calc.client import configuration_file
from carbon_workbook.calc.oxt import configure
from carbon_workbook.messages import CodedError, Message, message
from carbon_workbook.resources import packaged, shipped
from carbon_workbook.workbook.build_setup import XLWINGS_SETTINGS

NAME = "carbon-workbook"
RECORD = "installation.json"
PYTHON, APP, NEW, OLD = "python", "app", "python.neuf", "python.ancien"
SUMS = "SHA256SUMS.txt"
SHIPPED = ("factors", "templates", "carbon_workbook.xlsm")
LAUNCHER = "carbone.cmd" if os.name == "nt" else "carbone.sh"
BITS = (64, 32)
UTF8 = ("-X", "utf8")
"""Asked on the command line: an embeddable Python does not read the environment."""
NOT_COPIED = {"__pycache__", "Doc", "Scripts", "Tools", "include", "libs", "tcl", "test", "tests"}
"""Folders of an interpreter that the engine never reads."""
_REQUIREMENT = re.compile(r"[A-Za-z0-9._-]+")
_APP_NOTE = "Dossier voulu vide : Python y cherche des modules au lieu de les chercher ailleurs.\n"


@dataclass(frozen=True)
class Installation:
    """What setup made. ``libraries``: SHA-256 of each xlwings DLL by its name; ``made``: names in ``home``."""

    home: str
    version: str
    xlwings: str
    interpreter: str
    pythonpath: str
    bits: int
    libraries: Mapping[str, str]
    made: tuple[str, ...]


def default_home() -> Path:
    """The private folder of this user."""
    local = os.environ.get("LOCALAPPDATA")
    if os.name == "nt" and local:
        return Path(local) / "CarbonWorkbook"
    data = os.environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "carbon-workbook"


def installed(home: Path | None = None) -> Installation | None:
    """The installation of a folder, None when there is none that can be read."""
    try:
        found = json.loads(((home or default_home()) / RECORD).read_text(encoding="utf-8"))
        return Installation(**{**found, "made": tuple(found["made"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def setup(home: Path, bundle: Path | None = None) -> tuple[Installation, list[Message]]:
    """Install into ``home``, from a folder of wheels or from the packages of the running Python; with remarks.

    The former installation is replaced once the new one is complete. Raises CodedError when the folder is not ours,
    when a wheel is missing or is not the one that was listed, when it cannot be written.
    """
    record = home / RECORD
    if home.exists() and any(home.iterdir()) and not record.exists():
        raise CodedError("CW-750", folder=home)
    if bundle is not None:
        check_bundle(bundle)
    try:
        home.mkdir(parents=True, exist_ok=True)
        if not record.exists():
            # The folder is ours from now on, whatever stops this run.
            record.write_text("{}\n", encoding="utf-8")
        shutil.rmtree(home / NEW, ignore_errors=True)
        _make_python(home / NEW, with_pip=bundle is not None)
        if bundle is None:
            _copy_packages(home / NEW)
        else:
            _install_wheels(home / NEW, bundle)
        _run([str(_console(interpreter_in(home / NEW))), *UTF8, "-c", "import carbon_workbook"])
        if sys.platform == "win32":
            _prepare(home / NEW)
        libraries = _keep_libraries(home, bundle)
        _swap(home)
        made = [PYTHON, *_companions(home)]
    except OSError as error:
        raise CodedError("CW-754", folder=home, detail=error) from error
    finally:
        shutil.rmtree(home / NEW, ignore_errors=True)
    interpreter = interpreter_in(home / PYTHON)
    configure(_console(interpreter))
    found = Installation(
        str(home), __version__, importlib.metadata.version("xlwings"), str(interpreter), str(home / APP),
        8 * struct.calcsize("P"), libraries, (*made, RECORD),
    )  # fmt: skip
    text = json.dumps(asdict(found), ensure_ascii=False, indent=1)
    record.write_text(text + "\n", encoding="utf-8")
    return found, list(_missing(libraries))


def uninstall(home: Path) -> list[str]:
    """Remove what setup made, and the folder when nothing else is in it; names that stay. Raises CodedError."""
    found = installed(home)
    if found is None:
        raise CodedError("CW-755", folder=home)
    try:
        for name in found.made:
            path = home / name
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        calc = configuration_file()
        if calc.exists() and json.loads(calc.read_text(encoding="utf-8")).get("python") == str(
            _console(Path(found.interpreter))
        ):
            calc.unlink()
        left = sorted(path.name for path in home.iterdir())
        if not left:
            home.rmdir()
    except (OSError, ValueError) as error:
        raise CodedError("CW-754", folder=home, detail=error) from error
    return left


# --- The workbook's configuration ------------------------------------------------------------------------------------


def workbook_configuration(
    found: Installation, environment: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """Keys of the sheet ``xlwings.conf``. A path under the user's folder is written by its variable: a workbook that
    goes to a colleague finds the colleague's installation.
    """
    return dict(XLWINGS_SETTINGS) | {
        "INTERPRETER_WIN": _portable(found.interpreter, environment),
        "PYTHONPATH": _portable(found.pythonpath, environment),
    }


def _portable(path: str, environment: Mapping[str, str]) -> str:
    local = environment.get("LOCALAPPDATA", "")
    if local and PureWindowsPath(path).is_relative_to(PureWindowsPath(local)):
        return str(
            PureWindowsPath("%LOCALAPPDATA%") / PureWindowsPath(path).relative_to(PureWindowsPath(local))
        )
    return path


# --- Packages --------------------------------------------------------------------------------------------------------


def issued_xlwings() -> tuple[str, ...]:
    """Versions of xlwings that the VBA of an issued template names."""
    with packaged("install/issued.csv").open(encoding="utf-8", newline="") as stream:
        return tuple(sorted({row["xlwings"] for row in csv.DictReader(stream, delimiter=";")}))


def library_name(version: str, bits: int) -> str:
    """``xlwings64-0.37.8.dll``."""
    return f"xlwings{bits}-{version}.dll"


def check_bundle(folder: Path) -> None:
    """Raises CodedError when a folder of wheels lacks ours, or when a listed file is not the listed one."""
    if not list(folder.glob("carbon_workbook-*.whl")):
        raise CodedError("CW-751", folder=folder)
    sums = folder / SUMS
    if not sums.exists():
        return
    for line in sums.read_text(encoding="utf-8").splitlines():
        digest, _, name = line.partition("  ")
        file = folder / name
        if not file.exists() or hashlib.sha256(file.read_bytes()).hexdigest() != digest:
            raise CodedError("CW-752", name=name)


def interpreter_in(folder: Path) -> Path:
    """The interpreter that Excel is to start: without a console on Windows."""
    for name in ("Scripts/pythonw.exe", "pythonw.exe", "bin/python"):
        if (folder / name).exists():
            return folder / name
    raise CodedError("CW-761", path=folder)


def _console(interpreter: Path) -> Path:
    return interpreter.with_name(interpreter.name.replace("pythonw", "python"))


def _make_python(target: Path, *, with_pip: bool) -> None:
    """An interpreter of its own. On Windows a copy of the running one, which nothing done to that one can break and
    whose place is the one that the template names; elsewhere a virtual environment.
    """
    base = Path(sys.base_prefix)
    if (base / "pythonw.exe").exists():
        shutil.copytree(base, target, ignore=_not_copied, copy_function=shutil.copy)
        (target / "Lib" / "site-packages").mkdir(parents=True, exist_ok=True)
        if with_pip:
            _run([str(_console(interpreter_in(target))), *UTF8, "-m", "ensurepip"])
        return
    _run([sys.executable, *UTF8, "-m", "venv", *([] if with_pip else ["--without-pip"]), str(target)])


def _not_copied(folder: str, names: list[str]) -> set[str]:
    if Path(folder).name == "site-packages":
        return set(names)
    return set(names) & NOT_COPIED


def _install_wheels(target: Path, bundle: Path) -> None:
    python = str(_console(interpreter_in(target)))
    _run([python, *UTF8, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", "--find-links",
          str(bundle), NAME])  # fmt: skip


def _run(command: list[str]) -> str:
    """Standard output of a command. Raises CodedError CW-753 with its last words when it fails."""
    environment = {
        k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME", "PIP_INDEX_URL")
    }
    done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", errors="replace")
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise CodedError("CW-753", detail=said[-1] if said else done.returncode)
    return done.stdout.strip()


def _copy_packages(target: Path) -> None:
    """Our package and all that it needs, as they are installed in the running Python."""
    python = str(_console(interpreter_in(target)))
    site = Path(_run([python, *UTF8, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]))
    try:
        names = list(_needed(NAME))
    except importlib.metadata.PackageNotFoundError as error:
        raise CodedError("CW-753", detail=error) from error
    for name in names:
        distribution = importlib.metadata.distribution(name)
        for file in distribution.files or ():
            source = Path(str(distribution.locate_file(file)))
            inside = ".." not in file.parts and not file.is_absolute() and "__pycache__" not in file.parts
            # The path file of an editable installation of ours would lead back to the checkout; pywin32 needs its own.
            ours = source.suffix == ".pth" and name == NAME
            if inside and source.is_file() and not ours:
                _copy(source, site / file)
    mine = Path(carbon_workbook.__file__).parent
    _copy_tree(mine, site / mine.name)
    for name in SHIPPED:
        source, copied = shipped(name), site / mine.name / "_shipped" / name
        if source.is_dir():
            _copy_tree(source, copied)
        else:
            _copy(source, copied)


def _prepare(target: Path) -> None:
    """Everything compiled, and the prepared files made by a first calculation.

    Excel starts Python with ``-B``: nothing would be compiled later, and each start would cost twice as much.
    """
    python = str(_console(interpreter_in(target)))
    compile_all = (
        "import compileall, sysconfig; compileall.compile_dir(sysconfig.get_path('purelib'), quiet=2)"
    )
    _run([python, *UTF8, "-c", compile_all])
    _run(
        [
            python,
            *UTF8,
            "-c",
            "from carbon_workbook.excel import udf; udf.emissions('', '37133', 1.0, '', 2024.0)",
        ]
    )


def _copy_tree(source: Path, target: Path) -> None:
    # Not copy2: file dates are of no use here, and Wine does not know what it calls.
    shutil.copytree(
        source,
        target,
        dirs_exist_ok=True,
        copy_function=shutil.copy,
        ignore=shutil.ignore_patterns("__pycache__"),
    )


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _needed(name: str) -> Iterator[str]:
    """A distribution and all that it needs and that is installed."""
    seen: set[str] = set()
    waiting = [name]
    importlib.metadata.distribution(name)
    while waiting:
        current = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if current in seen:
            continue
        seen.add(current)
        try:
            requirements = importlib.metadata.distribution(current).requires or ()
        except importlib.metadata.PackageNotFoundError:
            continue  # needed on another system only
        yield current
        plain = (text for text in requirements if "extra ==" not in text)
        waiting += [found[0] for text in plain if (found := _REQUIREMENT.match(text))]


# --- xlwings' library ------------------------------------------------------------------------------------------------


def _keep_libraries(home: Path, bundle: Path | None) -> dict[str, str]:
    """DLLs of every version at hand, put beside the new interpreter: those it came with, those of the bundle, of the
    running Python, and of the former installation (issued workbooks name them). SHA-256 by name.
    """
    target = home / NEW
    places = [target, *([bundle] if bundle else []), *map(Path, (sys.prefix, sys.base_prefix)), home / PYTHON]
    for file in libraries_in(places):
        if not (target / file.name).exists():
            shutil.copyfile(file, target / file.name)
    return {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in libraries_in([target])}


def libraries_in(folders: Iterable[Path]) -> list[Path]:
    """xlwings' DLLs of some folders, those of the first folders first."""
    return [file for folder in folders for file in sorted(folder.glob("xlwings[36]*-*.dll"))]


def _missing(libraries: Mapping[str, str]) -> Iterator[Message]:
    if os.name != "nt":
        return
    for version in issued_xlwings():
        for bits in BITS:
            if library_name(version, bits) not in libraries:
                yield message("CW-756", name=library_name(version, bits))


# --- The folder ------------------------------------------------------------------------------------------------------


def _swap(home: Path) -> None:
    """The new interpreter in the place of the old one, which comes back when that fails."""
    shutil.rmtree(home / OLD, ignore_errors=True)
    if (home / PYTHON).exists():
        (home / PYTHON).rename(home / OLD)
    try:
        (home / NEW).rename(home / PYTHON)
    except OSError:
        if (home / OLD).exists():
            (home / OLD).rename(home / PYTHON)
        raise
    shutil.rmtree(home / OLD, ignore_errors=True)


def _companions(home: Path) -> list[str]:
    """The launcher, and the empty folder of modules."""
    (home / APP).mkdir(exist_ok=True)
    (home / APP / "LISEZMOI.txt").write_text(_APP_NOTE, encoding="utf-8")
    launcher = home / LAUNCHER
    launcher.write_bytes(launcher_text(LAUNCHER))
    if os.name != "nt":
        launcher.chmod(0o755)
    return [APP, LAUNCHER]


def launcher_text(name: str) -> bytes:
    """A launcher with the line ends of its system."""
    text = packaged(f"install/{name}").read_text(encoding="utf-8").replace("\r\n", "\n")
    return (text.replace("\n", "\r\n") if name.endswith(".cmd") else text).encode("utf-8")
