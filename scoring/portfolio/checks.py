"""Reading what callers hand over: every problem is collected, then all are raised at once."""

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite

from scoring.errors import CellError, InputError
from scoring.portfolio.deal import INSTRUMENTS, Deal, DealStage, Estimate, Hazard, LossSeverity, StageHazard

AMOUNT_MAX = 10**17  # a thousand million million fen: larger than any budget, small enough for exact floats and sums
STAGES_MAX = 50
MONTHS_MAX = 600.0


class Findings:
    """The problems found so far, each with its place, the value seen and what was expected."""

    def __init__(self, of: str) -> None:
        self.of = of
        self.errors: list[CellError] = []

    def add(self, place: str, value: object, expected: str) -> None:
        self.errors.append(CellError(file=self.of, row=None, column=place, value=str(value)[:80], expected=expected))

    def require(self, holds: bool, place: str, value: object, expected: str) -> None:
        if not holds:
            self.add(place, value, expected)

    def amount(self, place: str, value: object) -> None:
        if type(value) is not int or not 0 <= value <= AMOUNT_MAX:
            self.add(place, value, f"a whole number of minor units from 0 to {AMOUNT_MAX:.0e}")

    def share(self, place: str, value: object) -> None:
        self.require(is_between(value, 0.0, 1.0), place, value, "a number from 0 to 1")

    def raise_all(self) -> None:
        if self.errors:
            raise InputError(self.errors)


def is_between(value: object, low: float, high: float) -> bool:
    """Whether the value is a finite number (not a truth value) in the closed range."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value) and low <= value <= high


def check_deals(deals: Sequence[Deal]) -> None:
    """Raise every problem of every deal at once; unknown hazards are not a problem here but a reason to refuse."""
    found = Findings("deals")
    found.require(len(deals) > 0, "deals", "", "at least one deal")
    check_unique(found, "id", [deal.id for deal in deals])
    for deal in deals:
        check_deal(found, deal)
    found.raise_all()


def check_unique(found: Findings, place: str, names: Iterable[str]) -> None:
    """Report every name that occurs twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            found.add(place, name, "an identifier used once")
        seen.add(name)


def check_deal(found: Findings, deal: Deal) -> None:
    at = deal.id
    found.require(bool(deal.id.strip()), "id", deal.id, "a name that is not empty")
    found.require(_is_currency(deal.currency), f"{at}.currency", deal.currency, "an ISO 4217 code such as CNY")
    found.require(deal.instrument in INSTRUMENTS, f"{at}.instrument", deal.instrument, " | ".join(INSTRUMENTS))
    found.amount(f"{at}.collateral_minor", deal.collateral_minor)
    found.share(f"{at}.collateral_haircut", deal.collateral_haircut)
    found.share(f"{at}.guaranteed_share", deal.guaranteed_share)
    rate = deal.discount_rate_per_year
    found.require(is_between(rate, 0.0, 1.0), f"{at}.discount_rate_per_year", rate, "a yearly rate from 0 to 1")
    found.require(deal.review_months in (1, 2, 3, 4, 6, 12), f"{at}.review_months", deal.review_months, "1|2|3|4|6|12")
    if deal.payoff_minor is not None:
        found.amount(f"{at}.payoff_minor", deal.payoff_minor)
    for name, severity in (("severity_default", deal.severity_default), ("severity_abandon", deal.severity_abandon)):
        if severity is not None:
            check_severity(found, f"{at}.{name}", severity)
    size = len(deal.stages)
    found.require(size <= STAGES_MAX, f"{at}.stages", f"{size} stages", f"at most {STAGES_MAX}")
    for k, stage in enumerate(deal.stages):
        _check_stage(found, f"{at}.stages[{k}]", stage)


def _is_currency(code: str) -> bool:
    return len(code) == 3 and code.isascii() and code.isalpha() and code.isupper()


def _check_stage(found: Findings, at: str, stage: DealStage) -> None:
    found.amount(f"{at}.tranche_minor", stage.tranche_minor)
    found.amount(f"{at}.repayment_minor", stage.repayment_minor)
    found.share(f"{at}.holdback_share", stage.holdback_share)
    in_range = is_between(stage.months, 0.0, MONTHS_MAX) and stage.months > 0
    found.require(in_range, f"{at}.months", stage.months, f"more than 0 and at most {MONTHS_MAX:.0f} months")
    longest = is_between(stage.extension_months, 0.0, MONTHS_MAX)
    found.require(longest, f"{at}.extension_months", stage.extension_months, f"0 to {MONTHS_MAX:.0f} months")
    if stage.hazard is not None:
        _check_stage_hazard(found, f"{at}.hazard", stage.hazard)


def _check_stage_hazard(found: Findings, at: str, hazard: StageHazard) -> None:
    check_hazard(found, f"{at}.before_due", hazard.before_due)
    check_hazard(found, f"{at}.when_due", hazard.when_due)
    early = hazard.before_due.advance
    found.require(early.high == 0, f"{at}.before_due.advance", early.high, "0: no milestone before the planned end")


def check_hazard(found: Findings, at: str, hazard: Hazard) -> None:
    """Each outcome is a probability with an interval, and the competing ones leave something or nothing to a stall."""
    outcomes = (hazard.advance, hazard.abandon, hazard.default)
    if not all(is_in_order(outcome) for outcome in outcomes):
        for name, outcome in zip(("advance", "abandon", "default"), outcomes, strict=True):
            check_estimate(found, f"{at}.{name}", outcome)
        return
    total = hazard.advance.value + hazard.abandon.value + hazard.default.value
    found.require(total <= 1 + 1e-9, at, total, "probabilities of advance, abandon and default that sum to at most 1")


def check_estimate(found: Findings, at: str, estimate: Estimate) -> None:
    if not is_in_order(estimate):
        found.add(at, (estimate.low, estimate.value, estimate.high), "0 <= low <= value <= high <= 1")


def is_in_order(estimate: Estimate) -> bool:
    """Whether an estimate is a probability inside its interval; NaN and texts are not."""
    try:
        return bool(0.0 <= estimate.low <= estimate.value <= estimate.high <= 1.0)
    except TypeError:
        return False


def check_severity(found: Findings, at: str, severity: LossSeverity) -> None:
    check_estimate(found, f"{at}.mean", severity.mean)
    mean = severity.mean.value
    possible = is_between(severity.sd, 0.0, 0.5) and (severity.sd == 0 or severity.sd**2 < mean * (1 - mean))
    found.require(possible, f"{at}.sd", severity.sd, "0, or a spread below sqrt(mean x (1 - mean)), as of a Beta law")


def check_levels(found: Findings, place: str, levels: Sequence[float]) -> None:
    """Confidence levels: a few, rising, strictly inside (0, 1)."""
    inside = all(is_between(level, 0.5, 0.99999) for level in levels)
    rising = len(levels) > 0 and list(levels) == sorted(set(levels))
    found.require(inside and rising, place, tuple(levels), "rising levels from 0.5 to 0.99999")


def check_correlations(found: Findings, within: float | Mapping[str, float], between: float) -> None:
    """Asset correlations within sectors, and the correlation between two sectors' factors."""
    items = within.items() if isinstance(within, Mapping) else [("", within)]
    for sector, value in items:
        place = f"sector_correlation[{sector}]" if sector else "sector_correlation"
        found.require(is_between(value, 0.0, 0.99), place, value, "a correlation from 0 to 0.99")
    allowed = is_between(between, 0.0, 0.99) or between == 1
    found.require(allowed, "factor_correlation", between, "a correlation from 0 to 0.99, or 1 for one common factor")
