"""How values look to a reader: numbers, amounts, dates and texts in two languages, as Jinja filters."""

import datetime
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal, get_currency_precision
from markupsafe import Markup, escape

from api.site.industries import industry
from api.site.language import CURRENT, Language, gettext
from api.site.regions import PROVINCES
from api.site.words import parameter, pollutant, typeset, unit
from marketplace.clock import BEIJING
from marketplace.money import Money
from scoring.technology import Text

_LOCALES = {"zh": "zh_Hans_CN", "en": "en"}
_ONLY_IN = {"zh": "Only in Chinese", "en": "Only in English"}

_COUNTRY = re.compile("[A-Z]{2}")
_NO_COUNTRY = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})
_HAN, _LATIN = re.compile("[\u4e00-\u9fff]"), re.compile("[A-Za-z]{2}")


def in_both(say: Callable[[], str]) -> Text:
    """What a format says, in either language."""
    return Text(zh=_under("zh", say), en=_under("en", say))


def _under(language: Language, say: Callable[[], str]) -> str:
    before = CURRENT.set(language)
    try:
        return say()
    finally:
        CURRENT.reset(before)


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
        return typeset(str(wanted))
    other = "en" if language == "zh" else "zh"
    found = getattr(text, other)
    if not found:
        return "–"
    mark = gettext(_ONLY_IN[other])
    tongue = "zh-Hans" if other == "zh" else "en"
    return Markup('<span lang="{}">{}</span> <small class="only">{}</small>').format(tongue, typeset(found), mark)


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


def whole_money(value: Money | None) -> str:
    """Terms and limits: no fen are said where there are none."""
    if value is None or value.amount_minor % 10 ** get_currency_precision(value.currency):
        return money(value)
    units = value.amount_minor // 10 ** get_currency_precision(value.currency)
    return format_currency(units, value.currency, locale=_locale(), currency_digits=False, format="¤#,##0")


def money_range(low: Money, high: Money) -> str:
    """What may be asked for; nothing as the lower end is no limit."""
    return f"{whole_money(low)} – {whole_money(high)}" if low.amount_minor else f"≤ {whole_money(high)}"


def about(value: Money | None, digits: int = 3) -> str:
    """An estimate of money, with as many digits as it deserves."""
    if value is None:
        return "–"
    precision = get_currency_precision(value.currency)
    units = Decimal(f"{Decimal(value.amount_minor).scaleb(-precision):.{digits - 1}e}")
    return format_currency(units, value.currency, locale=_locale(), currency_digits=False, format="¤#,##0")


def figure(value: float | Decimal | None, of: str | None, digits: int = 4) -> str:
    """A number in its unit, without it; shares are said per hundred."""
    if value is None:
        return "–"
    return f"{number(Decimal(str(value)) * 100, 1)}%" if of == "share" else number(value, digits)


def range_of(value: float | None, low: float | None, high: float | None, of: str | None) -> str:
    """`91% (85%–95%)`, `2–20 mg/Nm³`: what is usual, and from where to where."""
    ends = "–".join(dict.fromkeys(figure(end, of) for end in (low, high) if end is not None))
    usual = figure(value, of) if value is not None else ""
    shown = f"{usual} ({ends})" if usual and ends and usual != ends else usual or ends
    return shown or "–" if of in (None, "", "share") or not shown else f"{shown} {plain(unit(of))}"


_NUMBER = re.compile(r"(?<![\d.])-?\d+(?:\.\d+)?")


def figures(said: str, of: str | None) -> str:
    """The numbers inside a text, by the page's language: `0.91 (0.85–0.95)` of a share is `91% (85%–95%)`."""
    return _NUMBER.sub(lambda found: figure(Decimal(found[0]), of), said)


def territory(code: str | None) -> str:
    """A country or a province of China by its name; other parts of countries stand behind theirs."""
    if code in PROVINCES:
        return plain(PROVINCES[code])
    country, _, part = (code or "").partition("-")
    name = Locale.parse(_locale()).territories.get(country.upper(), country)
    return f"{name} {part}".strip() or "–"


def territories(first: str = "CN") -> list[tuple[str, str]]:
    """All countries and territories as the options of a choice, the likeliest on top, the others by name."""
    names = {code: name for code, name in Locale.parse(_locale()).territories.items() if _COUNTRY.fullmatch(code)}
    collated = sorted(names.items(), key=lambda one: (one[0] != first, one[0] if CURRENT.get() == "zh" else one[1]))
    return [(code, f"{name} ({code})") for code, name in collated if code not in _NO_COUNTRY]


def percent_number(value: float | Decimal, digits: int = 2) -> str:
    """What is counted in hundredths already."""
    return f"{number(value, digits)}%"


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
    tongue, shown = _tongue(text), typeset(text)
    return Markup('<span lang="{}">{}</span>').format(tongue, shown) if tongue else shown


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
    return begin + escape(typeset(text)) + Markup("</p>")


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


class Sign:
    """A punctuation mark as the page's language writes it."""

    def __init__(self, zh: str, en: str) -> None:
        self._signs = {"zh": zh, "en": en}

    def __str__(self) -> str:
        return self._signs[CURRENT.get()]


SIGNS = {
    "colon": Sign("：", ": "),
    "comma": Sign("、", ", "),
    "semicolon": Sign("；", "; "),
    "stop": Sign("。", "."),
}

FILTERS: dict[str, Callable[..., Any]] = {
    "said": said,
    "plain": plain,
    "number": number,
    "percent": percent,
    "percent_number": percent_number,
    "money": money,
    "whole_money": whole_money,
    "about": about,
    "amount": amount,
    "amount_about": lambda amount_minor, currency: about(Money(amount_minor, currency)),
    "whole_amount": lambda amount_minor, currency: whole_money(Money(amount_minor, currency)),
    "figure": figure,
    "figures": figures,
    "industry": lambda code: plain(industry(code)),
    "territory": territory,
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
