import copy
import datetime
import io
import json
import zipfile
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.cap_tables.effect import Effect, effect_of
from marketplace.cap_tables.ocf import decimal_of, read, zipped
from marketplace.cap_tables.service import cap_table_of, hand_in, with_investment
from marketplace.errors import Invalid
from scoring import Refusal
from tests.marketplace.cap_tables.making import files, issuance
from tests.marketplace.deals.table import TODAY, sit_down, terms

EQUITY = {"instrument": "equity", "equity": {"pre_money_minor": 10_000_000}}
NOTE = {
    "instrument": "convertible",
    "convertible": {"cap_minor": 8_000_000, "discount_bps": 2_000, "interest_bps_per_year": 600},
}


def test_what_a_transfer_ends_is_not_counted_twice() -> None:
    moved = {
        "object_type": "TX_STOCK_TRANSFER", "id": "t", "date": "2024-06-01", "security_id": "s1", "quantity": "100",
        "resulting_security_ids": ["s3"], "balance_security_id": "s4",
    }  # fmt: skip
    table = read(
        files(issuance(1, "ann", 600), issuance(2, "bo", 400), moved, issuance(3, "bo", 100), issuance(4, "ann", 500))
    )
    assert {p.stakeholder: p.shares for p in table.positions} == {"Ann": 500, "Bo": 500}


def test_everything_wrong_with_the_files_is_said_at_once() -> None:
    broken = files(
        issuance(1, "nobody", 600), issuance(2, "bo", 400) | {"quantity": "many"},
        issuance(3, "bo", 400, stock_class_id="gold"),
        {"object_type": "TX_STOCK_CLASS_SPLIT", "id": "x", "date": "2024-01-01"},
    ) | {"../evil.json": {"file_type": "OCF_X", "items": []}}  # fmt: skip
    with pytest.raises(Invalid) as caught:
        read(broken)
    at = "files.Transactions.ocf.json.items"
    assert {fault.field for fault in caught.value.fields} == {
        "files", f"{at}.0.stakeholder_id", f"{at}.1", f"{at}.2.stock_class_id", f"{at}.3"
    }  # fmt: skip


def test_equity_is_priced_by_the_pre_money_valuation() -> None:
    found = effect_of(read(files()), terms(2_500_000, **EQUITY), today=TODAY)
    assert isinstance(found, Effect)
    assert (found.new_shares_low, found.price_low) == (250, "10000.0000")
    assert found.post_money is not None
    assert (found.post_money.amount_minor, found.investor_low) == (12_500_000, 0.2)
    assert [(share.before, share.after_low) for share in found.shares] == [(0.6, 0.48), (0.4, 0.32)]


@settings(max_examples=60)
@given(amount=st.integers(2, 10**9), cap=st.integers(10**5, 10**10), discount=st.integers(0, 9_000))
def test_a_convertible_is_a_range_within_which_every_conversion_lies(amount: int, cap: int, discount: int) -> None:
    note = {"kind": "safe", "cap_minor": cap, "discount_bps": discount}
    found = effect_of(read(files()), terms(amount, instrument="convertible", convertible=note), today=TODAY)
    assert isinstance(found, Effect)
    assert found.new_shares_low <= found.new_shares_high
    for valuation in (cap // 2, cap, 2 * cap):
        price = min(Fraction(valuation * (10_000 - discount), 10_000), Fraction(cap)) / 1_000
        assert found.new_shares_low <= int(amount / price) <= found.new_shares_high
    assert 0 <= found.investor_low <= found.investor_high < 1


def test_interest_until_maturity_is_the_upper_end() -> None:
    def most(**more: Any) -> int:
        note = {"cap_minor": 8_000_000, "interest_bps_per_year": 1_000, **more}
        found = effect_of(read(files()), terms(1_000_000, instrument="convertible", convertible=note), today=TODAY)
        assert isinstance(found, Effect)
        return found.new_shares_high

    in_a_year = (TODAY + datetime.timedelta(days=365)).isoformat()
    assert (most(interest_bps_per_year=0), most(matures_on=in_a_year), most()) == (250, 275, 325)


def test_no_range_and_no_shares_are_no_numbers() -> None:
    open_note = terms(instrument="convertible", convertible={"discount_bps": 2_000})
    refused = effect_of(read(files()), open_note, today=TODAY)
    assert isinstance(refused, Refusal)
    assert refused.reason == "next-round-unknown"
    assert isinstance(
        effect_of(read(files()), open_note, today=TODAY, next_low_minor=10**6, next_high_minor=10**7), Effect
    )
    assert isinstance(effect_of(read(files()), terms(), today=TODAY), Refusal)


@pytest.mark.parametrize("instrument", [EQUITY, NOTE], ids=["equity", "convertible"])
async def test_what_is_exported_reads_back_with_the_investment_in_it(
    instrument: dict[str, Any], session: AsyncSession
) -> None:
    table = await sit_down(session)
    given = files()
    before = copy.deepcopy(given)
    await hand_in(session, deal=table.deal, files=given)
    kept, offered = await cap_table_of(session, table.deal), terms(2_500_000, **instrument)
    effect = effect_of(kept, offered, today=TODAY)
    assert isinstance(effect, Effect)
    written = with_investment(kept, table.deal, offered, effect, financier=table.financier.organisation, on=TODAY)
    assert given == before
    archive = zipped(written)
    assert zipped(written) == archive
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        again = read({name: json.loads(opened.read(name)) for name in opened.namelist()})
    if instrument is EQUITY:
        assert again.fully_diluted == kept.fully_diluted + effect.new_shares_low
    else:
        assert (again.fully_diluted, again.convertibles) == (kept.fully_diluted, 1)
    listed = again.files["Manifest.ocf.json"]["transactions_files"]
    assert listed[0]["md5"] != "0" * 32


@pytest.mark.parametrize(("currency", "written"), [("CNY", "12.34"), ("JPY", "1234"), ("KWD", "1.234")])
def test_money_is_written_in_units_of_its_currency(currency: str, written: str) -> None:
    assert decimal_of(1234, currency) == written
