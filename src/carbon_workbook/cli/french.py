"""French for the command line: click's own sentences, and coded refusals in place of tracebacks."""

from __future__ import annotations

import csv
import sys
from typing import Any

import click

from carbon_workbook.messages import CodedError
from carbon_workbook.resources import packaged


def _speak_french() -> None:
    """Give click its own sentences in French: it takes each of them through the ``_`` of its modules."""
    with packaged("data/click.csv").open(encoding="utf-8", newline="") as stream:
        words = {row["english"]: row["french"] for row in csv.DictReader(stream, delimiter=";")}

    def one(text: str) -> str:
        return words.get(text, text)

    def several(single: str, plural: str, count: int) -> str:
        return one(single if count == 1 else plural)

    for name in ("core", "decorators", "exceptions", "formatting", "parser", "types"):
        module = sys.modules[f"click.{name}"]
        for hook, wording in (("_", one), ("ngettext", several)):
            if hasattr(module, hook):
                setattr(module, hook, wording)


_speak_french()


class French(click.Group):
    """A group whose coded refusals end in one sentence and exit status 1, never in a traceback."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        options.setdefault("subcommand_metavar", "COMMANDE [ARGUMENTS]…")
        super().__init__(*arguments, **options)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except CodedError as refused:
            click.echo(f"✗ {refused.message}", err=True)
            ctx.exit(1)
