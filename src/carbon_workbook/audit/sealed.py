"""The context of the reports of a workbook, with the seal that ``verify`` compares later."""

from __future__ import annotations

from typing import Any

from carbon_workbook.audit.verify import seal_of
from carbon_workbook.inventory.finality import check_final, is_final
from carbon_workbook.inventory.model import Inventory
from carbon_workbook.report.context import build_context
from carbon_workbook.report.language import FRENCH, speaking
from carbon_workbook.workbook.evaluate import Evaluation


def sealed_context(
    evaluation: Evaluation,
    language: str = FRENCH,
    *,
    final: bool = False,
    previous: Inventory | None = None,
) -> dict[str, Any]:
    """What ``render_reports`` takes, from a workbook as it stands, in a language of the reports.

    ``final``: asked for as final, which the settings may ask too. Raises CodedError CW-375 when something keeps it from
    being so. ``previous``: the inventory of the previous year, from its own workbook.
    """
    content = evaluation.content
    final = is_final(content.settings, final)
    if final:
        check_final(evaluation.inventory, evaluation.messages, content.categories)
    with speaking(language):
        return build_context(
            evaluation.inventory,
            evaluation.views,
            content.settings,
            evaluation.messages,
            content.categories,
            content.sites,
            seal_of(evaluation),
            registers=content.registers,
            previous=previous,
            final=final,
        )
