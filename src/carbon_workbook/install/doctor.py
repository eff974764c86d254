"""Diagnosis of a machine and of a workbook: facts are gathered once, every check is pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PureWindowsPath

from carbon_workbook import __version__
from carbon_workbook.excel.command_line import dll_command_line
from carbon_workbook.install.setup import library_name
from carbon_workbook.messages import CodedError, Message, Severity, message
from carbon_workbook.workbook.layout import SCHEMA, SCHEMA_NAME, XLWINGS

LONGEST_PATH = 218
"""Characters that Excel bears in the full name of a workbook."""

ASR_MODES = {1: "blocage", 2: "audit", 6: "avertissement"}
BLOCKING = 1
INTERNET = 3
"""First zone of Windows whose files are held as coming from outside."""

KEYS = ("INTERPRETER_WIN", "PYTHONPATH", "ADD_WORKBOOK_TO_PYTHONPATH", "USE UDF SERVER")
_DECLARED = re.compile(r'Const XLPyDLLName As String = "xlwings(?:32|64)-([^"]+)\.dll"')
_STORE = "\\windowsapps\\"


class Level(StrEnum):
    """How a line of the diagnosis reads."""

    OK = "OK"
    WARNING = "attention"
    BLOCKING = "bloquant"


@dataclass(frozen=True)
class Line:
    """One line: what was looked at, what was found, what to do."""

    level: Level
    subject: str
    text: str
    remedy: str = ""

    def __str__(self) -> str:
        first = f"{self.level:<9}  {self.subject:<20} {self.text}"
        return f"{first}\n{'':<11}{'':<20} → {self.remedy}" if self.remedy else first


@dataclass(frozen=True)
class Machine:
    """What is read of a machine. ``files``: names known to exist in the interpreter's folder and above it;
    ``office_bits`` None when unknown; ``asr`` the state of the child-process rule, None when no policy sets it.
    """

    system: str
    home: str
    interpreter: str = ""
    interpreter_exists: bool = False
    python: str = ""
    bits: int = 64
    xlwings: str = ""
    libraries: Mapping[str, str] = field(default_factory=dict)
    office_bits: int | None = None
    asr: int | None = None
    synced: tuple[str, ...] = ()
    locale: str = ""
    decimal: str = ","
    separator: str = ";"
    base: str = ""
    wanted: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def windows(self) -> bool:
        return self.system == "Windows"


@dataclass(frozen=True)
class Book:
    """What is read of a workbook. ``zone``: mark of the web, None without; ``configuration`` None without its sheet;
    ``vba``: text of the xlwings module, blank without macros; ``exists``: the interpreter that it names exists.
    """

    path: str
    macros: bool = True
    zone: int | None = None
    configuration: Mapping[str, str] | None = None
    vba: str = ""
    signed: bool = False
    schema: int | None = SCHEMA
    """None where no name says it: not a workbook of ours."""
    base: str = ""
    interpreter_exists: bool = True


def diagnose(machine: Machine, book: Book | None = None) -> list[Line]:
    """Every check, in order; the checks of a workbook only when there is one."""
    found = [line for check in MACHINE_CHECKS for line in check(machine)]
    if book is not None:
        found += [line for check in BOOK_CHECKS for line in check(machine, book)]
    return found


def blocks(lines: list[Line]) -> bool:
    """Whether something stands in the way."""
    return any(line.level is Level.BLOCKING for line in lines)


def told(subject: str, note: Message) -> Line:
    """A line from a coded message."""
    level = {Severity.REFUSAL: Level.BLOCKING, Severity.WARNING: Level.WARNING, Severity.INFO: Level.OK}
    return Line(level[note.severity], subject, f"{note.code} – {note.sentence}", note.remedy)


def fine(subject: str, text: str) -> Line:
    return Line(Level.OK, subject, text)


# --- The machine -----------------------------------------------------------------------------------------------------


def system(machine: Machine) -> Iterator[Line]:
    if machine.windows:
        yield fine("Système", f"Windows, carbon-workbook {__version__}")
    else:
        yield told("Système", message("CW-780", system=machine.system))


def interpreter(machine: Machine) -> Iterator[Line]:
    subject = "Interpréteur"
    if not machine.interpreter:
        yield told(subject, message("CW-760", folder=machine.home))
    elif not machine.interpreter_exists:
        yield told(subject, message("CW-761", path=machine.interpreter))
    elif _STORE in machine.interpreter.lower():
        yield told(subject, message("CW-778", path=machine.interpreter))
    else:
        yield fine(subject, f"Python {machine.python}, {machine.bits} bits : {machine.interpreter}")


def bitness(machine: Machine) -> Iterator[Line]:
    if machine.windows:
        if machine.office_bits is None:
            yield told("Office", message("CW-763"))
        else:
            yield fine("Office", f"{machine.office_bits} bits")


def child_processes(machine: Machine) -> Iterator[Line]:
    subject = "Processus enfants"
    if not machine.windows:
        return
    if machine.asr == BLOCKING:
        yield told(subject, message("CW-771"))
    elif machine.asr in ASR_MODES:
        yield told(subject, message("CW-772", mode=ASR_MODES[machine.asr]))
    else:
        yield fine(subject, "aucune règle locale n'empêche Office de lancer un programme")


def regional(machine: Machine) -> Iterator[Line]:
    if not machine.windows:
        return
    name = machine.locale or "inconnus"
    if (machine.decimal, machine.separator) == (",", ";"):
        yield fine("Région", f"{name} : décimale « , », séparateur « ; »")
    else:
        yield told(
            "Région",
            message("CW-774", locale=name, decimal=machine.decimal, separator=machine.separator),
        )


def base(machine: Machine) -> Iterator[Line]:
    yield fine("Base de facteurs", machine.base)


# --- The workbook ----------------------------------------------------------------------------------------------------


def location(machine: Machine, book: Book) -> Iterator[Line]:
    subject = "Emplacement"
    if "://" in book.path:
        yield told(subject, message("CW-770", path=book.path))
        return
    folder = next((f for f in machine.synced if f and _inside(book.path, f)), "")
    if folder:
        yield told(subject, message("CW-769", folder=folder))
    else:
        yield fine(subject, book.path)


def _inside(path: str, folder: str) -> bool:
    return PureWindowsPath(path).is_relative_to(PureWindowsPath(folder))


def length(machine: Machine, book: Book) -> Iterator[Line]:
    subject = "Longueur du chemin"
    if len(book.path) > LONGEST_PATH:
        yield told(subject, message("CW-768", length=len(book.path), limit=LONGEST_PATH))
    else:
        yield fine(subject, f"{len(book.path)} caractères")


def origin(machine: Machine, book: Book) -> Iterator[Line]:
    subject = "Marque d'Internet"
    if book.zone is not None and book.zone >= INTERNET and book.macros:
        yield told(subject, message("CW-766", zone=book.zone))
    elif machine.windows:
        yield fine(subject, "absente" if book.zone is None else f"zone {book.zone}")


def configuration(machine: Machine, book: Book) -> Iterator[Line]:
    """The sheet, its keys, the interpreter that it names, and the command line that it makes."""
    subject = "Configuration"
    if not book.macros:
        yield fine(subject, "classeur sans macros : rien à configurer")
        return
    found = book.configuration
    if found is None:
        yield told(subject, message("CW-764", title=XLWINGS))
        return
    empty = [key for key in KEYS if key in found and not found[key].strip()]
    for key in empty:
        wanted = machine.wanted.get(key) or "voir docs/installation.md"
        yield told(subject, message("CW-765", key=key, title=XLWINGS, wanted=wanted))
    if found.get("ADD_WORKBOOK_TO_PYTHONPATH", "true").strip().lower() == "true":
        yield told(subject, message("CW-783", key="ADD_WORKBOOK_TO_PYTHONPATH"))
    if "INTERPRETER_WIN" in empty:
        return
    try:
        line = dll_command_line(found, book.path, machine.environment)
    except CodedError as refused:
        yield told(subject, refused.message)
        return
    if machine.windows and not book.interpreter_exists:
        yield told(subject, message("CW-761", path=found["INTERPRETER_WIN"]))
    elif not empty:
        yield fine(subject, f"{len(found)} clés, ligne de commande de {len(line)} caractères")


def library(machine: Machine, book: Book) -> Iterator[Line]:
    """The DLL that the VBA names, in the bitness of Office."""
    subject = "Bibliothèque xlwings"
    declared = _DECLARED.search(book.vba)
    if not declared:
        return
    version = declared[1]
    if machine.windows and machine.interpreter:
        sizes = (machine.office_bits,) if machine.office_bits else (64, 32)
        for name in (library_name(version, bits) for bits in sizes):
            if name not in machine.libraries:
                present = ", ".join(sorted(machine.libraries)) or "aucune"
                folder = str(PureWindowsPath(machine.interpreter).parent)
                yield told(subject, message("CW-762", name=name, folder=folder, found=present))
                return
    if machine.xlwings and version != machine.xlwings:
        yield told(subject, message("CW-777", vba=version, installed=machine.xlwings))
    else:
        yield fine(subject, f"{version} dans le VBA et dans le moteur")


def signature(machine: Machine, book: Book) -> Iterator[Line]:
    if book.signed:
        yield told("Signature", message("CW-776"))
    elif book.macros:
        yield fine("Signature", "projet VBA non signé")


def versions(machine: Machine, book: Book) -> Iterator[Line]:
    if book.schema is None:
        yield told("Schéma", message("CW-450", name=SCHEMA_NAME))
    elif book.schema < SCHEMA:
        yield told("Schéma", message("CW-779", found=book.schema, known=SCHEMA))
    else:
        yield fine("Schéma", f"{book.schema}")
    if book.base and book.base != machine.base:
        yield told("Base du classeur", message("CW-459", found=book.base, known=machine.base))
    else:
        yield fine("Base du classeur", book.base or "non notée")


MACHINE_CHECKS: tuple[Callable[[Machine], Iterator[Line]], ...] = (
    system, interpreter, bitness, child_processes, regional, base,
)  # fmt: skip
BOOK_CHECKS: tuple[Callable[[Machine, Book], Iterator[Line]], ...] = (
    location, length, origin, configuration, library, signature, versions,
)  # fmt: skip
