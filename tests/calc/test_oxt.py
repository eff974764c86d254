"""The extension as a file: what it declares is what the code has, and LibreOffice's older Python can read it."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

from carbon_workbook.calc.oxt import METHODS, build_oxt
from carbon_workbook.excel.modules import functions
from carbon_workbook.resources import packaged

SOURCE = packaged("calc")
IDL = (SOURCE / "carbon.idl").read_text(encoding="utf-8")
OOR = "{http://openoffice.org/2001/registry}"
SDK = ["/usr/lib/libreoffice/sdk/bin", "/opt/libreoffice/sdk/bin"]
TYPES = Path("/usr/lib/libreoffice/program")


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    path = tmp_path_factory.mktemp("oxt") / "carbon_workbook.oxt"
    build_oxt(path)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_two_builds_are_identical(tmp_path):
    build_oxt(tmp_path / "a.oxt")
    build_oxt(tmp_path / "b.oxt")
    assert (tmp_path / "a.oxt").read_bytes() == (tmp_path / "b.oxt").read_bytes()


def test_the_manifest_names_the_parts_by_their_types(parts):
    root = ElementTree.fromstring(parts["META-INF/manifest.xml"])
    named = [entry.get("{http://openoffice.org/2001/manifest}full-path") for entry in root]
    assert set(named) <= parts.keys()
    assert {name for name in parts if name.endswith((".xcu", ".rdb", ".components"))} == set(named)


def test_every_xml_part_is_well_formed(parts):
    read = [
        ElementTree.fromstring(content)
        for name, content in parts.items()
        if name.endswith((".xml", ".xcu", ".components"))
    ]
    assert len(read) == 6


def declared():
    """Methods of the interface with their arguments, the calling document left out."""
    found = {}
    for name, arguments in re.findall(r"> > (\w+)\((.*?)\);", IDL, re.DOTALL):
        first, *others = re.findall(r"\[in\] \S+ (\w+)", arguments)
        assert first == "document"
        found[name] = tuple(others)
    return found


def test_the_interface_has_the_functions_of_the_workbook_with_their_arguments():
    assert METHODS.keys() == functions().keys()
    assert declared() == dict(METHODS.values())
    for name, function in functions().items():
        assert len(METHODS[name][1]) == len(function.arguments)


def test_the_add_in_implements_the_interface():
    tree = ast.parse((SOURCE / "addin.py").read_text(encoding="utf-8"))
    (body,) = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Functions"]
    methods = {node.name for node in body.body if isinstance(node, ast.FunctionDef)}
    assert declared().keys() <= methods


def test_names_in_calc_are_those_of_excel(parts):
    root = ElementTree.fromstring(parts["CalcAddIns.xcu"])
    for prop in ("DisplayName", "CompatibilityName"):
        names = [
            {value.text for value in node.find(f"prop[@{OOR}name='{prop}']")}
            for node in root.findall(f".//node[@{OOR}name='AddInFunctions']/node")
        ]
        assert names == [{name} for name in functions()]


@pytest.mark.parametrize("name", ["addin.py", "client.py"])
def test_what_libreoffice_runs_reads_with_python_3_8_and_its_standard_library(name):
    source = (SOURCE / name).read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 8))
    used = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            used |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            used.add(f"{node.module}.{node.names[0].name}" if "carbon" in str(node.module) else node.module)
    assert (
        used
        - sys.stdlib_module_names
        - {"uno", "unohelper", "carbon_workbook.calc.client", "collections.abc"}
        == set()
    )


def test_the_extension_says_its_messages(parts):
    spoken = parts["pythonpath/carbon_workbook/calc/texts.json"].decode()
    for name in ("addin.py", "client.py"):
        for code in re.findall(r"CW-\d{3}", (SOURCE / name).read_text(encoding="utf-8")):
            assert f'"{code}": "{code} – ' in spoken


def test_the_type_library_is_the_compiled_interface(tmp_path):
    path = os.pathsep.join([os.environ.get("PATH", ""), *SDK])
    write, read = shutil.which("unoidl-write", path=path), shutil.which("unoidl-read", path=path)
    if not (write and read):
        if os.environ.get("CI") == "true":
            pytest.fail("unoidl-write manque (libreoffice-dev)")
        pytest.skip("unoidl-write (libreoffice-dev) : absent de ce poste")
    base = [str(TYPES / "types.rdb"), str(TYPES / "types" / "offapi.rdb")]
    made = tmp_path / "carbon.rdb"
    subprocess.run([write, *base, str(SOURCE / "carbon.idl"), str(made)], check=True)
    texts = [
        subprocess.run([read, *base, str(rdb)], check=True, capture_output=True).stdout
        for rdb in (made, SOURCE / "carbon.rdb")
    ]
    assert texts[0] == texts[1]
    assert b"chercherFacteur" in texts[0]
