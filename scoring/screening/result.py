"""What a screening says of a portfolio and of each technology in it."""

from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from scoring.errors import Refusal
from scoring.portfolio.deal import Deal, DealRisk, Estimate
from scoring.portfolio.programme import Candidate
from scoring.readiness.assessment import Assessment
from scoring.scorecard.row import Score
from scoring.technology import Technology, Text

if TYPE_CHECKING:
    from scoring.readiness.text_model import LevelProposal


class LevelBasis(StrEnum):
    """What the level that a screening works with rests on, strongest first."""

    EVIDENCE = "evidence"
    CLAIM = "claim"
    TEXT = "text"


class LevelBelief(Struct, frozen=True, gc=False):
    """The TRL to work with: the level to act on and the interval around it. Never an average."""

    level: int
    low: int
    high: int
    basis: LevelBasis


class RankedBy(StrEnum):
    """What a screening ranks by; always a probability of something good."""

    COMPLETION = "completion"
    PLAN = "plan"
    CARD = "card"


class Place(Struct, frozen=True, kw_only=True, gc=False):
    """A place in the ranking and how firm it is.

    ``rank`` counts from 1 and is shared by technologies that cannot be told apart. The true rank lies between ``low``
    and ``high`` with 90 % probability, and is at most ``top_of`` with probability ``in_top``.
    """

    rank: int
    low: int
    high: int
    in_top: float
    top_of: int


class Screened(Struct, frozen=True, kw_only=True):
    """One technology of a screening.

    Attributes
    ----------
    technology : Technology
        As it was handed over.
    readiness : dict of str to Assessment or Refusal
        By framework; ``"trl"`` always, others where something is said of them.
    proposal : LevelProposal or Refusal
        What the text alone suggests.
    level : LevelBelief or Refusal
        The TRL that the risk is computed from.
    disagreement : Text or None
        Said where text and evidence contradict one another.
    scores : dict of str to Score
        By card, where the technology has that card's inputs.
    next_stage : DealRisk or Refusal
        A standard twelve-month stage at its present level: comparable over the portfolio.
    deal : DealRisk or Refusal
        The financing it asks for, stage by stage.
    measure : Estimate or Refusal
        What it is ranked by, with all of its uncertainty; the rank allows for what of it is common to all.
    rank : Place or None
        None for what can't be ranked.
    """

    technology: Technology
    readiness: dict[str, Assessment | Refusal]
    proposal: "LevelProposal | Refusal"
    level: LevelBelief | Refusal
    disagreement: Text | None
    scores: dict[str, Score]
    next_stage: DealRisk | Refusal
    deal: DealRisk | Refusal
    measure: Estimate | Refusal
    rank: Place | None

    @property
    def risk(self) -> DealRisk | Refusal:
        """The risk of the financing asked for, or of the standard stage where none is asked for."""
        return self.deal if isinstance(self.deal, DealRisk) else self.next_stage


class Screening(Struct, frozen=True, kw_only=True):
    """A screened portfolio: ranked rows first, best first, then those that could not be ranked.

    Attributes
    ----------
    rows : tuple of Screened
        All technologies handed over.
    ranked_by : RankedBy
        What the ranking is of; ``card`` names the card where it is one.
    as_of : date
        The day of the screening; later evidence did not count.
    deals : tuple of Deal
        The financings asked for, as the portfolio's loss is computed from them.
    versions : dict of str to str
        Of the library, the cards and the models used.
    """

    rows: tuple[Screened, ...]
    ranked_by: RankedBy
    card: str | None
    as_of: date
    deals: tuple[Deal, ...]
    versions: dict[str, str]

    @property
    def ranked(self) -> tuple[Screened, ...]:
        """The rows that have a rank, best first."""
        return tuple(row for row in self.rows if row.rank is not None)

    def candidates(self) -> tuple[Candidate, ...]:
        """The financings asked for, as `select` takes them: worth the money that is expected to reach its goal."""
        return tuple(
            Candidate(
                id=row.technology.id,
                cost_minor=row.deal.commitment_minor,
                value=row.deal.completion.value * row.deal.commitment_minor,
                currency=row.deal.currency,
                risk_minor=row.deal.expected_loss_minor.value_minor,
                groups=_groups(row.technology),
            )
            for row in self.rows
            if isinstance(row.deal, DealRisk)
        )

    @property
    def unranked(self) -> tuple[Screened, ...]:
        """The rows that could not be ranked, each with its refusal in ``measure``."""
        return tuple(row for row in self.rows if row.rank is None)


def _groups(technology: Technology) -> tuple[str, ...]:
    holder = (f"holder:{technology.holder}",) if technology.holder else ()
    return (*(f"medium:{medium.value}" for medium in technology.media), *holder)
