"""Treatment trains for a typed need: per stream the cheapest chains that keep all limits, or which limit nothing keeps.

Trains are compared by cost, by the room at the limit that binds and by maturity, never by a sum of these: what is
offered are the cheapest trains for each room and maturity asked for.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from msgspec import Struct

from marketplace.errors import FieldError, Invalid
from marketplace.needs.sizes import Size, sizes
from marketplace.needs.specification import Cap, Specification, Stream
from marketplace.solutions.candidates import Basis, Floats, Pool, Stage, concentration, pool_of, stages_of
from marketplace.solutions.describing import Train, described, none_needed
from marketplace.solutions.economics import Throughput, throughput_of
from marketplace.solutions.refusing import ground_unsaid, refusal
from marketplace.solutions.search import Chosen, Target, at_least, cheapest, thinned
from marketplace.solutions.technologies import Solver
from scoring.errors import Refusal

ROOMS = (0.0, 0.1, 0.25, 0.5)
MATURITIES = (0, 7, 9)
CURRENCY = "CNY"
# More of these would take longer than anybody waits for an answer.
STREAMS_MAX, POLLUTANTS_MAX, LIMITS_MAX = 3, 8, 5


class StreamAnswer(Struct, frozen=True, kw_only=True):
    """`trains` from the cheapest on; `basis` says in which case they keep the limits.

    `left_out` counts technologies for these pollutants that could not be considered, by reason. `sizes` is what is to
    be treated, as it was said and as it follows.
    """

    stream: int
    basis: str
    trains: tuple[Train, ...]
    refusal: Refusal | None
    considered: int
    left_out: dict[str, int]
    sizes: tuple[Size, ...] = ()


class Answer(Struct, frozen=True, kw_only=True):
    currency: str
    streams: tuple[StreamAnswer, ...]


def trains(specification: Specification, solvers: Sequence[Solver]) -> Answer:
    """The trains of every stream.

    Raises
    ------
    Invalid
        If a stream lacks what a train needs: all of it at once.
    """
    if faults := list(_lacking(specification)):
        raise Invalid(faults, code="need-too-vague", message="A train needs more.", message_zh="信息不足以组合工艺。")
    currency = next((cap.currency for cap in (specification.capex, specification.opex) if cap), CURRENCY)
    found = [_stream(specification, number, solvers, currency) for number in range(len(specification.streams))]
    return Answer(currency=currency, streams=tuple(found))


def _lacking(specification: Specification) -> Iterator[FieldError]:
    if specification.medium is None:
        yield _missing("medium", "a medium", "请选择所属领域")
    if not specification.streams:
        yield _missing("streams", "at least one stream", "请至少填写一股流")
    if len(specification.streams) > STREAMS_MAX:
        yield _missing("streams", f"at most {STREAMS_MAX} streams at a time", f"一次最多{STREAMS_MAX}股流")
    for number, stream in enumerate(specification.streams):
        yield from _lacking_of(f"streams.{number}", stream)
    caps = [cap for cap in (specification.capex, specification.opex) if cap]
    if len({cap.currency for cap in caps}) > 1:
        yield _missing("opex.currency", "one currency for both caps", "两项费用上限须用同一币种")


def _lacking_of(place: str, stream: Stream) -> Iterator[FieldError]:
    if len(stream.pollutants) > POLLUTANTS_MAX:
        expected, expected_zh = f"at most {POLLUTANTS_MAX} pollutants", f"最多{POLLUTANTS_MAX}种污染物"
        yield _missing(f"{place}.pollutants", expected, expected_zh)
    if throughput_of(stream) is None:
        expected = "a flow in m3/d, m3/h, L/s, Nm3/h, t/d, t/h or t/a, or soil in t, m3, m2, mu, ha or km2"
        yield _missing(
            f"{place}.flow", expected, "请填写流量（m3/d、Nm3/h、t/d等），土壤填质量、体积或面积（t、m3、mu等）"
        )
    limits = sum(pollutant.limit is not None for pollutant in stream.pollutants)
    if limits > LIMITS_MAX:
        yield _missing(f"{place}.pollutants", f"at most {LIMITS_MAX} limits", f"最多{LIMITS_MAX}项限值")
    if not limits:
        yield _missing(f"{place}.pollutants", "a limit of at least one pollutant", "请至少填写一项污染物限值")
    for at, pollutant in enumerate(stream.pollutants):
        if pollutant.low is None and pollutant.high is None:
            yield _missing(f"{place}.pollutants.{at}.high", "how much comes in", "请填写进口浓度")


def _missing(field: str, expected: str, expected_zh: str) -> FieldError:
    return FieldError(field=f"specification.{field}", expected=expected, expected_zh=expected_zh)


def _stream(specification: Specification, number: int, solvers: Sequence[Solver], currency: str) -> StreamAnswer:
    stream = specification.streams[number]
    through = throughput_of(stream)
    if through is None or specification.medium is None:
        raise ValueError("a stream without what _lacking sees to")
    caps = _caps(specification, through)
    pool = pool_of(
        stream, solvers, medium=specification.medium.value, climate=specification.climate, through=through,
        currency=currency,
    )  # fmt: skip
    bases: tuple[Basis, ...] = ("worst", "typical")
    for basis in bases:
        stages = [thinned(stage, caps) for stage in stages_of(pool, basis)]
        start, limits = _asked(stream, basis)
        chosen = _front(stages, start, limits, caps)
        if chosen:
            made = [_described(stream, stages, steps, through, currency, limits) for steps in chosen]
            return _answer(number, basis, tuple(made), None, pool)
    found = ground_unsaid(number, pool) or refusal(stream, stages, Target(start, limits, caps))
    return _answer(number, "typical", (), found, pool)


def _described(
    stream: Stream, stages: Sequence[Stage], chosen: Chosen, through: Throughput, currency: str, limits: Floats
) -> Train:
    if not chosen.steps:
        return none_needed(stream, currency)
    steps = [(stages[at].place, stages[at].solvers[row], stages[at].prices[row]) for at, row in chosen.steps]
    return described(stream, steps, through, currency)


def _answer(number: int, basis: Basis, made: tuple[Train, ...], none: Refusal | None, pool: Pool) -> StreamAnswer:
    return StreamAnswer(
        stream=number, basis=basis, trains=made, refusal=none, considered=pool.considered, left_out=pool.left_out,
        sizes=sizes(pool.stream),
    )  # fmt: skip


def _asked(stream: Stream, basis: Basis) -> tuple[Floats, Floats]:
    start = np.array([concentration(pollutant, basis) for pollutant in stream.pollutants], float)
    limits = np.array([np.inf if entry.limit is None else entry.limit for entry in stream.pollutants], float)
    return start, limits


def _caps(specification: Specification, through: Throughput) -> Floats:
    """The most per year, for capital and for operation a year, in minor units; a cap per another unit cannot bind."""
    capex = _cap(specification.capex, through, yearly=False)
    opex = _cap(specification.opex, through, yearly=True)
    return np.array([np.inf, capex, opex])


def _cap(cap: Cap | None, through: Throughput, *, yearly: bool) -> float:
    if cap is None:
        return float("inf")
    units = through.treated_in(cap.per_unit) if yearly else through.capacity_in(cap.per_unit)
    return float("inf") if units is None else float(cap.amount_minor * units)


class _Measured(NamedTuple):
    chosen: Chosen
    room: float
    maturity: int
    asked: tuple[float, int]


def _front(stages: Sequence[Stage], start: Floats, limits: Floats, caps: Floats) -> list[Chosen]:
    """The cheapest for every room and maturity, without those beside which another is as good in all three."""
    found: list[_Measured] = []
    for maturity in MATURITIES:
        mature = [at_least(stage, maturity) for stage in stages]
        for room in ROOMS:
            if _answered(found, room, maturity):
                continue
            chosen = cheapest(mature, Target(start, limits * (1 - room), caps))
            if chosen is None:
                break
            found.append(_Measured(chosen, *_room_and_maturity(stages, chosen, start, limits), (room, maturity)))
    unlike = {_shown(entry): entry for entry in reversed(found)}.values()
    front = [entry for entry in unlike if not any(_better(other, entry) for other in unlike)]
    return [entry.chosen for entry in sorted(front, key=lambda entry: (entry.chosen.annual, -entry.room))]


def _answered(found: Sequence[_Measured], room: float, maturity: int) -> bool:
    """Whether the cheapest for a smaller demand does this one, too: then it is the cheapest here as well."""
    return any(entry.asked[0] <= room <= entry.room and entry.asked[1] <= maturity <= entry.maturity for entry in found)


def _room_and_maturity(stages: Sequence[Stage], chosen: Chosen, start: Floats, limits: Floats) -> tuple[float, int]:
    water, maturity = start, 9
    for at, row in chosen.steps:
        stage = stages[at]
        water = np.maximum(water * stage.keeps[row], np.minimum(water, stage.floors[row]))
        maturity = min(maturity, int(stage.maturity[row]))
    asked = np.isfinite(limits) & (limits > 0)
    room = float(((limits - water)[asked] / limits[asked]).min()) if asked.any() else 0.0
    return room, maturity


def _shown(entry: _Measured) -> tuple[int, float, int]:
    """As precisely as it is told: a difference in the last bit is none."""
    return round(entry.chosen.annual), -round(entry.room, 9), -entry.maturity


def _better(other: _Measured, entry: _Measured) -> bool:
    ours, theirs = _shown(entry), _shown(other)
    return theirs != ours and all(their <= our for their, our in zip(theirs, ours, strict=True))
