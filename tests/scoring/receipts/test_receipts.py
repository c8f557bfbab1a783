from datetime import date
from math import fsum, nan

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.errors import InputError
from scoring.receipts import Receipt, assessment_receipt, compare_receipts, receipt
from scoring.scorecard.card import CategoricalAxis, NumericAxis, Scale, Scorecard, Term
from scoring.technology import Evidence, EvidenceGrade, Rating, Technology, Text

TRL, SECTOR = NumericAxis("trl", (4.0, 6.0)), CategoricalAxis("sector", ("water", "air"))


def card(**changes):
    made = Scorecard(
        name="demo",
        version="1",
        outcome=Text(en="stalls"),
        outcome_is_bad=True,
        intercept=-1.0,
        terms=(
            Term(axes=(TRL,), log_odds=(0.9, 0.1, -0.6, 0.2)),
            Term(axes=(SECTOR,), log_odds=(0.3, -0.3, 0.05, 0.01)),
            Term(axes=(TRL, SECTOR), log_odds=tuple(0.07 * i - 0.5 for i in range(16))),
        ),
    )
    return msgspec.structs.replace(made, **changes)


def retrained():
    terms = (
        Term(axes=(TRL,), log_odds=(1.1, 0.1, -0.9, 0.2)),
        card().terms[1],
        Term(axes=(NumericAxis("patents", (1.5,)),), log_odds=(0.4, -0.2, 0.0)),
    )
    return card(terms=terms, version="2", intercept=-0.8, scale=Scale(pdo=20.0))


rows = st.fixed_dictionaries(
    {},
    optional={
        "trl": st.none() | st.floats(0, 9) | st.integers(1, 9),
        "sector": st.none() | st.sampled_from(["water", "air", "noise"]),
    },
)


@settings(deadline=None, max_examples=25)
@given(rows)
def test_a_receipt_survives_the_file_and_holds(row):
    kept = receipt(row, card())
    again = Receipt.from_bytes(kept.to_bytes())
    assert again == kept
    assert again.to_bytes() == kept.to_bytes()
    assert again.verify()


def test_the_same_facts_have_the_same_id():
    ids = {receipt(row, card()).id for row in ({"trl": 3}, {"trl": 3.0, "sector": None}, {"trl": 3, "sector": nan})}
    assert len(ids) == 1
    assert receipt({"trl": 3}, card(), embed=False).id in ids
    assert receipt({"trl": 3}, card(version="1.1")).id not in ids


def test_a_receipt_on_disk(tmp_path):
    kept = receipt({"trl": 5, "sector": "air"}, card())
    kept.save(tmp_path / "receipt.json")
    assert Receipt.load(tmp_path / "receipt.json").verify()


def test_without_the_card_it_must_be_given():
    kept = receipt({"trl": 5}, card(), embed=False)
    assert "holds no card" in kept.verify().faults[0]
    assert kept.verify(card())
    assert "not the one on record" in kept.verify(retrained()).faults[0]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda r: {"result": r.result | {"probability": 0.01}}, "the id does not belong"),
        (lambda r: {"input": {"trl": 9, "sector": None}}, "the id does not belong"),
        (lambda r: {"input": {"trl": "nine"}}, "cannot be computed again"),
        (lambda r: {"card": r.card.replace("0.9", "0.8")}, "not the one on record"),
        (lambda r: {"card": "{}"}, "cannot be computed again"),
        (lambda r: {"format": "other/9"}, "the format is"),
    ],
)
def test_what_was_changed_is_found(change, fault):
    kept = receipt({"trl": 3}, card())
    verdict = msgspec.structs.replace(kept, **change(kept)).verify()
    assert not verdict
    assert any(fault in one for one in verdict.faults)


def test_a_forged_result_is_found_even_under_a_fresh_id():
    from scoring.receipts.canonical import sha256_of
    from scoring.receipts.record import _hashed

    kept = receipt({"trl": 3}, card())
    forged = msgspec.structs.replace(kept, result=kept.result | {"probability": 0.01})
    forged = msgspec.structs.replace(forged, id=sha256_of(_hashed(forged)))
    assert [fault.split(":")[0] for fault in forged.verify().faults] == ["probability"]


@pytest.mark.parametrize("data", [b"", b"{}", b"[1]", b"\xff", b'{"id": 3}', b"[" * 5000])
def test_what_is_no_receipt_is_refused(data):
    with pytest.raises(InputError, match="a receipt in JSON"):
        Receipt.from_bytes(data)


@settings(deadline=None, max_examples=25)
@given(rows, rows)
def test_causes_add_up_to_the_change(before, after):
    a, b = receipt(before, card()), receipt(after, retrained())
    change = compare_receipts(a, b)
    assert fsum(cause.log_odds for cause in change.causes) == pytest.approx(change.log_odds, abs=1e-12)
    assert fsum(cause.points for cause in change.causes) == pytest.approx(change.points, abs=1e-9)
    assert change.log_odds == b.result["log_odds"] - a.result["log_odds"]


def test_a_changed_input_is_the_only_cause():
    change = compare_receipts(
        receipt({"trl": 3, "sector": "air"}, card()), receipt({"trl": 3, "sector": "water"}, card())
    )
    assert {(cause.kind, cause.what) for cause in change.causes} == {("input", "sector"), ("input", "trl × sector")}
    assert [(cause.before, cause.after) for cause in change.causes if cause.what == "sector"] == [("air", "water")]
    assert {path.split(".")[0] for path, _, _ in change.result} >= {"probability", "log_odds"}


def test_a_changed_card_is_the_only_cause():
    change = compare_receipts(receipt({"trl": 3}, card()), receipt({"trl": 3}, retrained()))
    assert {cause.kind for cause in change.causes} == {"card", "scale"}
    by_term = {cause.what: cause.log_odds for cause in change.causes if cause.kind == "card"}
    assert by_term["trl"] == pytest.approx(0.2)
    assert by_term["intercept"] == pytest.approx(0.2)


def test_equal_receipts_have_no_causes():
    change = compare_receipts(receipt({"trl": 3}, card()), receipt({"trl": 3}, card(), embed=False), card_b=card())
    assert change.same
    assert change.causes == change.result == ()


def test_comparing_needs_the_cards_on_record():
    kept = receipt({"trl": 3}, card(), embed=False)
    with pytest.raises(ValueError, match="holds no card"):
        compare_receipts(kept, kept)
    with pytest.raises(ValueError, match="not the one on record"):
        compare_receipts(kept, kept, card_a=retrained(), card_b=card())


def technology(**more):
    evidence = tuple(
        Evidence(id=f"e{i}", grade=EvidenceGrade.VERIFIED, dated=date(2024, 1, 1), supports=(f"trl.{i}",))
        for i in range(1, 5)
    )
    ratings = {"trl": (Rating(criterion="trl.5", value=True),)}
    given = {"ratings": ratings, "evidence": evidence, "claimed_trl": 6} | more
    return Technology(id="t1", name=Text(zh="膜曝气", en="MABR"), as_of=date(2025, 1, 1), **given)


@pytest.mark.parametrize("subject", [technology(), Technology(id="t2", name=Text(en="nothing known"))])
def test_an_assessment_has_a_receipt_and_so_has_a_refusal(subject):
    kept = assessment_receipt(subject, framework="trl", as_of=date(2025, 6, 1))
    assert kept.result["type"] in {"assessment", "refusal"}
    assert Receipt.from_bytes(kept.to_bytes()).verify()


def test_an_assessment_on_another_day_is_another_receipt():
    kept = assessment_receipt(technology(), framework="trl")
    assert kept.instrument.arguments["as_of"] == "2025-01-01"
    forged = msgspec.structs.replace(kept.instrument, arguments={"unknown": "worst", "as_of": 7})
    assert not msgspec.structs.replace(kept, instrument=forged).verify()


def test_the_causes_of_a_changed_assessment_say_what_each_would_do_alone():
    less = technology(evidence=technology().evidence[:2], claimed_trl=7)
    change = compare_receipts(assessment_receipt(technology()), assessment_receipt(less))
    assert not change.same
    assert change.log_odds is None
    by_field = {cause.what: cause for cause in change.causes}
    assert set(by_field) == {"evidence", "claimed_trl"}
    assert by_field["claimed_trl"].before == "6"
    assert by_field["evidence"].effect.startswith("2–")


def test_a_score_and_an_assessment_are_not_compared():
    with pytest.raises(ValueError, match="cannot be compared"):
        compare_receipts(receipt({"trl": 3}, card()), assessment_receipt(technology()))
