"""The card as an artefact: one row, a million rows, exactness and the file, each beside its peers on the same data.

The data are made here: 14 numbers with gaps (bell-shaped, skewed, whole numbers, years), 6 categories, one product of
two numbers in the truth. Every library is fitted to the same 20,000 rows and runs on one thread.
"""

import io
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.rows import Row
from scoring import Scorecard, ScorecardClassifier

NUMBERS, CATEGORIES, LEARNED, SCORED, PEER_SCORED = 14, 6, 20_000, 1_000_000, 100_000
SECTORS = np.array(["水处理", "大气", "土壤", "固废", "监测", "碳", "噪声", "生态", "never learned from"], dtype=object)


def table(rows: int, seed: int, *, sectors: int = 8) -> pd.DataFrame:
    """Rows of the made data; ``sectors=9`` brings in a category that was not learned from."""
    rng = np.random.default_rng(seed)
    kinds: list[Callable[[], np.ndarray]] = [
        lambda: rng.normal(100, 10, rows),
        lambda: np.exp(rng.normal(10, 2, rows)),
        lambda: rng.poisson(6, rows).astype(float),
        lambda: rng.integers(1990, 2026, rows).astype(float),
    ]
    columns: dict[str, Any] = {f"number_{i}": kinds[i % 4]() for i in range(NUMBERS)}
    for values in columns.values():
        values[rng.random(rows) < 0.05] = np.nan
    return pd.DataFrame(columns | {f"sector_{i}": SECTORS[rng.integers(0, sectors, rows)] for i in range(CATEGORIES)})


def outcome(frame: pd.DataFrame, seed: int) -> np.ndarray:
    numbers = frame.filter(like="number").fillna(frame.median(numeric_only=True))
    standard = ((numbers - numbers.mean()) / numbers.std()).to_numpy().clip(-3, 3)
    sector = np.column_stack([frame[f"sector_{i}"].map(hash_of_text) for i in range(CATEGORIES)])
    log_odds = -1.5 + standard @ np.linspace(0.5, -0.3, NUMBERS) + 0.5 * standard[:, 0] * standard[:, 2] + sector.sum(1)
    return np.asarray(np.random.default_rng(seed).random(len(frame)) < 1 / (1 + np.exp(-log_odds)), dtype=int)


def hash_of_text(text: str) -> float:
    """A fixed number for a category; Python's own hash differs from run to run."""
    return sum(map(ord, text)) % 7 / 14 - 0.25


def seconds(run: Callable[[], Any], times: int) -> float:
    """The median of ``times`` runs, after one to warm up."""
    run()
    taken = []
    for _ in range(times):
        start = perf_counter()
        run()
        taken.append(perf_counter() - start)
    return median(taken)


def per_row(run: Callable[[], Any], rows: int, times: int = 5) -> str:
    return f"{seconds(run, times) / rows * 1e6:.2f} µs"


class Peers:
    """The libraries beside ours, fitted to the same rows; one that is not installed says so."""

    def __init__(self, frame: pd.DataFrame, y: np.ndarray) -> None:
        self.frame, self.y = frame, y
        self.numbers = frame.filter(like="number").to_numpy(dtype=np.float32)

    def boosting(self, *, native: bool) -> Any:
        from sklearn.ensemble import HistGradientBoostingClassifier

        model = HistGradientBoostingClassifier(max_iter=100, random_state=0, categorical_features="from_dtype")
        return model.fit(as_categories(self.frame) if native else self.numbers, self.y)

    def onnx_row(self) -> str:
        import onnxruntime
        from skl2onnx import to_onnx

        model = to_onnx(self.boosting(native=False), self.numbers[:1], options={"zipmap": False})
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        return per_row(partial(session.run, None, {session.get_inputs()[0].name: self.numbers[:1]}), 1, 2000)

    def ebm(self) -> Any:
        from interpret.glassbox import ExplainableBoostingClassifier

        return ExplainableBoostingClassifier(outer_bags=2, interactions=0, n_jobs=1).fit(self.frame, self.y)

    def optbinning(self) -> Any:
        from optbinning import BinningProcess
        from optbinning import Scorecard as PeerCard
        from sklearn.linear_model import LogisticRegression

        binning = BinningProcess(list(self.frame), categorical_variables=list(self.frame.filter(like="sector")))
        scaling = {
            "scaling_method": "pdo_odds",
            "scaling_method_params": {"pdo": 50, "odds": 19, "scorecard_points": 600},
        }
        return PeerCard(binning_process=binning, estimator=LogisticRegression(max_iter=1000), **scaling).fit(
            self.frame, self.y
        )

    def shap_error(self) -> str:
        import shap
        from sklearn.ensemble import HistGradientBoostingClassifier

        codes = [as_categories(self.frame)[name].cat.codes for name in self.frame.filter(like="sector")]
        rows = np.column_stack([self.numbers, *codes]).astype(float)
        categorical = list(range(NUMBERS, NUMBERS + CATEGORIES))
        model = HistGradientBoostingClassifier(categorical_features=categorical, random_state=0).fit(rows, self.y)
        explained = shap.TreeExplainer(model)(rows[:1000])
        total = explained.values.sum(axis=1) + explained.base_values
        return f"{np.abs(total - model.decision_function(rows[:1000])).max():.2g}"

    def skops_file(self) -> str:
        from skops import io as skops_io

        data = skops_io.dumps(self.boosting(native=True))
        trusted = skops_io.get_untrusted_types(data=data)
        load = seconds(lambda: skops_io.loads(data, trusted=trusted), 5)
        return f"{len(data) / 1024:.0f} kB, {load * 1e3:.0f} ms"


def as_categories(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.astype(dict.fromkeys(frame.filter(like="sector"), "category"))


def beside(measure: Callable[[], str]) -> str | None:
    """A peer's figure; None where it is not installed, and its own error where it fails."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return measure()
    except ImportError:
        return None
    except Exception as error:
        return f"fails: {type(error).__name__}"


def run(data: Path | None) -> list[Row]:
    """The rows of the benchmark table; they need no data."""
    frame = table(LEARNED, 0)
    y = outcome(frame, 1)
    card = ScorecardClassifier(random_state=0).fit(frame, y).scorecard_
    peers = Peers(frame, y)
    return [*one_row(card, frame, peers), *many_rows(card, peers), *exactness(card, peers), *as_file(peers), imported()]


def one_row(card: Scorecard, frame: pd.DataFrame, peers: Peers) -> list[Row]:
    row = {str(name): value if isinstance(value, str) else float(value) for name, value in frame.iloc[3].items()}
    ours = f"{median(seconds(partial(card.score, row), 5000) for _ in range(3)) * 1e6:.1f} µs"
    what, asked = "one dict row → probability, points, reasons (20 features)", "≤ 10 µs"
    one = frame.iloc[[3]]
    return [
        Row(what, ours, "ONNX Runtime, 14 numbers, no reasons", beside(peers.onnx_row), asked),
        Row(
            what,
            ours,
            "EBM, no reasons",
            beside(lambda: per_row(partial(peers.ebm().predict_proba, one), 1, 200)),
            asked,
        ),
        Row(
            what,
            ours,
            "optbinning, no reasons",
            beside(lambda: per_row(partial(peers.optbinning().score, one), 1, 50)),
            asked,
        ),
    ]


def many_rows(card: Scorecard, peers: Peers) -> list[Row]:
    many, few = table(SCORED, 2, sectors=9), table(PEER_SCORED, 2)
    what, asked = "1,000,000 rows with every contribution, µs a row", "≤ 0.6"
    arrays: dict[str, Any] = {str(name): many[name].to_numpy() for name in many.filter(like="number")}
    arrays |= {str(name): many[name].astype("category") for name in many.filter(like="sector")}
    forms = {"arrays and category codes": arrays, "pandas, texts": many, "Arrow": arrow(many)}
    ours = {form: per_row(partial(card.score_table, data), SCORED) for form, data in forms.items() if data is not None}
    rest = "; ".join(f"{form} {figure}" for form, figure in ours.items())
    ebm = beside(lambda: per_row(partial(peers.ebm().eval_terms, few), PEER_SCORED, 3))
    optbinning = beside(lambda: per_row(partial(peers.optbinning().score, few), PEER_SCORED, 3))
    return [
        Row(what, rest, "EBM eval_terms, pandas", ebm, asked),
        Row(what, rest, "optbinning score (total only), pandas", optbinning, asked),
    ]


def arrow(frame: pd.DataFrame) -> Any:
    try:
        import pyarrow as pa
    except ImportError:
        return None
    pa.set_cpu_count(1)
    return pa.Table.from_pandas(frame)


def exactness(card: Scorecard, peers: Peers) -> list[Row]:
    many = card.score_table(table(SCORED, 3, sectors=9))
    error = np.abs(card.intercept + many.contributions.sum(axis=1) - many.log_odds).max()
    what = "contributions against the score, largest error on 10⁶ rows with gaps and unseen categories"
    return [
        Row(what, f"{error:.2g}", "SHAP on boosting with categories, 1,000 rows", beside(peers.shap_error), "≤ 1e-12")
    ]


def as_file(peers: Peers) -> list[Row]:
    frame = peers.frame.iloc[:, 5:]
    chosen = [(f"number_{i}", f"number_{i + 1}") for i in range(5, 11)] + [
        (f"number_{i}", "sector_0") for i in range(6, 10)
    ]
    card = ScorecardClassifier(pairs=chosen, random_state=0).fit(frame, peers.y).scorecard_
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "card.json"
        card.save(path)
        load = seconds(partial(Scorecard.load, path), 50)
        ours = f"{path.stat().st_size / 1024:.0f} kB, {load * 1e3:.1f} ms"
    pairs = sum(len(term.axes) == 2 for term in card.terms)
    what = f"card file, {len(card.terms) - pairs} terms and {pairs} pairs: size, time to load and check"
    return [Row(what, ours, "skops, boosting of 100 trees", beside(peers.skops_file), "≤ 50 kB, ≤ 2 ms")]


def imported() -> Row:
    code = "import time; start = time.perf_counter(); import {0}; print(time.perf_counter() - start)"

    def time_of(module: str) -> str:
        runs = [
            subprocess.run([sys.executable, "-c", code.format(module)], capture_output=True, check=True)
            for _ in range(5)
        ]
        return f"{median(float(io.BytesIO(run.stdout).read()) for run in runs):.3f} s"

    return Row("import scoring", time_of("scoring"), "import sklearn", beside(lambda: time_of("sklearn")), "≤ 0.15 s")
