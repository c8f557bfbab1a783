"""Open calls as a feed: JSON Feed 1.1 and Atom (RFC 4287), for readers and for other platforms."""

import datetime
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

import msgspec

from api.calls.schemas import CallCard
from marketplace.calls.models import Call
from scoring.technology import Text

ENTRIES_MAX = 100
JSON_FEED, ATOM_FEED = "application/feed+json", "application/atom+xml"
_ATOM = "http://www.w3.org/2005/Atom"
_TITLE = Text(zh="环境技术融资征集", en="Financing calls for environmental technologies")
ElementTree.register_namespace("", _ATOM)


def json_feed(calls: Sequence[Call], *, base: str, language: str) -> bytes:
    """The feed for programs; `_greenhatch` holds each call's fields."""
    items = [
        {
            "id": f"urn:uuid:{call.id}",
            "url": _address(call, base),
            "title": call.title.in_language(language),
            "content_text": call.thesis.in_language(language),
            "date_published": _moment(call.published_at),
            "date_modified": _moment(call.state_since),
            "authors": [{"name": call.organisation.name.in_language(language)}],
            "tags": [*call.media, call.instrument],
            "language": language,
            "_greenhatch": CallCard.of(call),
        }
        for call in calls
    ]
    feed: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": _TITLE.in_language(language),
        "feed_url": f"{base}/calls/feed.json?language={language}",
        "language": language,
        "items": items,
    }
    return msgspec.json.encode(feed)


def atom_feed(calls: Sequence[Call], *, base: str, language: str, now: datetime.datetime) -> bytes:
    """The feed for readers."""
    feed = ElementTree.Element(f"{{{_ATOM}}}feed", {"{http://www.w3.org/XML/1998/namespace}lang": language})
    address = f"{base}/calls/feed.atom"
    _add(feed, "id", f"{address}?language={language}")
    _add(feed, "title", _TITLE.in_language(language))
    # An empty feed has not changed since the day began, so that readers need not load it again.
    changed = max((call.state_since for call in calls), default=now.replace(hour=0, minute=0, second=0, microsecond=0))
    _add(feed, "updated", _moment(changed))
    _add(feed, "link", None, rel="self", href=f"{address}?language={language}")
    for call in calls:
        _entry(feed, call, base, language)
    written: bytes = ElementTree.tostring(feed, encoding="utf-8", xml_declaration=True)
    return written


def _entry(feed: ElementTree.Element, call: Call, base: str, language: str) -> None:
    entry = ElementTree.SubElement(feed, f"{{{_ATOM}}}entry")
    _add(entry, "id", f"urn:uuid:{call.id}")
    _add(entry, "title", call.title.in_language(language))
    _add(entry, "updated", _moment(call.state_since))
    _add(entry, "published", _moment(call.published_at))
    _add(entry, "link", None, rel="alternate", href=_address(call, base), type="application/json")
    author = ElementTree.SubElement(entry, f"{{{_ATOM}}}author")
    _add(author, "name", call.organisation.name.in_language(language))
    _add(entry, "summary", call.thesis.in_language(language))
    for term in (*call.media, call.instrument):
        _add(entry, "category", None, term=term)


def _add(parent: ElementTree.Element, name: str, text: str | None, **attributes: str) -> None:
    element = ElementTree.SubElement(parent, f"{{{_ATOM}}}{name}", attributes)
    element.text = None if text is None else "".join(letter for letter in text if letter >= " " or letter in "\n\t")


def _address(call: Call, base: str) -> str:
    return f"{base}/calls/{call.id}"


def _moment(at: datetime.datetime | None) -> str:
    return "" if at is None else at.astimezone(datetime.UTC).isoformat().replace("+00:00", "Z")
