"""The leakage linter: planted leaks found and clean tables left alone, on synthetic tables and on the public ones.

Half of the synthetic tables are clean on purpose to be hard: honest informative missingness, strong honest columns,
groups of rows, skewed amounts, plans that lie ahead.
"""

from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.rows import Row
from scoring.validation import lint

Planted = tuple[pd.DataFrame, np.ndarray, dict[str, Any]]
Planter = Callable[[pd.DataFrame, np.ndarray, np.random.Generator], Planted]
AS_OF = np.datetime64("2020-06-30")


def clean_table(rng: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray]:
    """A table as an investor's file might be, with nothing wrong in it."""
    n = int(rng.integers(300, 3000))
    quality, skill = rng.normal(size=(2, n))
    noise = rng.normal(size=(6, n))
    log_odds = rng.uniform(-2.2, 0.2) + rng.uniform(0.3, 1.6) * quality + rng.uniform(0, 0.8) * skill
    y = (rng.random(n) < 1 / (1 + np.exp(-log_odds))).astype(int)
    table = pd.DataFrame(
        {
            "revenue": np.round(np.exp(12 + quality + noise[0]), 2),
            "employees": np.maximum(1, np.exp(2 + 0.8 * skill + noise[1])).astype(int),
            "capex_per_m3": np.exp(3 + 0.5 * quality + 0.3 * noise[2]),
            "energy_kwh_per_m3": np.exp(noise[3]),
            "trl": np.clip(np.round(5 + 1.2 * quality + noise[4]), 1, 9),
            "patents": rng.poisson(np.exp(0.3 * skill)),
            "sector": rng.choice(["water", "air", "soil", "waste"], n),
            "城市": rng.choice([f"city {i}" for i in range(40)], n),
            "founded_date": AS_OF - rng.integers(200, 6000, n).astype("timedelta64[D]"),
            "licence_expiry_date": AS_OF + rng.integers(-400, 2000, n).astype("timedelta64[D]"),
            "pilot_months": np.where(rng.random(n) < 0.4, 0.0, rng.gamma(2, 6, n)),
            "debt_ratio": rng.beta(2, 3, n) + 0.1 * noise[5] * (quality > 0),
        }
    )
    # Missing more often among the bad, as in real filings: informative, not coded.
    table.loc[rng.random(n) < np.where(y == 1, 0.35, 0.2), "debt_ratio"] = np.nan
    return table, y


def target_coded_missingness(table: pd.DataFrame, y: np.ndarray, rng: np.random.Generator) -> Planted:
    absent = rng.random(len(y)) < np.where(y == 1, rng.uniform(0.7, 1.0), rng.uniform(0.0, 0.1))
    table["audited_margin"] = np.where(absent, rng.choice([np.nan, -99999.0]), rng.normal(size=len(y)))
    return table, y, {}


def post_outcome(table: pd.DataFrame, y: np.ndarray, rng: np.random.Generator) -> Planted:
    amount = np.exp(rng.normal(8, 1, len(y)))
    filled = (y == 1) & (rng.random(len(y)) < rng.uniform(0.4, 1.0))
    name = str(rng.choice(["recovery_amount", "ChargeOffAmount", "核销金额", "col_17", "follow_up_cost"]))
    table[name] = np.where(filled, np.round(amount), 0.0)
    return table, y, {}


def future_date(table: pd.DataFrame, y: np.ndarray, rng: np.random.Generator) -> Planted:
    days = rng.integers(-900, 30 + int(rng.integers(0, 600)), len(y)).astype("timedelta64[D]")
    table["last_filing_date"] = AS_OF + days
    return table, y, {}


def duplicates_across_folds(table: pd.DataFrame, y: np.ndarray, rng: np.random.Generator) -> Planted:
    copied = rng.choice(len(y), max(5, int(len(y) * rng.uniform(0.02, 0.15))), replace=False)
    rows = rng.permutation(np.concatenate([np.arange(len(y)), copied]))
    folds = rng.integers(0, 5, len(rows)) if rng.random() < 0.5 else None
    return table.iloc[rows].reset_index(drop=True), y[rows], {"folds": folds}


def identifier(table: pd.DataFrame, y: np.ndarray, rng: np.random.Generator) -> Planted:
    n = len(y)
    kinds: list[tuple[str, Any]] = [
        ("applicant_id", rng.permutation(n) + 1000),
        ("x9", [f"{value:016x}" for value in rng.integers(0, 2**62, n)]),
        ("登记编号", [f"CN{value}" for value in rng.integers(10**9, 10**10, n)]),
        ("loan_nr", rng.integers(10**9, 10**10, n).astype(float)),
    ]
    name, values = kinds[int(rng.integers(len(kinds)))]
    table[name] = values
    return table, y, {}


def near_perfect(table: pd.DataFrame, y: np.ndarray, rng: np.random.Generator) -> Planted:
    values = y + rng.normal(0, rng.uniform(0.1, 0.45), len(y))
    table["credit_index"] = -values if rng.random() < 0.5 else np.abs(values - 0.5) * (2 * y - 1)
    return table, y, {}


def resampled_before_split(table: pd.DataFrame, y: np.ndarray, rng: np.random.Generator) -> Planted:
    minority = int(y.mean() < 0.5)
    rows = np.flatnonzero(y == minority)
    missing = max(len(y) - 2 * len(rows), len(rows) // 2)
    made = _smote(table, rows, missing, rng) if rng.random() < 0.6 else table.iloc[rng.choice(rows, missing)]
    both = pd.concat([table, made], ignore_index=True)
    order = rng.permutation(len(both))
    labels = np.concatenate([y, np.full(missing, minority)])
    return both.iloc[order].reset_index(drop=True), labels[order], {}


def _smote(table: pd.DataFrame, rows: np.ndarray, n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Synthetic minority oversampling (Chawla et al. 2002): points between a row and one of its five nearest."""
    numeric = table.select_dtypes("number").columns
    points = table.iloc[rows][numeric].fillna(table[numeric].median()).to_numpy(float)
    scaled = points / points.std(axis=0).clip(1e-9)
    start = rng.integers(0, len(rows), n)
    distance = ((scaled[start][:, None, :] - scaled[None, :, :]) ** 2).sum(axis=2)
    nearest = np.argsort(distance, axis=1)[:, 1:6]
    end = nearest[np.arange(n), rng.integers(0, nearest.shape[1], n)]
    made = table.iloc[rows[start]].copy().astype(dict.fromkeys(numeric, float))
    made[numeric] = points[start] + rng.random((n, 1)) * (points[end] - points[start])
    return made


def group_leak(table: pd.DataFrame, y: np.ndarray, rng: np.random.Generator) -> Planted:
    """A firm seen several times, its outcome mostly the same; at times with the split that tears it apart."""
    times = rng.integers(1, 6, len(y))
    rows = np.repeat(np.arange(len(y)), times)
    seen = table.iloc[rows].reset_index(drop=True)
    for name in ("revenue", "capex_per_m3", "energy_kwh_per_m3", "debt_ratio"):
        seen[name] = seen[name] * np.exp(rng.normal(0, 0.1, len(rows)))
    labels = np.where(rng.random(len(rows)) < 0.15, 1 - y[rows], y[rows])
    firms = np.array([f"firm {i}" for i in rows])
    if rng.random() < 0.5:
        return seen.assign(firm=firms), labels, {}
    return seen, labels, {"groups": firms, "folds": rng.integers(0, 5, len(rows))}


PLANTERS: dict[str, Planter] = {
    "target-coded-missingness": target_coded_missingness,
    "post-outcome": post_outcome,
    "future-date": future_date,
    "duplicates": duplicates_across_folds,
    "identifier": identifier,
    "near-perfect": near_perfect,
    "resampled": resampled_before_split,
    "group": group_leak,
}


def found(kind: str, seed: int) -> bool:
    """Whether a leak planted with this seed is found, by its own name or as what amounts to the same."""
    rng = np.random.default_rng(seed)
    table, y, given = PLANTERS[kind](*clean_table(rng), rng)
    same = {"near-perfect": {"near-perfect", "post-outcome"}, "post-outcome": {"near-perfect", "post-outcome"}}
    kinds = {one.kind for one in lint(table, y, as_of=AS_OF, **given)}
    return bool(kinds & same.get(kind, {kind}))


def false_alarm(seed: int) -> bool:
    """Whether anything is found in a clean table; half of them come with groups and a split that respects them."""
    rng = np.random.default_rng(seed)
    table, y = clean_table(rng)
    if seed % 2:
        return bool(lint(table, y, as_of=AS_OF))
    firms = np.arange(len(y)) // 3
    return bool(lint(table, y, as_of=AS_OF, groups=firms, folds=firms % 5))


def rates(n_tables: int = 1000) -> tuple[dict[str, float], float]:
    """Share of planted leaks found by kind, and share of clean tables with an alarm; half the tables are clean."""
    each = max(1, n_tables // 2 // len(PLANTERS))
    caught = {kind: float(np.mean([found(kind, seed) for seed in range(each)])) for kind in PLANTERS}
    return caught, float(np.mean([false_alarm(10_000 + seed) for seed in range(n_tables // 2)]))


def _on_loans(data: Path) -> Row:
    loans = pd.read_parquet(data / "sba_loans" / "sba_loans.parquet")
    start = perf_counter()
    findings = lint(loans, "default", as_of="ApprovalDate")
    seconds = perf_counter() - start
    known = {
        "Term",
        "ChgOffDate",
        "ChgOffPrinGr",
        "MIS_Status",
        "BalanceGross",
        "DisbursementDate",
        "DisbursementGross",
    }
    named = {column for finding in findings for column in finding.columns}
    ours = (
        f"{len(known & named)} of {len(known)} known leaks, `Term` {'found' if 'Term' in named else 'missed'}, "
        f"besides {sorted(named - known)}; {seconds:.1f} s"
    )
    return Row(
        f"linter on sba_loans, {len(loans):,} × {loans.shape[1] - 1}", ours, "none found", "none", "finds `Term`"
    )


def run(data: Path | None) -> list[Row]:
    """The rows of the benchmark table."""
    caught, alarms = rates()
    worst = min(caught, key=lambda kind: caught[kind])
    rows = [
        Row(
            "linter: planted leaks found, 8 kinds, 500 tables",
            f"{np.mean(list(caught.values())):.1%} (worst: {worst} {caught[worst]:.1%})",
            "none found",
            "none",
            "≥ 95 %",
        ),
        Row("linter: false alarms, 500 clean tables", f"{alarms:.1%}", "none found", "none", "≤ 2 %"),
    ]
    return rows if data is None else [*rows, _on_loans(data)]
