"""What a form's fields are called on the page that shows them, for the list of what is wrong at its top."""

import re
from html import escape
from html.parser import HTMLParser

from api.site.formats import SIGNS

_ENTRY = re.compile(r'<a href="#field-([^"]+)" data-wrong>[^<]*</a>')
_SIGNS = " :：*\n\t"


class _Labels(HTMLParser):
    """The texts of labels and legends by the ids of what they name, and all ids; asides in <small> do not count."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.ids: dict[str, None] = {}  # in the page's order
        self._named: list[str] = []
        self._text: list[str] | None = None
        self._aside = 0
        self._fieldset = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        held = given.get("id") or ""
        self.ids[held] = None
        if tag == "label":
            self._text, self._named = [], [given.get("for") or ""]
        elif tag == "legend":
            self._text, self._named = [], [self._fieldset]
        elif tag == "fieldset":
            self._fieldset = held
        elif tag in ("input", "select", "textarea") and self._text is not None:
            self._named.append(held)
        elif tag == "small":
            self._aside += 1

    def handle_endtag(self, tag: str) -> None:
        if tag == "small":
            self._aside = max(0, self._aside - 1)
        elif tag in ("label", "legend") and self._text is not None:
            said = " ".join("".join(self._text).split()).strip(_SIGNS)
            self.found |= {name: said for name in self._named if name and said}
            self._text = None

    def handle_data(self, data: str) -> None:
        if self._text is not None and not self._aside:
            self._text.append(data)


def with_labels(html: str) -> str:
    """The page, its list of what is wrong naming each field by its label; what the page does not show has no link."""
    if "data-wrong" not in html:
        return html
    labels = _Labels()
    labels.feed(html)

    def named(entry: re.Match[str]) -> str:
        shown = _shown(f"field-{entry[1]}", labels.ids)
        label = escape(labels.found.get(shown, ""))
        if not shown:  # a place in a file, or what no page asks for
            return f"{entry[1]}{SIGNS['colon']}"
        return f'<a href="#{shown}">{label or escape(entry[1])}</a>{SIGNS["colon"]}'

    return _ENTRY.sub(named, html)


def _shown(name: str, ids: dict[str, None]) -> str:
    """The field, else the first inside it, else the nearest around it that stands on the page; empty without any."""
    if inside := next((one for one in ids if one.startswith(f"{name}.")), ""):
        return name if name in ids else inside
    while name and name not in ids:
        name = name.rpartition(".")[0]
    return name
