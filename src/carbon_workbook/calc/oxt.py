"""Build the Calc extension ``carbon_workbook.oxt``, and write the configuration by which it finds the engine."""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from carbon_workbook import __version__
from carbon_workbook.calc import client
from carbon_workbook.excel.modules import Function, functions
from carbon_workbook.messages import texts
from carbon_workbook.resources import packaged

FUNCTIONS, ACTIONS = "carbonworkbook.calc.Functions", "carbonworkbook.calc.Actions"
METHODS = {
    "EMISSIONS": ("emissions", ("refFacteur", "quantite", "unite", "annee", "resultat")),
    "FACTEUR": ("facteur", ("refFacteur", "champ", "annee")),
    "CHERCHER_FACTEUR": ("chercherFacteur", ("texte", "unite", "rang")),
    "EMISSIONS_DETAIL": ("emissionsDetail", ("refFacteur", "quantite", "unite", "annee")),
    "EXPLIQUER": ("expliquer", ("refFacteur", "quantite", "unite", "annee")),
}
"""Method and arguments of each worksheet function in ``carbon.idl``."""

MENU = (
    ("refresh", "Actualiser l'inventaire"),
    ("trace", "D'où vient ce nombre ?"),
    ("reconnect", "Reconnecter le moteur"),
)
SPOKEN = ("CW-617", "CW-680", "CW-681", "CW-682", "CW-683", "CW-839")
_SHEETS = "com.sun.star.sheet.SpreadsheetDocument"
_LANGUAGES = ("en-US", "fr")
_DAY = (2020, 1, 1, 0, 0, 0)


def build_oxt(path: Path) -> None:
    """Write the extension; an existing file is replaced. Two builds are identical. Raises OSError."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in _parts().items():
            entry = zipfile.ZipInfo(name, _DAY)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)


def configure(python: Path | None = None, pythonpath: Path | None = None) -> Path:
    """Tell LibreOffice which interpreter holds the engine (this one by default); the file written.

    ``pythonpath``: a folder of packages outside that interpreter's own. Raises OSError.
    """
    found = {"python": str(python or sys.executable), "pythonpath": str(pythonpath or "")}
    file = client.configuration_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        json.dumps({key: value for key, value in found.items() if value}, ensure_ascii=False, indent=1)
        + "\n",
        encoding="utf-8",
    )
    return file


def _parts() -> dict[str, bytes]:
    source = packaged("calc")
    spoken = {code: f"{code} – {texts()[code].sentence} {texts()[code].remedy}".strip() for code in SPOKEN}
    return {
        "META-INF/manifest.xml": _manifest().encode(),
        "description.xml": _description().encode(),
        "description.txt": _PRESENTATION.encode(),
        "carbon.rdb": (source / "carbon.rdb").read_bytes(),
        "carbon.components": _components().encode(),
        "CalcAddIns.xcu": _add_ins().encode(),
        "Addons.xcu": _menu().encode(),
        "Jobs.xcu": _jobs().encode(),
        "addin.py": (source / "addin.py").read_bytes(),
        # LibreOffice puts this folder on the path of the add-in.
        "pythonpath/carbon_workbook/__init__.py": b"",
        "pythonpath/carbon_workbook/calc/__init__.py": b"",
        "pythonpath/carbon_workbook/calc/client.py": (source / "client.py").read_bytes(),
        "pythonpath/carbon_workbook/calc/texts.json": json.dumps(
            spoken, ensure_ascii=False, indent=1
        ).encode(),
    }


_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_OOR = (
    'xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema"'
    ' oor:package="org.openoffice.Office"'
)
_PRESENTATION = """Fonctions EMISSIONS, FACTEUR, CHERCHER_FACTEUR, EMISSIONS_DETAIL et EXPLIQUER, et menu Carbone.
Le calcul est fait sur ce poste par le moteur carbon-workbook, installé à part.
"""


def _manifest() -> str:
    # Passive registration: the type library is known before the component is first loaded.
    entries = {
        "carbon.rdb": "application/vnd.sun.star.uno-typelibrary;type=RDB",
        "carbon.components": "application/vnd.sun.star.uno-components",
        "CalcAddIns.xcu": "application/vnd.sun.star.configuration-data",
        "Addons.xcu": "application/vnd.sun.star.configuration-data",
        "Jobs.xcu": "application/vnd.sun.star.configuration-data",
    }
    lines = [
        f'  <manifest:file-entry manifest:full-path="{name}" manifest:media-type="{kind}"/>\n'
        for name, kind in entries.items()
    ]
    return (
        f'{_HEAD}<manifest:manifest xmlns:manifest="http://openoffice.org/2001/manifest">\n'
        f"{''.join(lines)}</manifest:manifest>\n"
    )


def _description() -> str:
    return (
        f'{_HEAD}<description xmlns="http://openoffice.org/extensions/description/2006"'
        ' xmlns:xlink="http://www.w3.org/1999/xlink">\n'
        f'  <identifier value="{FUNCTIONS.rpartition(".")[0]}"/>\n  <version value="{__version__}"/>\n'
        "  <display-name>\n"
        + "".join(f'    <name lang="{lang[:2]}">Carbon Workbook</name>\n' for lang in _LANGUAGES)
        + "  </display-name>\n  <extension-description>\n"
        + "".join(f'    <src lang="{lang[:2]}" xlink:href="description.txt"/>\n' for lang in _LANGUAGES)
        + "  </extension-description>\n</description>\n"
    )


def _components() -> str:
    return (
        f'{_HEAD}<components xmlns="http://openoffice.org/2010/uno-components">\n'
        '  <component loader="com.sun.star.loader.Python" uri="addin.py">\n'
        + "".join(
            f'    <implementation name="{name}">\n      <service name="{name}"/>\n    </implementation>\n'
            for name in (FUNCTIONS, ACTIONS)
        )
        + "  </component>\n</components>\n"
    )


def _add_ins() -> str:
    """The functions as the wizard shows them, with the name that a file of Excel gives them."""
    lines = [f'{_HEAD}<oor:component-data oor:name="CalcAddIns" {_OOR}>', ' <node oor:name="AddInInfo">']
    lines += [f'  <node oor:name="{FUNCTIONS}" oor:op="replace">', '   <node oor:name="AddInFunctions">']
    for function in functions().values():
        lines += _function(function)
    lines += ["   </node>", "  </node>", " </node>", "</oor:component-data>", ""]
    return "\n".join(lines)


def _function(function: Function) -> Iterator[str]:
    method, names = METHODS[function.name]
    yield f'    <node oor:name="{method}" oor:op="replace">'
    yield _texts("DisplayName", function.name, 5)
    yield _texts("Description", function.description, 5)
    yield '     <prop oor:name="Category"><value>Add-In</value></prop>'
    yield _texts("CompatibilityName", function.name, 5)
    yield '     <node oor:name="Parameters">'
    for name, argument in zip(names, function.arguments, strict=True):
        yield f'      <node oor:name="{name}" oor:op="replace">'
        yield _texts("DisplayName", argument.name, 7)
        yield _texts("Description", argument.help, 7)
        yield "      </node>"
    yield "     </node>"
    yield "    </node>"


def _texts(name: str, text: str, indent: int) -> str:
    values = "".join(f"<value xml:lang={quoteattr(lang)}>{escape(text)}</value>" for lang in _LANGUAGES)
    return f'{" " * indent}<prop oor:name="{name}">{values}</prop>'


def _menu() -> str:
    lines = [
        f'{_HEAD}<oor:component-data oor:name="Addons" {_OOR}>',
        ' <node oor:name="AddonUI">',
        '  <node oor:name="OfficeMenuBar">',
        f'   <node oor:name="{ACTIONS}" oor:op="replace">',
        f'    <prop oor:name="Context"><value>{_SHEETS}</value></prop>',
        _texts("Title", "Carbone", 4),
        '    <node oor:name="Submenu">',
    ]
    for number, (action, title) in enumerate(MENU, 1):
        lines += [
            f'     <node oor:name="N{number:03}" oor:op="replace">',
            f'      <prop oor:name="URL"><value>service:{ACTIONS}?{action}</value></prop>',
            _texts("Title", title, 6),
            '      <prop oor:name="Target"><value>_self</value></prop>',
            "     </node>",
        ]
    lines += ["    </node>", "   </node>", "  </node>", " </node>", "</oor:component-data>", ""]
    return "\n".join(lines)


def _jobs() -> str:
    """What is called when a document opens."""
    name = f"{ACTIONS}.Opened"
    return "\n".join(
        (
            f'{_HEAD}<oor:component-data oor:name="Jobs" {_OOR}>',
            ' <node oor:name="Jobs">',
            f'  <node oor:name="{name}" oor:op="replace">',
            f'   <prop oor:name="Service"><value>{ACTIONS}</value></prop>',
            "  </node>",
            " </node>",
            ' <node oor:name="Events">',
            '  <node oor:name="OnLoad" oor:op="fuse">',
            f'   <node oor:name="JobList"><node oor:name="{name}" oor:op="replace"/></node>',
            "  </node>",
            " </node>",
            "</oor:component-data>",
            "",
        )
    )


if __name__ == "__main__":
    build_oxt(Path(sys.argv[1] if len(sys.argv) > 1 else "carbon_workbook.oxt"))
