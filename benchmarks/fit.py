"""Time to fit a card of the 58,918 loans of ``sba_loans``, fifteen features, on one thread, beside peers."""

import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from benchmarks.accuracy import catboost, ebm, ours, sba_loans
from benchmarks.rows import Row

ASKED = "≤ 1/8 of EBM's time, AUC within 0.002 or better"


def ebm_mains(X: pd.DataFrame, y: np.ndarray, new: pd.DataFrame) -> np.ndarray:
    from interpret.glassbox import ExplainableBoostingClassifier

    model = ExplainableBoostingClassifier(interactions=0, n_jobs=1, random_state=0)
    return np.asarray(model.fit(X, y).predict_proba(new)[:, 1])


def measured(fit: Callable[..., np.ndarray], X: pd.DataFrame, y: np.ndarray, held_out: np.ndarray) -> str:
    """Seconds on all rows, and the AUC on a quarter of them by a fit to the rest."""
    start = perf_counter()
    fit(X, y, X.iloc[:1])
    seconds = perf_counter() - start
    probability = fit(X[~held_out], y[~held_out], X[held_out])
    return f"{seconds:.1f} s, AUC {roc_auc_score(y[held_out], probability):.4f}"


def run(data: Path | None) -> list[Row]:
    """Main effects beside EBM's main effects, with ten pairs beside EBM's and CatBoost's defaults."""
    if data is None:
        return []
    X, y, _ = sba_loans(data)
    held_out = np.random.RandomState(0).permutation(len(y)) < len(y) // 4
    trials: list[tuple[str, int, str, str, Any]] = [
        ("main effects", 0, "EBM without interactions", "interpret", ebm_mains),
        ("ten pairs", 10, "EBM", "interpret", ebm),
        ("ten pairs", 10, "CatBoost", "catboost", catboost),
    ]
    rows: list[Row] = []
    own: dict[int, str] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for what, pairs, name, package, fit in trials:
            own[pairs] = own.get(pairs) or measured(ours(pairs), X, y, held_out)
            peer = measured(fit, X, y, held_out) if find_spec(package) else None
            rows.append(Row(f"fit 58,918 × 15, {what}", own[pairs], name, peer, ASKED))
    return rows
