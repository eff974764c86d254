"""The extension's side of the engine, without LibreOffice: starts, deaths, silences, configuration."""

from __future__ import annotations

import json
import os
import stat
import sys
import time
from pathlib import Path

import psutil
import pytest

from carbon_workbook.calc import client
from carbon_workbook.calc.client import Engine, EngineError, configuration, configuration_file
from carbon_workbook.calc.oxt import configure
from carbon_workbook.messages import texts

TEXTS = {code: f"{code} – {texts()[code].sentence}" for code in ("CW-680", "CW-681", "CW-682")}
SOURCES = Path(client.__file__).parents[2]
GAS = ("37133", 1000.0, "kWh PCS", None, None)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A user without configuration."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("APPDATA", str(tmp_path / "config"))
    monkeypatch.delenv(client.INTERPRETER, raising=False)
    return tmp_path


@pytest.fixture
def engine():
    found = Engine(TEXTS, patience=60)
    yield found
    found.stop()


def pid(engine):
    return engine._process._child.pid


def interpreter(folder, body):
    """A program in the interpreter's place; it writes a line in ``starts`` each time."""
    program = folder / "faux python"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nopen({str(folder / 'starts')!r}, 'a').write('x')\n{body}\n",
        encoding="utf-8",
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


def starts(folder):
    path = folder / "starts"
    return len(path.read_text()) if path.exists() else 0


def test_answers_come_from_the_configured_interpreter(engine):
    assert configure(pythonpath=SOURCES) == configuration_file()
    assert engine.cells("EMISSIONS", "", None, GAS) == [[pytest.approx(0.2154, rel=1e-12)]]


def test_equal_arguments_are_asked_once_and_own_factors_count_among_them(engine):
    configure(pythonpath=SOURCES)
    first = engine.cells("EMISSIONS", "", None, GAS)
    assert engine.cells("EMISSIONS", "", None, GAS) is first
    own = ((("Identifiant", "Unité"), ("X", "kWh")), "")
    assert engine.cells("EMISSIONS", "book", own, GAS) is not first


def test_a_dead_engine_is_started_again_once(engine):
    configure(pythonpath=SOURCES)
    engine.cells("EMISSIONS", "", None, GAS)
    before = pid(engine)
    psutil.Process(before).kill()
    assert engine.cells("FACTEUR", "", None, ("37133",)) == [[pytest.approx(0.2154, rel=1e-12)]]
    assert pid(engine) != before


def test_without_configuration_the_sentence_names_the_file(engine):
    with pytest.raises(EngineError, match="CW-681"):
        engine.cells("EMISSIONS", "", None, GAS)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"python": ""}', "{"])
def test_a_configuration_that_says_nothing_is_told(engine, content):
    configuration_file().parent.mkdir(parents=True)
    configuration_file().write_text(content, encoding="utf-8")
    with pytest.raises(EngineError, match=r"CW-680.*calc\.json"):
        engine.cells("EMISSIONS", "", None, GAS)


@pytest.mark.skipif(os.name == "nt", reason="un script ne s'exécute pas ainsi sous Windows")
def test_one_failed_start_stops_the_next_until_asked(engine, home):
    configure(interpreter(home, "sys.exit('pas de moteur ici')"))
    for quantity in (1.0, 2.0, 3.0):
        with pytest.raises(EngineError, match="pas de moteur ici"):
            engine.cells("EMISSIONS", "", None, ("37133", quantity))
    assert starts(home) == 1
    with pytest.raises(EngineError, match="pas de moteur ici"):
        engine.reconnect()
    assert starts(home) == 2
    configure(pythonpath=SOURCES)
    assert engine.reconnect()
    assert engine.cells("EMISSIONS", "", None, GAS)


@pytest.mark.skipif(os.name == "nt", reason="un script ne s'exécute pas ainsi sous Windows")
def test_a_silent_engine_is_given_up_and_ended(home):
    configure(interpreter(home, "import time; time.sleep(600)"))
    engine = Engine(TEXTS, patience=0.5)
    started = time.monotonic()
    for _ in range(3):
        with pytest.raises(EngineError, match="CW-680"):
            engine.cells("EMISSIONS", "", None, GAS)
    assert time.monotonic() - started < 10
    assert starts(home) == 1
    assert not [p for p in psutil.Process().children() if "faux python" in " ".join(p.cmdline())]


@pytest.mark.skipif(os.name == "nt", reason="un script ne s'exécute pas ainsi sous Windows")
@pytest.mark.parametrize("line", ["du texte", "[1]", "{"])
def test_an_answer_that_is_not_ours_is_a_failure(engine, home, line):
    configure(interpreter(home, f"sys.stdin.readline(); print({line!r}, flush=True); sys.stdin.readline()"))
    with pytest.raises(EngineError, match="CW-680"):
        engine.cells("EMISSIONS", "", None, GAS)


def test_a_request_that_fails_unexpectedly_costs_one_cell(engine):
    configure(pythonpath=SOURCES)
    with pytest.raises(EngineError, match=r"CW-682.*KeyError"):
        engine.cells("INCONNUE", "", None, GAS)
    assert engine.cells("EMISSIONS", "", None, GAS)


def test_the_environment_names_the_interpreter_before_the_file(monkeypatch):
    configure(Path("autre"))
    assert configuration() == {"python": "autre"}
    monkeypatch.setenv(client.INTERPRETER, sys.executable)
    assert configuration() == {"python": sys.executable}


def test_libreoffice_s_own_python_settings_do_not_reach_the_engine(engine, monkeypatch, home):
    configure(pythonpath=SOURCES)
    monkeypatch.setenv("PYTHONHOME", str(home / "nulle part"))
    assert engine.cells("EMISSIONS", "", None, GAS)


def test_a_folder_name_in_the_configuration_may_hold_a_variable(monkeypatch):
    monkeypatch.setenv("CARBONE_ESSAI", "ici")
    configuration_file().parent.mkdir(parents=True)
    configuration_file().write_text(json.dumps({"python": "$CARBONE_ESSAI/python"}), encoding="utf-8")
    assert configuration()["python"] == "ici/python"
