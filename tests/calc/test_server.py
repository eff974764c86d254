"""The server that LibreOffice keeps: the functions' own answers, and what refresh would write."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from carbon_workbook.calc import server
from carbon_workbook.demo.company import demo_data
from carbon_workbook.excel import udf
from carbon_workbook.excel.cells import marker
from carbon_workbook.specs.spec import register
from carbon_workbook.workbook.build import build
from carbon_workbook.workbook.cells import cell_ref
from carbon_workbook.workbook.data import WorkbookData
from carbon_workbook.workbook.evaluate import evaluate
from carbon_workbook.workbook.layout import ENTRY_FIRST
from carbon_workbook.workbook.read import read_workbook
from carbon_workbook.workbook.refresh import changes_for


@pytest.mark.parametrize(
    ("call", "function", "arguments"),
    [
        ("EMISSIONS", udf.emissions, ["37133", 1000.0, "kWh PCS", 2024.0, None]),
        (
            "EMISSIONS",
            udf.emissions,
            [[["37133"], ["inconnu"], [""]], [[1.0], [2.0], [""]], None, None, None],
        ),
        ("EMISSIONS_DETAIL", udf.emissions_detail, ["37133", 1000.0, None, None]),
        ("FACTEUR", udf.factor_field, ["37133", "unité", None]),
        ("CHERCHER_FACTEUR", udf.search_factor, ["gasoil", "litre", 2.0]),
        ("EXPLIQUER", udf.explain, ["37133", 1.0, "km", None]),
    ],
)
def test_a_function_answers_as_in_excel(call, function, arguments):
    answer = server.respond({"call": call, "book": "", "arguments": arguments})
    assert answer == {"cells": function("", *arguments)}
    json.dumps(answer, allow_nan=False)


def test_own_factors_belong_to_their_workbook():
    columns = register("own_factors")
    values = {
        "id": "MAISON-1",
        "label": "Chaudière",
        "unit": "kWh",
        "total": 0.5,
        "source": "mesure",
        "year": 2024.0,
    }
    table = [[column.label for column in columns], [values.get(column.key, "") for column in columns]]
    assert server.respond({"call": "own", "book": "un", "table": table, "base": ""}) == {"usable": 1}
    asked = {"call": "EMISSIONS", "arguments": ["MAISON-1", 1000.0, "kWh"]}
    assert server.respond({**asked, "book": "un"}) == {"cells": [[0.5]]}
    assert server.respond({**asked, "book": "deux"}) == {"cells": udf.emissions("deux", "MAISON-1", 1.0)}


def test_a_workbook_without_own_factors_is_answered():
    assert server.respond({"call": "own", "book": "sans", "table": None, "base": ""}) == {"usable": 0}
    asked = {"call": "EMISSIONS", "arguments": ["37133", 1000.0, "kWh PCS"]}
    assert server.respond({**asked, "book": "sans"}) == {"cells": udf.emissions("", *asked["arguments"])}


def test_a_base_that_is_not_here_is_an_answer_not_the_end_of_the_server(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("CARBON_WORKBOOK_DATA", str(tmp_path))
    own = {"call": "own", "book": "ailleurs", "table": None, "base": "Base V0 (00000000)"}
    assert server.respond(own) == {"usable": 0}
    asked = {"book": "ailleurs", "arguments": ["37133", 1.0, "kWh PCS"]}
    assert server.respond({**asked, "call": "EMISSIONS"}) == {"cells": [[marker("CW-270")]]}
    ((said,),) = server.respond({**asked, "call": "EXPLIQUER"})["cells"]
    assert said.startswith("CW-270 – ")


def test_refresh_sends_every_result_of_a_workbook(tmp_path: Path):
    path = tmp_path / "démo.xlsx"
    build(path, data=demo_data(), macros=False)
    evaluation = evaluate(read_workbook(path))
    answer = server.respond({"call": "refresh", "copy": str(path)})
    assert answer["done"]
    assert answer["said"].startswith("Inventaire actualisé")
    json.dumps(answer, allow_nan=False)
    sent = {
        (title, cell_ref(top + r, left + c)): value
        for title, blocks in answer["sheets"].items()
        for top, left, rows in blocks
        for r, row in enumerate(rows)
        for c, value in enumerate(row)
    }
    changes, growth, links = changes_for(evaluation)
    retained = evaluation.content.table("combustion_fixe").letters["emissions_t"]
    wanted = changes["1.1 Combustion fixe"]
    some = [ref for ref in wanted if ref.startswith(retained)]
    assert len(some) > 10
    assert [sent["1.1 Combustion fixe", ref] for ref in some] == [wanted[ref] for ref in some]
    assert answer["growth"] == growth
    assert answer["links"] == links


def test_the_origin_of_a_number_is_told_and_nothing_is_sent(tmp_path: Path):
    path = tmp_path / "inventaire.xlsx"
    line = {"label": "Usine", "factor": "43642", "quantity": 1000.0, "unit": "kWh"}
    build(path, data=WorkbookData({"year": 2024}, entries={"electricite": [line]}), macros=False)
    answer = server.respond({"call": "trace", "copy": str(path), "place": f"2.1 Électricité!B{ENTRY_FIRST}"})
    assert set(answer) == {"said"}
    assert "0,0519 kgCO2e/kWh" in answer["said"]
    assert server.respond({"call": "trace", "copy": str(path), "place": "Accueil!A1"})["said"].startswith(
        "CW-802"
    )


def test_a_workbook_that_is_not_ours_is_refused_in_a_sentence(tmp_path: Path):
    path = tmp_path / "autre.xlsx"
    path.write_bytes(b"autre chose")
    answer = server.respond({"call": "refresh", "copy": str(path)})
    assert not answer["done"]
    assert answer["said"].startswith("CW-4")
    assert answer["sheets"] == {}


def test_the_process_answers_line_by_line_in_utf8_and_ends_with_its_input():
    asked = [
        {"call": "EXPLIQUER", "book": "", "arguments": ["éèà", 1.0]},
        {"call": "inconnue"},
        {"call": "version"},
    ]
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-m", "carbon_workbook.calc.server"],
        input="".join(json.dumps(request, ensure_ascii=False) + "\n" for request in asked).encode(),
        capture_output=True, timeout=120, env={"PYTHONPATH": str(Path(server.__file__).parents[2])},
    )  # fmt: skip
    first, second, third = map(json.loads, done.stdout.decode().splitlines())
    assert "éèà" in first["cells"][0][0]
    assert second["failed"].startswith("KeyError")
    assert set(third) == {"version"}
    assert done.returncode == 0
