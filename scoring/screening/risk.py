"""Financing risk of each technology: of a standard next stage, and of the financing it asks for."""

from collections.abc import Sequence
from functools import lru_cache
from math import hypot, sqrt

from scoring.errors import InputError, Refusal
from scoring.financing import assess_deal
from scoring.portfolio.deal import Deal, DealRisk, DealStage, Estimate
from scoring.portfolio.offer import deal_from_technology
from scoring.portfolio.priors import prior_hazard
from scoring.screening.result import LevelBelief
from scoring.technology import Technology

STANDARD_MONTHS = 12
COMMON_SHARE = 0.8
"""The share of the prior's variance taken as common to all technologies."""

STANDARD_TRANCHE_MINOR = 100_000_000
"""One million yuan; the standard stage is read for its shares and probabilities, which do not depend on it."""


def next_stage_risk(level: LevelBelief | Refusal, pd: Estimate | None, pd_source: str) -> DealRisk | Refusal:
    """The risk of a twelve-month stage at the present level: the same financing for every technology."""
    return level if isinstance(level, Refusal) else _standard_stage(level, pd, pd_source)


def next_stage_to_rank(level: LevelBelief, pd: Estimate | None, pd_source: str) -> Estimate | Refusal:
    """The probability of completing that stage, with the uncertainty that bears on a comparison."""
    risks = [_standard_stage(_exactly(end, level), pd, pd_source) for end in (level.level, level.low, level.high)]
    completions = [risk.completion for risk in risks if isinstance(risk, DealRisk)]
    return to_rank(completions) if len(completions) == len(risks) else risks[0]  # type: ignore[return-value]


def plan_to_rank(technology: Technology, level: LevelBelief, pd: Estimate | None, pd_source: str) -> Estimate | Refusal:
    """The share of the plan's money that is not expected to be lost, likewise."""
    kept = []
    for end in (level.level, level.low, level.high):
        risk = deal_risk(asked_deal(technology, _exactly(end, level), pd, pd_source))
        if isinstance(risk, Refusal):
            return risk
        kept.append(kept_share(risk))
    return to_rank(kept)


def kept_share(risk: DealRisk) -> Estimate:
    """The share of the commitment that is not expected to be lost."""
    loss, paid = risk.expected_loss_minor, risk.commitment_minor
    return Estimate(1 - loss.value_minor / paid, 1 - loss.high_minor / paid, 1 - loss.low_minor / paid)


def to_rank(at_levels: Sequence[Estimate]) -> Estimate:
    """One estimate for comparing technologies, from those at the level believed and at both ends of its interval.

    The technology's own doubt about its level counts in full. How far the prior is off is for the most part common
    to all technologies and moves them together, so only what is left of its variance counts.
    """
    at, values = at_levels[0], [estimate.value for estimate in at_levels]
    own = sqrt(1 - COMMON_SHARE)
    below = hypot(at.value - min(values), own * (at.value - at.low))
    above = hypot(max(values) - at.value, own * (at.high - at.value))
    return Estimate(at.value, max(0.0, at.value - below), min(1.0, at.value + above))


def _exactly(end: int, level: LevelBelief) -> LevelBelief:
    return LevelBelief(end, end, end, level.basis)


@lru_cache(maxsize=4096)
def _standard_stage(level: LevelBelief, pd: Estimate | None, pd_source: str) -> DealRisk | Refusal:
    hazard = prior_hazard(
        level.level,
        STANDARD_MONTHS,
        level_low=level.low,
        level_high=level.high,
        pd_12_months=pd,
        pd_source=pd_source,
    )
    stage = DealStage(
        name="next stage",
        name_zh="后续",
        months=STANDARD_MONTHS,
        tranche_minor=STANDARD_TRANCHE_MINOR,
        hazard=hazard,
    )
    return assess_deal(Deal(id="standard", currency="CNY", instrument="loan", stages=(stage,)))


def asked_deal(
    technology: Technology, level: LevelBelief | Refusal, pd: Estimate | None, pd_source: str
) -> Deal | Refusal:
    """The financing the technology asks for as a staged deal."""
    if technology.financing is None:
        return Refusal(
            reason="no-financing-asked",
            missing=("financing.amount_minor", "financing.stages"),
            message="No financing is asked for, so there is no deal whose risk could be assessed.",
            message_zh="未提出融资需求，无从评估具体融资的风险。",
        )
    if isinstance(level, Refusal):
        return level
    try:
        return deal_from_technology(
            technology,
            level=level.level,
            level_low=level.low,
            level_high=level.high,
            pd_12_months=pd,
            pd_source=pd_source,
        )
    except InputError as error:
        return _contradictory(error)


def deal_risk(deal: Deal | Refusal) -> DealRisk | Refusal:
    """The risk of the deal; a plan that contradicts itself is refused with what is wrong, not raised."""
    if isinstance(deal, Refusal):
        return deal
    try:
        return assess_deal(deal)
    except InputError as error:
        return _contradictory(error)


def _contradictory(error: InputError) -> Refusal:
    return Refusal(
        reason="invalid-financing",
        missing=tuple(str(found) for found in error.errors),
        message="The financing asked for contradicts itself.",
        message_zh="融资需求的数据自相矛盾。",
    )
