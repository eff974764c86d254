"""What refresh writes on the sheet ISO 14064-1."""

from __future__ import annotations

from carbon_workbook.inventory.significance import (
    DIRECT,
    NOTHING,
    decisions_of,
    flagged,
    known_rules,
    of_view,
    screening_code,
)
from carbon_workbook.workbook import iso_layout as place
from carbon_workbook.workbook.cells import cell_ref
from carbon_workbook.workbook.origins import Figures, doubt_cells, iso, iso_doubts
from carbon_workbook.workbook.read import Content
from carbon_workbook.workbook.screening_cells import ALWAYS, YES, rule_label

Cells = dict[str, object]
NO = "non"


def iso_cells(figures: Figures, content: Content) -> Cells:
    """Everything that refresh writes: masses in tCO2e, uncertainty, both rules and what the user decided."""
    cells: Cells = {ref: figures.value(origin) for ref, origin in iso().items()}
    return cells | doubt_cells(figures, iso_doubts()) | _significance(figures, content)


def _significance(figures: Figures, content: Content) -> Cells:
    """Both rules on each indirect sub-category, and the decision of every one; categories have none of their own."""
    rules, _ = known_rules(content.settings)
    ranked = of_view(figures.view(place.VIEW), rules).set_index("code")
    decisions = decisions_of(content.categories)
    cells: Cells = {
        cell_ref(place.TABLE.header, place.MAGNITUDE): rule_label(rules.magnitude),
        cell_ref(place.TABLE.header, place.ABOVE): rule_label(rules.share),
    }
    for found in place.rows():
        texts: tuple[str | None, ...] = (None,) * 6
        if found.level == 1:
            own = decisions.get(screening_code(place.VIEW, found.code), NOTHING)
            known = found.code in ranked.index
            by_rule = [known and bool(ranked.at[found.code, key]) for key in ("magnitude", "above")]
            retained = any(by_rule) or flagged(own)
            rules_told = [YES if one else None for one in by_rule]
            told = YES if retained else NO if known else None
            if found.code.startswith(DIRECT):
                rules_told, told = [ALWAYS, ALWAYS], ALWAYS
            texts = (*rules_told, told, own.decision or None, own.criteria or None, own.reason or None)
        for column, text in enumerate(texts, start=place.MAGNITUDE):
            cells[cell_ref(found.row, column)] = text
    return cells
