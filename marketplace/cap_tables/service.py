"""Handing in a cap table for a deal, and writing the deal into it."""

import copy
import datetime
from typing import Any

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.cap_tables.effect import Effect
from marketplace.cap_tables.models import CapTable
from marketplace.cap_tables.ocf import Table, decimal_of, read
from marketplace.deals.models import Deal
from marketplace.deals.terms import Terms, sha256_of
from marketplace.errors import only
from marketplace.people.models import Organisation


async def hand_in(session: AsyncSession, *, deal: Deal, files: dict[str, Any]) -> CapTable:
    """Keep the holder's cap table for this deal; a newer one replaces it in what is computed, not in what is kept."""
    table = read(files)
    last = await session.scalar(select(func.max(CapTable.number)).where(CapTable.deal_id == deal.id))
    found = CapTable(
        deal_id=deal.id,
        number=(last or 0) + 1,
        organisation_id=deal.holder_organisation_id,
        as_of=table.as_of,
        files=files,
        sha256=sha256_of(msgspec.json.encode(files, order="deterministic")),
    )
    session.add(found)
    await session.flush()
    return found


async def cap_table_of(session: AsyncSession, deal: Deal) -> Table:
    """The last one handed in, or NotFound."""
    query = select(CapTable).where(CapTable.deal_id == deal.id).order_by(CapTable.number.desc()).limit(1)
    found: CapTable = only(await session.scalar(query), "cap-table")
    return read(found.files)


def with_investment(
    table: Table, deal: Deal, terms: Terms, effect: Effect | None, *, financier: Organisation, on: datetime.date
) -> dict[str, Any]:
    """The files with the financier as a stakeholder and the issuance that the terms lead to."""
    files = copy.deepcopy(table.files)
    name = financier.name.in_language("en") or financier.name.in_language("zh") or ""
    _add(files, "OCF_STAKEHOLDERS_FILE", [_stakeholder(str(financier.id), name)])
    if terms.equity is not None and effect is not None:
        wanted = terms.equity.share_class
        class_id = next((key for key, known in table.classes.items() if known == wanted), None)
        if class_id is None:
            class_id = f"class-{deal.id}"
            _add(files, "OCF_STOCK_CLASSES_FILE", [_stock_class(class_id, wanted)])
        _add(files, "OCF_TRANSACTIONS_FILE", [_shares(deal, terms, effect, class_id, on)])
    else:
        _add(files, "OCF_TRANSACTIONS_FILE", [_note(deal, terms, on)])
    return files


def _add(files: dict[str, Any], file_type: str, items: list[dict[str, Any]]) -> None:
    """Into the first file of the type that is there: every table that was read has one of each."""
    content = next(content for content in files.values() if content.get("file_type") == file_type)
    known = {item.get("id") for item in content["items"]}
    content["items"] += [item for item in items if item["id"] not in known]


def _stakeholder(key: str, name: str) -> dict[str, Any]:
    return {"object_type": "STAKEHOLDER", "id": key, "name": {"legal_name": name}, "stakeholder_type": "INSTITUTION"}


def _stock_class(key: str, name: str) -> dict[str, Any]:
    return {
        "object_type": "STOCK_CLASS",
        "id": key,
        "name": name,
        "class_type": "PREFERRED",
        "default_id_prefix": "G",
        "initial_shares_authorized": "0",
        "votes_per_share": 1,
        "seniority": 1,
    }


def _issuance(deal: Deal, kind: str, on: datetime.date) -> dict[str, Any]:
    return {
        "object_type": kind,
        "id": f"tx-{deal.id}",
        "date": on.isoformat(),
        "security_id": f"security-{deal.id}",
        "custom_id": f"G-{str(deal.id)[-12:]}",
        "stakeholder_id": str(deal.financier_organisation_id),
        "security_law_exemptions": [],
    }


def _shares(deal: Deal, terms: Terms, effect: Effect, class_id: str, on: datetime.date) -> dict[str, Any]:
    return _issuance(deal, "TX_STOCK_ISSUANCE", on) | {
        "stock_class_id": class_id,
        "share_price": {
            "amount": decimal_of(effect.price_low, terms.amount.currency),
            "currency": terms.amount.currency,
        },
        "quantity": str(effect.new_shares_low),
        "stock_legend_ids": [],
    }


def _note(deal: Deal, terms: Terms, on: datetime.date) -> dict[str, Any]:
    note, currency = terms.convertible, terms.amount.currency
    assert note is not None, "only equity and convertibles have an effect"  # noqa: S101
    is_safe = note.kind == "safe"
    mechanism: dict[str, Any] = {"type": "SAFE_CONVERSION" if is_safe else "CONVERTIBLE_NOTE_CONVERSION"}
    mechanism["conversion_mfn"] = False
    if note.cap_minor is not None:
        mechanism["conversion_valuation_cap"] = {"amount": decimal_of(note.cap_minor, currency), "currency": currency}
    if note.discount_bps:
        mechanism["conversion_discount"] = f"0.{note.discount_bps:04d}"
    if not is_safe:
        rate = {"rate": f"0.{note.interest_bps_per_year:04d}", "accrual_start_date": on.isoformat()}
        mechanism |= {
            "interest_rates": [rate], "day_count_convention": "ACTUAL_365", "interest_payout": "DEFERRED",
            "interest_accrual_period": "ANNUAL", "compounding_type": "SIMPLE",
        }  # fmt: skip
    right = {
        "type": "CONVERTIBLE_CONVERSION_RIGHT",
        "conversion_mechanism": mechanism,
        "converts_to_future_round": True,
    }
    return _issuance(deal, "TX_CONVERTIBLE_ISSUANCE", on) | {
        "investment_amount": {"amount": decimal_of(terms.amount.amount_minor, currency), "currency": currency},
        "convertible_type": "SAFE" if is_safe else "NOTE",
        "conversion_triggers": [
            {
                "type": "AUTOMATIC_ON_CONDITION",
                "trigger_id": f"trigger-{deal.id}",
                "trigger_condition": "The next priced round",
                "conversion_right": right,
            }
        ],
        "seniority": 1,
    }
