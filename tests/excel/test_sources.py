"""The VBA sources, the ribbon and the function descriptions agree with each other and with the rules of the house."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from excel_host import vba_modules
from lxml import etree

import carbon_workbook
from carbon_workbook.excel import bridge
from carbon_workbook.excel.modules import TEXTS, functions, texts_module
from carbon_workbook.workbook.vba import ribbon_source

PACKAGE = Path(carbon_workbook.__file__).parent
RIBBON = "{http://schemas.microsoft.com/office/2009/07/customui}"
PUBLIC = re.compile(r"^Public (Function|Sub) (\w+)\((.*?)\)", re.MULTILINE)


def public() -> dict[str, tuple[str, str]]:
    return {
        found[2]: (found[1], found[3])
        for source in vba_modules().values()
        for found in PUBLIC.finditer(source)
    }


class TestSources:
    @pytest.mark.parametrize("name", sorted(vba_modules()))
    def test_option_explicit_name_and_characters(self, name: str) -> None:
        source = vba_modules()[name]
        assert source.startswith(f'Attribute VB_Name = "{name}"\nOption Explicit\n')
        assert "\r" not in source
        source.encode("cp1252")
        assert max(map(len, source.splitlines())) < 1000

    @pytest.mark.parametrize("name", sorted(vba_modules()))
    def test_nothing_volatile_nothing_from_the_add_in_no_caller(self, name: str) -> None:
        code = "\n".join(line.partition("'")[0] for line in vba_modules()[name].splitlines())
        for word in ("Volatile", "Application.Caller", "RunPython", 'CreateObject("WScript', "Shell"):
            assert word not in code

    def test_no_declare_so_no_bitness(self) -> None:
        assert not any(re.search(r"^\s*(Private |Public )?Declare ", s, re.M) for s in vba_modules().values())

    def test_the_texts_module_is_the_one_that_the_tables_make(self) -> None:
        assert vba_modules()[TEXTS] == texts_module()

    def test_no_dialog_outside_the_ribbon(self) -> None:
        for name in ("CarbonFonctions", "CarbonServeur"):
            assert "MsgBox" not in vba_modules()[name]


class TestFunctions:
    def test_descriptions_fit_the_wizard(self) -> None:
        for function in functions().values():
            assert 0 < len(function.description) <= 255
            assert all(0 < len(argument.help) <= 255 for argument in function.arguments)
            assert sum(len(argument.name) for argument in function.arguments) <= 253

    def test_the_vba_has_these_functions_with_these_arguments(self) -> None:
        module = vba_modules()["CarbonFonctions"]
        found = {name: arguments for _, name, arguments in PUBLIC.findall(module)}
        assert set(found) == set(functions())
        for name, arguments in found.items():
            declared = [re.sub(r"^\s*(Optional )?", "", a).split()[0] for a in arguments.split(",")]
            assert declared == [argument.name for argument in functions()[name].arguments]
            optional = [a.strip().startswith("Optional") for a in arguments.split(",")]
            assert optional.count(False) == functions()[name].required
            assert f'CarbonReponse("{name}", {functions()[name].required}, ' in module

    def test_python_takes_the_workbook_then_the_same_arguments(self) -> None:
        for function in functions().values():
            target = getattr(bridge, function.name.lower())
            names = target.__code__.co_varnames[: target.__code__.co_argcount]
            assert names == ("classeur", *(argument.name for argument in function.arguments))


class TestRibbon:
    root = etree.fromstring(ribbon_source().encode())

    def test_the_tab(self) -> None:
        (tab,) = self.root.iter(f"{RIBBON}tab")
        assert (tab.get("id"), tab.get("label")) == ("carbone_onglet", "Carbone")
        labels = {button.get("label") for button in self.root.iter(f"{RIBBON}button")}
        assert {"Actualiser", "Rapport", "Contrôler", "Chercher un facteur", "Feuilles", "Aide"} <= labels

    def test_each_callback_is_a_sub_with_a_control(self) -> None:
        for button in self.root.iter(f"{RIBBON}button"):
            name = button.get("onAction")
            assert public()[name] == ("Sub", "control As IRibbonControl")
            assert public()[name.removesuffix("_ruban")] == ("Sub", "")


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


class TestImports:
    def test_only_the_bridge_speaks_to_xlwings(self) -> None:
        speaking = {
            path.relative_to(PACKAGE).as_posix()
            for path in PACKAGE.rglob("*.py")
            if any(name.partition(".")[0] == "xlwings" for name in imports(path))
        }
        assert speaking == {"excel/bridge.py"}

    def test_nothing_under_the_paid_licence(self) -> None:
        text = (PACKAGE / "excel" / "bridge.py").read_text(encoding="utf-8")
        assert not re.search(r"xlwings\.pro|xlwings\.reports|render_template|mode=.r.", text)
