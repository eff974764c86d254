"""Where the shipped data lives: beside the package once installed, at the top of the repository in a checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_SHIPPED = _PACKAGE / "_shipped"
_CHECKOUT = _PACKAGE.parent.parent


def shipped(name: str) -> Path:
    """Path of ``factors``, ``templates`` or ``carbon_workbook.xlsm``.

    Raises FileNotFoundError when neither the installed copy nor the checkout has it.
    """
    for root in (_SHIPPED, _CHECKOUT):
        candidate = root / name
        if candidate.exists():
            return candidate
    raise FileNotFoundError(name)


def packaged(name: str) -> Path:
    """Path of a data file that lives inside the package (messages, sheet specifications, VBA sources)."""
    return _PACKAGE / name
