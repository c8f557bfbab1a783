"""How many get from a need to money, read from the events of processes."""

import uuid
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.deals.process import DEAL
from marketplace.introductions.process import INTRODUCTION
from marketplace.needs.process import NEED, SOLUTION
from marketplace.payments.process import MILESTONE_PAYMENT
from marketplace.process import ProcessEvent
from marketplace.screening.funnel import FUNNEL, funnel

START = datetime(2026, 3, 2, tzinfo=UTC)


def event(
    subject: str, state: str, day: float, *, of: uuid.UUID | None = None, need: uuid.UUID | None = None, entry: int = 1
) -> ProcessEvent:
    return ProcessEvent(
        subject_type=subject,
        subject_id=of or uuid.uuid4(),
        entry=entry,
        process=subject,
        version=1,
        transition="step",
        from_state=None,
        to_state=state,
        at=START + timedelta(days=day),
        actor_kind="system",
        data={"need_id": str(need)} if need else {},
    )


def test_every_step_waits_for_states_that_processes_have() -> None:
    held = (NEED, SOLUTION, INTRODUCTION, DEAL, MILESTONE_PAYMENT)
    known = {(process.name.replace("-", "_"), state.name) for process in held for state in process.states}
    for step in FUNNEL:
        assert any((subject, state) in known for subject in step.subjects for state in step.states), step.name


async def test_without_any_event_every_step_is_there_and_empty(session: AsyncSession) -> None:
    steps = await funnel(session)
    assert [step.name for step in steps] == [step.name for step in FUNNEL]
    assert all((step.count, step.timed, step.days_median) == (0, 0, None) for step in steps)


async def test_days_are_counted_from_need_to_need_between_first_times(session: AsyncSession) -> None:
    first, second, third = (uuid.uuid4() for _ in range(3))
    session.add_all(
        [
            *(event("need", "published", day, of=need) for need, day in ((first, 0), (second, 1), (third, 2))),
            event("need", "published", 9, of=first, entry=2),  # published again: one need, its first time counts
            event("solution", "proposed", 3, need=first),
            event("solution", "proposed", 8, need=first),
            event("match", "matched", 6, need=second),
            event("match", "matched", 1, need=third),  # before its need: counted, not timed
            event("deal", "awaiting-funds", 20),  # of no need that is known
            event("introduction", "opened", 21),
            event("milestone_payment", "released", 22),
            event("deal", "offered", 20, need=first),  # another state is no step
        ]
    )
    await session.flush()
    steps = {step.name: step for step in await funnel(session)}
    assert {name: step.count for name, step in steps.items()} == {
        "need": 3, "match": 4, "contact": 1, "deal": 1, "paid": 1
    }  # fmt: skip
    assert (steps["match"].timed, steps["match"].days_median) == (2, 3.0)
    assert (steps["deal"].timed, steps["deal"].days_median) == (0, None)
