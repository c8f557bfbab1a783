"""Financing risk of a staged deal: PD, loss severity, exposure and expected loss, stage by stage, with reasons."""

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from scoring.errors import Refusal
from scoring.portfolio.checks import check_deals
from scoring.portfolio.deal import (
    BASIS_ORDER,
    AmountEstimate,
    Basis,
    Deal,
    DealRisk,
    DealStage,
    Estimate,
    LossSeverity,
    RiskReason,
    StageRisk,
    grade_of,
)
from scoring.portfolio.priors import below_1x
from scoring.portfolio.stages import (
    HIGH,
    LOW,
    VALUE,
    Exits,
    Hazards,
    best_stops,
    default_within,
    exits_of,
    hazard_table,
    hazards_of,
    severities,
    terms_of,
)

Floats = NDArray[np.float64]

# The centre, then every corner of (advance, abandon, default), all stages of a deal moving together.
_CORNERS = ((VALUE, VALUE, VALUE), *product((LOW, HIGH), repeat=3))
_REASONS_MAX = 4


def assess_deal(deal: Deal) -> DealRisk | Refusal:
    """Assess one staged deal.

    Parameters
    ----------
    deal : Deal
        Its stages with their hazards, and what the contract says of tranches, holdbacks, collateral and guarantee.

    Returns
    -------
    DealRisk or Refusal
        Probabilities between 0 and 1 and amounts in minor units of the deal's currency, each with an interval; a
        refusal where hazards are unknown or nothing is at risk.

    Raises
    ------
    InputError
        With every invalid field at once.

    Notes
    -----
    The interval of an estimate is its range over the corners of the hazards' intervals (all stages move together,
    so it is wide rather than narrow) and, for losses, of the severity's mean. Amounts are not discounted, values are.

    Examples
    --------
    >>> import scoring
    >>> hazard = scoring.prior_hazard(6, 12)
    >>> stage = scoring.DealStage(name="pilot", months=12, tranche_minor=100_000_000, hazard=hazard)
    >>> risk = scoring.assess_deal(scoring.Deal(id="a", currency="CNY", instrument="loan", stages=(stage,)))
    >>> risk.basis.value, round(risk.completion.value, 2)
    ('expert prior', 0.66)
    >>> risk.expected_loss_minor.low_minor < risk.expected_loss_minor.value_minor < risk.expected_loss_minor.high_minor
    True
    """
    return assess_deals([deal])[0]


def assess_deals(deals: Sequence[Deal]) -> list[DealRisk | Refusal]:
    """Assess many deals, each as :func:`assess_deal` does; all their invalid fields are raised at once."""
    check_deals(deals)
    return [refuse(deal) or _assess(deal) for deal in deals]


def refuse(deal: Deal) -> Refusal | None:
    """The reason why no honest number exists for this deal, or None."""
    if not deal.stages:
        return Refusal(
            reason="no-stages",
            missing=(f"{deal.id}.stages",),
            message="A deal without stages has no exposure to assess.",
            message_zh="没有分阶段的融资计划,无法评估敞口。",
        )
    unknown = tuple(f"{deal.id}.stages[{k}].hazard" for k, stage in enumerate(deal.stages) if stage.hazard is None)
    if unknown:
        return Refusal(
            reason="no-hazards",
            missing=unknown,
            message="How these stages may end is unknown: give a readiness level, a card's probability or a history.",
            message_zh="这些阶段的结局概率未知:请提供就绪水平、评分卡概率或自有历史数据。",
        )
    if not any(stage.tranche_minor for stage in deal.stages):
        return Refusal(
            reason="no-exposure",
            missing=(f"{deal.id}.stages[0].tranche_minor",),
            message="No stage pays anything, so nothing is at risk.",
            message_zh="各阶段均无拨款,没有风险敞口。",
        )
    return None


class _Scenarios:
    """One deal at the centre (row 0) and the corners of its hazards; severities add their own low and high."""

    def __init__(self, deal: Deal) -> None:
        self.deal = deal
        on_default, on_abandon = severities(deal)
        self.means = np.array(
            [[s.value, s.low, s.high] for s in (on_default.mean, on_abandon.mean)]
        )  # (default or abandonment, estimate)
        rows = len(_CORNERS)
        self.terms = terms_of([deal] * rows)
        table = hazard_table([deal])[0]
        picked = np.stack([table[:, :, [0, 1, 2], corner] for corner in _CORNERS])
        self.hazards: Hazards = hazards_of(self.terms, picked)
        self.option, self.value_without_option = best_stops(
            self.terms, self.hazards, np.repeat(self.means[0, VALUE], rows), np.repeat(self.means[1, VALUE], rows)
        )
        self.exits: Exits = exits_of(self.hazards, self.option)

    def losses(self, pick: int) -> Floats:
        """Expected loss by scenario, stage and exit (default, abandonment, before the tranche) in minor units."""
        on_default, on_abandon = self.means[:, pick]
        given_up = self.exits.abandon + self.exits.stop
        return np.stack(
            [
                self.exits.default * on_default * self.terms.net_default,
                given_up * on_abandon * self.terms.net_default,
                self.exits.gate * on_abandon * self.terms.net_balance[:, :-1],
            ],
            axis=2,
        )


def _assess(deal: Deal) -> DealRisk:
    case = _Scenarios(deal)
    exits, losses = case.exits, case.losses(VALUE)
    horizon = np.full(len(_CORNERS), 12 // deal.review_months)
    pd_12 = _span(default_within(case.hazards, horizon, case.option))
    completion = _span(exits.advance[:, len(deal.stages) - 1])
    failure = Estimate(1 - completion.value, 1 - completion.high, 1 - completion.low)
    lgd, lgd_low, lgd_high = _loss_given_default(case)
    expected = [case.losses(pick).sum(axis=(1, 2)) for pick in (VALUE, LOW, HIGH)]
    return DealRisk(
        id=deal.id,
        currency=deal.currency,
        basis=weakest_basis(deal),
        pd=_span(exits.default.sum(axis=1)),
        pd_12_months=pd_12,
        loss_probability=failure,
        completion=completion,
        exposure_minor=round(case.terms.exposure[0].max()),
        commitment_minor=sum(stage.tranche_minor for stage in deal.stages),
        expected_loss_minor=AmountEstimate(
            round(expected[VALUE][0]), round(expected[LOW].min()), round(expected[HIGH].max())
        ),
        grade=grade_of(pd_12.value),
        grade_low=grade_of(pd_12.low),
        grade_high=grade_of(pd_12.high),
        stages=_stage_risks(case, losses[0]),
        months_expected=float(exits.reviews[0].sum() * deal.review_months),
        reasons=_reasons(deal, losses[0]),
        assumptions=_assumptions(deal),
        lgd=lgd,
        lgd_low=lgd_low,
        lgd_high=lgd_high,
        npv_minor=_net_present_value(case),
        option_value_minor=_option_value(case),
        probability_below_1x=below_1x(failure) if deal.instrument in ("equity", "convertible") else None,
    )


def _span(by_scenario: Floats) -> Estimate:
    return Estimate(*(float(x) for x in np.clip((by_scenario[0], by_scenario.min(), by_scenario.max()), 0, 1)))


def weakest_basis(deal: Deal) -> Basis:
    """The weakest source among the hazards: a chain of stages is as well founded as its weakest one."""
    return min((stage.hazard.basis for stage in deal.stages if stage.hazard), key=BASIS_ORDER.index)


def _loss_given_default(case: _Scenarios) -> tuple[Estimate, float, float]:
    """The lost share of the largest exposure at default, cover taken into account."""
    terms, (severity, _) = case.terms, severities(case.deal)
    peak = int(terms.exposure[0].argmax())
    at_risk = float(terms.net_default[0, peak] / terms.exposure[0, peak])
    low, high = (severity_quantile(severity, q) for q in (0.05, 0.95))
    mean = severity.mean
    scaled = Estimate(mean.value * at_risk, mean.low * at_risk, mean.high * at_risk)
    return scaled, low * at_risk, high * at_risk


def severity_quantile(severity: LossSeverity, level: float) -> float:
    """The share of what is exposed that the loss exceeds with probability ``1 - level``.

    Examples
    --------
    >>> from scoring.portfolio.priors import SEVERITY_ON_DEFAULT
    >>> round(severity_quantile(SEVERITY_ON_DEFAULT["loan"], 0.5), 2)
    0.63
    """
    shape = severity.beta()
    return severity.mean.value if shape is None else float(betaincinv(*shape, level))


def _net_present_value(case: _Scenarios) -> AmountEstimate | None:
    value = case.option.value
    if not np.isfinite(value[0]):
        return None
    return AmountEstimate(round(value[0]), round(value.min()), round(value.max()))


def _option_value(case: _Scenarios) -> int | None:
    """What the right to stop early adds to the net present value."""
    gain = case.option.value[0] - case.value_without_option[0]
    return round(gain) if np.isfinite(gain) else None


def _stage_risks(case: _Scenarios, losses: Floats) -> tuple[StageRisk, ...]:
    exits, terms, means = case.exits, case.terms, case.means[:, VALUE]
    return tuple(
        StageRisk(
            name=stage.name,
            reached=float(exits.reached[0, k]),
            completed=float(exits.advance[0, k]),
            stalled=float(exits.stall[0, k]),
            abandoned=float(exits.abandon[0, k]),
            stopped=float(exits.stop[0, k] + exits.gate[0, k]),
            defaulted=float(exits.default[0, k]),
            months_expected=float(exits.reviews[0, k] * case.deal.review_months),
            exposure_minor=round(terms.exposure[0, k]),
            loss_on_default_minor=round(means[0] * terms.net_default[0, k]),
            loss_on_abandonment_minor=round(means[1] * terms.net_default[0, k]),
            expected_loss_minor=round(losses[k].sum()),
        )
        for k, stage in enumerate(case.deal.stages)
    )


_EXITS = (
    ("default", "default in stage “{}”", "“{}”阶段违约"),
    ("abandonment", "stage “{}” given up or past its long-stop date", "“{}”阶段中止或逾最后期限"),
    ("not-continued", "tranche of stage “{}” not paid", "“{}”阶段不再拨款"),
)


def _reasons(deal: Deal, losses: Floats) -> tuple[RiskReason, ...]:
    """The largest parts of the expected loss, at most four."""
    total = losses.sum()
    parts = sorted(((losses[k, e], k, e) for k in range(len(deal.stages)) for e in range(3)), reverse=True)
    return tuple(
        RiskReason(
            code=_EXITS[e][0],
            stage=deal.stages[k].name,
            expected_loss_minor=round(loss),
            share=float(loss / total),
            text=f"{_EXITS[e][1].format(deal.stages[k].name)}: {loss / total:.0%} of the expected loss",
            text_zh=f"{_EXITS[e][2].format(_in_chinese(deal.stages[k]))}：占预期损失的 {loss / total:.0%}",
        )
        for loss, k, e in parts[:_REASONS_MAX]
        if loss > 0
    )


def _in_chinese(stage: DealStage) -> str:
    return stage.name_zh or stage.name


def _assumptions(deal: Deal) -> tuple[str, ...]:
    sources = dict.fromkeys(stage.hazard.source for stage in deal.stages if stage.hazard and stage.hazard.source)
    lines = [f"hazards: {source}" for source in sources]
    for name, severity in zip(("default", "abandonment"), severities(deal), strict=True):
        lines.append(f"severity on {name}: Beta, mean {severity.mean.value:.2f}, {severity.source or severity.basis}")
    if deal.collateral_minor:
        lines.append(f"collateral counts after a haircut of {deal.collateral_haircut:.0%}")
    if deal.payoff_minor is None:
        lines.append("no payoff given: the right to stop early is not valued and not used")
    lines.append("intervals: corners of the parameters' 90 % intervals, all stages moving together")
    if deal.instrument in ("equity", "convertible"):
        lines.append("less than 1x back: 65 % of 21,000+ venture financings 2004-2013, updated by the stages survived")
    return tuple(lines)
