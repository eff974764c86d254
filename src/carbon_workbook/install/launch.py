"""What the launcher runs: refresh, then the reports, of each workbook that was dropped on it."""

from __future__ import annotations

import datetime as dt
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from carbon_workbook.cli import main as command
from carbon_workbook.excel.actions import report_folder

LINE = "CARBONE_LIGNE"
_LAUNCHER = re.compile(r"carbone\.cmd\"?\s*(.*)\Z", re.IGNORECASE | re.DOTALL)
_NAME = re.compile(r'"([^"]*)"|((?:(?!\s[A-Za-z]:\\|\s\\\\|\s").)+)')


def dropped(line: str) -> list[str]:
    """Files that a Windows command line gives the launcher, quoted or not; none when it is not named.

    Explorer quotes a name only for its spaces: ``&`` and the rest of a plain name belong to it.
    """
    found = _LAUNCHER.search(line.strip())
    if not found:
        return []
    rest = found[1].strip()
    # cmd /c ""launcher" "file"": the last quote closes the whole.
    if rest.count('"') % 2:
        rest = rest.removesuffix('"')
    names = [(quoted or plain).strip() for quoted, plain in _NAME.findall(rest)]
    return [name for name in names if name]


def run(names: Sequence[str], moment: dt.datetime | None = None) -> int:
    """Refresh each workbook and write its reports; 1 when one could not be done, 2 when none was given."""
    if not names:
        print("Déposez un classeur (.xlsm ou .xlsx) sur ce fichier, Excel fermé.")
        return 2
    failed = 0
    for name in names:
        path = Path(name).resolve()
        print(f"\n— {path.name}", flush=True)
        folder = report_folder(str(path), moment or dt.datetime.now())
        done = _done("refresh", str(path)) and _done("report", str(path), "--out", str(folder))
        failed += not done
        print("  Terminé." if done else "  Arrêté : voir le message ci-dessus.", flush=True)
    return int(failed > 0)


def _done(*arguments: str) -> bool:
    return not command.main(list(arguments), standalone_mode=False)


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    sys.exit(run(sys.argv[1:] if not dropped(os.environ.get(LINE, "")) else dropped(os.environ[LINE])))
