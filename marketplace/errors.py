"""The five ways in which the marketplace says no, none of them knowing HTTP.

MarketplaceError
├── NotFound         there is no such thing, or none that you may know of
├── Forbidden        you may see it, and may not do this with it
├── Invalid          what you sent cannot be right: every bad field at once
├── Conflict         it was fine when you looked; the state has moved on or somebody was first
└── PaymentRefused   the bank or the payment institution said no

Races are settled by the database. Its constraints carry the sentence to say (`marketplace.base.unique` and friends);
`translated` turns the database's error into the right one of the five.
"""

from collections.abc import Iterable
from typing import Any

from msgspec import Struct
from sqlalchemy import CheckConstraint, Constraint, Index, MetaData
from sqlalchemy.exc import DBAPIError


class Sentence(Struct, frozen=True, kw_only=True):
    """What to tell a person: a stable code for programs, and one sentence in each language."""

    code: str
    message: str
    message_zh: str


class FieldError(Struct, frozen=True, kw_only=True):
    """One bad field: where it stands (`sites.0.flow_m3_per_day`), what was seen and what was expected."""

    field: str
    expected: str
    value: str = ""
    expected_zh: str = ""


class MarketplaceError(Exception):
    def __init__(self, code: str, message: str, message_zh: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.message_zh = code, message, message_zh

    @property
    def sentence(self) -> Sentence:
        return Sentence(code=self.code, message=self.message, message_zh=self.message_zh)


class NotFound(MarketplaceError):
    def __init__(self, kind: str, message: str = "", message_zh: str = "") -> None:
        super().__init__(f"{kind}-not-found", message or f"There is no such {kind}.", message_zh)


class Forbidden(MarketplaceError): ...


class Invalid(MarketplaceError):
    def __init__(
        self,
        fields: Iterable[FieldError],
        *,
        code: str = "invalid",
        message: str = "Some fields are not right.",
        message_zh: str = "部分字段有误。",
    ) -> None:
        super().__init__(code, message, message_zh)
        self.fields = tuple(fields)

    def __str__(self) -> str:
        return "; ".join([self.message, *(f"{e.field}: expected {e.expected}" for e in self.fields)])


class Conflict(MarketplaceError): ...


class PaymentRefused(MarketplaceError): ...


# The session can simply try again: nothing it did was kept, and nobody did anything wrong.
_TRY_AGAIN = {
    "40001": Sentence(code="try-again", message="Somebody changed this meanwhile.", message_zh="数据刚被他人修改。"),
    "40P01": Sentence(code="try-again", message="Somebody changed this meanwhile.", message_zh="数据刚被他人修改。"),
    "55P03": Sentence(code="busy", message="Somebody else is changing this.", message_zh="他人正在修改。"),
}


def translated(error: DBAPIError, metadata: MetaData) -> MarketplaceError | None:
    """What a person is told about an error of the database; None if it is a fault of ours."""
    state = getattr(error.orig, "sqlstate", None)
    if state in _TRY_AGAIN:
        again = _TRY_AGAIN[state]
        return Conflict(again.code, again.message, again.message_zh)
    name = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    return refusals(metadata).get(name) if name else None


def refusals(metadata: MetaData) -> dict[str, MarketplaceError]:
    """For each constraint that users can run into, by its name, what they are told."""
    # Rebuilt on each call: it is asked for only when something went wrong.
    rules: list[Constraint | Index] = []
    for table in metadata.tables.values():
        rules += [*table.constraints, *table.indexes]
    return {str(rule.name): _refusal(rule, rule.info["sentence"]) for rule in rules if "sentence" in rule.info}


def _refusal(rule: Constraint | Index, sentence: Sentence) -> MarketplaceError:
    if isinstance(rule, CheckConstraint):
        field = FieldError(field=rule.info.get("field", ""), expected=sentence.message, expected_zh=sentence.message_zh)
        return Invalid([field], code=sentence.code)
    return Conflict(sentence.code, sentence.message, sentence.message_zh)


def only(found: Any | None, kind: str) -> Any:
    """The thing that was looked for, or NotFound."""
    if found is None:
        raise NotFound(kind)
    return found
