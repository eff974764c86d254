"""Both reports into a folder, in the forms asked for. The ribbon, the command line and the tests come here."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from carbon_workbook.messages import CodedError, Message
from carbon_workbook.report import docx, html
from carbon_workbook.report.language import FRENCH, speaking
from carbon_workbook.report.pdf import PdfError, to_pdf
from carbon_workbook.resources import shipped

EXISTS, LOCKED, NO_TEMPLATE, NO_FORM, UNWRITTEN = "CW-505", "CW-506", "CW-507", "CW-514", "CW-515"

REPORTS = ("beges", "esrs_e1")
"""One template and one document each."""

DOCX, HTML, PDF = "docx", "html", "pdf"
FORMS = (DOCX, HTML, PDF)
USUAL = (DOCX, HTML)
"""What the ribbon and the command line write unasked."""
TEMPLATES = {DOCX: ".docx", HTML: ".html.jinja"}
PAGES = (".html", ".htm")


def render_reports(
    context: Mapping[str, Any],
    out_dir: Path,
    overwrite: bool = False,
    templates_dir: Path | None = None,
    progress: Callable[[str], None] | None = None,
    forms: Sequence[str] = USUAL,
    told: Callable[[Message], None] | None = None,
) -> list[Path]:
    """Write ``beges`` and ``esrs_e1`` in each of ``forms`` into ``out_dir``, once all are made; the files written.

    The language is the context's. ``templates_dir`` holds the user's own templates; one that is missing there is taken
    from the shipped ones. A PDF is made from the Word document; where LibreOffice is missing or fails, the other files
    are written and ``told`` gets the reason (CW-511 to CW-513), which is raised at the end when nobody is told.
    Raises CodedError: CW-505 a file exists and ``overwrite`` is false, CW-506 it cannot be written (open in Word),
    CW-515 it cannot be written for another reason (disk full), CW-507 the folder of templates is missing, CW-501 to
    CW-504 and CW-510 a template that cannot be used, CW-514 a form that does not exist.
    """
    unknown = [form for form in forms if form not in FORMS]
    if unknown or not forms:
        raise CodedError(NO_FORM, form=", ".join(unknown) or "–", forms=", ".join(FORMS))
    out, language = Path(out_dir), str(context["language"])
    targets = {
        (name, form): out / f"{stem(name, language)}.{form}"
        for name in REPORTS
        for form in FORMS
        if form in forms
    }
    for target in targets.values():
        if target.exists() and not overwrite:
            raise CodedError(EXISTS, path=str(target))
    if templates_dir is not None and not Path(templates_dir).is_dir():
        raise CodedError(NO_TEMPLATE, path=str(templates_dir))
    made: dict[Path, bytes] = {}
    failed: list[CodedError] = []
    with speaking(language):
        for (name, form), target in targets.items():
            if progress is not None:
                progress(target.name)
            try:
                made[target] = _made(
                    name, form, context, templates_dir, made.get(target.with_suffix(f".{DOCX}"))
                )
            except PdfError as error:
                failed.append(error)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CodedError(UNWRITTEN, path=str(out), detail=error.strerror or str(error)) from error
    for target, content in made.items():
        _write(target, content)
    for failure in failed:
        if told is None:
            raise failure
        told(failure.message)
    return list(made)


def stem(name: str, language: str) -> str:
    """Name of a report's file and template in a language, without its ending."""
    return name if language == FRENCH else f"{name}_{language}"


def template_of(
    name: str, templates_dir: Path | None = None, form: str = DOCX, language: str = FRENCH
) -> Path:
    """The user's template of a report, else the shipped one."""
    file = f"{stem(name, language)}{TEMPLATES[form]}"
    if templates_dir is not None and (Path(templates_dir) / file).is_file():
        return Path(templates_dir) / file
    return shipped("templates") / file


def carried_seal(path: Path) -> tuple[str, str]:
    """The seal that a report carries and the input hash that it prints; ``""`` for what is not there.

    Raises CodedError CW-811 when the file is no readable report.
    """
    read = html.carried_seal if path.suffix.lower() in PAGES else docx.carried_seal
    return read(path)


def carried_figures(path: Path) -> tuple[Counter[str] | None, Counter[str]]:
    """The figures that a report printed when it was written, None when it does not carry them; and those it prints now.

    Raises CodedError CW-811 when the file is no readable report.
    """
    read = html.carried_figures if path.suffix.lower() in PAGES else docx.carried_figures
    return read(path)


def _made(
    name: str, form: str, context: Mapping[str, Any], templates_dir: Path | None, document: bytes | None
) -> bytes:
    """A report in one form; ``document``: its Word form when it is already made, for the PDF."""
    seal = str(context["meta"]["seal"])
    if form == PDF and document is not None:
        return to_pdf(document, name)
    template = template_of(name, templates_dir, HTML if form == HTML else DOCX, str(context["language"]))
    if form == HTML:
        return html.render_html(template, context, seal=seal, own=templates_dir)
    made = docx.render_docx(template, context, seal=seal)
    return to_pdf(made, name) if form == PDF else made


def _write(target: Path, content: bytes) -> None:
    """Old or new file, never half of one."""
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        draft.write_bytes(content)
        draft.replace(target)
    except PermissionError as error:
        raise CodedError(LOCKED, path=str(target)) from error
    except OSError as error:
        raise CodedError(UNWRITTEN, path=str(target), detail=error.strerror or str(error)) from error
    finally:
        draft.unlink(missing_ok=True)
