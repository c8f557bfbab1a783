"""How values look to a reader: numbers, amounts, dates and texts in two languages, as Jinja filters."""

import datetime
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal, get_currency_precision
from markupsafe import Markup, escape

from api.site.language import CURRENT, gettext
from api.site.words import parameter, pollutant, unit
from marketplace.money import Money
from scoring.technology import Text

BEIJING = datetime.timezone(datetime.timedelta(hours=8), "UTC+8")
"""All of China keeps this time; pages say so beside each hour."""
_LOCALES = {"zh": "zh_Hans_CN", "en": "en"}
_ONLY_IN = {"zh": "Only in Chinese", "en": "Only in English"}

_HAN, _LATIN = re.compile("[\u4e00-\u9fff]"), re.compile("[A-Za-z]{2}")


def end_of(day: datetime.date | None) -> datetime.datetime | None:
    """The last minute of a day that somebody chose, where everybody keeps the same time."""
    return datetime.datetime.combine(day, datetime.time(23, 59), BEIJING) if day else None


def _locale() -> str:
    return _LOCALES[CURRENT.get()]


def said(text: Text | None) -> str | Markup:
    """A text in the page's language; in the other one, and marked so, where nobody has written it in this."""
    if text is None:
        return "–"
    language = CURRENT.get()
    wanted = getattr(text, language)
    if wanted:
        return str(wanted)
    other = "en" if language == "zh" else "zh"
    found = getattr(text, other)
    if not found:
        return "–"
    mark = gettext(_ONLY_IN[other])
    tongue = "zh-Hans" if other == "zh" else "en"
    return Markup('<span lang="{}">{}</span> <small class="only">{}</small>').format(tongue, found, mark)


def plain(text: Text | None) -> str:
    """The same without a mark, for titles and attributes."""
    return text.in_language(CURRENT.get()) if text else "–"


def number(value: float | Decimal | None, digits: int = 2) -> str:
    if value is None:
        return "–"
    return format_decimal(round(Decimal(str(value)), digits), locale=_locale())


def percent(value: float | None, digits: int = 0) -> str:
    return "–" if value is None else f"{value:.{digits}%}"


def money(value: Money | None) -> str:
    if value is None:
        return "–"
    amount = Decimal(value.amount_minor).scaleb(-get_currency_precision(value.currency))
    return format_currency(amount, value.currency, locale=_locale())


def amount(amount_minor: int, currency: str) -> str:
    """Minor units beside a currency that stands elsewhere."""
    return money(Money(amount_minor, currency))


def day(value: datetime.date | datetime.datetime | None) -> str | Markup:
    if value is None:
        return "–"
    date = value.astimezone(BEIJING).date() if isinstance(value, datetime.datetime) else value
    shown = format_date(date, format="medium", locale=_locale())
    return Markup('<time datetime="{}">{}</time>').format(date.isoformat(), shown)


def moment(value: datetime.datetime | None) -> str | Markup:
    if value is None:
        return "–"
    local = value.astimezone(BEIJING)
    shown = format_datetime(local, "yyyy-MM-dd HH:mm", locale=_locale())
    return Markup('<time datetime="{}">{} <small>UTC+8</small></time>').format(value.isoformat(), shown)


def written(text: str | None) -> str | Markup:
    """What somebody wrote in whatever language, marked where that is not the page's: screen readers change voices."""
    if not text:
        return "–"
    tongue = _tongue(text)
    return Markup('<span lang="{}">{}</span>').format(tongue, text) if tongue else text


def _tongue(text: str) -> str:
    """The language of a text, by its letters; empty where it is the page's, or has no letters."""
    if _HAN.search(text):
        return "zh-Hans" if CURRENT.get() == "en" else ""
    return "en" if CURRENT.get() == "zh" and _LATIN.search(text) else ""


def lines(value: str) -> Markup:
    """Prose with its paragraphs, each in its language."""
    parts = [part.strip() for part in value.split("\n") if part.strip()]
    return Markup("").join(_paragraph(part) for part in parts)


def _paragraph(text: str) -> Markup:
    tongue = _tongue(text)
    begin = Markup('<p lang="{}">').format(tongue) if tongue else Markup("<p>")
    return begin + escape(text) + Markup("</p>")


def with_values(given: Mapping[str, Any]) -> dict[str, Any]:
    """What of it is said at all, for the query of an address."""
    return {name: value for name, value in given.items() if value not in (None, "")}


def labels(words: Mapping[str, Text]) -> list[tuple[str, str]]:
    """Words by their codes, as the options of a choice."""
    return [(code, plain(text)) for code, text in words.items()]


def named(things: Iterable[Any]) -> list[tuple[Any, str]]:
    """Things that have an id and a name, as the options of a choice."""
    return [(thing.id, plain(thing.name)) for thing in things]


def by_id(things: Iterable[Any]) -> dict[Any, Any]:
    return {thing.id: thing for thing in things}


def numbered(texts: Iterable[Text]) -> list[tuple[int, str]]:
    """Texts by their places, as the options of a choice."""
    return [(place, plain(text)) for place, text in enumerate(texts)]


def kept_text(kept: Mapping[str, Any]) -> Text:
    """A text as the database keeps it."""
    return Text(zh=kept.get("zh"), en=kept.get("en"))


FILTERS: dict[str, Callable[..., Any]] = {
    "said": said,
    "plain": plain,
    "number": number,
    "percent": percent,
    "money": money,
    "amount": amount,
    "day": day,
    "moment": moment,
    "lines": lines,
    "by_id": by_id,
    "kept_text": kept_text,
    "labels": labels,
    "named": named,
    "numbered": numbered,
    "parameter": lambda name: plain(parameter(name)),
    "pollutant": lambda name: plain(pollutant(name)) if name else "",
    "unit": lambda code: plain(unit(code)) if code else "",
    "with_values": with_values,
    "written": written,
}
