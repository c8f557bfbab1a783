"""Calls with known merits: severe and lenient reviewers, views of their own, uneven criteria."""

from typing import NamedTuple

import numpy as np

from marketplace.review.merits import Review, Scale

REFERENCES = 3


class Simulated(NamedTuple):
    """`truth` are the margins, by applications' names; `severity` by reviewers'; `pool` gives further reviews."""

    reviews: list[Review]
    scales: list[Scale]
    truth: dict[str, float]
    severity: dict[str, float]
    further: dict[str, list[Review]]
    references: list[Review]


def simulate(
    applications: int, reviewers: int, each: int, seed: int, *, noise: str = "logistic", severity: float = 0.9
) -> Simulated:
    """Four criteria of five levels. Each application has `each` reviews, and two more in waiting.

    Beside them everybody rates the same three references.
    """
    rng = np.random.default_rng(seed)
    merits = rng.normal(0, 1.5, applications)[:, None] + rng.normal(0, 0.7, (applications, 4))
    harsh = rng.normal(0, severity, reviewers)
    harsh -= harsh.mean()  # a typical reviewer is typical of the pool
    cuts = np.sort(np.linspace(-2.2, 2.2, 4) + rng.normal(0, 0.2, (4, 4)), axis=1)
    scales = [Scale(id=f"c{c}", levels=5, bar=3, weight=c + 1.0) for c in range(4)]
    margins = (merits - cuts[:, 2]) @ np.arange(1, 5) / 10
    reviews, further, load = [], {}, np.zeros(reviewers)
    for i in range(applications):
        who = np.argsort(load + rng.random(reviewers) * 1.5)[: each + 2]
        load[who[:each]] += 1
        found = []
        for r in who:
            errors = rng.logistic(size=4) if noise == "logistic" else rng.normal(0, 1.8, 4)
            seen = merits[i] - harsh[r] + rng.normal(0, 0.7) + errors
            levels = {f"c{c}": int((seen[c] > cuts[c]).sum()) for c in range(4)}
            found.append(Review(application=f"a{i:03}", reviewer=f"r{r:03}", levels=levels))
        reviews += found[:each]
        further[f"a{i:03}"] = found[each:]
    references = []
    for n in range(REFERENCES):
        merit = rng.normal(0, 1.0, 4)
        for r in range(reviewers):
            seen = merit - harsh[r] + rng.normal(0, 0.7) + rng.logistic(size=4)
            levels = {f"c{c}": int((seen[c] > cuts[c]).sum()) for c in range(4)}
            references.append(Review(application=f"reference {n}", reviewer=f"r{r:03}", levels=levels))
    truth = {f"a{i:03}": float(margins[i]) for i in range(applications)}
    return Simulated(
        reviews, scales, truth, {f"r{r:03}": float(harsh[r]) for r in range(reviewers)}, further, references
    )


def mean_levels(found: Simulated) -> dict[str, float]:
    """What a spreadsheet does instead: the weighted mean of the levels."""
    sums: dict[str, list[float]] = {}
    for review in found.reviews:
        mean = sum(scale.weight * review.levels[scale.id] for scale in found.scales)
        sums.setdefault(str(review.application), []).append(mean)
    return {name: float(np.mean(values)) for name, values in sums.items()}
