"""A technology as one row of cells, from which `read_technologies` builds the same technology again."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import msgspec

from scoring.io.grid import Cell
from scoring.io.money import decimals
from scoring.io.values import items
from scoring.technology import FinancingRequest, Technology

TEXTS = ("name", "summary")
SCALARS = ("holder", "holder_kind", "country", "provenance", "technology_class")
LISTS = ("media", "pollutants", "industries")
FINANCING = (
    "financing_instrument",
    "financing_amount",
    "financing_term_months",
    "financing_stages",
    "collateral",
    "guaranteed_share",
)
STRUCTURES = ("parameters", "costs", "cases", "patents", "team", "funding", "evidence", "ratings", "features")


def flat(technology: Technology) -> dict[str, Cell]:
    """The row: texts, dates and numbers as themselves, amounts with their currency, structures as JSON."""
    row: dict[str, Cell] = {"id": technology.id}
    for name in TEXTS:
        text = getattr(technology, name)
        row |= {f"{name}_zh": text.zh, f"{name}_en": text.en}
    row |= {name: _scalar(getattr(technology, name)) for name in SCALARS}
    row |= {name: _joined(getattr(technology, name)) for name in LISTS}
    row |= {"claimed_trl": technology.claimed_trl, "as_of": technology.as_of, "source": technology.source}
    row |= _financing(technology.financing)
    return row | {name: _json(getattr(technology, name)) for name in STRUCTURES}


def _scalar(value: Any) -> str | None:
    return None if value is None else str(value)


def _joined(values: tuple[str, ...]) -> str | None:
    """The list with semicolons, or as JSON where an entry holds a separator itself."""
    names = tuple(str(value) for value in values)
    text = "; ".join(names)
    plain = items(text) == names and not text.startswith("[")
    return (text if plain else _json(names)) if names else None


def _json(value: Iterable[Any]) -> str | None:
    return msgspec.json.encode(value).decode() if value else None


def _financing(asked: FinancingRequest | None) -> dict[str, Cell]:
    if asked is None:
        return dict.fromkeys(FINANCING)
    return {
        "financing_instrument": asked.instrument,
        "financing_amount": amount_text(asked.amount_minor, asked.currency),
        "financing_term_months": asked.term_months,
        "financing_stages": _json(asked.stages),
        "collateral": None if asked.collateral_minor is None else amount_text(asked.collateral_minor, asked.currency),
        "guaranteed_share": asked.guaranteed_share,
    }


def amount_text(minor: int, currency: str) -> str:
    """An amount as it is written and read back without loss.

    >>> amount_text(123456, "CNY"), amount_text(5000, "JPY")
    ('1234.56 CNY', '5000 JPY')
    """
    return f"{Decimal(minor).scaleb(-decimals(currency))} {currency}"
