"""PDF from a Word document, by LibreOffice where it is present: its pages are those of the document that is signed.

LibreOffice works in a profile of its own, thrown away afterwards: the user's settings and open windows are left alone.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from carbon_workbook.messages import CodedError
from carbon_workbook.resources import packaged

ABSENT, TOO_LONG, FAILED = "CW-511", "CW-512", "CW-513"
PATIENCE = 180.0
"""Seconds that LibreOffice is given; the demonstration's reports take two."""

USUAL = (
    ("ProgramFiles", "LibreOffice/program/soffice.com"),
    ("ProgramFiles(x86)", "LibreOffice/program/soffice.com"),
    ("LOCALAPPDATA", "Programs/LibreOffice/program/soffice.com"),
)
"""Where an installer of Windows puts LibreOffice, which it does not add to the PATH; the ``.com`` waits for the end."""
MAC = Path("/Applications/LibreOffice.app/Contents/MacOS/soffice")

MACRO = "macro:///Standard.Edition.Pdf"
PARTS = ("Edition.xba", "script.xlb")
"""The macro that brings the contents up to date, which a plain conversion leaves without page numbers."""
OPTIONS = ("-env:UserInstallation={profile}", "--headless", "--norestore", "--nologo", "--nofirststartwizard")


class PdfError(CodedError):
    """No PDF: the Word document is there all the same."""


def soffice(environment: Mapping[str, str] = os.environ) -> Path | None:
    """LibreOffice of this machine: on the PATH, else at its usual places; None when there is none."""
    found = shutil.which("soffice", path=environment.get("PATH", ""))
    places = [Path(environment[name]) / inside for name, inside in USUAL if environment.get(name)]
    return Path(found) if found else next((place for place in (*places, MAC) if place.is_file()), None)


def to_pdf(document: bytes, name: str, patience: float = PATIENCE) -> bytes:
    """The PDF of a .docx, tagged, with its contents; ``name``: what messages call it.

    Raises PdfError: CW-511 LibreOffice is absent, CW-512 it took more than ``patience`` seconds, CW-513 it made
    nothing.
    """
    program = soffice()
    if program is None:
        raise PdfError(ABSENT, name=name)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        source, target = Path(folder) / "rapport.docx", Path(folder) / "rapport.pdf"
        source.write_bytes(document)
        profile = Path(folder) / "profil"
        options = [option.format(profile=profile.as_uri()) for option in OPTIONS]
        _run([str(program), *options, "--terminate_after_init"], name, patience)
        library = profile / "user" / "basic" / "Standard"
        library.mkdir(parents=True, exist_ok=True)
        for part in PARTS:
            shutil.copyfile(packaged("report") / "office" / part, library / part)
        said = _run([str(program), *options, MACRO], name, patience)
        if not target.is_file():
            raise PdfError(FAILED, name=name, detail=said or program.name)
        return target.read_bytes()


def _run(command: Sequence[str], name: str, patience: float) -> str:
    """Run LibreOffice to its end; what it says of an error."""
    try:
        started = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True, text=True,
            errors="replace",
        )  # fmt: skip
    except OSError as error:
        raise PdfError(FAILED, name=name, detail=error.strerror or str(error)) from error
    try:
        said = started.communicate(timeout=patience)[1]
    except subprocess.TimeoutExpired as error:
        _end(started)
        raise PdfError(TOO_LONG, name=name, seconds=f"{patience:g}") from error
    lines = said.strip().splitlines()
    return lines[-1] if lines else ""


def _end(started: subprocess.Popen[str]) -> None:
    """End LibreOffice, which is a launcher and the program that it launched."""
    if os.name == "nt":
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(started.pid)], capture_output=True, check=False)
    else:
        os.killpg(started.pid, signal.SIGKILL)
    started.communicate()
