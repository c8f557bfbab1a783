"""先用后转: trying a technology out before taking it over, judged by measures agreed on beforehand."""

import datetime
import math
from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import actor_of
from marketplace.database import clock_of
from marketplace.deals.consents import managers_only
from marketplace.deals.course import agreed_terms, locked, move, own_side
from marketplace.deals.models import Deal, TrialResult
from marketplace.deals.terms import Kpi
from marketplace.errors import Conflict, FieldError, Invalid
from marketplace.process import ProcessEvent
from scoring.technology import Text


class KpiStanding(Struct, frozen=True, kw_only=True):
    """One KPI with each side's last measurement; `met` is None while a side has none or the two disagree."""

    key: str
    name: Text
    unit: str
    direction: str
    limit: float
    holder: float | None
    financier: float | None
    met: bool | None


async def report_result(
    session: AsyncSession, *, deal: Deal, kpi: str, value: float, measured_on: datetime.date, note: str = ""
) -> TrialResult:
    """Keep a measurement; a later one of the same side replaces it in what is shown, not in what is kept."""
    await locked(session, deal)
    if deal.state not in ("in-trial", "judging"):
        raise Conflict("no-trial", "There is no trial under way.", "当前没有进行中的试用。")
    if faults := _wrong(await _kpis(session, deal), kpi, value, measured_on, clock_of(session).now().date()):
        raise Invalid(faults)
    actor, side = actor_of(session), own_side(session, deal)
    person = actor.id if actor.kind == "person" else None
    found = TrialResult(
        deal_id=deal.id, kpi=kpi, value=value, measured_on=measured_on, side=side, person_id=person, note=note
    )
    session.add(found)
    await session.flush()
    return found


def _wrong(
    kpis: Sequence[Kpi], key: str, value: float, measured_on: datetime.date, today: datetime.date
) -> list[FieldError]:
    wrong, known = [], [kpi.key for kpi in kpis]
    if key not in known:
        wrong.append(FieldError(field="kpi", value=key, expected=" | ".join(known), expected_zh="须为约定的指标"))
    if not math.isfinite(value):
        wrong.append(
            FieldError(field="value", value=str(value), expected="a finite number", expected_zh="须为有限数值")
        )
    if measured_on > today:
        expected, zh = f"a day not after {today}", f"不得晚于{today}"
        wrong.append(FieldError(field="measured_on", value=str(measured_on), expected=expected, expected_zh=zh))
    return wrong


async def _kpis(session: AsyncSession, deal: Deal) -> Sequence[Kpi]:
    trial = None if deal.agreed_offer_id is None else (await agreed_terms(session, deal)).trial
    return () if trial is None else trial.kpis


async def standing_of(session: AsyncSession, deal: Deal) -> list[KpiStanding]:
    """How the trial stands, KPI by KPI."""
    query = select(TrialResult).where(TrialResult.deal_id == deal.id).order_by(TrialResult.measured_on, TrialResult.id)
    last = {(found.kpi, found.side): found.value for found in (await session.scalars(query)).all()}
    return [_standing(kpi, last) for kpi in await _kpis(session, deal)]


def _standing(kpi: Kpi, last: dict[tuple[str, str], float]) -> KpiStanding:
    holder, financier = last.get((kpi.key, "holder")), last.get((kpi.key, "financier"))
    verdicts = {None if value is None else kpi.met_by(value) for value in (holder, financier)}
    return KpiStanding(
        key=kpi.key,
        name=kpi.name.text(),
        unit=kpi.unit,
        direction=kpi.direction,
        limit=kpi.limit,
        holder=holder,
        financier=financier,
        met=verdicts.pop() if len(verdicts) == 1 else None,
    )


async def end_trial(session: AsyncSession, *, deal: Deal) -> ProcessEvent:
    """The financier has seen enough."""
    await locked(session, deal)
    return await move(session, deal, "end-trial")


async def convert(session: AsyncSession, *, deal: Deal) -> ProcessEvent:
    """Take up the option: the technology changes hands on the terms that were signed."""
    managers_only(session)
    await locked(session, deal)
    return await move(session, deal, "convert", data={"kpis": await _verdicts(session, deal)})


async def return_technology(session: AsyncSession, *, deal: Deal, note: str = "") -> ProcessEvent:
    """Give it back and pay nothing. Silence does the same: nobody buys by forgetting."""
    await locked(session, deal)
    return await move(session, deal, "return", note=note, data={"kpis": await _verdicts(session, deal)})


async def _verdicts(session: AsyncSession, deal: Deal) -> dict[str, bool | None]:
    return {kpi.key: kpi.met for kpi in await standing_of(session, deal)}
