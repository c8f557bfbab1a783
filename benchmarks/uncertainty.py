"""Intervals and sets: what a promise of 90 % holds, on data with known truth and on the public sets.

Sets of outcomes are held against MAPIE's on the same scores and rows. Intervals of the probability are checked where
the probability is known: on simulated truths other than those that the width was fitted on.
"""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from benchmarks.rows import Row
from scoring import ConformalSets, ScorecardClassifier, calibration_drift, coverage_drift
from scoring.uncertainty import venn_abers

LEVEL, REPEATS, SEGMENT_ROWS = 0.9, 200, 200


def logistic(log_odds: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-log_odds)))


class Coverage(NamedTuple):
    """Mean coverage over the repeats, of all rows and of the worst segment, and the mean size of the sets."""

    whole: float
    worst: float
    size: float

    def __str__(self) -> str:
        return f"{self.whole:.1%}, worst segment {self.worst:.1%}, set size {self.size:.2f}"


# --- sets of outcomes ------------------------------------------------------------------------------------------------


class HeldOut(NamedTuple):
    """Scores of rows that a card did not learn from, with outcomes and segments."""

    probability: np.ndarray
    y: np.ndarray
    segment: np.ndarray


def loans(data: Path) -> HeldOut:
    frame = pd.read_parquet(data / "sba_loans" / "sba_loans.parquet")
    used = ["State", "BankState", "ApprovalFY", "NoEmp", "NewExist", "CreateJob", "RetainedJob", "UrbanRural"]
    used += ["RevLineCr", "LowDoc", "GrAppv", "SBA_Appv", "naics2"]
    return _scored(frame, used, "default", frame["naics2"].astype(str))


def followon(data: Path) -> HeldOut:
    frame = pd.read_parquet(data / "followon" / "followon.parquet")
    left_out = {"permalink", "first_round", "last_round", "asof_date", "follow_on_24m", "acquired_24m"}
    used = [name for name in frame.columns if name not in left_out]
    return _scored(frame, used, "follow_on_24m", frame["category_code"].fillna("none"), group=frame["permalink"])


def polish(data: Path) -> HeldOut:
    frame = pd.read_parquet(data / "polish_bankruptcy" / "polish_1year.parquet").drop_duplicates(ignore_index=True)
    size = pd.qcut(frame["Attr29"], 5, labels=False).astype(str)
    return _scored(frame, [f"Attr{i}" for i in range(1, 65)], "bankrupt", size)


def _scored(
    frame: pd.DataFrame, used: list[str], label: str, segment: pd.Series, group: pd.Series | None = None
) -> HeldOut:
    """Fit on 40 % of the rows (of the firms), keep the scores of the rest."""
    members = np.arange(len(frame)) if group is None else pd.factorize(group)[0]
    learn = (np.random.default_rng(0).random(members.max() + 1) < 0.4)[members]
    X, y = frame[used], frame[label].to_numpy()
    card = ScorecardClassifier(random_state=0).fit(X[learn], y[learn]).scorecard_
    return HeldOut(card.score_table(X[~learn]).probability, y[~learn], segment[~learn].to_numpy().astype(str))


def set_coverage(held: HeldOut, contains: Callable[[HeldOut, HeldOut], np.ndarray], repeats: int) -> Coverage:
    """Halve the rows again and again: thresholds from one half, coverage on the other."""
    names, counts = np.unique(held.segment, return_counts=True)
    large = names[counts >= 2 * SEGMENT_ROWS]
    whole, parts, sizes = [], [], []
    for repeat in range(repeats):
        learn = np.random.default_rng(repeat).random(len(held.y)) < 0.5
        known, new = (HeldOut(*(column[rows] for column in held)) for rows in (learn, ~learn))
        sets = contains(known, new)
        covered = sets[np.arange(len(new.y)), new.y]
        whole.append(covered.mean())
        parts.append([covered[new.segment == name].mean() for name in large])
        sizes.append(sets.sum(axis=1).mean())
    return Coverage(float(np.mean(whole)), float(np.mean(parts, axis=0).min()), float(np.mean(sizes)))


def ours(known: HeldOut, new: HeldOut) -> np.ndarray:
    return ConformalSets.fit(*known, level=LEVEL, by_outcome=False).contains(new.probability, new.segment)


def ours_by_outcome(known: HeldOut, new: HeldOut) -> np.ndarray:
    return ConformalSets.fit(*known, level=LEVEL).contains(new.probability, new.segment)


def mapies() -> Callable[[HeldOut, HeldOut], np.ndarray] | None:
    """MAPIE's split conformal sets on the same scores; None where it is not installed."""
    try:
        from mapie.classification import SplitConformalClassifier
    except ImportError:
        return None
    from sklearn.base import BaseEstimator, ClassifierMixin

    class Given(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # no types there
        """A classifier that hands on the probability it is given, so that both work on the same scores."""

        classes_ = np.array([0, 1])
        n_features_in_ = 1

        def fit(self, X: Any, y: Any) -> "Given":
            return self

        def predict_proba(self, X: Any) -> np.ndarray:
            return np.column_stack([1 - X[:, 0], X[:, 0]])

        def predict(self, X: Any) -> np.ndarray:
            return np.asarray(X[:, 0] > 0.5, dtype=int)

        def __sklearn_is_fitted__(self) -> bool:
            return True

    def contains(known: HeldOut, new: HeldOut) -> np.ndarray:
        peer = SplitConformalClassifier(Given(), confidence_level=LEVEL, conformity_score="lac", prefit=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            peer.conformalize(known.probability[:, None], known.y)
            return np.asarray(peer.predict_set(new.probability[:, None])[1])[:, :, 0]

    return contains


def _set_rows(data: Path) -> list[Row]:
    rows, peer = [], mapies()
    for name, load in (("sba_loans", loans), ("followon", followon), ("polish", polish)):
        held = load(data)
        theirs = None if peer is None else str(set_coverage(held, peer, REPEATS // 4))
        asked = "90 ± 1 %, ≥ 87 % in each segment of ≥ 200 rows"
        rows.append(Row(f"sets of outcomes, {name}", str(set_coverage(held, ours, REPEATS)), "MAPIE", theirs, asked))
        both = set_coverage(held, ours_by_outcome, REPEATS)
        rows.append(Row(f"the same, for either outcome apart, {name}", str(both), "MAPIE", "has none", asked))
    return rows


# --- intervals of the probability ------------------------------------------------------------------------------------

Truth = Callable[[np.ndarray], np.ndarray]
TRUTHS: dict[str, Truth] = {
    "steps": lambda X: -1 + (X[:, 0] > 0) + 0.8 * (X[:, 1] > 1) - 0.9 * (X[:, 2] < -0.5) + 0.4 * np.floor(X[:, 3]),
    "saturating": lambda X: -1.5 + 1.5 * np.tanh(X[:, 0]) + np.tanh(2 * X[:, 1]) - 0.5 * X[:, 2] ** 2 / 2,
    "many weak": lambda X: -0.5 + X @ np.linspace(0.05, 0.35, X.shape[1]),
}


def interval_coverage(truth: Truth, n: int, repeats: int) -> tuple[float, float, float, float]:
    """Coverage of the true probability, in the worst of eight segments, mean width, and Venn–ABERS p0–p1 alone."""
    figures = [_one_interval(truth, n, seed) for seed in range(repeats)]
    whole, parts, width, bare = zip(*figures, strict=True)
    return float(np.mean(whole)), float(np.mean(parts, axis=0).min()), float(np.mean(width)), float(np.mean(bare))


def _one_interval(truth: Truth, n: int, seed: int) -> tuple[float, list[float], float, float]:
    rng = np.random.default_rng(seed)
    X, new = rng.normal(size=(n, 12)), rng.normal(size=(8000, 12))
    y, p = (rng.random(n) < logistic(truth(X))).astype(int), logistic(truth(new))
    clf = ScorecardClassifier(random_state=seed, level=LEVEL).fit(X, y)
    scored = clf.scorecard_.score_table(pd.DataFrame(new, columns=[f"x{i}" for i in range(12)]))
    held = (scored.low <= p) & (p <= scored.high)
    octant = (new[:, 0] > 0) * 4 + (new[:, 1] > 0) * 2 + (new[:, 2] > 0)
    p0, p1 = venn_abers(clf.log_odds_left_out_, y, scored.log_odds)
    parts = [float(held[octant == part].mean()) for part in range(8)]
    return float(held.mean()), parts, float(np.mean(scored.high - scored.low)), float(np.mean((p0 <= p) & (p <= p1)))


def _interval_rows() -> list[Row]:
    rows = []
    for n, repeats in ((500, 12), (2000, 10), (10_000, 6)):
        whole, worst, width, bare = np.mean([interval_coverage(truth, n, repeats) for truth in TRUTHS.values()], axis=0)
        ours = f"{whole:.1%}, worst of 8 segments {worst:.1%}, width {width:.2f}"
        what = f"interval holds the true probability, {n:,} rows, 3 truths"
        rows.append(Row(what, ours, "Venn–ABERS p0–p1", f"{bare:.1%}", "90 ± 1 %, ≥ 87 % in segments"))
    return rows


# --- loss of validity ------------------------------------------------------------------------------------------------


def _drawn(n: int, seed: int, level: float = 0.0, slope: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    score = rng.normal(-1, 1.2, n)
    return logistic(score), (rng.random(n) < logistic(level + slope * score)).astype(int)


def _drift_rows() -> list[Row]:
    """A downturn: log-odds 0.4 higher and slope 0.8, so that sets of 90 % hold 84 %; seen on 500 outcomes."""
    probability, y = reference = _drawn(5000, 1)
    sets = ConformalSets.fit(probability, y, level=LEVEL, by_outcome=False)
    rates = []
    for shift in ((0.0, 1.0), (0.4, 0.8)):
        rows = [_drawn(500, 1000 + seed, *shift) for seed in range(REPEATS)]
        by_calibration = np.mean([calibration_drift(*row, reference=reference).lost for row in rows])
        rates.append((by_calibration, np.mean([coverage_drift(sets, *row).lost for row in rows])))
    (false_calibration, false_coverage), (calibration, coverage) = rates
    asked = "power ≥ 0.8 at 5 %"
    return [
        Row(
            "loss of calibration seen, 500 outcomes",
            f"power {calibration:.2f} at {false_calibration:.1%}",
            "none",
            "none",
            asked,
        ),
        Row(
            "loss of coverage seen, 500 outcomes",
            f"power {coverage:.2f} at {false_coverage:.1%}",
            "none",
            "none",
            asked,
        ),
    ]


def run(data: Path | None) -> list[Row]:
    """The rows of the benchmark table."""
    rows = [*_interval_rows(), *_drift_rows()]
    return rows if data is None else [*_set_rows(data), *rows]
