"""The readiness model beside TF-IDF logistic regression: agreement on rows kept aside, and the time for one text."""

from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import scoring
from benchmarks.rows import Row
from scoring.models.training.readiness import ALL_WORDS, WORDS, Corpus, corpus, left_out_probabilities, peer
from scoring.readiness.text_terms import without_give_aways
from scoring.validation.metrics import auc, quadratic_weighted_kappa

PEER = "TF-IDF logistic regression"
TUNED = make_pipeline(
    TfidfVectorizer(sublinear_tf=True, min_df=2, ngram_range=(1, 2)),
    LogisticRegression(C=30, class_weight="balanced", max_iter=2000),
)
REPEATS = 2
SAMPLE = "We demonstrate a membrane that cleans waste water at a pilot plant; customers in the market pay less. " * 20


def run(data: Path | None) -> list[Row]:
    """All figures; those on rows kept aside need the data."""
    rows = [] if data is None else agreement(corpus(data))
    return [*rows, *shipped()]


def agreement(rows: Corpus) -> list[Row]:
    """Two times five folds, near-duplicate texts kept together, for us and the peers alike."""
    masked = rows._replace(texts=np.array([without_give_aways(text) for text in rows.texts], dtype=object))
    ours, unmasked = (left_out_probabilities(rows, model, repeats=REPEATS) for model in (WORDS, ALL_WORDS))
    plain, plain_masked = (left_out_probabilities(each, peer(), repeats=REPEATS) for each in (rows, masked))
    tuned = left_out_probabilities(rows, TUNED, repeats=REPEATS)
    kappa = "readiness: quadratic weighted kappa"
    return [
        Row(
            f"{kappa}, give-away words masked (shipped)", _kappa(rows, ours), PEER, _kappa(rows, plain_masked), "≥ 0.90"
        ),
        Row(f"{kappa}, nothing masked", _kappa(rows, unmasked), PEER, _kappa(rows, plain), "≥ 0.90"),
        Row(f"{kappa}, nothing masked", _kappa(rows, unmasked), f"{PEER}, tuned", _kappa(rows, tuned), "≥ 0.90"),
        Row("readiness: AUC, demonstration or later (shipped)", _auc(rows, ours), PEER, _auc(rows, plain), "—"),
    ]


def _kappa(rows: Corpus, probabilities: np.ndarray) -> str:
    found = [quadratic_weighted_kappa(rows.bands, repeat.argmax(axis=1)) for repeat in probabilities]
    return f"{np.mean(found):.3f}"


def _auc(rows: Corpus, probabilities: np.ndarray) -> str:
    return f"{np.mean([auc(rows.bands >= 2, repeat[:, 2:].sum(axis=1)) for repeat in probabilities]):.3f}"


def shipped() -> list[Row]:
    """What it costs to use: a file, and the time to load it and to read a text of 2,000 characters."""
    path = Path(scoring.__file__).parent / "models" / "readiness.json"
    load = _median_ms(lambda: scoring.load("readiness"), 9)
    model = scoring.load("readiness")
    one = _median_ms(lambda: model.level_probabilities({"text": SAMPLE}), 100)
    other = peer().fit([SAMPLE, "We study atoms."], [1, 0])
    theirs = _median_ms(lambda: other.predict_proba([SAMPLE]), 100)
    return [
        Row(
            "readiness: one text to a distribution",
            f"{one:.1f} ms",
            f"{PEER} (two texts learned)",
            f"{theirs:.1f} ms",
            "—",
        ),
        Row("readiness: file, time to load", f"{path.stat().st_size / 1024:.0f} kB, {load:.0f} ms", "—", "—", "≤ 1 MB"),
    ]


def _median_ms(work: Callable[[], object], times: int) -> float:
    taken = []
    for _ in range(times):
        start = perf_counter()
        work()
        taken.append(perf_counter() - start)
    return 1000 * float(np.median(taken))
