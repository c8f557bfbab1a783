"""Things of a party's own, for the table of who may do what."""

import uuid
from typing import Any

from marketplace.actors import system
from marketplace.database import Sessions, transaction
from marketplace.needs.specification import Flow, Pollutant
from marketplace.solutions.brief import Brief, Goal, Source
from marketplace.solutions.keeping import keep_plan
from marketplace.solutions.planning import plan
from scoring.technology import Medium

BRIEF = Brief(
    from_year=2026,
    sources=(
        Source(
            name="Works", medium=Medium.WATER, flow=Flow(amount=1000, unit="m3/d"),
            pollutants=(Pollutant(name="COD", unit="mg/L", low=200, high=300),),
        ),
    ),
    goals=(Goal(pollutant="COD", year=2030, reduction_share=0.5),),
)  # fmt: skip


async def kept_plan(sessions: Sessions, party: Any) -> uuid.UUID:
    async with transaction(sessions, system("test")) as session:
        made = await keep_plan(
            session, organisation_id=party.organisation_id, title="A plan", brief=BRIEF, plan=plan(BRIEF, [])
        )
        return made.id
