"""Tranches of a staged deal: how to cut its milestones so that less is lost at each exit, and what that is worth.

Money paid at the start of a stage is at risk while the stage runs; money paid when its milestone is accepted is not.
What a stage spends does not change with the way it is paid, so there is something to design: how finely a stage is
cut into milestones, how much of each is held back, and at which signs to stop.
"""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from scoring.errors import Refusal
from scoring.financing import assess_deal
from scoring.portfolio.checks import Findings, is_between
from scoring.portfolio.deal import AmountEstimate, Deal, DealRisk, DealStage, Estimate, Hazard, StageHazard

HOLDBACK_MAX = 0.3
MONTHS_MIN = 3.0
MILESTONES_MAX = 12


class StopRule(Struct, frozen=True, kw_only=True):
    """When to stop paying for a milestone, as a review can see it.

    ``after_month`` counts from the milestone's start; ``expected_loss_minor`` is what is lost, on average, if the
    development fails in it.
    """

    milestone: str
    after_month: float
    text: str
    text_zh: str
    expected_loss_minor: int


class TrancheRow(Struct, frozen=True, kw_only=True):
    """One milestone of a schedule: what is paid when it starts, what when it is accepted, and what may be lost."""

    milestone: str
    months: float
    upfront_minor: int
    holdback_minor: int
    reached: float
    loss_on_default_minor: int
    loss_on_abandonment_minor: int
    expected_loss_minor: int


class Schedule(Struct, frozen=True, kw_only=True):
    """A schedule with its risk: ``expected_loss_minor`` by exit, each with its interval."""

    deal: Deal
    rows: tuple[TrancheRow, ...]
    expected_loss_minor: AmountEstimate
    completion: float


class TrancheDesign(Struct, frozen=True, kw_only=True, tag="tranche-design"):
    """The proposed schedule beside the parties' own.

    ``saved_minor`` is what the proposal loses less on average, with its interval over the same uncertain hazards;
    ``stop_rules`` say at which signs of each milestone to stop.
    """

    own: Schedule
    proposed: Schedule
    saved_minor: AmountEstimate
    stop_rules: tuple[StopRule, ...]
    assumptions: tuple[str, ...]


def design_tranches(
    deal: Deal, *, milestones_max: int = 6, holdback_max: float = 0.2, months_min: float = 6.0
) -> TrancheDesign | Refusal:
    """Propose milestone sizes, holdbacks and stop rules for a staged deal, and compare them with its own schedule.

    Parameters
    ----------
    deal : Deal
        The parties' own schedule: stages with their tranches, lengths (months), holdbacks and hazards.
    milestones_max : int
        The most milestones to propose, 1 to 12 and not fewer than the deal has stages.
    holdback_max : float
        The largest share of a milestone that may be held back until its report, 0 to 0.3.
    months_min : float
        No milestone shorter than this, 3 months or more: each costs both sides a review.

    Returns
    -------
    TrancheDesign or Refusal
        Both schedules with the loss expected at each exit; the refusal of :func:`scoring.assess_deal` where no honest
        number exists.

    Raises
    ------
    InputError
        With every invalid field at once.

    Notes
    -----
    A stage cut into ``k`` milestones keeps its length, its money and (as near as reviews allow) its probability of
    failing: each part takes the stage's hazards at its reviews, and only the last may run on to the long-stop date.
    The next cut always goes where it saves most expected loss. Costs are taken to arise evenly over a stage. Holding
    back more is always less at risk for the investor, so the holdback is the largest allowed: how much a holder can
    bridge is for the parties to say.

    Examples
    --------
    >>> import scoring
    >>> stage = scoring.DealStage(name="pilot", months=24, tranche_minor=10_000_000, hazard=scoring.prior_hazard(5, 24))
    >>> deal = scoring.Deal(id="d", currency="CNY", instrument="grant", stages=(stage,))
    >>> design = scoring.design_tranches(deal, milestones_max=4)
    >>> len(design.proposed.rows), sum(row.upfront_minor + row.holdback_minor for row in design.proposed.rows)
    (4, 10000000)
    >>> design.proposed.expected_loss_minor.value_minor < design.own.expected_loss_minor.value_minor
    True
    >>> design.saved_minor.low_minor <= design.saved_minor.value_minor <= design.saved_minor.high_minor
    True
    """
    _check(deal, milestones_max, holdback_max, months_min)
    risk = assess_deal(deal)
    if isinstance(risk, Refusal):
        return risk
    proposed, proposed_risk = _best_cut(deal, milestones_max, holdback_max, months_min)
    own, cut = _schedule(deal, risk), _schedule(proposed, proposed_risk)
    return TrancheDesign(
        own=own,
        proposed=cut,
        saved_minor=_saved(own, cut),
        stop_rules=tuple(_stop_rule(stage, row, deal) for stage, row in zip(proposed.stages, cut.rows, strict=True)),
        assumptions=(
            *risk.assumptions,
            "a stage cut into milestones keeps its length, its money and its hazards at each review",
            "costs arise evenly over a stage",
            f"holdback: the largest allowed, {holdback_max:.0%}",
        ),
    )


def _check(deal: Deal, milestones_max: int, holdback_max: float, months_min: float) -> None:
    found = Findings("design_tranches")
    fewest = max(1, len(deal.stages))
    fits = fewest <= milestones_max <= max(MILESTONES_MAX, fewest)
    found.require(fits, "milestones_max", milestones_max, f"{fewest} to {max(MILESTONES_MAX, fewest)}")
    found.require(is_between(holdback_max, 0.0, HOLDBACK_MAX), "holdback_max", holdback_max, f"0 to {HOLDBACK_MAX}")
    found.require(is_between(months_min, MONTHS_MIN, 60.0), "months_min", months_min, f"{MONTHS_MIN:.0f} to 60")
    found.raise_all()


def _best_cut(deal: Deal, milestones_max: int, holdback: float, months_min: float) -> tuple[Deal, DealRisk]:
    """Cut one stage more at a time, always the one that saves most, as long as a cut saves anything."""
    cuts = [1] * len(deal.stages)
    best = _risk_of(_cut(deal, cuts, holdback))
    while sum(cuts) < milestones_max:
        options = [_with_one_more(cuts, place) for place in range(len(cuts)) if _may_cut(deal, cuts, place, months_min)]
        tried = [(_risk_of(_cut(deal, option, holdback)), option) for option in options]
        if not tried:
            break
        (found, option) = min(tried, key=lambda pair: pair[0][1].expected_loss_minor.value_minor)
        if found[1].expected_loss_minor.value_minor >= best[1].expected_loss_minor.value_minor:
            break
        best, cuts = found, option
    return best


def _risk_of(deal: Deal) -> tuple[Deal, DealRisk]:
    risk = assess_deal(deal)
    assert isinstance(risk, DealRisk), "a cut deal has stages, hazards and exposure like the one it was cut from"  # noqa: S101
    return deal, risk


def _with_one_more(cuts: Sequence[int], place: int) -> list[int]:
    return [count + (number == place) for number, count in enumerate(cuts)]


def _may_cut(deal: Deal, cuts: Sequence[int], place: int, months_min: float) -> bool:
    stage, parts = deal.stages[place], cuts[place] + 1
    shortest = max(months_min, float(deal.review_months))
    return stage.tranche_minor >= parts and stage.months / parts >= shortest


def _cut(deal: Deal, cuts: Sequence[int], holdback: float) -> Deal:
    parts = [
        part for stage, count in zip(deal.stages, cuts, strict=True) for part in _parts(deal, stage, count, holdback)
    ]
    return replace(deal, stages=tuple(parts))


def _parts(deal: Deal, stage: DealStage, count: int, holdback: float) -> list[DealStage]:
    """``count`` milestones of about equal length (whole reviews) and money in proportion to it."""
    share = max(holdback, stage.holdback_share) if stage.tranche_minor else 0.0
    if count == 1:
        return [replace(stage, holdback_share=share)]
    edges = np.floor(np.linspace(0, stage.months / deal.review_months, count + 1) + 0.5) * deal.review_months
    edges[-1] = stage.months
    paid = [round(stage.tranche_minor * float(edge) / stage.months) for edge in edges]
    last = count - 1
    return [
        DealStage(
            name=f"{stage.name} {place + 1}/{count}",
            name_zh=f"{stage.name_zh} {place + 1}/{count}" if stage.name_zh else None,
            months=float(edges[place + 1] - edges[place]),
            tranche_minor=paid[place + 1] - paid[place],
            hazard=stage.hazard if place == last else _passing(stage.hazard),
            holdback_share=share,
            repayment_minor=stage.repayment_minor if place == last else 0,
            extension_months=stage.extension_months if place == last else 0.0,
        )
        for place in range(count)
    ]


def _passing(hazard: StageHazard | None) -> StageHazard | None:
    """A milestone within a stage: at its end the development goes on unless it has failed; nothing is late yet."""
    if hazard is None:
        return None
    due = hazard.before_due
    going = max(1 - due.abandon.value - due.default.value, 0.0)
    goes_on = Estimate(going, going, max(1 - due.abandon.low - due.default.low, going))
    return replace(hazard, when_due=Hazard(goes_on, due.abandon, due.default))


def _schedule(deal: Deal, risk: DealRisk) -> Schedule:
    rows = tuple(
        TrancheRow(
            milestone=stage.name,
            months=stage.months,
            upfront_minor=stage.tranche_minor - round(stage.tranche_minor * stage.holdback_share),
            holdback_minor=round(stage.tranche_minor * stage.holdback_share),
            reached=seen.reached,
            loss_on_default_minor=seen.loss_on_default_minor,
            loss_on_abandonment_minor=seen.loss_on_abandonment_minor,
            expected_loss_minor=seen.expected_loss_minor,
        )
        for stage, seen in zip(deal.stages, risk.stages, strict=True)
    )
    return Schedule(
        deal=deal, rows=rows, expected_loss_minor=risk.expected_loss_minor, completion=risk.completion.value
    )


def _saved(own: Schedule, proposed: Schedule) -> AmountEstimate:
    """At the same end of the hazards' intervals for both: what is uncertain is how risky the deal is, not the cut."""
    a, b = own.expected_loss_minor, proposed.expected_loss_minor
    ends = (a.low_minor - b.low_minor, a.value_minor - b.value_minor, a.high_minor - b.high_minor)
    return AmountEstimate(ends[1], min(ends), max(ends))


def _stop_rule(stage: DealStage, row: TrancheRow, deal: Deal) -> StopRule:
    """Not accepted at the first review after its planned end and no date that both accept: pay nothing more."""
    grace = min(stage.extension_months, float(deal.review_months))
    after = stage.months + grace
    return StopRule(
        milestone=stage.name,
        after_month=after,
        text=f"“{stage.name}” not accepted {after:.1f} months after its start: pay no further tranche, review to stop",
        text_zh=f"“{stage.name_zh or stage.name}”开始后 {after:.1f} 个月仍未验收：停止后续拨款并评审是否终止",
        expected_loss_minor=max(row.loss_on_default_minor, row.loss_on_abandonment_minor),
    )
