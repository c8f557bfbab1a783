"""A staged deal as a discrete-time multi-state process: exits, exposures, and when it pays to stop.

At every review a running stage advances, stalls, is abandoned or defaults. Everything here is computed for many
deals (or many scenarios of one deal) at once: the first axis of every array is the deal, the second the stage,
the third the review within the stage.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scoring.portfolio.deal import Deal, DealStage, LossSeverity
from scoring.portfolio.priors import SEVERITY_ON_ABANDONMENT, SEVERITY_ON_DEFAULT

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

VALUE, LOW, HIGH = 0, 1, 2  # the places of an estimate's three numbers


class Terms(NamedTuple):
    """What contracts fix, by deal and stage; stages a deal does not have hold zeros."""

    stage_count: NDArray[np.intp]  # (n,)
    reviews_before: NDArray[np.intp]  # (n, stages)
    reviews_due: NDArray[np.intp]  # (n, stages)
    upfront: Floats  # (n, stages), paid at the stage's start
    exposure: Floats  # (n, stages), at risk while the stage runs
    balance: Floats  # (n, stages + 1), at risk just before the stage's tranche
    inflow: Floats  # (n, stages), repayment less holdback when the milestone is accepted
    payoff: Floats  # (n,), NaN where unknown
    discount: Floats  # (n,), for one review
    net_default: Floats  # (n, stages), exposure after collateral and guarantee
    net_balance: Floats  # (n, stages + 1)


class Hazards(NamedTuple):
    """Probabilities of each outcome at each review, ``(n, stages, reviews)``; the long-stop date stands apart."""

    advance: Floats
    abandon: Floats
    default: Floats
    long_stop: Floats
    stall: Floats
    running: Flags  # the stage exists and has this review
    first_due: NDArray[np.intp]  # (n, stages)


class Exits(NamedTuple):
    """Probabilities of each exit, seen from today, ``(n, stages)``."""

    reached: Floats
    advance: Floats
    abandon: Floats  # including the long-stop date
    default: Floats
    stop: Floats  # the investor stops at a review of the running stage
    gate: Floats  # the investor does not pay the stage's tranche
    stall: Floats  # late at least once
    reviews: Floats  # expected reviews spent in the stage


class Option(NamedTuple):
    """Where the investor stops, and what the deal is worth with and without that right."""

    stop: Flags  # (n, stages, reviews), before the review takes place
    gate: Flags  # (n, stages)
    value: Floats  # (n,)


def severities(deal: Deal) -> tuple[LossSeverity, LossSeverity]:
    """The loss severity on default and on abandonment: the deal's own, or the prior of its instrument."""
    return (
        deal.severity_default or SEVERITY_ON_DEFAULT[deal.instrument],
        deal.severity_abandon or SEVERITY_ON_ABANDONMENT[deal.instrument],
    )


def terms_of(deals: Sequence[Deal], scale: Sequence[float] | None = None) -> Terms:
    """Collect the contracts; ``scale`` turns each deal's minor units into the common ones."""
    factor = np.ones(len(deals)) if scale is None else np.asarray(scale, dtype=np.float64)
    tranche, held, repaid, months, extension = _by_stage(deals, _contract, 5)
    review_months = np.array([deal.review_months for deal in deals])
    exists = months > 0
    planned = np.maximum(np.ceil(months / review_months[:, None]), 1)
    extended = 1 + np.floor(extension / review_months[:, None])
    tranche, repaid = tranche * factor[:, None], repaid * factor[:, None]
    exposure, balance = _exposures(tranche, held, repaid)
    cover = np.array([deal.collateral_minor * (1 - deal.collateral_haircut) for deal in deals]) * factor
    open_share = np.array([1 - deal.guaranteed_share for deal in deals])
    yearly = np.array([1 + deal.discount_rate_per_year for deal in deals])
    return Terms(
        stage_count=exists.sum(axis=1),
        reviews_before=np.where(exists, planned - 1, 0).astype(np.intp),
        reviews_due=np.where(exists, extended, 0).astype(np.intp),
        upfront=tranche * (1 - held),
        exposure=exposure,
        balance=balance,
        inflow=repaid - tranche * held,
        payoff=np.array([np.nan if deal.payoff_minor is None else deal.payoff_minor for deal in deals]) * factor,
        discount=yearly ** (-review_months / 12),
        net_default=np.maximum(exposure - cover[:, None], 0) * open_share[:, None],
        net_balance=np.maximum(balance - cover[:, None], 0) * open_share[:, None],
    )


def _by_stage(deals: Sequence[Deal], read: Callable[[DealStage], tuple[float, ...]], width: int) -> Floats:
    """Numbers of every stage as ``(width, n, stages)``, zeros where a deal has no such stage."""
    counts = np.array([len(deal.stages) for deal in deals])
    out = np.zeros((len(deals), int(counts.max()), width))
    out[np.arange(out.shape[1]) < counts[:, None]] = [read(stage) for deal in deals for stage in deal.stages]
    return out.transpose(2, 0, 1)


def _contract(stage: DealStage) -> tuple[float, ...]:
    return stage.tranche_minor, stage.holdback_share, stage.repayment_minor, stage.months, stage.extension_months


def _exposures(tranche: Floats, held: Floats, repaid: Floats) -> tuple[Floats, Floats]:
    """Money at risk while each stage runs, and between stages; a holdback is at risk only once it is paid."""
    n, size = tranche.shape
    exposure, balance = np.zeros((n, size)), np.zeros((n, size + 1))
    for k in range(size):
        exposure[:, k] = balance[:, k] + tranche[:, k] * (1 - held[:, k])
        balance[:, k + 1] = np.maximum(exposure[:, k] + tranche[:, k] * held[:, k] - repaid[:, k], 0)
    return exposure, balance


def hazard_table(deals: Sequence[Deal]) -> Floats:
    """All hazards as ``(n, stages, phase, outcome, estimate)``; absent stages hold zeros."""
    flat = _by_stage(deals, _hazard, 18)
    return flat.transpose(1, 2, 0).reshape(*flat.shape[1:], 2, 3, 3)


def _hazard(stage: DealStage) -> tuple[float, ...]:
    assert stage.hazard is not None, "unknown hazards are refused before"  # noqa: S101
    numbers: list[float] = []
    for phase in (stage.hazard.before_due, stage.hazard.when_due):
        for outcome in (phase.advance, phase.abandon, phase.default):
            numbers += (outcome.value, outcome.low, outcome.high)
    return tuple(numbers)


def hazards_of(terms: Terms, picked: Floats) -> Hazards:
    """Lay the picked probabilities ``(n, stages, phase, outcome)`` out over reviews up to the long-stop date."""
    before, due = terms.reviews_before[..., None], terms.reviews_due[..., None]
    review = np.arange(int((before + due).max()))
    is_due, running = review >= before, review < before + due  # an absent stage has no reviews
    per_review = np.where(is_due[..., None], picked[:, :, 1, None, :], picked[:, :, 0, None, :]) * running[..., None]
    abandon, default = per_review[..., 1], per_review[..., 2]
    # At a corner of the intervals the three may exceed 1: failing goes before advancing, that is the careful side.
    crowded = np.maximum(abandon + default, 1.0)
    abandon, default = abandon / crowded, default / crowded
    advance = np.minimum(per_review[..., 0], 1 - abandon - default)
    stall = np.maximum(1 - advance - abandon - default, 0) * running
    last = review == before + due - 1
    long_stop, stall = np.where(last, stall, 0.0), np.where(last, 0.0, stall)
    return Hazards(advance, abandon, default, long_stop, stall, running, terms.reviews_before)


def best_stops(terms: Terms, hazards: Hazards, lost_default: Floats, lost_abandon: Floats) -> tuple[Option, Floats]:
    """Backward induction: stop where what can still be recovered is worth more than going on.

    ``lost_default`` and ``lost_abandon`` are the expected lost shares, ``(n,)``. The second answer is the deal's
    value without the right to stop. A deal without a payoff is never stopped.
    """
    option = _induce(terms, hazards, lost_default, lost_abandon, may_stop=True)
    return option, _induce(terms, hazards, lost_default, lost_abandon, may_stop=False).value


def _induce(terms: Terms, hazards: Hazards, lost_d: Floats, lost_a: Floats, *, may_stop: bool) -> Option:
    n, size, reviews = hazards.advance.shape
    known = np.isfinite(terms.payoff)
    stop, gate = np.zeros((n, size, reviews), dtype=bool), np.zeros((n, size), dtype=bool)
    entered = np.where(known, terms.payoff, 0.0)
    payoff = entered
    for k in range(size - 1, -1, -1):
        after = np.where(k == terms.stage_count - 1, payoff, entered)
        salvage = terms.exposure[:, k] - lost_a * terms.net_default[:, k]
        recovered = terms.exposure[:, k] - lost_d * terms.net_default[:, k]
        running = np.zeros(n)
        for t in range(reviews - 1, -1, -1):
            ends = hazards.advance[:, k, t] * (terms.inflow[:, k] + after) + hazards.default[:, k, t] * recovered
            ends = ends + (hazards.abandon[:, k, t] + hazards.long_stop[:, k, t]) * salvage
            running = terms.discount * (ends + hazards.stall[:, k, t] * running)
            if may_stop and t > 0:  # nobody stops in the moment of paying
                stop[:, k, t] = known & (salvage > running)
                running = np.where(stop[:, k, t], salvage, running)
        go_on = running - terms.upfront[:, k]
        if k > 0 and may_stop:
            left = terms.balance[:, k] - lost_a * terms.net_balance[:, k]
            gate[:, k] = known & (left > go_on) & (k < terms.stage_count)
            go_on = np.where(gate[:, k], left, go_on)
        entered = go_on
    return Option(stop, gate, np.where(known, entered, np.nan))


def exits_of(hazards: Hazards, option: Option | None = None) -> Exits:
    """Probability of each exit of each stage, seen from today."""
    n, size, _ = hazards.advance.shape
    out = Exits(*(np.zeros((n, size)) for _ in Exits._fields))
    arrive = np.ones(n)
    for k in range(size):
        arrive = arrive * hazards.running[:, k, 0]
        if option is not None:
            out.gate[:, k] = arrive * option.gate[:, k]
            arrive = arrive - out.gate[:, k]
        out.reached[:, k] = arrive
        _run_stage(out, hazards, k, None if option is None else option.stop[:, k])
        arrive = out.advance[:, k]
    return out


def _run_stage(out: Exits, hazards: Hazards, k: int, stop: Flags | None) -> None:
    """Follow one stage review by review, adding each exit's probability to ``out``."""
    alive = out.reached[:, k]
    for t in range(hazards.advance.shape[2]):
        if stop is not None:
            out.stop[:, k] += alive * stop[:, t]
            alive = alive * ~stop[:, t]
        out.reviews[:, k] += alive * hazards.running[:, k, t]
        out.advance[:, k] += alive * hazards.advance[:, k, t]
        out.abandon[:, k] += alive * (hazards.abandon + hazards.long_stop)[:, k, t]
        out.default[:, k] += alive * hazards.default[:, k, t]
        late = alive * (hazards.stall + hazards.long_stop)[:, k, t]
        out.stall[:, k] += np.where(t == hazards.first_due[:, k], late, 0.0)
        alive = alive * hazards.stall[:, k, t]


def default_within(hazards: Hazards, reviews: NDArray[np.intp], option: Option | None = None) -> Floats:
    """Probability of a default within the first ``reviews`` reviews of the calendar, by deal, ``(n,)``."""
    alive = np.zeros_like(hazards.advance)
    alive[:, 0, 0] = 1.0
    total = np.zeros(len(alive))
    for step in range(int(reviews.max())):
        if option is not None:
            alive[:, :, 0] *= ~option.gate
            alive *= ~option.stop
        total += (alive * hazards.default).sum(axis=(1, 2)) * (step < reviews)
        moved = np.zeros_like(alive)
        moved[:, :, 1:] = (alive * hazards.stall)[:, :, :-1]
        moved[:, 1:, 0] += (alive * hazards.advance).sum(axis=2)[:, :-1]
        alive = moved
    return total
