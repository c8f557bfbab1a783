"""Stage hazards from a user's own history: a regularised multinomial logit for each stage, with intervals."""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from scoring.errors import Refusal
from scoring.portfolio.checks import MONTHS_MAX, Findings, is_between
from scoring.portfolio.deal import Basis, Estimate, Hazard, StageHazard
from scoring.portfolio.priors import review_counts

Floats = NDArray[np.float64]
Outcome = Literal["advance", "abandon", "default", "open"]

_STALL, _ADVANCE, _ABANDON, _DEFAULT = range(4)
_CODES = {"open": _STALL, "advance": _ADVANCE, "abandon": _ABANDON, "default": _DEFAULT}
_Z90 = 1.6448536269514722
_SPELLS_MIN = 10
# A history without a single default does not make a default impossible: each phase is given this many reviews more,
# ended as the expert prior would have it.
_PRIOR_REVIEWS = 2.0
_PRIOR_MIX = {False: (0.94, 0.0, 0.04, 0.02), True: (0.40, 0.50, 0.07, 0.03)}


class StageSpell(Struct, frozen=True, kw_only=True):
    """One deal's time in one stage: how long it was planned for, how long it took, and how it ended.

    ``outcome`` "open" is a stage still running when the history was taken. ``features`` holds numbers known when the
    stage began, such as the readiness level.
    """

    deal: str
    stage: str
    planned_months: float
    months: float
    outcome: Outcome
    features: dict[str, float] = {}


class PhaseFit(Struct, frozen=True, kw_only=True):
    """A multinomial logit of stall, advance, abandon and default; an outcome that cannot occur is not in it.

    ``coefficients`` has one row for each outcome: intercept, then features less the stage's centre. ``covariance``
    is that of the coefficients laid out row by row.
    """

    outcomes: tuple[int, ...]
    coefficients: tuple[tuple[float, ...], ...]
    covariance: tuple[tuple[float, ...], ...]

    def hazard(self, x: Floats) -> Hazard:
        """Probabilities at ``x`` (1, then centred features), with 90 % intervals by the delta method."""
        logits = np.array(self.coefficients) @ x
        p = np.exp(logits - logits.max())
        p /= p.sum()
        slopes = np.kron(np.diag(p) - np.outer(p, p), x)  # of each probability by every coefficient
        sd = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", slopes, np.array(self.covariance), slopes), 0))
        found = dict(zip(self.outcomes, (_interval(*pair) for pair in zip(p, sd, strict=True)), strict=True))
        none = Estimate.exact(0.0)
        return Hazard(found.get(_ADVANCE, none), found.get(_ABANDON, none), found.get(_DEFAULT, none))


class StageFit(Struct, frozen=True, kw_only=True):
    """The fit of one stage, before and from its planned end, and how much it rests on."""

    before_due: PhaseFit
    when_due: PhaseFit
    centre: tuple[float, ...]
    spells: int
    events: dict[str, int]


class FittedHazards(Struct, frozen=True, kw_only=True, tag="fitted-hazards"):
    """Hazards learned from a history; a plain structure that saves to JSON and predicts without scikit-learn."""

    features: tuple[str, ...]
    review_months: int
    stages: dict[str, StageFit]

    def hazard(self, stage: str, features: Mapping[str, float] | None = None) -> StageHazard:
        """The hazard of a stage for given features; a feature not given counts as the stage's mean."""
        fit, given = self.stages[stage], features or {}
        x = np.array([1.0, *(given.get(n, c) - c for n, c in zip(self.features, fit.centre, strict=True))])
        return StageHazard(
            before_due=fit.before_due.hazard(x),
            when_due=fit.when_due.hazard(x),
            basis=Basis.OWN_HISTORY,
            source=f"own history: {fit.spells} spells of stage “{stage}”",
        )


def _interval(p: float, sd: float) -> Estimate:
    """An interval on the logit scale, so that it stays between 0 and 1."""
    if not 0 < p < 1:
        return Estimate.exact(float(p))
    centre, half = np.log(p / (1 - p)), _Z90 * sd / (p * (1 - p))
    low, high = (1 / (1 + np.exp(-np.clip(centre + side * half, -700, 700))) for side in (-1, 1))
    return Estimate(float(p), float(min(low, p)), float(max(high, p)))


def fit_stage_hazards(
    histories: Sequence[StageSpell],
    *,
    features: Sequence[str] = (),
    review_months: int = 3,
    regularisation: float = 1.0,
) -> FittedHazards | Refusal:
    """Learn how stages end from what a user's own deals did.

    Parameters
    ----------
    histories : sequence of StageSpell
        One for each deal and stage, stages still running included.
    features : sequence of str
        Which of the spells' features to use; every spell must have them.
    review_months : int
        Months between two reviews; that of the deals the hazards are meant for.
    regularisation : float
        Strength of the L2 penalty on the coefficients of standardised features (not on the intercepts).

    Returns
    -------
    FittedHazards or Refusal
        A refusal that names the stages with fewer than ten spells.

    Raises
    ------
    InputError
        With every invalid spell at once.

    Notes
    -----
    Each spell becomes one row for each review; a multinomial logit is fitted to the rows before the planned end and
    another to those from then on. Two reviews of an expert prior keep an outcome never seen from being impossible.
    Intervals come from the curvature of the penalised likelihood (Laplace).

    Examples
    --------
    >>> import scoring
    >>> spells = [scoring.StageSpell(deal=f"d{i}", stage="pilot", planned_months=6, months=6 + 3 * (i % 2),
    ...                              outcome="default" if i % 10 == 0 else "advance") for i in range(60)]
    >>> hazard = scoring.fit_stage_hazards(spells).hazard("pilot")
    >>> hazard.basis.value, hazard.when_due.advance.low < hazard.when_due.advance.value < hazard.when_due.advance.high
    ('own history', True)
    """
    _check(histories, features, review_months, regularisation)
    by_stage: dict[str, list[StageSpell]] = {}
    for spell in histories:
        by_stage.setdefault(spell.stage, []).append(spell)
    thin = {name: len(own) for name, own in by_stage.items() if len(own) < _SPELLS_MIN}
    if thin:
        return Refusal(
            reason="too-little-history",
            missing=tuple(f"{name}: {count} of {_SPELLS_MIN} spells" for name, count in thin.items()),
            message=f"A stage needs at least {_SPELLS_MIN} spells before its hazards can be told from chance.",
            message_zh=f"每个阶段至少需要 {_SPELLS_MIN} 条历史记录,否则风险率无法与偶然区分。",
        )
    fits = {name: _fit_stage(own, features, review_months, regularisation) for name, own in by_stage.items()}
    return FittedHazards(features=tuple(features), review_months=review_months, stages=fits)


def _check(spells: Sequence[StageSpell], features: Sequence[str], review_months: int, penalty: float) -> None:
    found = Findings("histories")
    found.require(len(spells) > 0, "histories", "", "at least one spell")
    found.require(review_months in (1, 2, 3, 4, 6, 12), "review_months", review_months, "1|2|3|4|6|12")
    found.require(is_between(penalty, 1e-6, 1e6), "regularisation", penalty, "1e-6 to 1e6")
    for i, spell in enumerate(spells):
        at = f"[{i}] {spell.deal}"
        found.require(spell.outcome in _CODES, f"{at}.outcome", spell.outcome, " | ".join(_CODES))
        for name in ("planned_months", "months"):
            value = getattr(spell, name)
            in_range = is_between(value, 0.0, MONTHS_MAX) and value > 0
            found.require(in_range, f"{at}.{name}", value, f"more than 0 and at most {MONTHS_MAX:.0f} months")
        for name in features:
            value = spell.features.get(name)
            found.require(is_between(value, -1e9, 1e9), f"{at}.features[{name}]", value, "a finite number")
    found.raise_all()


class _Rows(NamedTuple):
    """Reviews as rows: whether the stage was due, its outcome, its spell."""

    due: NDArray[np.bool_]
    outcome: NDArray[np.intp]
    spell: NDArray[np.intp]


def _reviews(spells: Sequence[StageSpell], review_months: int) -> _Rows:
    due, outcome, owner = [], [], []
    for i, spell in enumerate(spells):
        before, _ = review_counts(spell.planned_months, 0.0, review_months)
        count = max(1, round(spell.months / review_months))
        if spell.outcome == "advance":  # a milestone reached early is accepted when it is due
            count = max(count, before + 1)
        due += [t >= before for t in range(count)]
        outcome += [_STALL] * (count - 1) + [_CODES[spell.outcome]]
        owner += [i] * count
    return _Rows(np.array(due), np.array(outcome), np.array(owner))


def _fit_stage(spells: Sequence[StageSpell], features: Sequence[str], review_months: int, penalty: float) -> StageFit:
    table = np.array([[spell.features[name] for name in features] for spell in spells]).reshape(len(spells), -1)
    centre, spread = table.mean(axis=0), table.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    rows = _reviews(spells, review_months)
    x = ((table - centre) / spread)[rows.spell]

    def fit(due: bool) -> PhaseFit:
        return _fit_phase(x[rows.due == due], rows.outcome[rows.due == due], due, spread, penalty)

    return StageFit(
        before_due=fit(False),
        when_due=fit(True),
        centre=tuple(centre.tolist()),
        spells=len(spells),
        events={name: sum(spell.outcome == name for spell in spells) for name in _CODES},
    )


def _fit_phase(x: Floats, outcome: NDArray[np.intp], due: bool, spread: Floats, penalty: float) -> PhaseFit:
    from sklearn.linear_model import LogisticRegression

    mix = _PRIOR_MIX[due]
    outcomes = [code for code in range(4) if mix[code] > 0]
    # Equal reviews are one row with a weight: a history of thousands of spells has few different ones.
    distinct, count = np.unique(np.column_stack([x, outcome]), axis=0, return_counts=True)
    everything = np.vstack([distinct[:, :-1], np.zeros((len(outcomes), x.shape[1]))])
    labels = np.concatenate([distinct[:, -1].astype(np.intp), outcomes])
    weight = np.concatenate([count, [_PRIOR_REVIEWS * mix[code] for code in outcomes]])
    # scikit-learn wants a column even where there is no feature: a column of zeros changes nothing.
    columns = everything if x.shape[1] else np.zeros((len(everything), 1))
    model = LogisticRegression(C=1 / penalty, solver="newton-cholesky", tol=1e-8, max_iter=200)
    model.fit(columns, labels, sample_weight=weight)
    slopes = model.coef_[:, : x.shape[1]]
    design = np.column_stack([np.ones(len(everything)), everything])
    covariance = _covariance(design, model.predict_proba(columns), weight, penalty)
    back = np.concatenate([[1.0], 1 / spread])  # to the features' own units
    every = np.tile(back, len(outcomes))
    return PhaseFit(
        outcomes=tuple(outcomes),
        coefficients=_rows(np.column_stack([model.intercept_, slopes]) * back),
        covariance=_rows(covariance * np.outer(every, every)),
    )


def _covariance(design: Floats, p: Floats, weight: Floats, penalty: float) -> Floats:
    """Inverse curvature of the penalised log-likelihood at its top; the direction that changes nothing is left out."""
    classes, size = p.shape[1], design.shape[1]
    curvature = np.zeros((classes * size, classes * size))
    for a in range(classes):
        for b in range(classes):
            inner = weight * p[:, a] * ((a == b) - p[:, b])
            curvature[a * size : (a + 1) * size, b * size : (b + 1) * size] = (design * inner[:, None]).T @ design
    ridge = np.tile(np.concatenate([[0.0], np.full(size - 1, penalty)]), classes)
    return np.linalg.pinv(curvature + np.diag(ridge), hermitian=True)


def _rows(table: Floats) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(row) for row in table.tolist())
