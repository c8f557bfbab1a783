"""Matching of technologies with calls, beside the same done pair by pair, and the stable assignment of a cohort."""

import random
import uuid
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks.rows import Row
from marketplace.matching.assignment import assign
from marketplace.matching.board import best_first, board, nearest, transposed
from marketplace.matching.columns import columns_of
from marketplace.matching.terms import LevelRange, Profile, Terms
from scoring.portfolio.deal import INSTRUMENTS, Estimate
from scoring.technology import Medium, Text

TECHNOLOGIES, CALLS, SHOWN = 10_000, 200, 50
SAMPLE_TECHNOLOGIES, SAMPLE_CALLS = 500, 20
APPLICANTS, TRACKS, SEATS, WISHES = 2_000, 40, 25, 8
POLLUTANTS = ("COD", "TN", "TP", "VOCs", "Cd")
REGIONS = ("CN", "SE", "DE", "KR")


def run(data: Path | None) -> list[Row]:
    """All rows; no data set is needed."""
    del data
    return [matching_row(), cohort_row()]


def profile(number: int, rng: random.Random) -> Profile:
    """An invented technology of which some things are unknown."""
    level = rng.randint(1, 9)
    loss = rng.uniform(0.05, 0.8)
    return Profile(
        id=uuid.UUID(int=number),
        holder_id=uuid.UUID(int=number % 700),
        name=Text(en=f"T{number}"),
        fields=tuple(medium.value for medium in rng.sample(list(Medium), rng.randint(0, 2))),
        regions=(rng.choice(REGIONS),),
        instrument=rng.choice((*INSTRUMENTS, None)),
        asks_minor=rng.choice((None, int(rng.lognormvariate(0, 1) * 1e8))),
        asks_currency=rng.choice(("CNY", "CNY", "EUR")),
        term_months=rng.choice((None, 12.0, 24.0, 36.0)),
        trl=rng.choice((None, LevelRange(max(1, level - 1), level, min(9, level + rng.randint(0, 2))))),
        loss_share=rng.choice((None, Estimate(loss, loss * 0.7, min(1.0, loss * 1.3)))),
        revenue_minor=rng.choice((None, int(rng.lognormvariate(0, 1) * 1e8))),
        revenue_currency="CNY",
        numbers={} if rng.random() < 0.3 else {"cases": float(rng.randint(0, 3)), "months-in-operation": 18.0},
        words={} if rng.random() < 0.3 else {"pollutant": tuple(rng.sample(POLLUTANTS, 2))},
    )


def terms(rng: random.Random) -> Terms:
    """An invented call."""
    low, level = int(rng.uniform(1, 9) * 1e7), rng.randint(2, 7)
    return Terms(
        fields=tuple(rng.sample(list(Medium), 3)),
        regions=rng.choice(((), ("CN",), ("SE", "DE"))),
        instruments=tuple(rng.sample(INSTRUMENTS, rng.randint(0, 2))),
        trl_min=level,
        trl_max=rng.choice((None, level + 2)),
        ticket_low_minor=rng.choice((None, low)),
        ticket_high_minor=low * 5,
        currency="CNY",
        loss_share_max=rng.choice((None, 0.3, 0.5)),
        revenue_min_minor=rng.choice((None, 10**7)),
        term_months_max=rng.choice((None, 30.0)),
        at_least=rng.choice(({}, {"cases": 1.0}, {"cases": 2.0, "months-in-operation": 12.0})),
        any_of={"pollutant": ("COD", "TN")} if rng.random() < 0.3 else {},
    )


def matching_row() -> Row:
    rng = random.Random(0)
    profiles, calls = [profile(i, rng) for i in range(TECHNOLOGIES)], [terms(rng) for _ in range(CALLS)]
    times = [_ours(profiles, calls) for _ in range(3)]
    sample, some = profiles[:SAMPLE_TECHNOLOGIES], calls[:SAMPLE_CALLS]
    start = perf_counter()
    slow = [[naive(call, entry) for entry in sample] for call in some]
    share = TECHNOLOGIES * CALLS / (SAMPLE_TECHNOLOGIES * SAMPLE_CALLS)
    scaled = (perf_counter() - start) * share
    found = board(some, columns_of(sample))
    same = np.array([[(pair[0], pair[1]) for pair in row] for row in slow]).transpose(2, 0, 1)
    differ = int((same[0] != found.missed).sum() + (same[1] != found.unknown).sum())
    return Row(
        f"margins of {TECHNOLOGIES:,} technologies × {CALLS} calls, both sides ranked, what to relax in each call",
        f"{sorted(times)[1]:.2f} s",
        f"pair by pair in Python (a sample of {SAMPLE_TECHNOLOGIES} × {SAMPLE_CALLS}, scaled; margins alone)",
        f"{scaled:.0f} s, {differ} of {2 * SAMPLE_TECHNOLOGIES * SAMPLE_CALLS:,} counts differ",
        "≤ 2 s",
    )


def _ours(profiles: list[Profile], calls: list[Terms]) -> float:
    start = perf_counter()
    found = board(calls, columns_of(profiles))
    for row in range(len(calls)):
        best_first(found, row, most=SHOWN)
        nearest(found, row)
    turned = transposed(found)
    for row in range(len(profiles)):
        best_first(turned, row, most=10)
    return perf_counter() - start


def naive(call: Terms, entry: Profile) -> tuple[int, int, float]:
    """Limits missed, limits unknown and the least typical room, written down once more the plain way."""
    rooms: list[tuple[float, float] | None] = []
    for wanted, has in (
        (call.fields, entry.fields),
        (call.regions, entry.regions),
        (call.instruments, (entry.instrument,) if entry.instrument else ()),
        *((words, entry.words.get(name, ())) for name, words in call.any_of.items()),
    ):
        if wanted:
            common = 1.0 if set(map(str, wanted)) & set(has) else -1.0
            rooms.append((common, common) if has else None)
    trl = (entry.trl.low, entry.trl.level, entry.trl.high) if entry.trl else None
    loss = (entry.loss_share.low, entry.loss_share.value, entry.loss_share.high) if entry.loss_share else None
    asks = _three(entry.asks_minor if entry.asks_currency == call.currency else None)
    earns = _three(entry.revenue_minor if entry.revenue_currency == call.currency else None)
    for values, least, most, scale in (
        (trl, call.trl_min, call.trl_max, 8.0),
        (asks, call.ticket_low_minor, call.ticket_high_minor, None),
        (loss, None, call.loss_share_max, None),
        (earns, call.revenue_min_minor, None, None),
        (_three(entry.term_months), None, call.term_months_max, None),
        *((_three(entry.numbers.get(name)), least, None, None) for name, least in call.at_least.items()),
    ):
        if least is not None or most is not None:
            rooms.append(None if values is None else _typical_and_best(values, least, most, scale))
    known = [pair for pair in rooms if pair is not None]
    missed = sum(best < 0 for _, best in known)
    return missed, len(rooms) - len(known), min((typical for typical, _ in known), default=-1.0)


def _three(value: float | None) -> tuple[float, float, float] | None:
    return None if value is None else (value, value, value)


def _typical_and_best(
    values: tuple[float, float, float], least: float | None, most: float | None, scale: float | None
) -> tuple[float, float]:
    def room(value: float) -> float:
        ends = [] if least is None else [(value - least) / (scale or least)]
        ends += [] if most is None else [(most - value) / (scale or most)]
        return min(ends)

    low, typical, high = values
    inside = any(
        (least is None or value >= least) and (most is None or value <= most) for value in (low, typical, high)
    )
    between = least is not None and most is not None and low < least and high > most
    return room(typical), max(room(low), room(high), 0.0 if inside or between else -np.inf)


def cohort_row() -> Row:
    rng = random.Random(1)
    tracks = [f"track {i}" for i in range(TRACKS)]
    wishes = {f"t{i}": [[track] for track in rng.sample(tracks, WISHES)] for i in range(APPLICANTS)}
    ranks = {}
    for track in tracks:
        applicants = [name for name, wished in wishes.items() if [track] in wished]
        rng.shuffle(applicants)
        ranks[track] = [[name] for name in applicants]
    seats = dict.fromkeys(tracks, SEATS)
    start = perf_counter()
    found = assign(wishes, ranks, seats)
    took = perf_counter() - start
    taken = _first_come(wishes, ranks, seats)
    return Row(
        f"stable places for {APPLICANTS:,} applicants with {WISHES} wishes in {TRACKS} tracks of {SEATS} seats",
        f"{took:.3f} s, {len(found.blocking)} pairs would rather have each other",
        "each track takes its best of those left, track by track",
        f"{taken} pairs would rather have each other",
        "stable",
    )


def _first_come(wishes: dict[str, list[list[str]]], ranks: dict[str, list[list[str]]], seats: dict[str, int]) -> int:
    """How many pairs are left unhappy by the way it is often done."""
    placed: dict[str, str] = {}
    for track, ranked in ranks.items():
        free = [name for (name,) in ranked if name not in placed]
        placed |= dict.fromkeys(free[: seats[track]], track)
    worst = {
        track: max((place for place, (name,) in enumerate(ranked) if placed.get(name) == track), default=-1)
        for track, ranked in ranks.items()
    }
    unhappy = 0
    for name, wished in wishes.items():
        for (track,) in wished:
            if placed.get(name) == track:
                break
            unhappy += ranks[track].index([name]) < worst[track]
    return unhappy
