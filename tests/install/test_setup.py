"""A private installation: whole or not at all, from wheels without network or from the running Python, and removed."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

from carbon_workbook.calc.client import configuration_file
from carbon_workbook.excel.command_line import LONGEST, dll_command_line
from carbon_workbook.install import setup as module
from carbon_workbook.install.configuration import configuration_of, configure_workbook
from carbon_workbook.install.setup import (
    APP,
    BITS,
    LAUNCHER,
    PYTHON,
    RECORD,
    SUMS,
    Installation,
    check_bundle,
    installed,
    issued_xlwings,
    launcher_text,
    library_name,
    setup,
    uninstall,
    workbook_configuration,
)
from carbon_workbook.messages import CodedError
from carbon_workbook.workbook.build import build
from carbon_workbook.workbook.build_setup import XLWINGS_SETTINGS
from carbon_workbook.workbook.lint import lint
from carbon_workbook.workbook.package import open_package
from carbon_workbook.workbook.vba import module_sources

ROOT = Path(__file__).resolve().parent.parent.parent
LOCAL = r"C:\Users\camille\AppData\Local"


@pytest.fixture(autouse=True)
def private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the person who runs the tests is written."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("APPDATA", str(tmp_path / "config"))


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def wheel(folder: Path, name: str = "carbon_workbook", version: str = "9.9.9", needs: str = "") -> Path:
    """The smallest wheel that pip installs."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n" + (
        f"Requires-Dist: {needs}\n" if needs else ""
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}/__init__.py", f"VERSION = {version!r}\n")
        archive.writestr(f"{info}/METADATA", metadata)
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return path


def said(found: Installation, code: str) -> str:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    command = [found.interpreter, "-c", code]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()


def refusal(code: str) -> pytest.RaisesExc[CodedError]:
    return pytest.raises(CodedError, match=code)


# --- From wheels -----------------------------------------------------------------------------------------------------


def test_an_offline_installation_is_made_replaced_and_removed(tmp_path: Path) -> None:
    bundle, home = tmp_path / "paquets", tmp_path / "privé d'É&a"
    wheel(bundle, needs="autre_paquet")
    wheel(bundle, "autre_paquet", "1.0")
    (bundle / library_name("0.1.0", 64)).write_bytes(b"ancienne")
    found, notes = setup(home, bundle)
    assert notes == []
    assert installed(home) == found
    assert said(found, "import carbon_workbook, autre_paquet; print(carbon_workbook.VERSION)") == "9.9.9"
    assert sorted(path.name for path in home.iterdir()) == sorted([APP, LAUNCHER, PYTHON, RECORD])
    assert json.loads(configuration_file().read_text(encoding="utf-8"))["python"] == found.interpreter

    shutil.rmtree(bundle)
    wheel(bundle, version="10.0.0")
    again, _ = setup(home, bundle)
    assert said(again, "import carbon_workbook; print(carbon_workbook.VERSION)") == "10.0.0"
    kept = home / PYTHON / library_name("0.1.0", 64)
    assert kept.read_bytes() == b"ancienne"
    assert again.libraries[kept.name] == hashlib.sha256(b"ancienne").hexdigest()

    mine = home / "à moi.txt"
    mine.touch()
    assert uninstall(home) == [mine.name]
    assert list(home.iterdir()) == [mine]
    assert not configuration_file().exists()


def test_a_failed_installation_leaves_the_former_one(tmp_path: Path) -> None:
    bundle, home = tmp_path / "paquets", tmp_path / "installation"
    first = wheel(bundle)
    before, _ = setup(home, bundle)
    first.unlink()
    wheel(bundle, version="10.0.0", needs="paquet_absent")
    with refusal("CW-753") as refused:
        setup(home, bundle)
    assert "paquet_absent" in str(refused.value) or "paquet-absent" in str(refused.value)
    assert installed(home) == before
    assert said(before, "import carbon_workbook; print(carbon_workbook.VERSION)") == "9.9.9"
    assert not (home / "python.neuf").exists()


def test_an_installation_that_was_stopped_is_taken_up_again(tmp_path: Path) -> None:
    bundle, home = tmp_path / "paquets", tmp_path / "installation"
    wheel(bundle, needs="paquet_absent")
    with refusal("CW-753"):
        setup(home, bundle)
    assert installed(home) is None
    (home / "python.neuf").mkdir()
    wheel(bundle)
    found, _ = setup(home, bundle)
    assert installed(home) == found


def test_a_folder_of_someone_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").touch()
    with refusal("CW-750"):
        setup(tmp_path)
    with refusal("CW-755"):
        uninstall(tmp_path)
    assert (tmp_path / "photo.jpg").exists()


def test_a_bundle_is_checked_before_anything_is_written(tmp_path: Path) -> None:
    with refusal("CW-751"):
        check_bundle(tmp_path)
    wheel(tmp_path)
    check_bundle(tmp_path)
    script("make_bundle").write_sums(tmp_path)
    check_bundle(tmp_path)
    assert (tmp_path / SUMS).read_text(encoding="utf-8").count("\n") == 1
    wheel(tmp_path, needs="autre")
    with refusal("CW-752"):
        setup(tmp_path / "installation", tmp_path)
    assert not (tmp_path / "installation").exists()


def test_the_libraries_of_a_wheel_go_into_the_bundle(tmp_path: Path) -> None:
    path = wheel(tmp_path, "xlwings", "0.37.8")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xlwings-0.37.8.data/data/xlwings64-0.37.8.dll", b"MZ")
    script("make_bundle").extract_libraries(path, tmp_path)
    assert (tmp_path / "xlwings64-0.37.8.dll").read_bytes() == b"MZ"


# --- From the running Python -----------------------------------------------------------------------------------------


def test_the_running_packages_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own package with its shipped data, and what it needs, reach an interpreter that has nothing else."""
    monkeypatch.setattr(module, "_needed", lambda name: iter(["click"]))
    shipped = tmp_path / "carbon_workbook.xlsm"
    shipped.write_bytes(b"classeur")
    monkeypatch.setattr(module, "shipped", lambda name: shipped if name.endswith("xlsm") else ROOT / name)
    found, _ = setup(tmp_path / "installation")
    code = (
        "import click, carbon_workbook; from carbon_workbook.resources import shipped;"
        "print(carbon_workbook.__file__, shipped('carbon_workbook.xlsm'), (shipped('factors') / 'gwp.csv').exists())"
    )
    package, book, factors = said(found, code).split(" ")
    home = str(tmp_path / "installation")
    assert package.startswith(home)
    assert book.startswith(home)
    assert factors == "True"
    with pytest.raises(subprocess.CalledProcessError):
        said(found, "import hypothesis")


def test_what_is_needed_is_found_through_what_is_needed() -> None:
    found = set(module._needed("pandas"))
    assert {"pandas", "numpy", "python-dateutil"} <= found
    assert "pytest" not in found


def test_a_windows_interpreter_is_copied_without_its_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = tmp_path / "python"
    for name in ("pythonw.exe", "python.exe", "Lib/os.py", "Lib/site-packages/autre.py", "Doc/aide.chm"):
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        (base / name).write_bytes(b"MZ")
    monkeypatch.setattr(module.sys, "base_prefix", str(base))
    copy = tmp_path / "copie"
    module._make_python(copy, with_pip=False)
    assert module.interpreter_in(copy) == copy / "pythonw.exe"
    assert (copy / "Lib" / "os.py").exists()
    assert list((copy / "Lib" / "site-packages").iterdir()) == []
    assert not (copy / "Doc").exists()


# --- The workbook's configuration ------------------------------------------------------------------------------------


def windows(interpreter: str, pythonpath: str) -> Installation:
    return Installation("", "0.1.0", "0.37.8", interpreter, pythonpath, 64, {}, ())


STANDARD = windows(LOCAL + r"\CarbonWorkbook\python\pythonw.exe", LOCAL + r"\CarbonWorkbook\app")


def test_the_configuration_goes_by_the_users_own_folder() -> None:
    found = workbook_configuration(STANDARD, {"LOCALAPPDATA": LOCAL})
    assert found["INTERPRETER_WIN"] == r"%LOCALAPPDATA%\CarbonWorkbook\python\pythonw.exe"
    assert found["PYTHONPATH"] == r"%LOCALAPPDATA%\CarbonWorkbook\app"
    assert found["ADD_WORKBOOK_TO_PYTHONPATH"] == "False"
    assert found["USE UDF SERVER"] == "True"
    elsewhere = workbook_configuration(
        windows(r"D:\Outils\pythonw.exe", r"D:\Outils\app"), {"LOCALAPPDATA": LOCAL}
    )
    assert elsewhere["INTERPRETER_WIN"] == r"D:\Outils\pythonw.exe"


def test_the_template_already_names_a_standard_installation() -> None:
    assert dict(XLWINGS_SETTINGS) == workbook_configuration(STANDARD, {"LOCALAPPDATA": LOCAL})


def test_a_new_workbook_gets_the_configuration_in_its_cells(tmp_path: Path) -> None:
    path = tmp_path / "classeur.xlsm"
    build(path)
    elsewhere = windows(r"D:\Outils\pythonw.exe", r"D:\Outils\app")
    wanted = workbook_configuration(elsewhere, {}) | {"CLE NOUVELLE": "1"}
    configure_workbook(path, wanted, {"LOCALAPPDATA": LOCAL})
    assert configuration_of(open_package(path)) == wanted
    assert lint(open_package(path)) == []


def test_a_command_line_too_long_is_refused_and_the_workbook_is_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "classeur.xlsm"
    build(path)
    before = path.read_bytes()
    long = windows("C:" + 30 * r"\dossier" + r"\pythonw.exe", "C:" + 450 * r"\app")
    with refusal("CW-630"):
        configure_workbook(path, workbook_configuration(long, {}), {})
    assert path.read_bytes() == before


@pytest.mark.parametrize("character", ["a", "é", " "])
def test_the_standard_configuration_bears_any_path_that_excel_opens(character: str) -> None:
    """260 characters with a folder every eight: far more backslashes than in life."""
    configuration = workbook_configuration(STANDARD, {"LOCALAPPDATA": LOCAL})
    path = ("C:" + 40 * ("\\" + 7 * character))[:255] + ".xlsm"
    assert len(dll_command_line(configuration, path, {"LOCALAPPDATA": LOCAL})) <= LONGEST


# --- The library and the launcher ------------------------------------------------------------------------------------


def test_the_template_names_a_version_that_setup_keeps() -> None:
    assert any(
        f'"{library_name(version, 64)}"' in module_sources()["xlwings"] for version in issued_xlwings()
    )


def test_a_missing_library_is_told_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.os, "name", "nt")
    version = issued_xlwings()[0]
    every = {library_name(v, bits): "" for v in issued_xlwings() for bits in BITS}
    assert list(module._missing(every)) == []
    del every[library_name(version, 32)]
    assert [note.code for note in module._missing(every)] == ["CW-756"]


def test_the_windows_launcher_has_the_line_ends_that_cmd_needs() -> None:
    text = launcher_text("carbone.cmd")
    assert text.count(b"\r\n") == text.count(b"\n") > 10
    assert b"-m carbon_workbook.install.launch" in text
    assert text.decode("utf-8").split("\r\n")[-2].endswith(" exit")


@pytest.mark.skipif(sys.platform == "win32", reason="lanceur des autres systèmes")
def test_the_launcher_runs_the_installed_interpreter(tmp_path: Path) -> None:
    launcher = tmp_path / "carbone.sh"
    launcher.write_bytes(launcher_text("carbone.sh"))
    launcher.chmod(0o755)
    python = tmp_path / "python" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\nprintf "%s|" "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    done = subprocess.run([str(launcher), "mon bilan.xlsm"], capture_output=True, text=True, check=True)
    assert done.stdout == "-P|-m|carbon_workbook.install.launch|mon bilan.xlsm|"
