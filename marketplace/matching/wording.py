"""What a margin says in words, in both languages: what is there, and what is asked for."""

from collections.abc import Callable, Iterable

from marketplace.calls.facts import FIELDS
from marketplace.calls.facts import WORDS as FACT_WORDS
from marketplace.matching.limits import LABELS, bounds_of, labels_wanted
from marketplace.matching.terms import NUMBERS, WORDS, Profile, Terms
from marketplace.money import in_units
from scoring.technology import Text

NAMES: dict[str, Text] = {
    "field": Text(zh="领域", en="field"),
    "region": Text(zh="地区", en="region"),
    "instrument": Text(zh="融资工具", en="instrument"),
    "trl": Text(zh="技术成熟度", en="readiness level"),
    "ticket": Text(zh="资金需求", en="amount asked for"),
    "risk": Text(zh="预期损失", en="expected loss"),
    "revenue": Text(zh="年收入", en="annual revenue"),
    "term": Text(zh="期限", en="term"),
    **{name: FIELDS[name].label for name in (*NUMBERS, *WORDS)},
}
_WORDS: dict[str, Text] = {
    **FACT_WORDS,
    "grant": Text(zh="资助", en="grant"),
    "loan": Text(zh="贷款", en="loan"),
    "convertible": Text(zh="可转债", en="convertible"),
    "equity": Text(zh="股权", en="equity"),
    "revenue-share": Text(zh="收益分成", en="revenue share"),
    "treatment": Text(zh="治理技术", en="treatment"),
    "management": Text(zh="管理技术", en="management"),
    "product": Text(zh="产品装备", en="product"),
}
_UNITS = {
    "trl": "level", "risk": "share", "term": "month", "trl-claimed": "level", "completeness": "percent",
    "evidence-grade": "grade", "cases": "case", "cases-full-scale": "case", "months-in-operation": "month",
    "patents-granted": "patent",
}  # fmt: skip


def unit_of(limit: str, terms: Terms) -> str:
    """The unit that rooms are counted in; money is counted in minor units."""
    if limit in LABELS:
        return "in common"
    return _UNITS.get(limit) or f"minor {terms.currency}"


def unknown_because(limit: str, terms: Terms, profile: Profile) -> Text:
    """Why nobody can say: nothing is given, or it is given in another currency."""
    currency = {"ticket": profile.asks_currency, "revenue": profile.revenue_currency}.get(limit)
    name = NAMES[limit]
    if currency is not None and currency != terms.currency:
        return Text(
            zh=f"{name.zh}以{currency}计，要求以{terms.currency}计，不作换算",
            en=f"{name.en} is given in {currency}, not in {terms.currency}; nothing is converted",
        )
    return Text(zh=f"该技术未给出{name.zh}", en=f"the technology gives no {name.en}")


def said_of(limit: str, terms: Terms, profile: Profile) -> Text:
    """What the technology has beside what is asked for."""
    name = NAMES[limit]
    has, wants = ({tongue: say(tongue) for tongue in ("zh", "en")} for say in _sayers(limit, terms, profile))
    return Text(
        zh=f"{name.zh}{has['zh']}，要求{wants['zh']}", en=f"{name.en} {has['en']}, where {wants['en']} is asked for"
    )


def _sayers(limit: str, terms: Terms, profile: Profile) -> tuple[Callable[[str], str], Callable[[str], str]]:
    return (lambda tongue: _has(limit, profile, tongue)), (lambda tongue: _wants(limit, terms, tongue))


def _in_words(codes: Iterable[str], tongue: str, between: str) -> str:
    """Codes of closed lists as words; others (pollutants, regions) are the same in every language."""
    return between.join(_WORDS[code].in_language(tongue) if code in _WORDS else code for code in codes)


def _has(limit: str, profile: Profile, tongue: str) -> str:
    if limit == "trl" and profile.trl is not None:
        trl = profile.trl
        return f"{trl.level} ({trl.low}–{trl.high})"
    if limit == "risk" and profile.loss_share is not None:
        loss = profile.loss_share
        return f"{loss.value:.0%} ({loss.low:.0%}–{loss.high:.0%})"
    given = {
        "field": _in_words(profile.fields, tongue, ", "),
        "region": ", ".join(profile.regions),
        "instrument": _in_words([profile.instrument] if profile.instrument else [], tongue, ", "),
        "ticket": _money(profile.asks_minor, profile.asks_currency),
        "revenue": _money(profile.revenue_minor, profile.revenue_currency),
    }
    if limit in WORDS:
        return _in_words(profile.words[limit], tongue, ", ")
    return given.get(limit) or _plain(profile.numbers.get(limit) if limit in NUMBERS else profile.term_months)


def _wants(limit: str, terms: Terms, tongue: str) -> str:
    if limit in LABELS:
        return _in_words(labels_wanted(terms, limit), tongue, " / ")
    bounds = bounds_of(terms, limit)
    low, high = (_amount(limit, end, terms) for end in bounds[:2])
    if low and high:
        return f"{low}–{high}"
    return f"≥ {low}" if low else f"≤ {high}"


def _amount(limit: str, end: float, terms: Terms) -> str:
    if abs(end) == float("inf"):
        return ""
    if limit == "risk":
        return f"{end:.0%}"
    return _money(int(end), terms.currency) if limit in ("ticket", "revenue") else _plain(end)


def _money(minor: int | None, currency: str | None) -> str:
    return "" if minor is None else f"{in_units(minor, currency or 'CNY'):,f} {currency}"


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:g}"
