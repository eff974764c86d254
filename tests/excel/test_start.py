"""What the server loads before its first answer: the first cell waits for it."""

import subprocess
import sys

FIRST_ANSWER = """
import sys
import xlwings
before = set(sys.modules)
from carbon_workbook.excel import bridge
assert isinstance(bridge.facteurs_propres("classeur", [["Identifiant"], [None]])[0][0], float)
assert isinstance(bridge.emissions("classeur", [["elec-fr"]], [[1.0]], [["MWh"]], [[2024.0]], [[""]])[0][0], float)
print(*sorted(name.partition(".")[0] for name in set(sys.modules) - before))
"""
HEAVY = {"pint", "rapidfuzz", "openpyxl", "lxml", "matplotlib", "docx", "docxtpl", "jinja2", "xlsxwriter", "pyopenvba",
         "click"}  # fmt: skip


def test_the_first_answer_needs_none_of_the_heavy_libraries() -> None:
    for _ in range(2):  # the first one may have had to make the prepared files
        answer = subprocess.run(
            [sys.executable, "-c", FIRST_ANSWER], capture_output=True, text=True, check=True
        )
    loaded = set(answer.stdout.split())
    assert "carbon_workbook" in loaded
    assert loaded & HEAVY == set()
