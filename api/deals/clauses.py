"""Terms for the eye: clauses with their names and values in words, and what changed between two offers."""

from functools import partial
from typing import Any

from msgspec import Struct

from api.deals import words
from api.site.formats import SIGNS, in_both, territory, whole_money
from marketplace.deals.differences import clauses_of, differences, label_of
from marketplace.deals.terms import Terms
from marketplace.money import Money
from scoring.technology import Text

# They have tables of their own.
_APART = ("amount", "milestones", "conditions", "instrument")


class Clause(Struct, frozen=True):
    label: Text
    value: Text


class Changed(Struct, frozen=True):
    """What a clause said and says; None is "not there". Only wording is not `material`."""

    label: Text
    before: Text | None
    after: Text | None
    material: bool


def other_clauses(terms: Terms) -> list[Clause]:
    """Everything besides amount, milestones and conditions."""
    currency = terms.amount.currency
    return [
        Clause(_label(path), in_words(path, value, currency))
        for path, value in clauses_of(terms).items()
        if path[0] not in _APART
    ]


def changes(before: Terms, after: Terms) -> list[Changed]:
    return [
        Changed(
            _label(_parts(change.path)),
            None if change.before is None else in_words(_parts(change.path), change.before, before.amount.currency),
            None if change.after is None else in_words(_parts(change.path), change.after, after.amount.currency),
            change.material,
        )
        for change in differences(before, after)
    ]


def _parts(path: str) -> tuple[str, ...]:
    return tuple(path.split("."))


def _label(path: tuple[str, ...]) -> Text:
    """Shares are shown in percent, and an amount's own amount is just the amount."""
    label = label_of(path[:1] if path == ("amount", "amount_minor") else path)
    zh, en = label.zh or "", label.en or ""
    return Text(zh=zh.replace("（基点）", ""), en=en.replace(" (basis points)", ""))


def in_words(path: tuple[str, ...], value: Any, currency: str) -> Text:
    """Amounts in whole units of money, shares in percent, codes in words."""
    name = path[-1]
    if name.endswith("_minor"):
        return in_both(partial(whole_money, Money(value, currency)))
    if "bps" in name:
        return _same(f"{value / 100:g}%")
    if name in ("law", "territories"):
        codes = value if isinstance(value, list | tuple) else [value]
        return in_both(lambda: str(SIGNS["comma"]).join(territory(str(code)) for code in codes))
    if isinstance(value, bool):
        return words.YES_NO[str(value).lower()]
    if isinstance(value, list | tuple):
        return Text(zh="、".join(map(str, value)), en=", ".join(map(str, value)))
    if isinstance(value, float):
        return _same(f"{value:g}")
    return words.VALUES.get(str(value), _same(str(value)))


def _same(said: str) -> Text:
    return Text(zh=said, en=said)
