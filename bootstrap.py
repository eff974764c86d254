"""Installe le projet dans ``.venv`` puis lance la démonstration ou les contrôles. Python 3.11 suffit.

python3 bootstrap.py demo    installe, puis écrit la démonstration dans le dossier demo
python3 bootstrap.py test    installe, puis lance ruff, mypy et pytest
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
HOME = ROOT / ".venv"
SCRIPTS = HOME / ("Scripts" if os.name == "nt" else "bin")
SUFFIX = ".exe" if os.name == "nt" else ""
PYTHON = SCRIPTS / f"python{SUFFIX}"
LOCK = ROOT / "requirements-ci.txt"
OLDEST = (3, 11)
HOSTS = "tests/hosts"

CHECKS = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("mypy",),
)


def main(arguments: list[str]) -> int:
    """Exit status of the command asked; 2 when it is unknown."""
    if sys.version_info < OLDEST:
        print(f"Python {'.'.join(map(str, OLDEST))} ou plus récent est nécessaire.", file=sys.stderr)
        return 2
    commands = {"demo": demo, "test": test}
    if not arguments or arguments[0] not in commands:
        print(__doc__, file=sys.stderr)
        return 2
    return commands[arguments[0]](arguments[1:])


def demo(arguments: list[str]) -> int:
    """Write the demonstration; ``arguments`` go to ``carbon-workbook demo``."""
    install("")
    command = SCRIPTS / f"carbon-workbook{SUFFIX}"
    return subprocess.call([str(command), "demo", *(arguments or ["demo"])], cwd=ROOT)


def test(arguments: list[str]) -> int:
    """Every check, all of them even after a failure; pytest comes last and so does its summary."""
    install("[test]")
    failed = [" ".join(check) for check in CHECKS if run(*check)]
    if failed:
        print("\nEn échec avant pytest : " + ", ".join(failed), file=sys.stderr)
    if arguments:
        return run("pytest", *arguments) or int(bool(failed))
    # The hosts run alone and first: a slow or missing host is seen before the long run.
    hosts = run("pytest", HOSTS)
    return run("pytest", f"--ignore={HOSTS}") or hosts or int(bool(failed))


def install(extra: str) -> None:
    """Create ``.venv`` and install the package, unless that very lock is already installed in it."""
    stamp = HOME / f"installed{extra.strip('[]')}.txt"
    wanted = hashlib.sha256(LOCK.read_bytes() + (ROOT / "pyproject.toml").read_bytes()).hexdigest()
    if PYTHON.exists() and stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
        return
    if not PYTHON.exists():
        print("Création de l'environnement .venv…", flush=True)
        try:
            venv.create(HOME, with_pip=True)
        except subprocess.CalledProcessError:
            sys.exit("Le module ensurepip manque à ce Python (Debian, Ubuntu : installer python3-venv).")
    print("Installation des bibliothèques (une à deux minutes)…", flush=True)
    if run("pip", "install", "--quiet", "--constraint", str(LOCK), "--editable", f"{ROOT}{extra}"):
        sys.exit("L'installation a échoué : voir le message de pip ci-dessus.")
    stamp.write_text(wanted, encoding="ascii")


def run(module: str, *arguments: str) -> int:
    """Exit status of ``python -m module`` in the environment, from the top of the project."""
    return subprocess.call([str(PYTHON), "-m", module, *arguments], cwd=ROOT)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
