"""Writes docs/messages.md from the message tables: ``python scripts/make_messages_doc.py``."""

from __future__ import annotations

import re
from pathlib import Path

from carbon_workbook.messages import Severity, Text, texts

TARGET = Path(__file__).resolve().parent.parent / "docs" / "messages.md"

ROOMS = {
    "1": "Nombres et unités",
    "2": "Facteurs d'émission",
    "3": "Lignes de l'inventaire",
    "4": "Fichier du classeur",
    "5": "Rapports",
    "6": "Excel et fonctions de feuille",
    "7": "Ligne de commande et installation",
    "8": "Trace et audit",
}
"""Title of each family of codes, by the first digit of the code."""

SEVERITIES = {
    Severity.REFUSAL: "Refus",
    Severity.WARNING: "Alerte",
    Severity.INFO: "Information",
}

HEAD = """# Messages

Chaque message du classeur et de la ligne de commande porte un code. Cette page donne, pour chacun, la phrase
affichée, ce qu'il faut faire, et pourquoi. Les mots entre accolades sont remplacés par les valeurs de la ligne.

- **Refus** : la ligne n'est pas comptée, ou l'opération n'est pas faite. Le total définitif reste `#N/A`.
- **Alerte** : la ligne est comptée ; elle demande un regard.
- **Information** : rien à corriger.

Page écrite par `scripts/make_messages_doc.py` à partir des tables de messages ; ne pas la modifier à la main.
"""


def document() -> str:
    """The page, one heading a code, in the order of the codes."""
    parts = [HEAD]
    room = ""
    for code, text in sorted(texts().items()):
        if code[3] != room:
            room = code[3]
            parts.append(f"---\n\n**{ROOMS[room]} (CW-{room}xx)**\n")
        parts.append(section(text))
    return "\n".join(parts)


def section(text: Text) -> str:
    """One message: sentence, remedy and reason."""
    lines = [f"## {text.code}", "", f"**{SEVERITIES[text.severity]}.** {_escaped(text.sentence)}"]
    if text.remedy:
        lines += ["", f"*À faire* : {_escaped(text.remedy)}"]
    if text.explanation:
        lines += ["", _escaped(text.explanation)]
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    """Characters that Markdown would read as mark-up, kept as they are typed."""
    return re.sub(r"([*_<>|\[\]`#])", r"\\\1", text)


if __name__ == "__main__":
    TARGET.write_text(document(), encoding="utf-8", newline="\n")
