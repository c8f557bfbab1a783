"""A page's forms as a browser without scripts reads and sends them."""

from html.parser import HTMLParser
from typing import Any

import httpx

Fields = dict[str, Any]
HTML = {"accept": "text/html", "accept-language": "en"}


class _Forms(HTMLParser):
    """What each form of a page would send as it stands."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[str, Fields] = {}
        self._fields: Fields | None = None
        self._select: str | None = None
        self._text: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name, value = given.get("name"), given.get("value") or ""
        if tag == "form":
            self._fields = self.forms.setdefault(given.get("action") or "", {})
        elif self._fields is None:
            return
        elif tag == "input" and name:
            self._input(given, name, value)
        elif tag == "select" and name:
            self._select = name
            self._fields.setdefault(name, "")
        elif tag == "option" and self._select and "selected" in given:
            self._fields[self._select] = value
        elif tag == "textarea" and name:
            self._text = name
            self._fields[name] = ""

    def _input(self, given: Fields, name: str, value: str) -> None:
        assert self._fields is not None
        kind = given.get("type")
        if kind in ("checkbox", "radio"):
            if "checked" in given:
                held = self._fields.setdefault(name, [])
                held.append(value or "on")
        elif kind != "file":
            self._fields[name] = value

    def handle_data(self, data: str) -> None:
        if self._text and self._fields is not None:
            self._fields[self._text] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._fields = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._text = None


def form_of(page: str, action: str) -> Fields:
    """The fields of the form that is sent to `action`."""
    parser = _Forms()
    parser.feed(page)
    return dict(parser.forms[action])


async def fill(browser: httpx.AsyncClient, address: str, fields: Fields, **options: Any) -> httpx.Response:
    """Send it, as a person who reads English."""
    return await browser.post(address, data=fields, headers=HTML, **options)
