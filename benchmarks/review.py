"""Assigning 2,000 applications to 200 reviewers beside taking the best pairs first, scores, and the decision pack."""

import asyncio
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np
from scipy.stats import kendalltau, zscore
from sqlalchemy import URL

from benchmarks.rows import Row
from fixtures.simulated_reviews import Simulated, mean_levels, simulate
from fixtures.whole_rounds import make_whole_round
from marketplace.actors import system
from marketplace.capabilities import import_capabilities
from marketplace.database import WORKER, make_engine, make_sessions, transaction
from marketplace.embedded import EmbeddedPostgres, Role
from marketplace.migrate import Roles, upgrade
from marketplace.review import pack
from marketplace.review.assignment import Assignment, Wanted, assign
from marketplace.review.merits import Judged, judge
from marketplace.review.models import ReviewRound

APPLICATIONS, REVIEWERS, REVIEWS, PLACES, SEED = 2_000, 200, 3, 33, 7
CALLS = 12
CLOSED = 200
ORGANISER = system("benchmark").acting_as("holder", "poster", "operator", "organiser", "reviewer")


def run(data: Path | None) -> list[Row]:
    """All rows; no data set is needed."""
    del data
    return [*assignment_rows(), *score_rows(), closing_row()]


def call_of_thousands() -> Wanted:
    """Applications and reviewers spread over twelve fields; one pair in fifty is in conflict."""
    rng = np.random.default_rng(SEED)
    about, knows = rng.dirichlet([0.3] * 12, APPLICATIONS), rng.dirichlet([0.5] * 12, REVIEWERS)
    fit = (about / np.linalg.norm(about, axis=1)[:, None]) @ (knows / np.linalg.norm(knows, axis=1)[:, None]).T
    allowed = rng.random(fit.shape) > 0.02
    return Wanted(np.full(APPLICATIONS, REVIEWS), np.full(REVIEWERS, PLACES), np.clip(fit, 0, 1), allowed)


def greedy(wanted: Wanted) -> tuple[float, float, int]:
    """The best pair that is left, again and again: mean fit, worst mean fit of an application, reviews not placed."""
    reviews, places = wanted.reviews.copy(), wanted.places.copy()
    sums = np.zeros(len(reviews))
    order = np.argsort(-wanted.fit, axis=None)
    for i, r in zip(*np.unravel_index(order, wanted.fit.shape), strict=True):
        if wanted.allowed[i, r] and reviews[i] and places[r]:
            reviews[i] -= 1
            places[r] -= 1
            sums[i] += wanted.fit[i, r]
    return float(sums.sum() / wanted.reviews.sum()), float((sums / wanted.reviews).min()), int(reviews.sum())


def assignment_rows() -> list[Row]:
    wanted = call_of_thousands()
    start = perf_counter()
    found = assign(wanted)
    ours = perf_counter() - start
    start = perf_counter()
    mean, worst, missing = greedy(wanted)
    theirs = perf_counter() - start
    if not isinstance(found, Assignment):
        raise TypeError("this call has enough reviewers")
    peer = "greedy: the best pair left, again and again"
    what = f"{APPLICATIONS:,} applications × {REVIEWERS} reviewers, {REVIEWS} reviews each"
    return [
        Row(f"assign {what}", f"{ours:.1f} s, all placed", peer, f"{theirs:.1f} s, {missing} not placed", "≤ 5 s"),
        Row(
            "fit of the application served worst (of 1); of all on average",
            f"{found.worst:.2f} (at most {found.bound:.2f} is possible); {found.mean:.2f}",
            peer,
            f"{worst:.2f}; {mean:.2f}",
            "the worst as well as possible",
        ),
    ]


def score_rows() -> list[Row]:
    calls = [simulate(60, 12, REVIEWS, seed) for seed in range(CALLS)]
    start = perf_counter()
    judged = [judge(call.reviews, call.scales) for call in calls]
    each = (perf_counter() - start) / CALLS
    held = np.mean(
        [
            found.merits[name].margin.low <= truth <= found.merits[name].margin.high
            for call, found in zip(calls, judged, strict=True)
            for name, truth in call.truth.items()
        ]
    )
    ours = np.mean([tau(call, margins(found)) for call, found in zip(calls, judged, strict=True)])
    means = np.mean([tau(call, mean_levels(call)) for call in calls])
    normed = np.mean([tau(call, normalised(call)) for call in calls])
    what = f"{CALLS} simulated calls, 60 applications × {REVIEWS} reviews by 12 reviewers"
    return [
        Row(
            f"rank correlation with the truth (Kendall), {what}",
            f"{ours:.3f}, {each:.2f} s a call",
            "mean of levels; mean of each reviewer's z-scores",
            f"{means:.3f}; {normed:.3f}",
            "above both",
        ),
        Row("90 % intervals that hold the truth, same calls", f"{held:.1%}", "mean of levels", "no interval", "90 %"),
    ]


def closing_row() -> Row:
    """From the request to the kept pack: everything is read, judged, told and written in one transaction."""
    import_capabilities("models")
    import_capabilities("jobs")
    with tempfile.TemporaryDirectory(prefix="greenhatch-bench-") as home:
        Path(home).chmod(0o711)
        with EmbeddedPostgres(Path(home), durable=False, archive=False) as server:
            asyncio.run(upgrade(Roles(*(server.url(role) for role in (Role.OWNER, Role.APP, Role.READER)))))
            took, size = asyncio.run(_closed(server.url(Role.APP)))
    return Row(
        f"close a round of {CLOSED:,} applications × {REVIEWS} reviews: the decision pack",
        f"{took:.2f} s, {size / 1e6:.1f} MB",
        "",
        None,
        "≤ 1 s",
    )


async def _closed(address: URL) -> tuple[float, int]:
    """Seconds, and bytes of the pack."""
    engine = make_engine(address, timeouts=WORKER)
    sessions = make_sessions(engine)
    async with transaction(sessions, ORGANISER) as session:
        review_round = await make_whole_round(session, applications=CLOSED, reviewers=CLOSED // 5, reviews=REVIEWS)
    start = perf_counter()
    async with transaction(sessions, ORGANISER) as session:
        held = await session.get_one(ReviewRound, review_round.id)
        await pack.close_round(session, review_round=held)
    took = perf_counter() - start
    async with transaction(sessions, ORGANISER) as session:
        kept = await pack.pack_of(session, review_round)
    await engine.dispose()
    return took, len(kept.content) if kept else 0


def margins(found: Judged) -> dict[str, float]:
    return {str(name): merit.margin.value for name, merit in found.merits.items()}


def tau(call: Simulated, scores: dict[str, float]) -> float:
    names = sorted(call.truth)
    return float(kendalltau([scores[name] for name in names], [call.truth[name] for name in names])[0])


def normalised(call: Simulated) -> dict[str, float]:
    """The usual repair: each reviewer's mean levels as z-scores, averaged by application."""
    weights = {scale.id: scale.weight for scale in call.scales}
    by_reviewer: dict[object, list[tuple[str, float]]] = {}
    for review in call.reviews:
        level = sum(weights[name] * given for name, given in review.levels.items())
        by_reviewer.setdefault(review.reviewer, []).append((str(review.application), level))
    sums: dict[str, list[float]] = {}
    for given in by_reviewer.values():
        for (name, _), z in zip(given, zscore([level for _, level in given]), strict=True):
            sums.setdefault(name, []).append(float(z))
    return {name: float(np.mean(values)) for name, values in sums.items()}
