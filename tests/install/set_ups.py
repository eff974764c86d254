"""A good machine and six broken set-ups, as facts: what ``doctor`` says of each stands in docs/installation.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from carbon_workbook.install.doctor import Book, Machine
from carbon_workbook.workbook.build_setup import XLWINGS_SETTINGS

HOME = r"C:\Users\camille\AppData\Local\CarbonWorkbook"
INTERPRETER = HOME + r"\python\pythonw.exe"
LIBRARIES = {name: f"{HOME}\\python\\{name}" for name in ("xlwings32-0.37.8.dll", "xlwings64-0.37.8.dll")}
ENVIRONMENT = {"LOCALAPPDATA": r"C:\Users\camille\AppData\Local"}
CONFIGURATION = dict(XLWINGS_SETTINGS)
VBA = 'Const XLPyDLLName As String = "xlwings64-0.37.8.dll"'

MACHINE = Machine(
    system="Windows", home=HOME, interpreter=INTERPRETER, interpreter_exists=True, python="3.13.2", bits=64,
    xlwings="0.37.8", libraries=LIBRARIES, office_bits=64, synced=(r"C:\Users\camille\OneDrive - Société",),
    locale="fr-FR", base="2026-11", wanted=CONFIGURATION, environment=ENVIRONMENT,
)  # fmt: skip
BOOK = Book(path=r"C:\Bilans\inventaire_2024.xlsm", configuration=CONFIGURATION, vba=VBA, base="2026-11")

GOOD = ("Un poste en ordre", MACHINE, BOOK)
BROKEN: tuple[tuple[str, Machine, Book, str], ...] = (
    (
        "Le moteur n'est pas installé",
        replace(MACHINE, interpreter="", interpreter_exists=False, libraries={}, bits=0, wanted={}),
        replace(BOOK, interpreter_exists=False),
        "CW-760",
    ),
    (
        "La bibliothèque n'est pas celle que nomme le classeur (Office 32 bits)",
        replace(MACHINE, office_bits=32, libraries={"xlwings64-0.37.8.dll": LIBRARIES["xlwings64-0.37.8.dll"]}),
        BOOK,
        "CW-762",
    ),
    ("La feuille de configuration a été supprimée", MACHINE, replace(BOOK, configuration=None), "CW-764"),
    (
        "Une clé de la configuration est vide",
        MACHINE,
        replace(BOOK, configuration={**CONFIGURATION, "INTERPRETER_WIN": ""}),
        "CW-765",
    ),
    (
        "Le classeur vient d'un courriel, et son chemin est trop long",
        MACHINE,
        replace(BOOK, zone=3, path="C:\\" + "\\".join(["Direction du développement durable"] * 8) + "\\bilan.xlsm"),
        "CW-766",
    ),
    (
        "Office n'a pas le droit de lancer un programme ; classeur sur OneDrive, signé, base plus ancienne",
        replace(MACHINE, asr=1),
        replace(
            BOOK, path=r"C:\Users\camille\OneDrive - Société\bilan.xlsm", signed=True, base="2025-06"
        ),
        "CW-771",
    ),
)  # fmt: skip


def configuration_with(changes: Mapping[str, str]) -> dict[str, str]:
    """The good configuration with some keys changed."""
    return {**CONFIGURATION, **changes}
