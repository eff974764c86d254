"""The HTML template of a report, written with the same blocks as its Word template (``make_templates.py``).

One file each: the style sheet and the charts are in the page, which reads without network and prints on A4.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from carbon_workbook.report.language import language
from carbon_workbook.report.render import stem
from carbon_workbook.report.texts import texts

PARAGRAPHS = {None: "<p>", "Intense Quote": '<p class="key">', "Note": '<p class="note">'}
"""Opening of a paragraph by the Word style that the same text has."""
CODE = "{{ r.code }}"
NUMBER, LONG, PAGE = ' class="number"', ' class="long"', ' class="page"'
LONG_CM = 3.0
"""From this width in Word, a column holds texts that may be cut anywhere; a narrower one keeps its words whole."""


@dataclass(frozen=True)
class Col:
    """A column of a looped table: header, width in cm in Word, tag of its cells."""

    header: str
    width: float
    tag: str
    number: bool = False


class Page:
    """An HTML template being written, top to bottom."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.root = "beges" if name == "beges" else "esrs"
        self.words = texts()
        self.heads: dict[str, str] = self.words["headings"][name]
        self.parts: list[str] = []
        self.entries: list[tuple[int, str, str, str]] = []
        self.numbers = [0, 0]
        self.depth = 0
        self.pending = ""

    # ── Blocks ──────────────────────────────────────────────────────────────────────────────────────────────

    def heading(self, key: str, level: int, suffix: str = "", page: bool = False) -> None:
        """A numbered heading that the contents point to; each first level is a section."""
        if level == 1:
            self._close_section()
            self.numbers = [self.numbers[0] + 1, 0]
            number = str(self.numbers[0])
            self._line(f'<section aria-labelledby="s{number}"{PAGE if page else ""}>')
        else:
            self.numbers[1] += 1
            number = f"{self.numbers[0]}.{self.numbers[1]}"
        mark, text = f"s{number.replace('.', '-')}", self.heads[key] + suffix
        self._line(f'<h{level + 1} id="{mark}"><span class="number">{number}</span> {text}</h{level + 1}>')
        self.entries.append((level, number, text, mark))

    def text(self, content: str, style: str | None = None) -> None:
        self._line(f"{PARAGRAPHS[style]}{content}</p>")

    @contextmanager
    def block(self, opening: str) -> Iterator[None]:
        """Blocks kept or repeated by a tag: ``if x`` or ``for a in b``."""
        self._line(f"{{% {opening} %}}")
        self.depth += 1
        yield
        self.depth -= 1
        self._line(f"{{% end{opening.split()[0]} %}}")

    def field(self, key: str) -> None:
        """A text of the user, « à compléter » in its own style when there is none."""
        self._line(f'<p class="own">{_todo(key)}</p>')

    def labelled(self, key: str) -> None:
        """The same after its label."""
        self._line(
            f'<p class="own"><strong>{{{{ fields.{key}.label }}}}{_colon(self.words)}</strong>{_todo(key)}</p>'
        )

    def identity(self, keys: Sequence[str]) -> None:
        """Texts of the user in a table of two columns."""
        columns = self.words["columns"]
        self._open_table([Col(columns["item"], 6.0, ""), Col(columns["value"], 10.6, "")])
        for key in keys:
            self._line(
                f'  <tr><th scope="row">{{{{ fields.{key}.label }}}}</th><td class="own">{_todo(key)}</td></tr>'
            )
        self._close_table()

    def caption(self, key: str) -> None:
        """The caption of the table that follows; its number is counted when the page is made."""
        self.pending = self._numbered("table", key)

    def table(self, items: str, columns: Sequence[Col], strong: str = "", category: str = "") -> None:
        """A table with one row an item, in bold where ``strong`` holds, shaded where ``category`` holds."""
        self._open_table(columns)
        looks = [(test, look) for test, look in ((strong, "total"), (category, "category")) if test]
        tests = "".join(
            f'{{% {"elif" if place else "if"} {test} %}} class="{look}"'
            for place, (test, look) in enumerate(looks)
        ) + ("{% endif %}" if looks else "")
        named = 1 if columns[0].tag == CODE and len(columns) > 1 else 0
        self._line(f"  {{% for r in {items} %}}")
        self._line(f"  <tr{tests}>")
        for place, column in enumerate(columns):
            name, scope = ("th", ' scope="row"') if place == named else ("td", "")
            look = NUMBER if column.number else LONG if column.width >= LONG_CM else ""
            self._line(f"    <{name}{scope}{look}>{column.tag}</{name}>")
        self._line("  </tr>")
        self._line("  {% endfor %}")
        self._close_table()

    def figure(self, path: str, caption: str) -> None:
        with self.block(f"if {path}"):
            self._line("<figure>")
            self._line(f'  <img src="{{{{ {path}|image }}}}" alt="{{{{ {path}.alt }}}}">')
            self._line(f"  <figcaption>{self._numbered('figure', caption)}</figcaption>")
            self._line("</figure>")

    def bullets(self, items: str) -> None:
        self._line(f"<ul>{{% for sentence in {items} %}}<li>{{{{ sentence }}}}</li>{{% endfor %}}</ul>")

    @contextmanager
    def landscape(self) -> Iterator[None]:
        """What is printed on pages on their side; on screen a wide table scrolls by itself."""
        place, section = len(self.parts), self.numbers[0]
        yield
        opened = f'<section aria-labelledby="s{self.numbers[0]}"'
        if self.numbers[0] > section:  # a division would cross the section that opened inside
            found = next(n for n in range(place, len(self.parts)) if self.parts[n].startswith(opened))
            self.parts[found] = f'{opened} class="landscape">'
        else:
            self.parts.insert(place, '<div class="landscape">')
            self._line("</div>")

    # ── Top of the page ─────────────────────────────────────────────────────────────────────────────────────

    def cover(self, root: str) -> None:
        """Title, key figures, and the box of what stands between this draft and its use."""
        layout = self.words["layout"]
        self._line('<header class="cover">')
        self._line('  <p class="company">{{ company }}</p>')
        self._line(f"  <h1>{{{{ {root}.title }}}}</h1>")
        self._line(f'  <p class="subtitle">{{{{ {root}.subtitle }}}}</p>')
        self._line(
            f"  <p>{layout['year']}{_colon(self.words)}{_todo('year')}"
            f"  ·  {layout['edited']} {{{{ meta.edited_on }}}}</p>"
        )
        self._line('  <dl class="figures">')
        self._line(f"    {{% for figure in {root}.key %}}")
        self._line(
            "    <div><dt>{{ figure.label }}</dt><dd>{{ figure.value|arrondi(figure.half) }}</dd></div>"
        )
        self._line("    {% endfor %}")
        self._line("  </dl>")
        self._line(f'  <p class="note">{layout["key_unit"]}</p>')
        self._line("</header>")
        self._box(f"{root}.front")

    def _box(self, front: str) -> None:
        listed, end = "<ul>", "</ul>"
        said = f"{{{{ m.code }}}}{_colon(self.words)}{{{{ m.text }}}}"
        self._line('<section class="box" aria-labelledby="avant">')
        self._line(f'<h2 id="avant">{{{{ {front}.heading }}}}</h2>')
        self._line(f"<p>{{{{ {front}.rows_text }}}}</p>")
        self._line(f"{{% if {front}.clean %}}<p>{{{{ {front}.clean_text }}}}</p>{{% endif %}}")
        for text, items, item, more in (
            ("refused_text", "refusals", f"{{{{ m.place }}}} – {said}", "more_refusals"),
            ("warnings_text", "warning_list", f"{said}{{{{ m.more }}}}", "more_warnings"),
        ):
            self._line(f"{{% if {front}.{text} %}}")
            self._line(f"<p><strong>{{{{ {front}.{text} }}}}</strong></p>")
            self._line(f"{listed}{{% for m in {front}.{items} %}}<li>{item}</li>{{% endfor %}}")
            self._line(f"{{% if {front}.{more} %}}<li>{{{{ {front}.{more} }}}}</li>{{% endif %}}{end}")
            self._line("{% endif %}")
        self._line(f"<p><strong>{{{{ {front}.to_complete_text }}}}</strong></p>")
        self._line(f"{{% if {front}.to_complete %}}")
        self._line(
            f"{listed}{{% for item in {front}.to_complete %}}<li>{{{{ item }}}}</li>{{% endfor %}}{end}"
        )
        self._line("{% endif %}")
        self._line("</section>")

    def contents(self) -> None:
        """Where the contents will stand; their entries are known at the end."""
        self.slot = len(self.parts)

    def save(self, folder: Path) -> Path:
        self._close_section()
        layout = self.words["layout"]
        contents = [f'<nav aria-labelledby="sommaire">\n<h2 id="sommaire">{layout["contents"]}</h2>\n<ol>']
        contents += [
            f'<li class="level{level}"><a href="#{mark}"><span class="number">{number}</span> {text}</a></li>'
            for level, number, text, mark in self.entries
        ]
        self.parts.insert(self.slot, "\n".join([*contents, "</ol>\n</nav>"]))
        target = folder / f"{stem(self.name, language())}.html.jinja"
        title = f"{{{{ company }}}} – {{{{ {self.root}.title }}}} {{{{ year }}}}"
        page = "\n".join([
            "<!DOCTYPE html>",
            '<html lang="{{ language }}">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="generator" content="Carbon Workbook {{ meta.software }}">',
            f"<title>{title}</title>",
            '<style>{% include "report.css" %}</style>',
            "</head>",
            "<body>",
            "{% set count = namespace(table=0, figure=0) %}",
            f'<a class="skip" href="#contenu">{layout["skip"]}</a>',
            '<main id="contenu">',
            *self.parts,
            "</main>",
            "<footer>",
            f"<p>Carbon Workbook {{{{ meta.software }}}} · {layout['hash']} {{{{ meta.input_hash }}}}</p>",
            f"<p>{layout['catalogue']} {{{{ meta.catalogue }}}}</p>",
            "</footer>",
            "</body>",
            "</html>",
        ])  # fmt: skip
        target.write_text(page + "\n", encoding="utf-8", newline="\n")
        return target

    # ── Underneath ──────────────────────────────────────────────────────────────────────────────────────────

    def _line(self, content: str) -> None:
        self.parts.append("  " * self.depth + content)

    def _close_section(self) -> None:
        if self.numbers[0]:
            self._line("</section>")

    def _numbered(self, kind: str, key: str) -> str:
        label, text = self.words["layout"][kind], self.words["captions"][key]
        counted = f"{{% set count.{kind} = count.{kind} + 1 %}}"
        return f"{counted}{label}\u00a0{{{{ count.{kind} }}}} – {text}"

    def _open_table(self, columns: Sequence[Col]) -> None:
        """Open a table under its caption, else under the name of the last heading; its columns as in Word."""
        heads = "".join(f'<th scope="col"{NUMBER if c.number else ""}>{c.header}</th>' for c in columns)
        whole = sum(c.width for c in columns)
        widths = "".join(f'<col style="width: {100 * c.width / whole:.1f}%">' for c in columns)
        if self.pending:
            name = "t{{ count.table + 1 }}"
            self._line(f'<div class="wide" role="group" aria-labelledby="{name}" tabindex="0">')
            self._line(f'<table><caption id="{name}">{self.pending}</caption>')
        else:
            self._line(f'<div class="wide">\n<table aria-labelledby="{self.entries[-1][3]}">')
        self.pending = ""
        self._line(f"  <colgroup>{widths}</colgroup>")
        self._line(f"  <thead><tr>{heads}</tr></thead>")
        self._line("  <tbody>")

    def _close_table(self) -> None:
        self._line("  </tbody>")
        self._line("</table></div>")


def _todo(key: str) -> str:
    field = f"fields.{key}"
    return (
        f'{{% if {field}.missing %}}<strong class="todo">{{{{ todo }}}}</strong>'
        f"{{% else %}}{{{{ {field}.value }}}}{{% endif %}}"
    )


def _colon(words: dict[str, object]) -> str:
    return str(words["layout"]["colon"])  # type: ignore[index]
