from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from benchmarks.linter import AS_OF, PLANTERS, clean_table, false_alarm, found
from scoring.validation import lint
from scoring.validation.lexicon import is_identifier, is_planned, is_post_outcome, words


def kinds(*given, **more):
    return {(one.kind, one.columns) for one in lint(*given, **more)}


@pytest.mark.parametrize("kind", PLANTERS)
def test_planted_leaks_are_found(kind):
    assert np.mean([found(kind, seed) for seed in range(4)]) >= 0.75


def test_clean_tables_are_left_alone():
    assert sum(false_alarm(seed) for seed in range(8)) <= 1


@pytest.fixture
def clean():
    return clean_table(np.random.default_rng(7))


@pytest.mark.parametrize(
    "convert", [lambda t: t, pl.from_pandas, lambda t: pa.Table.from_pandas(t, preserve_index=False)]
)
def test_every_kind_of_table_gives_the_same_findings(clean, convert):
    table, y = clean
    table["ChgOffPrinGr"] = np.where(y == 1, table["revenue"], 0.0)
    table["signed_date"] = AS_OF + np.timedelta64(3, "D")
    expected = {("post-outcome", ("ChgOffPrinGr",)), ("future-date", ("signed_date",))}
    assert kinds(convert(table), y, as_of=AS_OF) == expected
    assert kinds(convert(table.assign(label=y)), "label", as_of="2020-06-30") == expected


def test_an_array_without_names(clean):
    table, y = clean
    X = np.column_stack([table["revenue"], table["employees"], y + 0.1 * table["energy_kwh_per_m3"]])
    assert kinds(X, y) == {("near-perfect", ("x2",))}


def test_informative_missingness_is_no_leak_until_it_decides(clean):
    table, y = clean
    rng = np.random.default_rng(0)
    for missing_if_bad, coded in ((0.45, False), (0.95, True)):
        table["margin"] = np.where(
            rng.random(len(y)) < np.where(y == 1, missing_if_bad, 0.2), np.nan, rng.normal(size=len(y))
        )
        assert (("target-coded-missingness", ("margin",)) in kinds(table, y)) == coded


def test_an_exact_value_that_tells_is_found_among_numbers_that_do_not():
    """A loan's term holds the months until it went bad: any number but a multiple of twelve gives it away."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 6000)
    term = np.where(y == 1, rng.integers(1, 120, 6000), 12 * rng.integers(1, 11, 6000))
    assert kinds(pd.DataFrame({"term": term, "amount": rng.lognormal(size=6000)}), y) == {("near-perfect", ("term",))}


def test_training_on_later_rows_is_found(clean):
    table, y = clean
    when = AS_OF - np.arange(len(y)).astype("timedelta64[D]")
    shuffled = np.random.default_rng(0).integers(0, 4, len(y))
    assert ("time-travel", ()) in kinds(table, y, as_of=when, folds=shuffled)
    half = len(y) // 2
    ordered = [(np.arange(half, len(y)), np.arange(half))]
    assert not {one for one in kinds(table, y, as_of=when, folds=ordered) if one[0] == "time-travel"}


def test_dates_are_held_against_a_year_and_years_against_a_date(clean):
    table, y = clean
    table["permit_date"] = np.datetime64("2020-12-31")
    table["award_year"] = 2021
    assert ("future-date", ("permit_date",)) not in kinds(table, y, as_of=np.full(len(y), 2020))
    assert ("future-date", ("permit_date",)) in kinds(table, y, as_of=np.full(len(y), 2019))
    assert ("future-date", ("award_year",)) in kinds(table, y, as_of="2020-06-30")


def test_a_group_on_one_side_only_is_no_leak(clean):
    table, y = clean
    firm = np.arange(len(y)) // 2
    assert not lint(table, y, groups=firm, folds=firm % 3)
    assert kinds(table, y, groups=firm, folds=np.arange(len(y)) % 3) == {("group", ())}


def test_findings_say_what_and_what_to_do_in_both_languages(clean):
    table, y = clean
    findings = lint(
        table.assign(核销金额=np.where(y == 1, table["revenue"], 0.0), seen_date=AS_OF), y, as_of="2020-01-01"
    )
    assert [one.severity for one in findings] == sorted(one.severity for one in findings)
    for one in findings:
        assert all((one.text.zh, one.text.en, one.advice.zh, one.advice.en, one.evidence))
        assert one.columns[0] in str(one)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"y": [0, 0, 0]}, "every outcome is the same"),
        ({"y": [0, 1, None]}, "1 outcomes are missing"),
        ({"y": ["a", "b", "c"]}, "3 different texts"),
        ({"y": [0, 1]}, "X has 3 rows, y 2"),
        ({"y": "nowhere"}, "no column 'nowhere'"),
        ({"y": [0, 1, 0], "as_of": "soon"}, "neither a column of X nor a date"),
        ({"y": [0, 1, 0], "as_of": ["2020-01-01"]}, "1 values for 3 rows"),
        ({"y": [0, 1, 0], "folds": [0, 1]}, "folds has 2 entries"),
    ],
)
def test_what_cannot_be_checked_says_why(given, message):
    with pytest.raises(ValueError, match=message):
        lint(pd.DataFrame({"x": [1, 2, 3]}), **given)


def test_what_is_no_table_is_refused():
    with pytest.raises(TypeError, match="expected a pandas"):
        lint([[1, 2]], [0, 1])


@pytest.mark.parametrize(
    "name",
    [
        "ChgOffDate",
        "charge_off_amount",
        "recoveries",
        "MIS_Status",
        "days_past_due",
        "loan_status",
        "acquired_24m",
        "phase2_year",
        "逾期天数",
        "违约日期",
        "处置金额",
        "DisbursementGross",
    ],
)
def test_names_known_only_afterwards(name):
    assert is_post_outcome(name)


@pytest.mark.parametrize(
    "name",
    [
        "revenue",
        "employment_status",
        "debt_ratio",
        "trl",
        "n_patents",
        "行业",
        "注册资本",
        "NoEmp",
        "UrbanRural",
        "pilot_months",
        "defaults_per_sector",
        "closeness",
        "final_year_students",
    ],
)
def test_names_known_beforehand(name):
    assert not is_post_outcome(name)


def test_words_of_a_name():
    assert words("ChgOffPrinGr") == "chg off prin gr"
    assert words("LoanNr_ChkDgt") == "loan nr chk dgt"
    assert is_identifier("LoanNr_ChkDgt")
    assert is_identifier("统一社会信用代码")
    assert not is_identifier("revenue")
    assert is_planned("licence_expiry_date")
    assert is_planned("预计完工日期")


def test_odd_columns_are_read_or_passed_over():
    n, rng = 200, np.random.default_rng(0)
    odd = pd.DataFrame(
        {
            "nothing": [None] * n,
            "empty": [""] * n,
            "constant": 1.0,
            "infinite": np.where(rng.random(n) < 0.1, np.inf, rng.normal(size=n)),
            "largest": 1e308 * rng.random(n),
            "one": [1.0] + [np.nan] * (n - 1),
            "yes": pd.array(rng.choice([True, False, None], n), dtype="boolean"),
            "count": pd.array([None if i % 7 == 0 else i % 13 for i in range(n)], dtype="Int64"),
            "zoned": pd.date_range("2020-01-01", periods=n, tz="Asia/Shanghai"),
            "price": [Decimal(i) / 7 for i in range(n)],
            "mixed": [1 if i % 2 else "a" for i in range(n)],
            "lists": [[i] for i in range(n)],
            "prose": [f"treats leachate of landfill {i}" for i in range(n)],
        }
    )
    assert kinds(odd.drop(columns="lists"), rng.integers(0, 2, n), as_of="2020-12-31") == set()
    assert kinds(odd, rng.integers(0, 2, n), as_of="2020-12-31") <= {("identifier", ("lists",))}


@pytest.mark.parametrize("n", [2, 3, 10])
def test_a_handful_of_rows_proves_nothing(n):
    table = pd.DataFrame({"x": np.arange(n) + 0.5, "sector": ["water", "air"] * (n // 2) + ["air"] * (n % 2)})
    assert lint(table, np.arange(n) % 2) == []
