"""The portfolio's loss beside Monte Carlo and the asymptotic formula, and the times of selection and ranking."""

from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

import scoring
from benchmarks.rows import Row
from fixtures.simulator import simulate_deals, simulate_losses
from scoring.portfolio.exposures import loss_events, read_book

DEALS, SEED, REPEATS = 1000, 7, 5
WITHIN, BETWEEN, LEVEL = 0.2, 0.5, 0.999


def run(data: Path | None) -> list[Row]:
    """All rows; no data set is needed."""
    del data
    return [*loss_rows(), *selection_rows(), rank_row()]


def seconds(work: Callable[[], object]) -> float:
    """Median time of a call."""
    work()
    times = []
    for _ in range(REPEATS):
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return median(times)


def loss_rows() -> list[Row]:
    deals = simulate_deals(DEALS, SEED)

    def ours(**options: Any) -> Any:
        return scoring.loss_distribution(
            deals, sector_correlation=WITHIN, factor_correlation=BETWEEN, levels=(0.99, LEVEL), **options
        )

    usual, fine = ours(), ours(bins=131_072, spacing=0.05, intervals=False)
    var, reference = usual.var_minor(LEVEL), fine.var_minor(LEVEL)
    plain, whole = seconds(lambda: ours(intervals=False)), seconds(ours)
    carlo, spread = monte_carlo(deals)
    limit = asymptotic(deals)
    return [
        Row(
            f"loss distribution, {DEALS} staged deals, six sectors: VaR, ES and every deal's share",
            f"{plain:.3f} s (with low and high ends {whole:.3f} s)",
            "Monte Carlo, 20,000 paths, numpy",
            f"{carlo:.2f} s, without shares",
            "≤ 0.25 s",
        ),
        Row(
            "VaR 99.9 against a grid of 131,072 points and factor steps of 0.05",
            f"{abs(var / reference - 1):.3%}, the same bytes each time",
            "Monte Carlo, four seeds",
            f"± {spread:.1%}",
            "≤ 0.1 %",
        ),
        Row(
            "the same VaR by the large-portfolio formula",
            "0 (by definition)",
            "asymptotic Vasicek, one factor, mean severity",
            f"{limit / reference - 1:+.1%}",
            "–",
        ),
    ]


def monte_carlo(deals: list[scoring.Deal]) -> tuple[float, float]:
    """Time of one run, and half the range of the quantile over four seeds."""
    events = loss_events(read_book(deals, [1.0] * len(deals)))
    sectors = [deal.sector for deal in deals]
    found, times = [], []
    for seed in range(4):
        start = perf_counter()
        losses = simulate_losses(events, sectors, within=WITHIN, between=BETWEEN, paths=20_000, seed=seed)
        times.append(perf_counter() - start)
        found.append(np.quantile(losses.sum(axis=1), LEVEL))
    return median(times), (max(found) - min(found)) / (2 * float(np.mean(found)))


def asymptotic(deals: list[scoring.Deal]) -> float:
    """Vasicek's quantile: every deal's expected loss at the factor's own quantile, as if there were one factor."""
    events = loss_events(read_book(deals, [1.0] * len(deals)))
    failed = ndtr((ndtri(events.cumulative) + np.sqrt(WITHIN) * ndtri(LEVEL)) / np.sqrt(1 - WITHIN))
    return float((np.diff(failed, axis=1, prepend=0.0) * events.first).sum())


def pool(count: int) -> list[scoring.Candidate]:
    rng = np.random.default_rng(0)
    return [
        scoring.Candidate(
            id=f"c{i}",
            cost_minor=int(rng.lognormal(0, 0.7) * 1e8),
            value=float(rng.lognormal(0, 0.6)),
            groups=(f"medium:{i % 6}", f"province:{i % 17}"),
            risk_minor=int(rng.lognormal(0, 1) * 1e7),
        )
        for i in range(count)
    ]


def selection_rows() -> list[Row]:
    candidates = pool(1000)
    quotas = [
        scoring.Quota(group="medium:0", min_count=10),
        scoring.Quota(group="medium:1", max_amount_minor=10**9),
        scoring.Quota(group="province:3", max_count=2, max_risk_minor=5 * 10**7),
    ]

    def select(marginal_seconds: float) -> scoring.Selection:
        found = scoring.select(
            candidates,
            budget=10**10,
            seats=80,
            quotas=quotas,
            risk_limit=6 * 10**8,
            marginal_seconds=marginal_seconds,
        )
        assert isinstance(found, scoring.Selection), found.message
        return found

    start = perf_counter()
    full = select(120.0)
    whole = perf_counter() - start
    density = sorted(candidates, key=lambda c: (c.cost_minor / 1e10 + c.risk_minor / 6e8 + 1 / 80) / c.value)
    greedy = greedy_value(density)
    return [
        Row(
            f"best set of 1,000 under six limits, with a swap for each of the {len(full.swaps)} left out",
            f"{seconds(lambda: select(0.01)):.2f} s, proved best",
            "greedy by value for the shares of budget, risk and seats it takes",
            f"{greedy / full.value - 1:+.1%} of the value",
            "about 1 s",
        ),
        Row(
            f"exact marginal value of each of {len(full.chosen)} members",
            f"{whole:.1f} s",
            "none found",
            "–",
            "time-bounded",
        ),
    ]


def greedy_value(order: list[scoring.Candidate]) -> float:
    """What a careful person with a spreadsheet would reach: the ten of the quota first, then the best value."""
    members: list[scoring.Candidate] = []

    def room(c: scoring.Candidate) -> bool:
        after = [*members, c]
        return (
            len(after) <= 80
            and sum(m.cost_minor for m in after) <= 10**10
            and sum(m.risk_minor for m in after) <= 6 * 10**8
            and sum(m.cost_minor for m in after if "medium:1" in m.groups) <= 10**9
            and sum("province:3" in m.groups for m in after) <= 2
            and sum(m.risk_minor for m in after if "province:3" in m.groups) <= 5 * 10**7
        )

    def fill(wanted: list[scoring.Candidate], most: int) -> None:
        for c in wanted:
            if c not in members and len(members) < most and room(c):
                members.append(c)

    fill([c for c in order if "medium:0" in c.groups], 10)
    fill(order, 80)
    return sum(c.value for c in members)


def rank_row() -> Row:
    rng = np.random.default_rng(0)
    value, spread = rng.normal(0, 1, 5000), rng.uniform(0.05, 0.5, 5000)
    ids = [f"t{i}" for i in range(5000)]
    ours = seconds(lambda: scoring.rank_intervals(ids, value, value - spread, value + spread))
    start = perf_counter()
    draws = value + spread / 1.645 * rng.standard_normal((1000, 5000))
    places = np.argsort(np.argsort(-draws, axis=1), axis=1)
    np.quantile(places, [0.05, 0.5, 0.95], axis=0)
    counted = perf_counter() - start
    return Row(
        "rank intervals and chances of 5,000 items",
        f"{ours:.2f} s, no chance in it",
        "1,000 random draws, numpy",
        f"{counted:.2f} s, chances ± 1.5 points",
        "–",
    )
