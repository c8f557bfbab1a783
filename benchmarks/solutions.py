"""Treatment trains for three limits over 5,000 technologies, beside trying every chain, on a sample in the same run."""

import itertools
import random
import uuid
from pathlib import Path
from time import perf_counter

from msgspec.structs import replace

from benchmarks.rows import Row
from fixtures.catalogue import technologies
from marketplace.needs.envelopes import Envelope, Range, Removal
from marketplace.needs.specification import Flow, Pollutant, Specification, Stream
from marketplace.solutions.candidates import Stage, pool_of, stages_of
from marketplace.solutions.economics import throughput_of
from marketplace.solutions.kinds import ALONE
from marketplace.solutions.technologies import Solver, solver_of
from marketplace.solutions.trains import trains
from scoring.technology import Medium

TECHNOLOGIES, SAMPLE, STEPS = 5_000, 60, 4
FLOW = Flow(amount=4_000, unit="m3/d")
NEED = Specification(
    medium=Medium.WATER,
    streams=(
        Stream(
            flow=FLOW,
            pollutants=(
                Pollutant(name="COD", unit="mg/L", low=300, high=420, limit=30),
                Pollutant(name="TN", unit="mg/L", low=30, high=45, limit=10),
                Pollutant(name="TP", unit="mg/L", low=3, high=5, limit=0.3),
            ),
        ),
    ),
)


def run(data: Path | None) -> list[Row]:
    """All rows; no data set is needed."""
    del data
    many, few = solvers(TECHNOLOGIES), solvers(SAMPLE)
    times = sorted(_seconds(many) for _ in range(3))
    start = perf_counter()
    slow = naive(few)
    took = perf_counter() - start
    ours = trains(NEED, few).streams[0]
    best = ours.trains[0].annual_minor if ours.trains and ours.basis == "worst" else None
    return [
        Row(
            f"trains for three limits over {TECHNOLOGIES:,} technologies for the same medium, with the front",
            f"{times[1]:.2f} s",
            f"every chain of at most {STEPS} steps in Python, {SAMPLE} technologies, the cheapest alone",
            f"{took:.2f} s, {'the same cost' if slow == best else f'{slow} against {best}'}",
            "≤ 0.5 s",
        )
    ]


def _seconds(many: list[Solver]) -> float:
    start = perf_counter()
    trains(NEED, many)
    return perf_counter() - start


def solvers(count: int) -> list[Solver]:
    """The demo's water technologies again and again, each time with other removals, ranges, scales and prices."""
    chance = random.Random(0)
    water = [entry for entry in technologies() if Medium.WATER in entry.media]
    made = [solver_of(uuid.UUID(int=0), entry, entry.claimed_trl) for entry in water]
    chosen = [made[number % len(made)] for number in range(count)]
    return [_changed(entry, uuid.UUID(int=number + 1), chance) for number, entry in enumerate(chosen)]


def _changed(solver: Solver, id: uuid.UUID, chance: random.Random) -> Solver:
    old = solver.envelope
    scale = chance.uniform(0.5, 2.0)
    envelope = Envelope(
        id=id,
        name=old.name,
        media=old.media,
        pollutants=old.pollutants,
        influent={name: _stretched(found, chance) for name, found in old.influent.items()},
        removal={name: _moved(found, chance) for name, found in old.removal.items()},
        scale=Range("m3/d", 100.0 * scale, 50_000.0 * scale),
        costs=tuple(
            replace(cost, amount_minor=round(cost.amount_minor * chance.uniform(0.6, 1.6))) for cost in old.costs
        ),
    )
    return replace(solver, envelope=envelope, trl=chance.randint(3, 9))


def _stretched(found: Range, chance: random.Random) -> Range:
    low, high = (found.low or 0.0) * chance.uniform(0.5, 1.5), (found.high or 0.0) * chance.uniform(0.8, 2.0)
    return Range(found.unit, min(low, high), high)


def _moved(found: Removal, chance: random.Random) -> Removal:
    """The share that is kept, times something: removal stays between nothing and all."""
    factor = chance.uniform(0.5, 1.5)
    return Removal(*(max(0.0, 1 - (1 - share) * factor) for share in found))


def naive(few: list[Solver]) -> int | None:
    """The cheapest chain, by trying all, written down once more the plain way."""
    through = throughput_of(NEED.streams[0])
    if through is None:
        return None
    pool = pool_of(NEED.streams[0], few, medium="water", climate=NEED.climate, through=through, currency="CNY")
    places = stages_of(pool, "worst")
    best: int | None = None
    for length in range(1, STEPS + 1):
        for stages in itertools.combinations(places, length):
            if length > 1 and stages[-1].place.kind == ALONE:
                continue
            for rows in itertools.product(*(range(len(stage.solvers)) for stage in stages)):
                if _kept(stages, rows):
                    cost = sum(stage.prices[row].annual_minor for stage, row in zip(stages, rows, strict=True))
                    best = cost if best is None else min(best, cost)
    return best


def _kept(stages: tuple[Stage, ...], rows: tuple[int, ...]) -> bool:
    water = [pollutant.high or 0.0 for pollutant in NEED.streams[0].pollutants]
    for stage, row in zip(stages, rows, strict=True):
        keeps, floors, bears = stage.keeps[row], stage.floors[row], stage.bears[row]
        if any(amount > most for amount, most in zip(water, bears, strict=True)):
            return False
        water = [
            max(amount * keep, min(amount, floor)) for amount, keep, floor in zip(water, keeps, floors, strict=True)
        ]
    return all(
        amount <= (pollutant.limit or 0.0) for amount, pollutant in zip(water, NEED.streams[0].pollutants, strict=True)
    )
