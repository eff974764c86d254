"""HTML pages from templates that a user may rewrite: one file, its style and its charts in it, readable off line."""

from __future__ import annotations

import base64
import re
from collections import Counter
from collections.abc import Mapping
from html import escape, unescape
from pathlib import Path

from carbon_workbook.messages import CodedError
from carbon_workbook.report.charts import Chart, drawing
from carbon_workbook.report.printed import figures_of, split, with_figures
from carbon_workbook.report.sandbox import EXPRESSION_ERRORS, line_of, located, page_environment, printable
from carbon_workbook.resources import shipped

UNREADABLE, NO_REPORT = "CW-510", "CW-811"
MAX_PAGE = 64 * 2**20
SEAL_ID = "empreinte"
_SEAL = re.compile(rf'<script type="text/plain" id="{SEAL_ID}">([^<]*)</script>')
_FOOT = re.compile(r"<footer\b.*?</footer>", re.DOTALL)
_PRINTED = re.compile(r"(?<![0-9a-f])([0-9a-f]{12})(?![0-9a-f])")
_UNSEEN = re.compile(r"<(script|style)\b.*?</\1\s*>|<!--.*?-->", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_END = re.compile(r"</body\s*>", re.IGNORECASE)
_HEADING = re.compile(r"<h[1-6]\b", re.IGNORECASE)


def render_html(
    template: Path, context: Mapping[str, object], *, seal: str = "", own: Path | None = None
) -> bytes:
    """The page that ``template`` makes of ``context``, in UTF-8.

    What it includes is looked for in ``own``, beside it, then among ours. ``seal``: ASCII text of one line that the
    page carries unseen, with the figures it prints; ``carried_seal`` and ``carried_figures`` read them back. Raises
    CodedError: CW-510 no readable text, CW-502 unknown tag, CW-503 tag that cannot run.
    """
    try:
        lines = template.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CodedError(UNREADABLE, path=template.name) from error
    folders = [template.parent, shipped("templates")]
    sandbox = page_environment(folders if own is None else [own, *folders])
    sandbox.filters["image"] = image
    try:
        page = sandbox.get_template(template.name).render(printable(context, lambda chart: chart))
    except UnicodeDecodeError as error:  # a style sheet of the user's
        raise CodedError(UNREADABLE, path=template.name) from error
    except EXPRESSION_ERRORS as error:
        raise _located(error, template, lines) from error
    return _with_seal(page, seal).encode("utf-8")


def image(chart: Chart) -> str:
    """The drawing as an address that holds it: ``<img src="{{ chart|image }}" alt="{{ chart.alt }}">``."""
    return f"data:image/svg+xml;base64,{base64.b64encode(drawing(chart)).decode('ascii')}"


def carried_seal(path: Path) -> tuple[str, str]:
    """The seal that a page carries and the input hash that its foot prints; ``""`` for what is not there.

    Raises CodedError CW-811 when the file is no readable page.
    """
    page = _page(path)
    foot = "".join(_FOOT.findall(page)[-1:])
    printed = _PRINTED.search(_plain(foot))
    return split(_carried(page))[0], printed[1] if printed else ""


def carried_figures(path: Path) -> tuple[Counter[str] | None, Counter[str]]:
    """The figures that a page printed when it was written, None when it does not carry them; and those it prints now.

    Raises CodedError CW-811 when the file is no readable page.
    """
    page = _page(path)
    return split(_carried(page))[1], figures_of(_visible(page))


def _page(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_PAGE:
            raise CodedError(NO_REPORT, path=path.name)
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CodedError(NO_REPORT, path=path.name) from error


def _carried(page: str) -> str:
    found = _SEAL.search(page)
    return unescape(found[1]) if found else ""


def _visible(page: str) -> str:
    return unescape(_TAG.sub(" ", _UNSEEN.sub(" ", page)))


def _with_seal(page: str, seal: str) -> str:
    """``page`` with the seal as a block of data before its end; a page made from an earlier one loses the old seal."""
    page = _SEAL.sub("", page)
    if not seal:
        return page
    carried = with_figures(seal, figures_of(_visible(page)))
    block = f'<script type="text/plain" id="{SEAL_ID}">{escape(carried, quote=False)}</script>\n'
    ends = list(_END.finditer(page))
    place = ends[-1].start() if ends else len(page)
    return page[:place] + block + page[place:]


def _located(error: Exception, template: Path, lines: list[str]) -> CodedError:
    number = line_of(error, str(template))
    return located(
        error,
        lines,
        number,
        template.name,
        f"ligne {number}",
        _plain,
        lambda line: bool(_HEADING.search(line)),
    )


def _plain(markup: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", markup)).strip()
