"""Makes the folder of wheels of an installation without network, with their SHA-256.

python scripts/make_bundle.py DOSSIER                    for this system and this Python
python scripts/make_bundle.py DOSSIER --windows 3.13     for Windows (64 bits) and Python 3.13

Our wheel is built from this checkout; the others are downloaded by pip, at the versions of requirements-ci.txt.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path

from carbon_workbook.install.setup import SUMS, issued_xlwings

ROOT = Path(__file__).resolve().parent.parent
WINDOWS_ONLY = ("pywin32", "colorama", "tzdata")
"""What our libraries need on Windows alone: pip reads their conditions for the system that it runs on."""


def main(arguments: list[str]) -> None:
    """Fill the folder and write its sums."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", metavar="DOSSIER", type=Path)
    parser.add_argument("--windows", metavar="VERSION", default="")
    chosen = parser.parse_args(arguments)
    folder: Path = chosen.folder
    folder.mkdir(parents=True, exist_ok=True)
    _pip("wheel", "--no-deps", "--wheel-dir", str(folder), str(ROOT))
    target = []
    if chosen.windows:
        target = ["--platform", "win_amd64", "--python-version", chosen.windows, "--implementation", "cp"]
    needed = [*_dependencies(), *(WINDOWS_ONLY if chosen.windows else ())]
    constraint = ["--constraint", str(ROOT / "requirements-ci.txt")]
    _pip("download", "--only-binary=:all:", *target, *constraint, "--dest", str(folder), *needed)
    add_libraries(folder, target)
    write_sums(folder)


def _dependencies() -> list[str]:
    with (ROOT / "pyproject.toml").open("rb") as stream:
        return list(tomllib.load(stream)["project"]["dependencies"])


def _pip(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "pip", "--quiet", *arguments], check=True)


def add_libraries(folder: Path, target: list[str]) -> None:
    """xlwings' DLLs of every version that an issued template names, beside the wheels."""
    with tempfile.TemporaryDirectory() as other:
        for version in issued_xlwings():
            present = list(folder.glob(f"xlwings-{version}-*.whl"))
            if not present:
                _pip(
                    "download",
                    "--only-binary=:all:",
                    "--no-deps",
                    *target,
                    "--dest",
                    other,
                    f"xlwings=={version}",
                )
                present = list(Path(other).glob(f"xlwings-{version}-*.whl"))
            for wheel in present:
                extract_libraries(wheel, folder)


def extract_libraries(wheel: Path, folder: Path) -> None:
    """The DLLs of a wheel of xlwings."""
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.endswith(".dll"):
                (folder / Path(name).name).write_bytes(archive.read(name))


def write_sums(folder: Path) -> None:
    """SHA-256 of every file, in the form that ``sha256sum --check`` reads."""
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}"
        for path in sorted(folder.iterdir())
        if path.name != SUMS and path.is_file()
    ]
    (folder / SUMS).write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
