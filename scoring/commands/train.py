"""``greenhatch train``: a card from a history, with figures on rows that it did not learn from."""

from argparse import Namespace
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from scoring.commands.columns import column_of, outcome_of
from scoring.commands.console import Speaker, check_output
from scoring.commands.lint import findings_of
from scoring.commands.lint import show as show_findings
from scoring.io.problems import Problems
from scoring.io.reading import read_table
from scoring.scorecard.estimator import ScorecardClassifier
from scoring.technology import Text
from scoring.validation import Finding, metrics
from scoring.validation.splits import AsOfSplit

FOLDS = 5
FOLD_ROWS_MIN = 2
# What is left out unless it is asked to stay: a column that would not be there, or not so, on the day of the decision.
COLUMN_LEAKS = ("target-coded-missingness", "post-outcome", "near-perfect", "future-date", "identifier")


class Figure(Struct, frozen=True):
    """A figure and its interval, where it has one."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None


class Evaluation(Struct, frozen=True):
    """Figures on rows that were not learned from: later ones after an embargo, or folds where it is None."""

    embargo: str | None
    rows: int
    figures: tuple[Figure, ...]


def run(chosen: Namespace, speaker: Speaker) -> int:
    check_output(chosen.out, ".json")
    table = read_table(chosen.file)
    outcome = outcome_of(table, chosen.label, chosen.positive, chosen.file)
    found = findings_of(table, outcome, chosen)
    show_findings(found, speaker)
    features = _features(table, chosen, found, speaker)
    make = _maker(chosen, features, table, outcome, found)
    splits = _splits(table, chosen, outcome)
    with speaker.progress("fitting", len(splits) + 1) as done:
        embargo = None if chosen.as_of is None else chosen.embargo
        evaluation = evaluate(make, features, outcome, splits, embargo, done)
        fitted = make(evaluation).fit(features, outcome)
    fitted.scorecard_.save(chosen.out)
    _show(evaluation, speaker)
    speaker.say("written", path=chosen.out)
    return 0


def _features(table: Any, chosen: Namespace, found: Sequence[Finding], speaker: Speaker) -> Any:
    """The columns to learn from: all but the outcome, dates, and what the linter holds for leaks."""
    asked_out, kept = _names(chosen.drop), _names(chosen.keep)
    for name in (*asked_out, *kept):
        column_of(table, name, chosen.file)
    leaks = {name for finding in found if finding.kind in COLUMN_LEAKS for name in finding.columns}
    dates = {field.name for field in table.schema if str(field.type).startswith(("date", "timestamp"))}
    out = ({chosen.as_of, chosen.group, *asked_out} | leaks | dates) - set(kept)
    left_out = [name for name in table.column_names if name in out and name != chosen.label]
    names = [name for name in table.column_names if name not in out and name != chosen.label]
    if not names:
        Problems(chosen.file).stop("at least one column to learn from")
    if left_out:
        speaker.say("left_out", names=", ".join(left_out))
    if leaks & set(left_out):
        speaker.say("keep_hint")
    return table.select(names)


def _names(given: str | None) -> list[str]:
    return [name.strip() for name in (given or "").split(",") if name.strip()]


def _maker(
    chosen: Namespace, features: Any, table: Any, outcome: NDArray[np.int64], found: Sequence[Finding]
) -> Callable[[Evaluation | None], ScorecardClassifier]:
    """What makes the classifier, the same for every fold; the last one carries the figures inside its card."""
    monotonic = signs_of(chosen.monotonic, features.column_names, chosen.file)

    def make(evaluation: Evaluation | None) -> ScorecardClassifier:
        return ScorecardClassifier(
            monotonic=monotonic or None,
            pairs=chosen.pairs,
            prior=chosen.prior,
            name=chosen.name or chosen.label,
            outcome=Text(zh=chosen.label, en=chosen.label),
            outcome_is_bad=not chosen.good,
            about=_about(evaluation, table, outcome, found),
            random_state=0,
        )

    return make


def _about(
    evaluation: Evaluation | None, table: Any, outcome: NDArray[np.int64], found: Sequence[Finding]
) -> dict[str, Any]:
    if evaluation is None:
        return {}
    figures = {f.name: {"value": f.value, "low": f.low, "high": f.high} for f in evaluation.figures}
    return {
        "data": {"rows": table.num_rows, "rate": float(outcome.mean())},
        "evaluation": {"protocol": _protocol(evaluation), "rows": evaluation.rows, "figures": figures},
        "findings": [{"kind": finding.kind, "columns": list(finding.columns)} for finding in found],
    }


def signs_of(given: str | None, names: Sequence[str], file: str) -> dict[str, int]:
    """``trl=-1,patents=+1`` as a mapping; every mistake is named."""
    problems = Problems(file)
    signs = {}
    for part in _names(given):
        name, _, sign = part.rpartition("=")
        if name not in names:
            problems.add(f"--monotonic with a column to learn from: {', '.join(names)}", column=name, value=part)
        elif sign not in ("1", "+1", "-1", "0"):
            problems.add("--monotonic with +1, 0 or -1", column=name, value=part)
        else:
            signs[name] = int(sign)
    problems.raise_any()
    return signs


Split = tuple[NDArray[np.intp], NDArray[np.intp]]


def _splits(table: Any, chosen: Namespace, outcome: NDArray[np.int64]) -> list[Split]:
    """By time where rows have dates, else in folds of equal rates; a group is never on both sides."""
    problems = Problems(chosen.file)
    splits = _by_time(table, chosen, problems) if chosen.as_of is not None else _folds(table, chosen, outcome, problems)
    usable = [split for split in splits if all(len(set(outcome[part])) == 2 for part in split)]
    if not usable:
        problems.stop("rows of both outcomes to learn from and to test on", column=chosen.label)
    return usable


def _by_time(table: Any, chosen: Namespace, problems: Problems) -> list[Split]:
    splitter = AsOfSplit(embargo=chosen.embargo, as_of=chosen.as_of, group=chosen.group)
    names = [name for name in (chosen.as_of, chosen.group) if name is not None]
    try:
        return list(splitter.split(table.select(names)))
    except ValueError as error:
        problems.stop(f"dates that can be split: {error}", column=chosen.as_of)


def _folds(table: Any, chosen: Namespace, outcome: NDArray[np.int64], problems: Problems) -> list[Split]:
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    rarest = int(np.bincount(outcome, minlength=2).min())
    if rarest < FOLDS * FOLD_ROWS_MIN:
        problems.stop(f"at least {FOLDS * FOLD_ROWS_MIN} rows of each outcome", column=chosen.label, value=rarest)
    rows = np.zeros((len(outcome), 1))
    if chosen.group is None:
        return list(StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(rows, outcome))
    members = np.array([str(value) for value in column_of(table, chosen.group, chosen.file)])
    if len(set(members)) < FOLDS:
        problems.stop(f"at least {FOLDS} groups", column=chosen.group, value=len(set(members)))
    return list(StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0).split(rows, outcome, members))


def _protocol(evaluation: Evaluation) -> str:
    return "five folds" if evaluation.embargo is None else f"later rows, embargo {evaluation.embargo}"


def evaluate(
    make: Callable[[Evaluation | None], ScorecardClassifier],
    features: Any,
    outcome: NDArray[np.int64],
    splits: Sequence[Split],
    embargo: str | None,
    done: Callable[[int], None],
) -> Evaluation:
    """Figures of a model on rows that it did not learn from, over all splits together."""
    truths, guesses = [], []
    for number, (train, test) in enumerate(splits):
        done(number)
        model = make(None).fit(features.take(train), outcome[train])
        guesses.append(model.predict_proba(features.take(test))[:, 1])
        truths.append(outcome[test])
    done(len(splits))
    return Evaluation(embargo, sum(map(len, truths)), _figures(np.concatenate(truths), np.concatenate(guesses)))


def _figures(truth: NDArray[np.int64], guess: NDArray[np.float64]) -> tuple[Figure, ...]:
    area = metrics.auc_interval(truth, guess)
    brier = metrics.bootstrap(metrics.brier, truth, guess, n_resamples=500)
    rate = float(truth.mean())
    return (
        Figure("rate", rate),
        Figure("auc", area.value, area.low, area.high),
        Figure("brier", brier.value, brier.low, brier.high),
        Figure("brier_base", rate * (1 - rate)),
        Figure("ece", metrics.calibration_error(truth, guess)),
        Figure("slope", metrics.calibration_slope(truth, guess)[0]),
    )


def _show(evaluation: Evaluation, speaker: Speaker) -> None:
    rows = [
        (speaker.words(f.name), f"{f.value:.3f}", "–" if f.low is None else f"{f.low:.3f} – {f.high:.3f}")
        for f in evaluation.figures
    ]
    by_time = evaluation.embargo is not None
    protocol = speaker.words("by_time", embargo=evaluation.embargo) if by_time else speaker.words("by_fold")
    title = speaker.words("figures", protocol=protocol, rows=f"{evaluation.rows:,}")
    speaker.table([speaker.words(name) for name in ("figure", "value", "range")], rows, title=title)
