"""The rules of the house: who imports what, what committed files may say, and documents in step with the code."""

import ast
import importlib.util
import re
import sys
import zipfile
from pathlib import Path

import pytest

from carbon_workbook.cli import main
from carbon_workbook.messages import texts

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "carbon_workbook"

ENGINE = ("units", "factors", "inventory", "specs", "messages.py", "numbers.py", "values.py")
NOT_IN_ENGINE = {"xlwings", "openpyxl", "xlsxwriter", "lxml", "zipfile", "matplotlib", "docx", "docxtpl", "click",
                 "jinja2", "pyopenvba", "python_calamine"}  # fmt: skip
NOT_BELOW = ("workbook", "excel", "calc", "report", "cli", "demo")

ONE_MODULE = {
    "pint": "units/registry.py",
    "rapidfuzz": "factors/search.py",
    "lxml": "workbook/package.py",
    "openpyxl": "workbook/cells.py",
    "xlsxwriter": "workbook/build_book.py",
    "pyopenvba": "workbook/vba.py",
    "xlwings": "excel/bridge.py",
    "matplotlib": "report/charts.py",
    "docx": "report/docx.py",
    "docxtpl": "report/docx.py",
    "jinja2": "report/sandbox.py",
    "click": "cli/",
    "python_calamine": "imports/files.py",
    "uno": "calc/addin.py",
    "unohelper": "calc/addin.py",
}
"""The module that touches each outside library, or its room; numpy and pandas are the engine's own language."""

PAID = re.compile(r"xlwings\s*\.\s*(pro|reports|server)\b|from\s+xlwings\s+import\s+(pro|reports|server)\b")
TEXT = {".py", ".md", ".csv", ".toml", ".txt", ".json", ".xml", ".bas", ".yaml", ".yml", ".cff", ".cfg", ""}
SKIPPED = {".git", ".venv", "__pycache__", "build", "dist", ".mypy_cache", ".ruff_cache", ".pytest_cache",
           ".hypothesis"}  # fmt: skip
MACHINE = re.compile(r"(?<![\w.:/])/(?:work|root|home|tmp|Users|mnt)/\w")
REGISTRY = re.compile(
    r"pypi\.org|pythonhosted\.org|npmjs|proxy\.golang|deb\.debian|crates\.io", re.IGNORECASE
)
PROMISE = re.compile(r"\bconformes?\b", re.IGNORECASE)
BRAND = re.compile(r"\bBilan Carbone(?!®|\s*®)", re.IGNORECASE)
CODE = re.compile(r"\bCW-[1-8]\d\d\b")
COMMAND = re.compile(r"carbon-workbook ([a-z]+)")


def modules():
    return sorted(PACKAGE.rglob("*.py"))


def name_of(path):
    return path.relative_to(PACKAGE).as_posix()


def imported(path):
    """Full names that a module imports, wherever the import stands."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}: relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def committed_texts():
    """Text files of the project, without what tools and users leave beside it."""
    for path in sorted(ROOT.rglob("*")):
        inside = path.relative_to(ROOT)
        if set(inside.parts) & SKIPPED or inside.parts[0] == "demo" or not path.is_file():
            continue
        if path.suffix in TEXT and path != Path(__file__).resolve():
            yield path


def printed_texts():
    """What a user can see: data and sources of the package, templates and workbook, as (name, text)."""
    for path in sorted(PACKAGE.rglob("*")):
        if path.suffix in {".py", ".csv", ".toml", ".xml", ".bas"}:
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
    for path in (*sorted((ROOT / "templates").glob("*.docx")), ROOT / "carbon_workbook.xlsm"):
        with zipfile.ZipFile(path) as package:
            for part in package.namelist():
                if part.endswith(".xml"):
                    text = re.sub(r"<[^>]+>", "", package.read(part).decode("utf-8"))
                    yield f"{path.name}/{part}", text


def engine_modules():
    return [path for path in modules() if name_of(path).startswith(ENGINE)]


def test_the_engine_has_rooms():
    assert {name_of(path).split("/")[0] for path in engine_modules()} == set(ENGINE)


@pytest.mark.parametrize("path", engine_modules(), ids=name_of)
def test_the_engine_knows_neither_excel_nor_word(path):
    names = imported(path)
    assert {name.split(".")[0] for name in names} & NOT_IN_ENGINE == set()
    upper = tuple(f"carbon_workbook.{room}" for room in NOT_BELOW)
    assert [name for name in names if name.startswith(upper)] == []


@pytest.mark.parametrize("library", ONE_MODULE)
def test_a_library_is_touched_in_one_module(library):
    users = {name_of(path) for path in modules() if library in {n.split(".")[0] for n in imported(path)}}
    assert [name for name in users if not name.startswith(ONE_MODULE[library])] == []


def test_only_declared_libraries_are_imported():
    declared = {*ONE_MODULE, "numpy", "pandas", "carbon_workbook", "__future__"}
    roots = {name.split(".")[0] for path in modules() for name in imported(path)}
    assert roots - declared - set(sys.stdlib_module_names) == set()


def test_only_the_free_parts_of_xlwings_are_used():
    assert [name_of(path) for path in modules() if PAID.search(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("rule", [MACHINE, REGISTRY], ids=["machine path", "registry host"])
def test_committed_texts_name_no_machine(rule):
    found = {}
    for path in committed_texts():
        match = rule.search(path.read_text(encoding="utf-8"))
        if match:
            found[path.relative_to(ROOT).as_posix()] = match.group()
    assert found == {}


@pytest.mark.parametrize("rule", [PROMISE, BRAND], ids=["promise", "brand"])
def test_what_we_print_promises_nothing_and_borrows_no_brand(rule):
    found = {name: rule.search(text).group() for name, text in printed_texts() if rule.search(text)}
    assert found == {}


def messages_document():
    spec = importlib.util.spec_from_file_location("messages_doc", ROOT / "scripts" / "make_messages_doc.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.document()


def test_messages_document_is_in_step():
    page = (ROOT / "docs" / "messages.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (\S+)$", page, re.MULTILINE) == sorted(texts())
    assert page == messages_document(), "lancer scripts/make_messages_doc.py"


def test_every_code_of_the_sources_exists():
    sources = [p for p in PACKAGE.rglob("*") if p.suffix in {".py", ".toml", ".bas", ".csv"}]
    used = {code for path in sources for code in CODE.findall(path.read_text(encoding="utf-8"))}
    assert used - texts().keys() == set()


def test_every_message_is_used():
    tables = PACKAGE / "data" / "messages"
    sources = [
        p for p in PACKAGE.rglob("*") if p.suffix in {".py", ".toml", ".bas", ".csv"} and p.parent != tables
    ]
    used = {code for path in sources for code in CODE.findall(path.read_text(encoding="utf-8"))}
    assert texts().keys() - used == set()


@pytest.mark.parametrize("path", sorted((ROOT / "factors").glob("*.csv")), ids=lambda p: p.name)
def test_a_schema_stands_beside_each_table(path):
    assert path.with_name(f"{path.stem}.schema.json").exists()


def documents():
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]


def test_commands_that_texts_name_exist():
    pages = [*documents(), *(PACKAGE / "data" / "messages").glob("*.csv"), *PACKAGE.rglob("*.bas")]
    named = {name: path.name for path in pages for name in COMMAND.findall(path.read_text(encoding="utf-8"))}
    assert {name: page for name, page in named.items() if name not in main.commands} == {}
    readme = set(COMMAND.findall((ROOT / "README.md").read_text(encoding="utf-8")))
    assert readme >= main.commands.keys()


def test_the_readme_has_two_commands_to_start_and_ci_runs_the_second():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^python3 bootstrap\.py (\w+)", readme, re.MULTILINE)) == {"demo", "test"}
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").rstrip().endswith("python3 bootstrap.py test")


@pytest.mark.parametrize("page", documents(), ids=lambda p: p.name)
def test_links_between_documents_lead_somewhere(page):
    targets = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def glossary():
    page = (ROOT / "docs" / "glossaire.md").read_text(encoding="utf-8")
    return re.findall(r"^\| ([^|`]+?) \| `([^`|]+)` \| [^|]+ \|$", page, re.MULTILINE)


def test_glossary_pairs_are_one_to_one_and_used():
    pairs = glossary()
    french, english = zip(*pairs, strict=True)
    assert len(pairs) >= 40
    assert len(set(french)) == len(french)
    assert len(set(english)) == len(english)
    sources = "\n".join(
        p.read_text(encoding="utf-8") for p in PACKAGE.rglob("*") if p.suffix in {".py", ".toml", ".csv"}
    )
    words = set(re.findall(r"\w+", sources))
    assert {name for name in english if not set(re.findall(r"\w+", name)) <= words} == set()
