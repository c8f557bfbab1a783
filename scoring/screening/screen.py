"""`screen`: a portfolio in, every technology's readiness, risk, reasons and rank out."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from importlib.metadata import version
from typing import NamedTuple

from scoring.errors import Refusal
from scoring.io.problems import Problems
from scoring.portfolio.deal import Deal, DealRisk, Estimate
from scoring.readiness.assessment import Assessment
from scoring.readiness.text_model import LevelProposal
from scoring.scorecard.card import Scorecard
from scoring.scorecard.row import Score
from scoring.screening.cards import REFERENCE_CARDS, as_estimate, default_probability, scores_of
from scoring.screening.levels import assess_all, believed_level, disagreement
from scoring.screening.ranking import choose_measure, places_of
from scoring.screening.result import LevelBelief, Place, RankedBy, Screened, Screening
from scoring.screening.risk import (
    asked_deal,
    deal_risk,
    kept_share,
    next_stage_risk,
    next_stage_to_rank,
    plan_to_rank,
)
from scoring.technology import Technology

Proposer = Callable[[Technology], LevelProposal | Refusal]
TOP = 10


class _Draft(NamedTuple):
    """Everything about one technology but its rank."""

    technology: Technology
    readiness: dict[str, Assessment | Refusal]
    proposal: LevelProposal | Refusal
    level: LevelBelief | Refusal
    scores: dict[str, Score]
    next_stage: DealRisk | Refusal
    plan: Deal | Refusal
    deal: DealRisk | Refusal


def screen(
    technologies: Sequence[Technology],
    *,
    as_of: date | None = None,
    cards: Mapping[str, Scorecard] | None = None,
    propose: Proposer | None = None,
    ranked_by: RankedBy | str | None = None,
    card: str | None = None,
    top: int = TOP,
    progress: Callable[[int], None] = lambda _: None,
) -> Screening:
    """Screen a portfolio.

    Parameters
    ----------
    technologies : sequence of Technology
        With distinct identifiers, as `read_technologies` gives them.
    as_of : date, optional
        The day of the screening, today by default; later evidence does not count.
    cards : mapping of str to Scorecard, optional
        By name; the reference cards by default. A card is asked where a technology has at least half its inputs.
    propose : callable, optional
        What suggests a level from text; the reference readiness model by default.
    ranked_by : {"completion", "plan", "card"}, optional
        By default whatever most of the portfolio has: plans, a card's inputs, or the standard next stage.
    card : str, optional
        The card to rank by, with ``ranked_by="card"``.
    top : int
        For which k to say how likely a technology stays among the first k.
    progress : callable, optional
        Told how many technologies are done.

    Returns
    -------
    Screening
        Best first; what could not be ranked comes last, each with the refusal that says what is missing.

    Raises
    ------
    InputError
        With every identifier that occurs twice.

    Examples
    --------
    >>> from datetime import date
    >>> import scoring
    >>> from scoring.technology import Text
    >>> pair = [scoring.Technology(id=i, name=Text(en=i), claimed_trl=t) for i, t in [("a", 3), ("b", 8)]]
    >>> found = scoring.screen(pair, as_of=date(2026, 1, 1))
    >>> [row.technology.id for row in found.ranked], found.ranked_by.value
    (['b', 'a'], 'completion')
    """
    _check_ids(technologies)
    day = as_of or date.today()  # noqa: DTZ011 - the day where the user is
    cards = _reference_cards() if cards is None else cards
    propose = _reference_proposer() if propose is None else propose
    drafts = []
    for number, (technology, scores) in enumerate(zip(technologies, scores_of(technologies, cards), strict=True)):
        drafts.append(_draft(technology, scores, day, propose))
        progress(number + 1)
    chosen, chosen_card = _measure(drafts, cards, ranked_by, card)
    measures = [_measured(draft, chosen, chosen_card, cards) for draft in drafts]
    compared = [_to_rank(draft, measure, chosen) for draft, measure in zip(drafts, measures, strict=True)]
    rows = [
        _screened(draft, measure, place)
        for draft, measure, place in zip(drafts, measures, places_of(compared, top), strict=True)
    ]
    rows.sort(key=_order)
    return Screening(
        rows=tuple(rows),
        ranked_by=chosen,
        card=chosen_card,
        as_of=day,
        deals=tuple(
            draft.plan for draft in drafts if isinstance(draft.plan, Deal) and isinstance(draft.deal, DealRisk)
        ),
        versions={"greenhatch": version("greenhatch")} | {name: found.version for name, found in cards.items()},
    )


def _check_ids(technologies: Sequence[Technology]) -> None:
    problems, seen = Problems("technologies"), set[str]()
    for number, technology in enumerate(technologies):
        if technology.id in seen:
            problems.add("an identifier that occurs once", row=number + 1, column="id", value=technology.id)
        seen.add(technology.id)
    problems.raise_any()


def _reference_cards() -> dict[str, Scorecard]:
    from scoring.library import load

    return {name: load(name) for name in REFERENCE_CARDS}


def _reference_proposer() -> Proposer:
    from scoring.library import load

    return load("readiness").propose


def _draft(technology: Technology, scores: dict[str, Score], day: date, propose: Proposer) -> _Draft:
    readiness, proposal = assess_all(technology, day), propose(technology)
    level = believed_level(readiness["trl"], proposal)
    pd, source = default_probability(scores)
    plan = asked_deal(technology, level, pd, source)
    return _Draft(
        technology=technology,
        readiness=readiness,
        proposal=proposal,
        level=level,
        scores=scores,
        next_stage=next_stage_risk(level, pd, source),
        plan=plan,
        deal=deal_risk(plan),
    )


def _measure(
    drafts: Sequence[_Draft], cards: Mapping[str, Scorecard], ranked_by: RankedBy | str | None, card: str | None
) -> tuple[RankedBy, str | None]:
    if ranked_by is None and card is None:
        with_plan = sum(isinstance(draft.deal, DealRisk) for draft in drafts)
        return choose_measure(with_plan, {c: sum(c in d.scores for d in drafts) for c in cards}, len(drafts))
    chosen = RankedBy.CARD if ranked_by is None else RankedBy(ranked_by)
    if chosen is RankedBy.CARD and card not in cards:
        raise ValueError(f"card={card!r}: expected one of {', '.join(cards)}")
    return chosen, card if chosen is RankedBy.CARD else None


def _measured(
    draft: _Draft, ranked_by: RankedBy, card: str | None, cards: Mapping[str, Scorecard]
) -> Estimate | Refusal:
    """The measure with all of its uncertainty."""
    if ranked_by is RankedBy.PLAN:
        return kept_share(draft.deal) if isinstance(draft.deal, DealRisk) else draft.deal
    if ranked_by is RankedBy.COMPLETION:
        return draft.next_stage.completion if isinstance(draft.next_stage, DealRisk) else draft.next_stage
    if card in draft.scores:
        return as_estimate(draft.scores[card], bad=cards[card].outcome_is_bad)
    return Refusal(
        reason="no-inputs",
        missing=(f"features of the card {card}",),
        message="Less than half of the card's inputs are known.",
        message_zh="评分卡所需的输入不足一半。",
    )


def _to_rank(draft: _Draft, measure: Estimate | Refusal, ranked_by: RankedBy) -> Estimate | Refusal:
    """The measure with the part of its uncertainty that bears on a comparison."""
    if isinstance(measure, Refusal) or isinstance(draft.level, Refusal) or ranked_by is RankedBy.CARD:
        return measure
    pd, source = default_probability(draft.scores)
    if ranked_by is RankedBy.PLAN:
        return plan_to_rank(draft.technology, draft.level, pd, source)
    return next_stage_to_rank(draft.level, pd, source)


def _screened(draft: _Draft, measure: Estimate | Refusal, place: Place | None) -> Screened:
    return Screened(
        technology=draft.technology,
        readiness=draft.readiness,
        proposal=draft.proposal,
        level=draft.level,
        disagreement=disagreement(draft.readiness["trl"], draft.proposal),
        scores=draft.scores,
        next_stage=draft.next_stage,
        deal=draft.deal,
        measure=measure,
        rank=place,
    )


def _order(row: Screened) -> tuple[bool, int, float, float, float, str]:
    """Ranked first; within a tie the higher estimate, then the higher ends of its interval, then by identifier."""
    if row.rank is None or not isinstance(row.measure, Estimate):
        return True, 0, 0.0, 0.0, 0.0, row.technology.id
    measure = row.measure
    return False, row.rank.rank, -measure.value, -measure.low, -measure.high, row.technology.id
