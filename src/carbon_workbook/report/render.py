"""Both reports into a folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from carbon_workbook.messages import CodedError
from carbon_workbook.report.docx import render_docx
from carbon_workbook.resources import shipped

EXISTS, LOCKED, NO_TEMPLATE = "CW-505", "CW-506", "CW-507"

REPORTS = ("beges", "esrs_e1")
"""One template and one document each."""


def render_reports(
    context: Mapping[str, Any],
    out_dir: Path,
    overwrite: bool = False,
    templates_dir: Path | None = None,
    progress: Callable[[str], None] | None = None,
) -> list[Path]:
    """Write ``beges.docx`` and ``esrs_e1.docx`` into ``out_dir``, once both are rendered.

    ``templates_dir`` holds the user's own templates; one that is missing there is taken from the shipped ones.
    Raises CodedError: CW-505 a file exists and ``overwrite`` is false, CW-506 it cannot be written (open in Word),
    CW-507 the folder of templates is missing, CW-501 to CW-504 a template that cannot be used.
    """
    out = Path(out_dir)
    targets = {name: out / f"{name}.docx" for name in REPORTS}
    for target in targets.values():
        if target.exists() and not overwrite:
            raise CodedError(EXISTS, path=str(target))
    if templates_dir is not None and not Path(templates_dir).is_dir():
        raise CodedError(NO_TEMPLATE, path=str(templates_dir))
    documents, seal = {}, str(context["meta"]["seal"])
    for name in REPORTS:
        if progress is not None:
            progress(targets[name].name)
        documents[name] = render_docx(template_of(name, templates_dir), context, seal=seal)
    out.mkdir(parents=True, exist_ok=True)
    for name, target in targets.items():
        _write(target, documents[name])
    return list(targets.values())


def template_of(name: str, templates_dir: Path | None = None) -> Path:
    """The user's template of a report, else the shipped one."""
    if templates_dir is not None and (Path(templates_dir) / f"{name}.docx").is_file():
        return Path(templates_dir) / f"{name}.docx"
    return shipped("templates") / f"{name}.docx"


def _write(target: Path, content: bytes) -> None:
    """Old or new file, never half of one."""
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        draft.write_bytes(content)
        draft.replace(target)
    except PermissionError as error:
        raise CodedError(LOCKED, path=str(target)) from error
    finally:
        draft.unlink(missing_ok=True)
