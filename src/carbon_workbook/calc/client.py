"""The engine as LibreOffice reaches it: one child process, requests and answers as JSON lines, answers kept.

Copied into the extension and run by LibreOffice's own Python: standard library only, and no syntax newer than
Python 3.8, the one that the oldest supported LibreOffice brings.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SERVER = "carbon_workbook.calc.server"
INTERPRETER = "CARBON_WORKBOOK_PYTHON"
OUT_OF_REACH, NOT_SET, UNEXPECTED = "CW-680", "CW-681", "CW-682"
_KEPT = 200_000
# LibreOffice sets these for its own Python; with them the engine's would load the wrong library.
_FOREIGN = frozenset({"PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "PYTHONEXECUTABLE", "__PYVENV_LAUNCHER__"})


class EngineError(Exception):
    """The engine gave no answer; the text is the sentence to show, with its code."""


class _DeadError(Exception):
    """The process cannot be started or no longer answers."""

    def __init__(self, detail: object, code: str = OUT_OF_REACH, slow: bool = False) -> None:
        super().__init__(str(detail))
        self.code, self.slow = code, slow


def configuration_file() -> Path:
    """Where the user's configuration is: ``{"python": interpreter, "pythonpath": folder or absent}``."""
    if sys.platform == "win32":
        base = Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming")
    else:
        base = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return base / "carbon-workbook" / "calc.json"


def configuration() -> dict[str, str]:
    """What the file says; the interpreter that the environment names comes before it.

    Raises OSError when there is neither, ValueError when the file cannot be read.
    """
    named = os.environ.get(INTERPRETER)
    if named:
        return {"python": named}
    found = json.loads(configuration_file().read_text(encoding="utf-8"))
    if not isinstance(found, dict) or not found.get("python"):
        raise ValueError('"python" ?')
    return {key: os.path.expandvars(str(value)) for key, value in found.items() if value}


class Engine:
    """The engine's process and the answers it gave.

    ``texts``: sentence of each message by code. ``patience``: seconds that an answer may take.
    """

    def __init__(self, texts: Mapping[str, str], patience: float = 120.0) -> None:
        self._texts = texts
        self._patience = patience
        self._known: dict[Any, Any] = {}
        self._failure: EngineError | None = None
        self._process: _Process | None = None
        self._own: dict[str, Any] = {}

    def cells(self, function: str, book: str, own: Any, arguments: tuple[Any, ...]) -> Any:
        """Rows of a worksheet function; equal arguments are asked once. Raises EngineError.

        ``own``: the table of own factors of the workbook named ``book`` (None when it has none) and the base that it
        is pinned to; None for a document that is not ours.
        """
        key = (function, own, arguments)
        if key not in self._known:
            answer = self._ask({"call": function, "arguments": arguments}, book, own)
            if len(self._known) >= _KEPT:
                self._known.clear()
            self._known[key] = answer["cells"]
        return self._known[key]

    def refresh(self, copy: str) -> dict[str, Any]:
        """What refresh would write into the workbook saved at ``copy``. Raises EngineError."""
        return self._ask({"call": "refresh", "copy": copy}, "", None)

    def trace(self, copy: str, place: str) -> str:
        """Where the number of a cell of the workbook saved at ``copy`` comes from. Raises EngineError."""
        return str(self._ask({"call": "trace", "copy": copy, "place": place}, "", None)["said"])

    def reconnect(self) -> str:
        """Forget answers and failures, start again; the version of the engine that answers. Raises EngineError."""
        self.stop()
        self._known.clear()
        self._failure = None
        return str(self._ask({"call": "version"}, "", None)["version"])

    def stop(self) -> None:
        """End the engine's process, if any."""
        if self._process is not None:
            self._process.stop()
        self._process = None
        self._own = {}

    def _ask(self, request: dict[str, Any], book: str, own: Any) -> dict[str, Any]:
        # One failure stops further tries until the user asks: a start that fails can take minutes.
        if self._failure is not None:
            raise self._failure
        try:
            answer = self._answer(request, book, own)
        except _DeadError as dead:
            self.stop()
            self._failure = EngineError(self._sentence(dead.code, detail=dead, path=configuration_file()))
            raise self._failure from dead
        if "failed" in answer:
            raise EngineError(self._sentence(UNEXPECTED, detail=answer["failed"]))
        return answer

    def _answer(self, request: dict[str, Any], book: str, own: Any) -> dict[str, Any]:
        if self._process is not None:
            try:
                return self._exchange(self._process, request, book, own)
            except _DeadError as dead:
                if dead.slow:
                    raise
                self.stop()
        self._process = _Process(self._patience)
        return self._exchange(self._process, request, book, own)

    def _exchange(self, process: _Process, request: dict[str, Any], book: str, own: Any) -> dict[str, Any]:
        if own is not None and self._own.get(book) != own:
            process.exchange({"call": "own", "book": book, "table": own[0], "base": own[1]})
            self._own[book] = own
        return process.exchange({**request, "book": book if own is not None else ""})

    def _sentence(self, code: str, **parameters: object) -> str:
        return self._texts[code].format(**parameters)


class _Process:
    """A running server. Raises _DeadError whenever it does not answer in time, in full and in JSON."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._lines: queue.Queue[bytes] = queue.Queue()
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 (closed by stop)
        try:
            chosen = configuration()
        except FileNotFoundError:
            raise _DeadError("", NOT_SET) from None
        except (OSError, ValueError) as error:
            raise _DeadError(f"{configuration_file()} : {error}") from error
        environment = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
        if "pythonpath" in chosen:
            environment["PYTHONPATH"] = chosen["pythonpath"]
        try:
            self._child = subprocess.Popen(
                # -P: a module of the folder where LibreOffice was started must not stand in for ours.
                [chosen["python"], "-P", "-X", "utf8", "-m", SERVER],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said,
                env=environment,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:
            raise _DeadError(error) from error
        threading.Thread(target=self._listen, daemon=True).start()

    def exchange(self, request: dict[str, Any]) -> dict[str, Any]:
        """The answer to one request."""
        line = json.dumps(request, ensure_ascii=False, allow_nan=False).encode("utf-8") + b"\n"
        assert self._child.stdin is not None
        try:
            self._child.stdin.write(line)
            self._child.stdin.flush()
            said = self._lines.get(timeout=self._patience)
        except OSError as error:
            raise _DeadError(self._last_words() or error) from error
        except queue.Empty:
            raise _DeadError(f"{self._patience:.0f} s", slow=True) from None
        if not said.endswith(b"\n"):
            raise _DeadError(self._last_words() or self._child.wait(self._patience))
        try:
            answer = json.loads(said)
        except ValueError as error:
            raise _DeadError(error) from error
        if not isinstance(answer, dict):
            raise _DeadError(said[:80])
        return answer

    def stop(self) -> None:
        self._child.kill()
        self._child.wait()
        for stream in (self._child.stdin, self._child.stdout, self._said):
            try:
                stream.close()  # type: ignore[union-attr]
            except OSError:
                continue  # what was not flushed to a dead process

    def _listen(self) -> None:
        assert self._child.stdout is not None
        line = b"\n"
        while line.endswith(b"\n"):
            line = self._child.stdout.readline()
            self._lines.put(line)

    def _last_words(self) -> str:
        """Last line that the process wrote on its error output."""
        self._said.seek(0)
        lines = self._said.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else ""
