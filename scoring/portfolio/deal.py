"""A staged deal as data: what is paid when, and how each stage may end.

Amounts are whole minor units (fen, cents) of the deal's currency. Probabilities and shares are floats between 0 and 1;
they are statistics, and money only turns into a float while a statistic is taken of it.
"""

from enum import StrEnum
from typing import Literal

from msgspec import Struct

from scoring.scorecard.card import Grade

Instrument = Literal["grant", "loan", "convertible", "equity", "revenue-share"]
INSTRUMENTS: tuple[Instrument, ...] = ("grant", "loan", "convertible", "equity", "revenue-share")


class Basis(StrEnum):
    """Where a probability comes from, weakest first."""

    EXPERT_PRIOR = "expert prior"
    CARD = "card"
    OWN_HISTORY = "own history"
    STATED = "stated"


BASIS_ORDER = (Basis.EXPERT_PRIOR, Basis.STATED, Basis.CARD, Basis.OWN_HISTORY)


class Estimate(Struct, frozen=True, gc=False):
    """A number with the 90 % interval it is believed to lie in: ``low <= value <= high``."""

    value: float
    low: float
    high: float

    @classmethod
    def exact(cls, value: float) -> "Estimate":
        """A number without doubt, such as one fixed by contract or by a simulator."""
        return cls(value, value, value)


class AmountEstimate(Struct, frozen=True):
    """An amount of minor units with its 90 % interval."""

    value_minor: int
    low_minor: int
    high_minor: int


class Hazard(Struct, frozen=True):
    """How one review of a running stage may end; what the three leave to 1 is a stall until the next review."""

    advance: Estimate
    abandon: Estimate
    default: Estimate


class StageHazard(Struct, frozen=True, kw_only=True):
    """Competing outcomes of a stage in discrete time, at reviews before its planned end and from then on.

    Before the planned end nothing can advance (``before_due.advance`` is 0).
    """

    before_due: Hazard
    when_due: Hazard
    basis: Basis
    source: str = ""


class LossSeverity(Struct, frozen=True, kw_only=True):
    """The lost share of what is exposed: a Beta distribution given by its mean (itself uncertain) and spread."""

    mean: Estimate
    sd: float
    basis: Basis
    source: str = ""

    def beta(self, mean: float | None = None) -> tuple[float, float] | None:
        """The two parameters of the Beta distribution, or None where the share is fixed (``sd`` 0)."""
        m = self.mean.value if mean is None else mean
        if self.sd == 0 or m in (0.0, 1.0):
            return None
        # A shifted mean keeps the concentration of the central one, so that the spread always fits.
        size = self.mean.value * (1 - self.mean.value) / self.sd**2 - 1
        return m * size, (1 - m) * size


class DealStage(Struct, frozen=True, kw_only=True):
    """One tranche and the milestone it is paid for.

    The tranche less its holdback is paid when the stage starts, the holdback when its milestone is accepted.
    ``repayment_minor`` is what comes back to the investor at that moment. A stage not completed
    ``extension_months`` after its planned end has reached its long-stop date and counts as abandoned.
    The time after the last tranche of a loan is a stage without a tranche. ``name_zh`` is its name in Chinese
    sentences, where it has another there.
    """

    name: str
    months: float
    tranche_minor: int
    hazard: StageHazard | None = None
    holdback_share: float = 0.0
    repayment_minor: int = 0
    extension_months: float = 12.0
    name_zh: str | None = None


class Deal(Struct, frozen=True, kw_only=True):
    """A financing of one technology in stages.

    ``payoff_minor`` is what the investor expects once the last stage is completed; without it the option to stop
    early has no value that could be computed. ``severity_default`` and ``severity_abandon`` fall back on the expert
    prior of the instrument. Collateral counts after its haircut, then the guarantee takes its share of the rest.
    """

    id: str
    currency: str
    instrument: Instrument
    stages: tuple[DealStage, ...]
    sector: str = "unspecified"
    severity_default: LossSeverity | None = None
    severity_abandon: LossSeverity | None = None
    collateral_minor: int = 0
    collateral_haircut: float = 0.4
    guaranteed_share: float = 0.0
    payoff_minor: int | None = None
    discount_rate_per_year: float = 0.08
    review_months: int = 3


class StageRisk(Struct, frozen=True, kw_only=True):
    """What may happen in one stage, as probabilities seen from today, and the loss expected at each exit."""

    name: str
    reached: float
    completed: float
    stalled: float
    abandoned: float
    stopped: float
    defaulted: float
    months_expected: float
    exposure_minor: int
    loss_on_default_minor: int
    loss_on_abandonment_minor: int
    expected_loss_minor: int


class RiskReason(Struct, frozen=True, kw_only=True):
    """One part of the expected loss; the parts of all stages and exits add up to the whole of it."""

    code: str
    stage: str
    expected_loss_minor: int
    share: float
    text: str
    text_zh: str


class DealRisk(Struct, frozen=True, kw_only=True, tag="deal-risk"):
    """The risk of one staged deal; every estimate spans the corners of its uncertain parameters.

    ``pd`` is the probability of a default at any time, ``pd_12_months`` within a year (the grade is its place on
    the master scale), ``loss_probability`` of any exit before completion. ``severity`` is the loss given default as
    a Beta distribution on the largest exposure; ``lgd_low`` and ``lgd_high`` are its 5 % and 95 % points, collateral
    and guarantee taken into account. ``npv_minor`` and ``option_value_minor`` need a payoff; ``probability_below_1x``
    is for equity and convertibles.
    """

    id: str
    currency: str
    basis: Basis
    pd: Estimate
    pd_12_months: Estimate
    loss_probability: Estimate
    completion: Estimate
    lgd: Estimate
    lgd_low: float
    lgd_high: float
    exposure_minor: int
    commitment_minor: int
    expected_loss_minor: AmountEstimate
    grade: str
    grade_low: str
    grade_high: str
    stages: tuple[StageRisk, ...]
    months_expected: float
    npv_minor: AmountEstimate | None = None
    option_value_minor: int | None = None
    probability_below_1x: Estimate | None = None
    reasons: tuple[RiskReason, ...] = ()
    assumptions: tuple[str, ...] = ()


# Upper bounds of the one-year default probability. They double from grade to grade, as bank scales do.
MASTER_SCALE: tuple[Grade, ...] = (
    Grade(name="AAA", probability_max=0.0005),
    Grade(name="AA", probability_max=0.001),
    Grade(name="A", probability_max=0.0025),
    Grade(name="BBB", probability_max=0.0075),
    Grade(name="BB", probability_max=0.02),
    Grade(name="B", probability_max=0.05),
    Grade(name="CCC", probability_max=0.12),
    Grade(name="CC", probability_max=0.25),
    Grade(name="C", probability_max=1.0),
)


def grade_of(probability: float, scale: tuple[Grade, ...] = MASTER_SCALE) -> str:
    """The grade whose band holds the probability.

    Examples
    --------
    >>> grade_of(0.013)
    'BB'
    """
    return next(grade.name for grade in scale if probability <= grade.probability_max)
