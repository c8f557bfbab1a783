"""Leaks that one column gives away by itself."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scoring.validation import lexicon
from scoring.validation.columns import Column
from scoring.validation.findings import Finding, finding
from scoring.validation.metrics import auc

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

# An honest single column very rarely ranks outcomes this well; the strongest of 64 financial ratios reaches 0.78.
NEAR_PERFECT_AUC = 0.9
# Youden's J of "is missing": informative missingness stays below, with one exception in the public sets looked at.
TARGET_CODED_J, CERTAIN_J = 0.4, 0.6
# Rows that all have one outcome: a leak where chance would make it once in 10¹² tables and they are not a handful.
PURE_SHARE, PURE_J, PURE_LOG_CHANCE = 0.98, 0.1, np.log(1e-12)
RARE = 0.01
FEW = 10
BINS = 30
SENTINELS = (-1.0, -9.0, -99.0, -999.0, -9999.0, -99999.0, -999999.0, 99.0, 999.0, 9999.0, 99999.0, 999999.0)


class Tell(NamedTuple):
    """How a subset of the rows relates to the outcome."""

    youden_j: float
    rate: float
    rows: int
    log_chance: float

    @property
    def is_pure(self) -> bool:
        one_sided = max(self.rate, 1 - self.rate) >= PURE_SHARE
        return one_sided and abs(self.youden_j) >= PURE_J and self.log_chance <= PURE_LOG_CHANCE


def tell(rows: Mask, y: Floats) -> Tell:
    """Youden's J of a subset, the rate of the outcome in it, and how likely so one-sided a draw is by chance."""
    n, base = int(rows.sum()), float(y.mean())
    if n in (0, len(y)):
        return Tell(0.0, base, n, 0.0)
    rate = float(y[rows].mean())
    j = float(rows[y == 1].mean() - rows[y == 0].mean())
    return Tell(j, rate, n, n * _divergence(rate, base))


def _divergence(rate: float, base: float) -> float:
    """Chernoff's exponent: the chance of such a rate among n rows is at most exp(n * this)."""
    total = 0.0
    for seen, expected in ((rate, base), (1 - rate, 1 - base)):
        if seen > 0:
            total -= seen * float(np.log(seen / expected))
    return total


def column_findings(column: Column, y: Floats) -> Iterator[Finding]:
    """Whatever one column, apart from dates in the future, is guilty of; the gravest kind only."""
    coded = _target_coded_missingness(column, y)
    strength = single_column_auc(column, y)
    late = _post_outcome(column, y, strength)
    if coded is not None:
        yield coded
    if late is not None:
        yield late
    elif coded is None and strength >= NEAR_PERFECT_AUC and min(y.sum(), len(y) - y.sum()) >= FEW:
        yield finding("near-perfect", (column.name,), "error", auc=strength, threshold=NEAR_PERFECT_AUC)
    if is_identifier(column):
        share = column.n_distinct / max(1, int((~column.missing).sum()))
        yield finding("identifier", (column.name,), "warning", distinct_share=share, distinct=column.n_distinct)


def single_column_auc(column: Column, y: Floats) -> float:
    """The AUC of the outcome's rate by value, learned on one half of the rows and measured on the other."""
    if column.kind == "text" or column.n_distinct <= BINS:
        return _cross_fitted_auc(column.codes, y)
    binned = _cross_fitted_auc(_quantile_bins(column), y)
    # Whole numbers can tell by their exact value what no range of them tells: a full term and a broken-off one.
    exact = _cross_fitted_auc(column.codes, y) if column.n_distinct * BINS <= len(y) else 0.0
    return max(binned, exact)


def _cross_fitted_auc(codes: NDArray[np.intp], y: Floats) -> float:
    half = np.random.default_rng(0).permutation(len(y)) % 2 == 0
    areas = []
    for learn in (half, ~half):
        size = int(codes.max()) + 1
        counts = np.bincount(codes[learn], minlength=size)
        rates = (np.bincount(codes[learn], y[learn], minlength=size) + 2 * y.mean()) / (counts + 2)
        if len(np.unique(y[~learn])) == 2:
            areas.append(auc(y[~learn], rates[codes[~learn]]))
    return float(np.mean(areas)) if areas else 0.5


def _quantile_bins(column: Column) -> NDArray[np.intp]:
    present = column.values[~column.missing]
    edges = np.unique(np.quantile(present, np.arange(1, BINS) / BINS))
    codes = np.searchsorted(edges, column.values, side="left")
    return np.where(column.missing, len(edges) + 1, codes)


def _target_coded_missingness(column: Column, y: Floats) -> Finding | None:
    for absent, how in _absences(column):
        seen = tell(absent, y)
        coded = abs(seen.youden_j) >= TARGET_CODED_J and seen.log_chance <= PURE_LOG_CHANCE
        if coded or seen.is_pure or tell(~absent, y).is_pure:
            return finding(
                "target-coded-missingness",
                (column.name,),
                "error"
                if max(abs(seen.youden_j) - CERTAIN_J, seen.is_pure, tell(~absent, y).is_pure) > 0
                else "warning",
                youden_j=seen.youden_j,
                outcome_rate_where_missing=seen.rate,
                outcome_rate_where_present=float(y[~absent].mean()),
                missing=seen.rows,
                missing_as=how,
            )
    return None


def _absences(column: Column) -> Iterator[tuple[Mask, str]]:
    """The rows without a value, and those with a number that stands for none."""
    if column.missing.any() and not column.missing.all():
        yield column.missing, "empty"
    if column.kind != "number" or column.n_distinct < 5:
        return
    present = column.values[~column.missing]
    for sentinel in (present.min(), present.max()):
        rows = column.values == sentinel
        others = present[present != sentinel]
        spread = others.max() - others.min()
        far = np.abs(others - sentinel).min() > spread or (sentinel in SENTINELS and sentinel < 0 <= others.min())
        if far and rows.mean() >= RARE:
            yield rows, f"{sentinel:g}"


def _post_outcome(column: Column, y: Floats, strength: float) -> Finding | None:
    named = lexicon.is_post_outcome(column.name)
    value = None if column.kind == "date" else _pure_value(column, y)
    if value is not None and not strength >= NEAR_PERFECT_AUC:
        text, seen = value
        return finding(
            "post-outcome",
            (column.name,),
            "error" if named or abs(seen.youden_j) >= TARGET_CODED_J else "warning",
            auc=strength,
            rows_where=text,
            outcome_rate_there=seen.rate,
            rows=seen.rows,
            by_name=str(named).lower(),
        )
    if named:
        telling = strength >= 0.5 + 3 * np.sqrt(1 / (6 * max(1.0, min(y.sum(), len(y) - y.sum()))))
        return finding("post-outcome", (column.name,), "error" if telling else "warning", auc=strength, by_name="true")
    return None


def _pure_value(column: Column, y: Floats) -> tuple[str, Tell] | None:
    """A frequent value such that (nearly) all rows with it, or without it, have one outcome."""
    frequent = np.flatnonzero(column.counts >= RARE * len(y))
    for code in sorted(frequent, key=lambda c: -column.counts[c])[:20]:
        rows = column.codes == code
        value = column.values[np.argmax(rows)]
        if np.isnan(value):
            continue
        shown = column.names[int(value)] if column.kind == "text" else f"{value:g}"
        for chosen, sign in ((rows, "="), (~rows & ~column.missing, "≠")):
            seen = tell(chosen, y)
            if seen.is_pure:
                return f"{sign} {shown}", seen
    return None


def is_identifier(column: Column) -> bool:
    """Whether a column only tells rows apart."""
    present = column.values[~column.missing]
    if len(present) < 20 or column.kind == "date":
        return False
    share = column.n_distinct / len(present)
    named = lexicon.is_identifier(column.name)
    if column.kind == "text":
        return share >= 0.9 and (named or not _is_prose(column))
    return column.is_integer and (share >= 0.9 if named else share == 1.0 and _looks_numbered(present))


def _is_prose(column: Column) -> bool:
    """Texts of several words, or of many characters, say something; keys and numbers are short and unbroken."""
    sample = column.names[:200]
    return float(np.mean([len(text.split()) >= 3 or len(text) > 40 for text in sample])) > 0.5


def _looks_numbered(present: Floats) -> bool:
    """Consecutive numbers, or long ones of one width: what counters and registries give out, amounts hardly."""
    span = present.max() - present.min() + 1
    if span <= 1.5 * len(present):
        return True
    digits = np.floor(np.log10(np.maximum(np.abs(present), 1))) + 1
    return bool(np.median(digits) >= 8 and np.mean(digits == np.median(digits)) >= 0.85)
