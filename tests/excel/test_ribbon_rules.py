"""The ribbon against the published rules: the element tables of customUI 2009/07, and what [MS-CUSTOMUI] adds."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import openxml_audit
import pytest
from excel_host import vba_modules
from lxml import etree

from carbon_workbook.workbook.vba import ribbon_source

SPACE = "http://schemas.microsoft.com/office/2009/07/customui"
SCHEMA = (
    Path(openxml_audit.__file__).parent
    / "data/openxml/schemas/schemas_microsoft_com_office_2009_07_customui.json"
)
EXCLUSIVE = (
    ("label", "getLabel"),
    ("image", "imageMso", "getImage"),
    ("size", "getSize"),
    ("enabled", "getEnabled"),
    ("visible", "getVisible"),
    ("screentip", "getScreentip"),
    ("supertip", "getSupertip"),
    ("keytip", "getKeytip"),
    ("id", "idQ", "idMso"),
    ("insertAfterMso", "insertBeforeMso", "insertAfterQ", "insertBeforeQ"),
)
CALLBACKS = ("onAction", "onLoad", "loadImage")
NC_NAME = re.compile(r"[^\W\d][\w.-]*")
SIZES = ("normal", "large")


def types() -> Mapping[str, Mapping[str, Any]]:
    with SCHEMA.open(encoding="utf-8") as stream:
        return {found["Name"]: found for found in json.load(stream)["Types"]}


def images() -> set[str]:
    with Path(__file__).with_name("ribbon_images.csv").open(encoding="utf-8", newline="") as stream:
        return {row["name"] for row in csv.DictReader(stream, delimiter=";")}


def faults(source: str) -> list[str]:
    """What the published rules reject in a ribbon."""
    known = types()
    root = etree.fromstring(source.encode())
    if root.tag != f"{{{SPACE}}}customUI":
        return [f"racine {root.tag}"]
    found = list(_faults_of(root, "mso14:CT_CustomUI/mso14:customUI", known))
    ids = [value for node in root.iter() if (value := node.get("id"))]
    found += [f"identifiant répété {name}" for name in sorted(set(ids)) if ids.count(name) > 1]
    for node in root.iter(f"{{{SPACE}}}button"):
        found += [f"bouton sans {what[0]}" for what in (EXCLUSIVE[0], EXCLUSIVE[1]) if not _given(node, what)]
        if (image := node.get("imageMso")) and image not in images():
            found.append(f"image inconnue {image}")
    return found


def _faults_of(node: Any, kind: str, known: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    name = etree.QName(node).localname
    declared = {a["QName"].lstrip(":"): a for a in known[kind].get("Attributes", ())}
    for attribute, value in node.items():
        if attribute not in declared:
            yield f"{name} : attribut {attribute} inconnu"
            continue
        yield from (f"{name}.{attribute} : {fault}" for fault in _bad_value(declared[attribute], value))
    if "id" in declared and len(_given(node, EXCLUSIVE[8])) != 1:
        yield f"{name} : un seul de id, idQ, idMso"
    for group in EXCLUSIVE:
        if len(_given(node, group)) > 1:
            yield f"{name} : {' et '.join(_given(node, group))} s'excluent"
    children = {c["Name"].rpartition(":")[2]: c["Name"] for c in known[kind].get("Children", ())}
    for child in node:
        tag = etree.QName(child)
        if tag.namespace != SPACE or tag.localname not in children:
            yield f"{name} : élément {tag.localname} interdit"
        else:
            yield from _faults_of(child, children[tag.localname], known)


def _bad_value(attribute: Mapping[str, Any], value: str) -> Iterator[str]:
    for validator in attribute.get("Validators", ()):
        limits = {argument["Name"]: argument["Value"] for argument in validator.get("Arguments", ())}
        if not int(limits.get("MinLength", 0)) <= len(value) <= int(limits.get("MaxLength", 10**6)):
            yield "longueur"
        if limits.get("IsNcName") == "True" and not NC_NAME.fullmatch(value):
            yield "nom mal formé"
    if attribute["Type"] == "BooleanValue" and value not in ("true", "false", "1", "0"):
        yield "ni vrai ni faux"
    if attribute["PropertyName"] == "Size" and value not in SIZES:
        yield "taille inconnue"


def _given(node: Any, names: tuple[str, ...]) -> list[str]:
    return [name for name in names if name in node.attrib]


def test_our_ribbon_obeys() -> None:
    assert faults(ribbon_source()) == []


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ('id="carbone_calcul"', 'id="carbone_saisie"', "identifiant répété"),
        ('id="carbone_calcul"', 'id="1 calcul"', "nom mal formé"),
        ('id="carbone_calcul"', f'id="{"x" * 1025}"', "longueur"),
        ('id="carbone_calcul" ', "", "un seul de id"),
        ('imageMso="RefreshAll"', 'imageMso="RefreshAll" image="logo"', "s'excluent"),
        ('imageMso="RefreshAll" ', "", "bouton sans image"),
        ('label="Actualiser" ', "", "bouton sans label"),
        ('imageMso="RefreshAll"', 'imageMso="RefreshEverything"', "image inconnue"),
        ('size="large"', 'size="huge"', "taille inconnue"),
        ('size="large"', 'colour="red"', "attribut colour inconnu"),
        ('label="Saisie"', 'label="Saisie" visible="oui"', "ni vrai ni faux"),
        ("<ribbon>", '<ribbon><button id="b" label="b" image="b"/>', "élément button interdit"),
        ("2009/07", "2006/01", "racine"),
    ],
)
def test_a_broken_ribbon_is_seen(before: str, after: str, fault: str) -> None:
    assert before in ribbon_source()
    assert any(fault in found for found in faults(ribbon_source().replace(before, after, 1)))


def test_each_callback_exists_once_in_the_vba_with_a_control() -> None:
    root = etree.fromstring(ribbon_source().encode())
    callbacks = [
        value
        for node in root.iter()
        for name, value in node.items()
        if name in CALLBACKS or name.startswith("get")
    ]
    assert len(callbacks) == len(set(callbacks)) == 8
    sources = "\n".join(vba_modules().values())
    for callback in callbacks:
        declared = re.findall(rf"^Public Sub {callback}\((.*)\)$", sources, re.MULTILINE)
        assert declared == ["control As IRibbonControl"]
