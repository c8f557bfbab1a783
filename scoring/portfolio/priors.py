"""Expert priors, where no public data exist: no default record of secondary-development deals is published.

Each table says so in its name, carries a wide range and is meant to be replaced by a user's own history
(:func:`scoring.fit_stage_hazards`).
"""

from math import ceil, prod

import scipy  # its parts are loaded when they are first used: most processes never need them

from scoring.portfolio.checks import MONTHS_MAX, Findings, check_estimate, is_between
from scoring.portfolio.deal import Basis, Estimate, Hazard, Instrument, LossSeverity, StageHazard

PRIOR_SOURCE = "expert prior: no public record of defaults of secondary-development deals exists"

# Probability that a stage entered at this technology readiness level reaches its milestone before the long-stop date.
STAGE_COMPLETION: dict[int, Estimate] = {
    1: Estimate(0.30, 0.12, 0.55),
    2: Estimate(0.35, 0.15, 0.60),
    3: Estimate(0.42, 0.20, 0.65),
    4: Estimate(0.50, 0.30, 0.70),
    5: Estimate(0.58, 0.38, 0.76),
    6: Estimate(0.66, 0.45, 0.82),
    7: Estimate(0.75, 0.55, 0.88),
    8: Estimate(0.83, 0.65, 0.93),
    9: Estimate(0.90, 0.75, 0.97),
}

# Of the stages that fail, the share in which the holder defaults instead of giving the development up.
DEFAULT_SHARE_OF_FAILURES = Estimate(0.30, 0.15, 0.50)

# At each review from the planned end on, the probability that the milestone is accepted: half are late at least once.
ADVANCE_WHEN_DUE = Estimate(0.50, 0.30, 0.70)


def _severity(value: float, low: float, high: float, sd: float) -> LossSeverity:
    return LossSeverity(mean=Estimate(value, low, high), sd=sd, basis=Basis.EXPERT_PRIOR, source=PRIOR_SOURCE)


SEVERITY_ON_DEFAULT: dict[Instrument, LossSeverity] = {
    "grant": _severity(0.95, 0.85, 0.99, 0.08),
    "loan": _severity(0.60, 0.45, 0.75, 0.25),
    "convertible": _severity(0.75, 0.60, 0.88, 0.20),
    "equity": _severity(0.90, 0.80, 0.97, 0.12),
    "revenue-share": _severity(0.80, 0.65, 0.92, 0.18),
}

# A development given up leaves a borrower who still owes, but an empty share.
SEVERITY_ON_ABANDONMENT: dict[Instrument, LossSeverity] = {
    "grant": _severity(0.95, 0.85, 0.99, 0.08),
    "loan": _severity(0.35, 0.20, 0.55, 0.25),
    "convertible": _severity(0.60, 0.45, 0.78, 0.22),
    "equity": _severity(0.85, 0.70, 0.95, 0.15),
    "revenue-share": _severity(0.85, 0.70, 0.95, 0.15),
}

# 65 % of more than 21,000 venture financings of 2004-2013 returned less than was put in (Seth Levine on data of
# Correlation Ventures). The range allows for cleantech, where less than half of the money of 2006-2011 came back
# (Gaddy et al., Energy Policy 2017).
EQUITY_BELOW_1X = Estimate(0.65, 0.55, 0.80)
# The law is read as speaking of ventures with these stages ahead of them, by the level at which each is entered.
EQUITY_REFERENCE_LEVELS = (6, 7, 8)


def prior_hazard(
    level: int,
    months: float,
    *,
    level_low: int | None = None,
    level_high: int | None = None,
    pd_12_months: Estimate | None = None,
    pd_source: str = "",
    extension_months: float = 12.0,
    review_months: int = 3,
) -> StageHazard:
    """Turn a readiness level, a stage's length and perhaps a card's default probability into hazards.

    Parameters
    ----------
    level : int
        Technology readiness level at which the stage is entered, 1 to 9; the one that evidence supports.
    months : float
        Planned length of the stage.
    level_low, level_high : int, optional
        The interval of the level; the hazards' intervals widen to cover it.
    pd_12_months : Estimate, optional
        Probability of default within a year, as a card gives it; replaces the prior's share of defaults.
    pd_source : str
        Name and version of that card.
    extension_months : float
        Time after the planned end until the long-stop date.
    review_months : int
        Months between two reviews.

    Returns
    -------
    StageHazard
        With basis "card" where a card gave the default probability, else "expert prior".

    Examples
    --------
    >>> hazard = prior_hazard(6, 12)
    >>> hazard.basis.value, hazard.when_due.advance.value
    ('expert prior', 0.5)
    """
    _check(level, level_low, level_high, months, extension_months, review_months, pd_12_months)
    worst, best = level if level_low is None else level_low, level if level_high is None else level_high
    reviews = review_counts(months, extension_months, review_months)
    fails = _failure_per_review(STAGE_COMPLETION[level].value, reviews)
    fails_low = _failure_per_review(STAGE_COMPLETION[best].high, reviews)
    fails_high = _failure_per_review(STAGE_COMPLETION[worst].low, reviews)
    share = DEFAULT_SHARE_OF_FAILURES
    abandon = Estimate(fails * (1 - share.value), fails_low * (1 - share.high), fails_high * (1 - share.low))
    if pd_12_months is None:
        default = Estimate(fails * share.value, fails_low * share.low, fails_high * share.high)
    else:
        default = _per_review(pd_12_months, review_months)
    return StageHazard(
        before_due=Hazard(Estimate.exact(0.0), abandon, default),
        when_due=Hazard(_room_for(ADVANCE_WHEN_DUE, abandon, default), abandon, default),
        basis=Basis.EXPERT_PRIOR if pd_12_months is None else Basis.CARD,
        source=PRIOR_SOURCE if pd_12_months is None else f"defaults: {pd_source or 'card'}; the rest: {PRIOR_SOURCE}",
    )


def below_1x(failure: Estimate) -> Estimate:
    """The probability that equity returns less than 1x: by failing, or by completing and still returning too little.

    The second part is what the outcome law of early-stage ventures leaves once the failures of a venture at the
    law's reference stages are taken out; a stage survived lowers the first part and leaves the second.

    Examples
    --------
    >>> round(below_1x(Estimate.exact(0.2)).value, 2)
    0.32
    """
    completes = prod(STAGE_COMPLETION[level].value for level in EQUITY_REFERENCE_LEVELS)

    def after(failed: float, law: float) -> float:
        return failed + (1 - failed) * max(law - (1 - completes), 0.0) / completes

    law = EQUITY_BELOW_1X
    return Estimate(after(failure.value, law.value), after(failure.low, law.low), after(failure.high, law.high))


def _check(
    level: int,
    low: int | None,
    high: int | None,
    months: float,
    extension: float,
    review_months: int,
    pd: Estimate | None,
) -> None:
    found = Findings("prior_hazard")
    ends = (level if low is None else low, level, level if high is None else high)
    found.require(1 <= ends[0] <= level <= ends[2] <= 9, "level", ends, "1 <= level_low <= level <= level_high <= 9")
    in_range = is_between(months, 0.0, MONTHS_MAX) and months > 0
    found.require(in_range, "months", months, f"more than 0 and at most {MONTHS_MAX:.0f} months")
    found.require(is_between(extension, 0.0, MONTHS_MAX), "extension_months", extension, f"0 to {MONTHS_MAX:.0f}")
    found.require(review_months in (1, 2, 3, 4, 6, 12), "review_months", review_months, "1|2|3|4|6|12")
    if pd is not None:
        check_estimate(found, "pd_12_months", pd)
    found.raise_all()


def review_counts(months: float, extension_months: float, review_months: int) -> tuple[int, int]:
    """Reviews before a stage is due, and from its planned end to its long-stop date.

    Examples
    --------
    >>> review_counts(12, 12, 3)
    (3, 5)
    """
    planned = max(1, ceil(months / review_months))
    return planned - 1, 1 + int(extension_months // review_months)


def _failure_per_review(completion: float, reviews: tuple[int, int]) -> float:
    """The chance of failing at one review that makes the whole stage succeed with probability ``completion``."""
    before, due = reviews
    advance = ADVANCE_WHEN_DUE.value

    def surplus(fail: float) -> float:
        stall = max(1 - advance - fail, 0.0)
        return float((1 - fail) ** before * advance * sum(stall**t for t in range(due))) - completion

    if surplus(0.0) <= 0:
        return 0.0  # even without any failure, a stage may not be accepted by its long-stop date
    if surplus(1 - advance) >= 0:  # so unlikely to succeed that everything not failed must advance at once
        return 1 - float(completion ** (1 / (before + 1)))
    return float(scipy.optimize.brentq(surplus, 0.0, 1 - advance, xtol=1e-12))


def _per_review(pd: Estimate, review_months: int) -> Estimate:
    def spread(probability: float) -> float:
        return 1.0 - float((1.0 - probability) ** (review_months / 12))

    return Estimate(spread(pd.value), spread(pd.low), spread(pd.high))


def _room_for(advance: Estimate, abandon: Estimate, default: Estimate) -> Estimate:
    """``advance``, cut so that the central probabilities of one review cannot exceed 1."""
    cap = 1.0 - abandon.value - default.value
    return Estimate(
        min(advance.value, cap), min(advance.low, cap), max(min(advance.high, 1.0), min(advance.value, cap))
    )
