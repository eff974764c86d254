"""The sandbox in which templates run, Word or HTML, and what is said of one that fails. The one module of Jinja."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError, UndefinedError
from jinja2.sandbox import SandboxedEnvironment

from carbon_workbook.messages import CodedError
from carbon_workbook.report.charts import Chart
from carbon_workbook.report.format import FILTERS

UNKNOWN_TAG, BROKEN_TAG = "CW-502", "CW-503"

# What a template's own expressions may raise while they run (1/0, "a" + 1, a filter given a text).
EXPRESSION_ERRORS = (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)

QUOTED = 160
_CONTROL = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF])
_TAG = re.compile(r"{{.*?}}|{%.*?%}|{#.*?#}")


def environment() -> SandboxedEnvironment:
    """Values escaped for XML and HTML, unknown names refused, the filters of ``format``."""
    sandbox = SandboxedEnvironment(undefined=StrictUndefined, autoescape=True)
    sandbox.filters.update(FILTERS)
    return sandbox


def page_environment(folders: Sequence[Path]) -> SandboxedEnvironment:
    """The same for templates that include others, looked for in ``folders`` in turn; block tags leave no blank line."""
    sandbox = SandboxedEnvironment(
        undefined=StrictUndefined,
        autoescape=True,
        loader=FileSystemLoader(folders, encoding="utf-8-sig"),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    sandbox.filters.update(FILTERS)
    return sandbox


def printable(value: object, draw: Callable[[Chart], object]) -> object:
    """``value`` with its charts through ``draw`` and without the characters that XML and HTML cannot hold."""
    if isinstance(value, str):
        return value.replace("\r\n", "\n").replace("\r", "\n").translate(_CONTROL)
    if isinstance(value, Chart):
        labels = tuple(label.translate(_CONTROL) for label in value.labels)
        return draw(replace(value, alt=value.alt.translate(_CONTROL), labels=labels))
    if isinstance(value, Mapping):
        return {key: printable(item, draw) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [printable(item, draw) for item in value]
    return value


def line_of(error: Exception, files: str) -> int:
    """Line of a template where ``error`` arose; ``files``: the name that its frames bear. 1 when there is none."""
    found = getattr(error, "lineno", None)
    traceback: TracebackType | None = error.__traceback__
    while not getattr(error, "lineno", None) and traceback is not None:
        if traceback.tb_frame.f_code.co_filename == files:
            found = traceback.tb_lineno
        traceback = traceback.tb_next
    return max(int(found or 1), 1)


def located(
    error: Exception,
    lines: Sequence[str],
    number: int,
    template: str,
    elsewhere: str,
    plain: Callable[[str], str],
    is_heading: Callable[[str], bool],
) -> CodedError:
    """The coded error of a template: its tag, the text around it and the heading above, else ``elsewhere``.

    ``plain`` takes the markup off a line.
    """
    number = min(number, len(lines))
    text = plain(lines[number - 1])
    tags = _TAG.findall(text)
    quoted = re.findall(r"'([^']+)'", str(error))
    tag = next((tag for name in reversed(quoted) for tag in tags if name in tag), tags[0] if tags else text)
    heading = next((plain(above) for above in reversed(lines[:number]) if is_heading(above)), "")
    heading = _TAG.sub("", heading).strip()
    code = UNKNOWN_TAG if isinstance(error, UndefinedError) else BROKEN_TAG
    place = f"« {heading} »" if heading else elsewhere
    return CodedError(code, path=template, tag=tag, place=place, text=text[:QUOTED], detail=str(error))
