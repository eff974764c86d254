"""A live LibreOffice for the tests: a private profile, our extension in it, driven through ``agent.py``."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import psutil
import pytest

AGENT = Path(__file__).with_name("agent.py")
SOURCES = AGENT.parents[3] / "src"
ENGINE = {"python": sys.executable, "pythonpath": str(SOURCES)}
XLSX, XLSM = "Calc MS Excel 2007 XML", "Calc MS Excel 2007 VBA XML"


def needed() -> tuple[str, str]:
    """``soffice`` and a Python that has ``uno``; without them a test fails in CI, and is skipped elsewhere."""
    soffice = shutil.which("soffice")
    python = next(filter(_has_uno, ("/usr/bin/python3", "python3")), "")
    lacking = [name for name, found in (("soffice", soffice), ("python3-uno", python)) if not found]
    if lacking:
        said = f"{' et '.join(lacking)} : absent de ce poste"
        if os.environ.get("CI") == "true":
            pytest.fail(said)
        pytest.skip(said)
    return str(soffice), python


def _has_uno(python: str) -> bool:
    command = [python, "-c", "import uno"]
    return bool(shutil.which(python)) and subprocess.run(command, capture_output=True).returncode == 0


SYSTEM_PATH = "/usr/bin:/bin"


class Office:
    """LibreOffice with a profile in ``folder``; ``engine`` is what its configuration file says."""

    def __init__(self, folder: Path, engine: dict[str, str] | None = None) -> None:
        self._soffice, self._python = needed()
        self._folder = folder
        self._settings = [
            f"-env:UserInstallation={(folder / 'profile').as_uri()}",
            # Root may only install for all users: « all users » is this folder.
            f"-env:UNO_SHARED_PACKAGES={(folder / 'shared').as_uri()}",
            f"-env:UNO_SHARED_PACKAGES_CACHE={(folder / 'shared' / 'cache').as_uri()}",
        ]
        (folder / "shared").mkdir(parents=True)
        self._environment = {**os.environ, "XDG_CONFIG_HOME": str(folder / "config")}
        for name in ("CARBON_WORKBOOK_PYTHON", "PYTHONPATH", "PYTHONHOME"):
            self._environment.pop(name, None)
        # LibreOffice's Python looks for its library beside the first python3 of the PATH: another one makes it abort.
        self._environment["PATH"] = SYSTEM_PATH
        self.configure(engine)
        self._office: subprocess.Popen[bytes] | None = None
        self._agent: subprocess.Popen[bytes] | None = None

    def configure(self, engine: dict[str, str] | None) -> None:
        """Write the configuration file, or take it away."""
        file = self._folder / "config" / "carbon-workbook" / "calc.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        if engine is None:
            file.unlink(missing_ok=True)
        else:
            file.write_text(json.dumps(engine), encoding="utf-8")

    def install(self, extension: Path) -> None:
        unopkg = str(Path(self._soffice).resolve().with_name("unopkg"))
        done = subprocess.run(
            [unopkg, "add", "--shared", "-f", *self._settings, str(extension)],
            capture_output=True, text=True, env=self._environment, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self) -> Office:
        pipe = f"carbone{uuid.uuid4().hex}"
        self._office = subprocess.Popen(
            [self._soffice, *self._settings, "--headless", "--norestore", "--nologo", "--nodefault",
             f"--accept=pipe,name={pipe};urp;"],
            env=self._environment, start_new_session=True,
        )  # fmt: skip
        self._agent = subprocess.Popen(
            [self._python, str(AGENT), pipe], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        print(f"LibreOffice : {self.version()}")
        return self

    def stop(self) -> None:
        """End the programs that were started, and whatever they started."""
        if self._agent is not None:
            self._agent.kill()
            self._agent.communicate()
        if self._office is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._office.pid, signal.SIGKILL)
            self._office.wait()

    def engines(self) -> list[int]:
        """Process ids of the engine servers that this LibreOffice runs."""
        assert self._office is not None
        children = psutil.Process(self._office.pid).children(recursive=True)
        return [child.pid for child in children if "carbon_workbook.calc.server" in child.cmdline()]

    def __getattr__(self, command: str) -> Any:
        def send(*arguments: Any) -> Any:
            arguments = tuple(str(a) if isinstance(a, Path) else a for a in arguments)
            answer = self._ask(command, arguments)
            assert answer is not None, f"{command} : LibreOffice s'est arrêté"
            assert "error" not in answer, f"{command} : {answer['error']}"
            return answer["said"]

        return send

    def _ask(self, command: str, arguments: tuple[Any, ...]) -> dict[str, Any] | None:
        """The agent's answer, None when LibreOffice or the agent is gone."""
        assert self._agent is not None
        assert self._agent.stdin is not None
        assert self._agent.stdout is not None
        try:
            self._agent.stdin.write(json.dumps({"do": command, "with": arguments}).encode() + b"\n")
            self._agent.stdin.flush()
        except BrokenPipeError:
            return None
        line = self._agent.stdout.readline()
        answer = json.loads(line) if line else None
        gone = answer is not None and "bridge disposed" in str(answer.get("error", ""))
        return None if gone else answer
