"""The answer of a screening: its rows, best first, and how it differs from the answer before."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from marketplace.money import Money
from marketplace.screening.facts import Facts
from scoring.errors import Refusal
from scoring.portfolio.deal import Estimate
from scoring.screening.ranking import choose_measure, places_of
from scoring.screening.result import LevelBelief, Place, RankedBy
from scoring.technology import Text

TOP = 10
LISTED_MAX = 100
"""Changes of one kind that are named one by one; all are counted."""

_UNRANKED = Refusal(reason="no-measure")


class Row(Struct, frozen=True, kw_only=True, gc=False):
    """One technology: its listing's id, or the portfolio's own. `place` is null where it could not be ranked.

    `measure` is what the run is ranked by; `loss` is the expected loss of the financing asked for, `loss_share` that
    of a standard next stage where none is asked for.
    """

    id: str
    name: Text
    place: Place | None
    level: LevelBelief | None
    measure: Estimate | None
    grade: str | None
    loss_share: Estimate | None
    loss: Money | None
    reasons: tuple[Text, ...]
    missing: tuple[str, ...]


class Changes(Struct, frozen=True, kw_only=True):
    """Against the run before: ids (at most a hundred of each kind), and how many there are of each."""

    entered: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    regraded: tuple[str, ...] = ()
    counts: dict[str, int] = {}

    def __bool__(self) -> bool:
        return any(self.counts.values())


def ranked(facts: Mapping[str, Facts]) -> tuple[RankedBy, list[Row]]:
    """Rank by the plans where most ask for financing, else by the chance of completing a standard next stage."""
    with_plan = sum(one.plan is not None for one in facts.values())
    chosen, _ = choose_measure(with_plan, {}, len(facts))
    compared = [_measure(one, chosen)[1] or _UNRANKED for one in facts.values()]
    rows = [_row(name, facts[name], chosen, place) for name, place in zip(facts, places_of(compared, TOP), strict=True)]
    rows.sort(key=_order)
    return chosen, rows


def _measure(facts: Facts, chosen: RankedBy) -> tuple[Estimate | None, Estimate | None]:
    if chosen is RankedBy.PLAN:
        return facts.plan, facts.plan_to_rank
    return facts.completion, facts.completion_to_rank


def _row(name: str, facts: Facts, chosen: RankedBy, place: Place | None) -> Row:
    return Row(
        id=name,
        name=facts.name,
        place=place,
        level=facts.level,
        measure=_measure(facts, chosen)[0],
        grade=facts.grade,
        loss_share=facts.loss_share,
        loss=facts.loss,
        reasons=facts.reasons,
        missing=facts.missing,
    )


def _order(row: Row) -> tuple[bool, int, float, float, float, str]:
    if row.place is None or row.measure is None:
        return True, 0, 0.0, 0.0, 0.0, row.id
    return False, row.place.rank, -row.measure.value, -row.measure.low, -row.measure.high, row.id


def encoded(rows: Sequence[Row]) -> bytes:
    return msgspec.json.encode(rows)


def decoded(rows: bytes) -> list[Row]:
    return msgspec.json.decode(rows, type=list[Row])


def changes(before: Sequence[Row], now: Sequence[Row]) -> Changes:
    """Who is new, who is gone, and whose grade or level is another. Ranks move with every newcomer and do not count."""
    was, is_now = ({row.id: row for row in rows} for rows in (before, now))
    found = {
        "entered": [name for name in is_now if name not in was],
        "left": [name for name in was if name not in is_now],
        "regraded": [name for name in is_now if name in was and _differs(was[name], is_now[name])],
    }
    listed: dict[str, Any] = {kind: tuple(ids[:LISTED_MAX]) for kind, ids in found.items()}
    return Changes(**listed, counts={kind: len(ids) for kind, ids in found.items()})


def _differs(before: Row, now: Row) -> bool:
    return (before.grade, before.level) != (now.grade, now.level)


def flat(row: Row) -> dict[str, Any]:
    """The row as cells of a table."""
    place, level, measure, loss = row.place, row.level, row.measure, row.loss_share
    return {
        "id": row.id,
        "name_zh": row.name.zh,
        "name_en": row.name.en,
        "rank": place and place.rank,
        "rank_low": place and place.low,
        "rank_high": place and place.high,
        f"probability_in_top_{TOP}": place and place.in_top,
        "trl": level and level.level,
        "trl_low": level and level.low,
        "trl_high": level and level.high,
        "trl_basis": level and level.basis.value,
        "measure": measure and measure.value,
        "measure_low": measure and measure.low,
        "measure_high": measure and measure.high,
        "grade": row.grade,
        "expected_loss_share": loss and loss.value,
        "expected_loss_share_low": loss and loss.low,
        "expected_loss_share_high": loss and loss.high,
        "expected_loss_minor": row.loss and row.loss.amount_minor,
        "currency": row.loss and row.loss.currency,
        "reasons_zh": "；".join(reason.zh or "" for reason in row.reasons),
        "reasons_en": "; ".join(reason.en or "" for reason in row.reasons),
        "missing": ", ".join(row.missing),
    }
