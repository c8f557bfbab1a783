"""From staged deals to loss events: how likely a loss in each stage is, and what its severity looks like."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scoring.errors import Refusal
from scoring.financing import refuse, weakest_basis
from scoring.portfolio.deal import BASIS_ORDER, Basis, Deal, Estimate, LossSeverity
from scoring.portfolio.lattice import Shape
from scoring.portfolio.stages import (
    HIGH,
    LOW,
    VALUE,
    Terms,
    best_stops,
    exits_of,
    hazard_table,
    hazards_of,
    severities,
    terms_of,
)

Floats = NDArray[np.float64]

_OPPOSITE = {VALUE: VALUE, LOW: HIGH, HIGH: LOW}


class LossEvents(NamedTuple):
    """Losses of ``n`` deals, in minor units of one currency.

    A stage ends in a loss by one of three exits: a default, an abandonment, or its tranche not being paid.
    """

    cumulative: Floats  # (n, stages), probability of having failed by the end of the stage
    weight: Floats  # (n, stages, exits), share of each exit among the stage's failures
    scale: Floats  # (n, stages, exits), what is at risk at that exit, cover taken off
    mean: Floats  # (n, stages, exits), expected lost share of it
    shapes: tuple[tuple[Shape, Shape, Shape], ...]  # of the lost share, by deal and exit
    expected: Floats  # (n,), expected loss
    first: Floats  # (n, stages), expected loss given a failure in the stage
    second: Floats  # (n, stages), its second moment
    largest: Floats  # (n,), the largest loss possible


def refuse_deals(deals: Sequence[Deal]) -> Refusal | None:
    """One refusal that names everything missing in all deals, or None."""
    refusals = [refusal for deal in deals if (refusal := refuse(deal)) is not None]
    if not refusals:
        return None
    first = refusals[0]
    return Refusal(
        reason=first.reason,
        missing=tuple(name for refusal in refusals for name in refusal.missing),
        message=f"{len(refusals)} of {len(deals)} deals cannot be assessed. {first.message}",
        message_zh=f"{len(deals)} 个项目中有 {len(refusals)} 个无法评估。{first.message_zh}",
    )


class Book(NamedTuple):
    """What is read of the deals once, whatever end of their intervals is looked at."""

    deals: Sequence[Deal]
    terms: Terms  # in minor units of one currency
    hazards: Floats  # (n, stages, phase, outcome, estimate)
    severities: tuple[tuple[LossSeverity, LossSeverity], ...]
    assumptions: tuple[str, ...]
    basis: Basis


def read_book(deals: Sequence[Deal], scale: Sequence[float]) -> Book:
    """Read the deals into arrays; each deal's amounts are multiplied by its ``scale``."""
    return Book(
        deals=deals,
        terms=terms_of(deals, scale),
        hazards=hazard_table(deals),
        severities=tuple(severities(deal) for deal in deals),
        assumptions=_assumptions(deals),
        basis=min((weakest_basis(deal) for deal in deals), key=BASIS_ORDER.index),
    )


def loss_events(book: Book, pick: int = VALUE) -> LossEvents:
    """Run every deal through its stages and collect what it may lose where.

    ``pick`` LOW or HIGH takes every parameter at the end of its interval where losses are smaller or larger.
    """
    terms = book.terms
    means = np.array([[_end(d.mean, pick), _end(a.mean, pick)] for d, a in book.severities])
    picks = (_OPPOSITE[pick], pick, pick)  # of advance, abandon, default
    hazards = hazards_of(terms, book.hazards[:, :, :, [0, 1, 2], picks])
    option = None
    if np.isfinite(terms.payoff).any():
        option, _ = best_stops(terms, hazards, means[:, 0], means[:, 1])
    exits = exits_of(hazards, option)
    by_exit = np.stack([exits.default, exits.abandon + exits.stop, exits.gate], axis=2)
    failed = by_exit.sum(axis=2)
    weight = np.divide(by_exit, failed[..., None], out=np.zeros_like(by_exit), where=failed[..., None] > 0)
    at_risk = np.stack([terms.net_default, terms.net_default, terms.net_balance[:, :-1]], axis=2)
    lost = np.broadcast_to(means[:, None, [0, 1, 1]], at_risk.shape)
    betas = [(d.beta(m), a.beta(n)) for (d, a), (m, n) in zip(book.severities, means.tolist(), strict=True)]
    spread = np.array([[1 + sum(shape) if shape else np.inf for shape in pair] for pair in betas])
    variance = (means * (1 - means) / spread)[:, None, [0, 1, 1]]
    first = (weight * at_risk * lost).sum(axis=2)
    return LossEvents(
        cumulative=np.minimum(np.cumsum(failed, axis=1), 1.0),
        weight=weight,
        scale=at_risk,
        mean=lost,
        shapes=tuple((d, a, a) for d, a in betas),
        expected=(failed * first).sum(axis=1),
        first=first,
        second=(weight * at_risk**2 * (lost**2 + variance)).sum(axis=2),
        largest=(at_risk * (weight > 0)).max(axis=(1, 2)),
    )


def _end(estimate: Estimate, pick: int) -> float:
    return (estimate.value, estimate.low, estimate.high)[pick]


def _assumptions(deals: Sequence[Deal]) -> tuple[str, ...]:
    counts: dict[str, int] = {}
    for deal in deals:
        for basis in {stage.hazard.basis for stage in deal.stages if stage.hazard}:
            counts[basis.value] = counts.get(basis.value, 0) + 1
    lines = [f"hazards from {name}: {count} of {len(deals)} deals" for name, count in sorted(counts.items())]
    return (
        *lines,
        "times of failure hang together by a Gaussian copula; severities are independent of the factors",
        "intervals: all parameters at the good or at the bad end of their intervals together",
    )
