"""Writes the diagnoses of docs/installation.md: ``python scripts/make_installation_doc.py``."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from carbon_workbook import __version__
from carbon_workbook.install.doctor import Book, Machine, diagnose

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "installation.md"
BEGIN, END = "<!-- diagnostics : début -->", "<!-- diagnostics : fin -->"


def document(page: str) -> str:
    """The page with its diagnoses written again."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{diagnoses()}{END}{after}"


def diagnoses() -> str:
    """What ``doctor`` says of a good set-up and of the broken ones that the tests try."""
    folder = str(ROOT / "tests" / "install")
    if folder not in sys.path:
        sys.path.insert(0, folder)
    from set_ups import BROKEN, GOOD

    return "".join(_section(*case[:3]) for case in (GOOD, *BROKEN))


def _section(title: str, machine: Machine, book: Book) -> str:
    text = "\n".join(str(line) for line in diagnose(machine, book))
    return f"\n### {title}\n\n```text\n{_steady(text)}\n```\n"


def _steady(text: str) -> str:
    """The version of the program does not make the page old."""
    return re.sub(re.escape(f"carbon-workbook {__version__}"), "carbon-workbook X.Y.Z", text)


if __name__ == "__main__":
    TARGET.write_text(document(TARGET.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
