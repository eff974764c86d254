"""Colours, number formats and cell styles of the workbook: one palette, named styles, nothing by colour alone."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

FONT = "Calibri"
INK, MUTED, LINE, WHITE = "#1D2B2A", "#5F6F6C", "#D5DEDB", "#FFFFFF"
PRIMARY, PRIMARY_DARK, PRIMARY_SOFT, PRIMARY_PALE = "#0F5C4D", "#0A3F36", "#D9EAE4", "#F1F7F5"
COMPUTED, WRITTEN, NOTE = "#F5F6F6", "#EEF3F8", "#FBF6E9"
GOOD, WARN, BAD = "#1B6B3A", "#8A5A00", "#A32020"
GOOD_FILL, WARN_FILL, BAD_FILL = "#E3F3E8", "#FDF1D6", "#FBE4E1"
SCOPES: Mapping[str, str] = MappingProxyType(
    {"1": "#0F5C4D", "2": "#C98A1B", "3": "#2C6E91", "hors": "#7A6F8F"}
)
SERIES = ("#0F5C4D", "#C98A1B", "#2C6E91", "#B4533C", "#7A6F8F", "#6B8F3C")
TABS: Mapping[str, str] = MappingProxyType(
    {**SCOPES, "home": PRIMARY_DARK, "setup": "#8C9A97", "result": "#B4533C", "record": "#5F6F6C"}
)

NUMBER_FORMATS: Mapping[str, str] = MappingProxyType(
    {
        "text": "@",
        "general": "General",
        "quantity": "[>=1000]#,##0;[<=-1000]-#,##0;#,##0.00",
        "typed": "[>=1000]#,##0;[<=-1000]-#,##0;General",
        "factor": "[>=1000]#,##0;[<0.01]0.00000;#,##0.0000",
        "line": "#,##0.000",
        "check": "0.000",
        "tonnes": '#,##0.0;"−"#,##0.0;"–"',
        "energy": '#,##0.0;"−"#,##0.0;"–"',
        "intensity": "0.0000000",
        "typed_tonnes": "#,##0.0",
        "gap": '+#,##0.0;"−"#,##0.0;0',
        "whole": "#,##0",
        "percent": "0.0\\ %",
        "change": "+0.0\\ %;-0.0\\ %;0.0\\ %",
        "year": "0",
        "date": "dd/mm/yyyy",
        "moment": "dd/mm/yyyy hh:mm",
    }
)

_BASE = {"font_name": FONT, "font_size": 10, "font_color": INK, "valign": "vcenter"}
_BOX = {"border": 1, "border_color": LINE}
_GAP = {"right": 5, "right_color": WHITE}
_RULE = {"bottom": 1, "bottom_color": LINE}

_LOOKS: Mapping[str, Mapping[str, object]] = {
    "plain": {},
    "title": {
        "align": "left", "font_size": 17, "bold": True, "font_color": WHITE, "bg_color": PRIMARY, "indent": 1,
    },
    "band": {"bg_color": PRIMARY, "font_color": WHITE},
    "band_link": {
        "bg_color": PRIMARY, "font_color": WHITE, "underline": 1, "align": "right", "indent": 1,
    },
    "intro": {"align": "left", "text_wrap": True, "indent": 1},
    "note": {
        "align": "left", "text_wrap": True, "font_color": MUTED, "italic": True, "indent": 1,
    },
    "section": {
        "bold": True, "font_size": 12, "font_color": PRIMARY_DARK, "bottom": 2, "bottom_color": PRIMARY,
    },
    "label": {**_RULE, "text_wrap": True},
    "label_strong": {**_RULE, "bold": True, "text_wrap": True},
    "muted": {"font_color": MUTED, "text_wrap": True},
    "link": {"font_color": PRIMARY, "underline": 1},
    "input": {**_BOX, "bg_color": WHITE},
    "input_text": {**_BOX, "bg_color": WHITE, "align": "left", "indent": 1},
    "input_short": {**_BOX, "bg_color": WHITE, "align": "center"},
    "input_wrap": {**_BOX, "bg_color": WHITE, "text_wrap": True, "align": "left", "indent": 1},
    "computed": {**_BOX, "bg_color": COMPUTED, "italic": True},
    "computed_text": {**_BOX, "bg_color": COMPUTED, "italic": True, "align": "left", "indent": 1},
    "written": {**_BOX, "bg_color": WRITTEN},
    "written_text": {**_BOX, "bg_color": WRITTEN, "align": "left", "indent": 1},
    "written_strong": {**_BOX, "bg_color": WRITTEN, "bold": True},
    "group": {
        "bold": True, "font_size": 9, "font_color": PRIMARY_DARK, "bg_color": PRIMARY_SOFT,
        "align": "center", "border": 1, "border_color": WHITE,
    },
    "kind": {
        "font_size": 8, "font_color": MUTED, "italic": True, "align": "center", "bg_color": PRIMARY_PALE,
    },
    "header": {
        "bold": True, "font_color": WHITE, "bg_color": PRIMARY, "text_wrap": True, "align": "center",
        "border": 1, "border_color": PRIMARY_DARK,
    },
    "header_left": {
        "bold": True, "font_color": WHITE, "bg_color": PRIMARY, "text_wrap": True, "align": "left",
        "border": 1, "border_color": PRIMARY_DARK, "indent": 1,
    },
    "count_label": {
        "font_size": 9, "font_color": MUTED, "text_wrap": True, "align": "center", "top": 1,
        "top_color": LINE, "left": 1, "left_color": LINE, "right": 1, "right_color": LINE,
    },
    "count": {
        "bold": True, "font_size": 12, "align": "center", "bottom": 1, "bottom_color": LINE, "left": 1,
        "left_color": LINE, "right": 1, "right_color": LINE,
    },
    "advice": {"align": "left", "bold": True, "font_color": PRIMARY_DARK, "text_wrap": True, "indent": 1},
    "card_label": {
        **_GAP, "align": "left", "font_size": 9, "font_color": MUTED, "bg_color": PRIMARY_PALE, "indent": 1,
        "top": 2, "top_color": PRIMARY, "text_wrap": True,
    },
    "card_value": {
        **_GAP, "bold": True, "font_size": 20, "font_color": PRIMARY_DARK, "bg_color": PRIMARY_PALE,
        "indent": 1, "align": "left",
    },
    "card_note": {
        **_GAP, "align": "left", "font_size": 9, "font_color": MUTED, "bg_color": PRIMARY_PALE, "indent": 1,
        "text_wrap": True, "valign": "top",
    },
    "row": {**_RULE},
    "row_indent": {"align": "left", **_RULE, "indent": 1},
    "row_indent2": {"align": "left", **_RULE, "indent": 2, "font_color": MUTED},
    "row_head": {**_RULE, "bold": True, "bg_color": PRIMARY_SOFT},
    "row_total": {"bold": True, "bg_color": PRIMARY, "font_color": WHITE},
    "row_link": {**_RULE, "font_color": PRIMARY, "underline": 1},
    "row_memo": {**_RULE, "italic": True, "font_color": MUTED},
    "legend": {"font_size": 9, "font_color": MUTED},
    "stamp": {"align": "left", "font_size": 9, "font_color": MUTED, "text_wrap": True},
    "row_text": {**_RULE, "align": "left", "valign": "top", "text_wrap": True, "indent": 1, "font_size": 9},
    "record": {},
    "record_link": {"font_color": PRIMARY, "underline": 1},
}  # fmt: skip
STYLES: Mapping[str, Mapping[str, object]] = MappingProxyType(
    {name: MappingProxyType({**_BASE, **props}) for name, props in _LOOKS.items()}
)
