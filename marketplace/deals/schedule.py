"""The terms' milestones as the scoring library sees them, and what it proposes instead."""

import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.deals.models import Deal, Offer
from marketplace.deals.terms import Terms, read_terms
from marketplace.listings.models import Listing
from scoring import Deal as StagedDeal
from scoring import DealStage, Refusal, TrancheDesign, design_tranches, prior_hazard

_DAYS_PER_MONTH = 30.4375
_MONTHS = (1.0, 120.0)


async def design_for(
    session: AsyncSession, *, deal: Deal, offer: Offer, milestones_max: int, holdback_max: float
) -> TrancheDesign | Refusal:
    """Compare an offer's schedule with the library's, for the readiness that the listing shows."""
    listing = await session.get_one(Listing, deal.listing_id)
    if listing.trl_low is None or listing.trl_high is None:
        return Refusal(
            reason="no-level",
            missing=("listing.trl",),
            message="How ready the technology is, is unknown, and with it how its stages may end.",
            message_zh="技术成熟度未知，无法推断各阶段的结局概率。",
        )
    staged = staged_deal(
        read_terms(offer.terms), name=str(deal.id), begins_on=offer.made_at.date(),
        low=listing.trl_low, high=listing.trl_high,
    )  # fmt: skip
    return design_tranches(staged, milestones_max=max(milestones_max, len(staged.stages)), holdback_max=holdback_max)


def staged_deal(terms: Terms, *, name: str, begins_on: datetime.date, low: int, high: int) -> StagedDeal:
    """Each milestone is a stage from the one before it to its own day; each makes the technology a level readier."""
    stages, before = [], begins_on
    for number, milestone in enumerate(terms.milestones):
        months = min(max((milestone.due_on - before).days / _DAYS_PER_MONTH, _MONTHS[0]), _MONTHS[1])
        lowest, highest = min(9, low + number), min(9, high + number)
        level = (lowest + highest) // 2
        stages.append(
            DealStage(
                name=milestone.title.en or milestone.title.zh or f"milestone {number + 1}",
                name_zh=milestone.title.zh,
                months=months,
                tranche_minor=milestone.amount_minor,
                hazard=prior_hazard(level, months, level_low=lowest, level_high=highest),
                holdback_share=milestone.holdback_minor / milestone.amount_minor,
            )
        )
        before = milestone.due_on
    return StagedDeal(id=name, currency=terms.amount.currency, instrument=terms.instrument, stages=tuple(stages))
