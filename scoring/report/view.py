"""From a screening to what the template prints: numbers as text, each with its interval; texts in both languages."""

from typing import Any

from scoring.errors import Refusal
from scoring.portfolio.deal import AmountEstimate, DealRisk, Estimate
from scoring.readiness.assessment import Assessment
from scoring.readiness.text_model import LevelProposal
from scoring.scorecard.row import Score
from scoring.screening.result import LevelBelief, Screened
from scoring.technology import Text

BLOCKERS_SHOWN = 4


def percent(estimate: Estimate) -> str:
    """``62.0% (45.1–78.3)``: the value and its interval."""
    return f"{_share(estimate.value)}% ({_share(estimate.low)}–{_share(estimate.high)})"


def _share(value: float) -> str:
    return f"{100 * value:.1f}" if value >= 0.001 or not value else f"{100 * value:.2f}"


def money(amount_minor: int) -> str:
    """Whole units with thousands apart; minor units do not matter in a report."""
    return f"{amount_minor / 100:,.0f}"


def amount(estimate: AmountEstimate) -> str:
    """An amount and its interval."""
    return f"{money(estimate.value_minor)} ({money(estimate.low_minor)}–{money(estimate.high_minor)})"


def refusal(found: Refusal) -> dict[str, Any]:
    """Why there is no number, and what is missing."""
    return {"text": Text(zh=found.message_zh, en=found.message), "missing": found.missing}


def risk(found: DealRisk) -> dict[str, Any]:
    """The risk of a deal."""
    loss, paid = found.expected_loss_minor, found.commitment_minor
    rate = Estimate(loss.value_minor / paid, loss.low_minor / paid, loss.high_minor / paid)
    return {
        "grade": found.grade,
        "grade_low": found.grade_low,
        "grade_high": found.grade_high,
        "completion": percent(found.completion),
        "pd": percent(found.pd),
        "pd_12_months": percent(found.pd_12_months),
        "lgd": percent(found.lgd),
        "expected_loss": percent(rate),
        "below_1x": percent(found.probability_below_1x) if found.probability_below_1x else None,
        "reasons": [Text(zh=reason.text_zh, en=reason.text) for reason in found.reasons],
    }


def row(screened: Screened, *, has_page: bool) -> dict[str, Any]:
    """One line of the ranking."""
    rank, found = screened.rank, screened.risk
    level = screened.level if isinstance(screened.level, LevelBelief) else None
    return {
        "anchor": anchor(screened),
        "has_page": has_page,
        "name": screened.technology.name,
        "holder": screened.technology.holder or "–",
        "rank": rank.rank if rank else None,
        "rank_low": rank.low if rank else None,
        "rank_high": rank.high if rank else None,
        "in_top": f"{rank.in_top:.0%}" if rank else "–",
        "levels": level,
        "basis": f"basis_{level.basis}" if level else None,
        "measure": percent(screened.measure) if isinstance(screened.measure, Estimate) else "–",
        "grade": found.grade if isinstance(found, DealRisk) else "–",
        "expected_loss": risk(found)["expected_loss"] if isinstance(found, DealRisk) else "–",
        "disagrees": screened.disagreement is not None,
    }


def anchor(screened: Screened) -> str:
    """Where in the document the technology's page is."""
    return "t-" + "".join(c if c.isalnum() else "-" for c in screened.technology.id)


def page(screened: Screened) -> dict[str, Any]:
    """Everything about one technology."""
    technology, trl = screened.technology, screened.readiness["trl"]
    level, proposal = screened.level, screened.proposal
    return {
        **row(screened, has_page=True),
        "media": ", ".join(technology.media),
        "summary": technology.summary,
        "level_refusal": refusal(level) if isinstance(level, Refusal) else None,
        "explanation": trl.explanation if isinstance(trl, Assessment) else None,
        "blocking": [blocker.text for blocker in trl.blocking[:BLOCKERS_SHOWN]] if isinstance(trl, Assessment) else [],
        "next_evidence": trl.next_best_evidence if isinstance(trl, Assessment) else None,
        "proposal": _proposal(proposal) if isinstance(proposal, LevelProposal) else None,
        "disagreement": screened.disagreement,
        "frameworks": [_framework(name, found) for name, found in screened.readiness.items() if name != "trl"],
        "deal": risk(screened.deal) if isinstance(screened.deal, DealRisk) else None,
        "deal_title": _deal_title(screened),
        "stage": risk(screened.next_stage) if isinstance(screened.next_stage, DealRisk) else None,
        "risk_refusal": refusal(screened.next_stage) if isinstance(screened.next_stage, Refusal) else None,
        "cards": [_card(name, score) for name, score in screened.scores.items()],
        "evidence": [
            {"grade": document.grade.value, "title": document.title, "dated": document.dated}
            for document in technology.evidence
        ],
        "cases": [{"name": case.name, "dated": case.started} for case in technology.cases],
    }


def _proposal(found: LevelProposal) -> dict[str, Any]:
    return {"low": found.low, "high": found.high, "reasons": [_reason(reason) for reason in found.reasons]}


def _framework(name: str, found: Assessment | Refusal) -> dict[str, Any]:
    if isinstance(found, Refusal):
        return {"name": name, "text": Text(zh=found.message_zh, en=found.message)}
    return {"name": name, "text": found.explanation}


def _deal_title(screened: Screened) -> str:
    asked = screened.technology.financing
    return f"{asked.instrument}, {money(asked.amount_minor)} {asked.currency}" if asked else ""


def _card(name: str, score: Score) -> dict[str, Any]:
    low = score.probability if score.low is None else score.low
    high = score.probability if score.high is None else score.high
    return {
        "name": name,
        "outcome": Text(zh="概率", en="probability"),
        "probability": percent(Estimate(score.probability, low, high)),
        "points": f"{score.points:.0f}",
        "grade": score.grade,
        "unusual": score.unusual if score.applicable is False else (),
        "reasons": [_reason(reason) for reason in score.reasons],
        "strengths": [_reason(reason) for reason in score.strengths[:2]],
    }


def _reason(reason: Any) -> Text:
    return Text(zh=reason.text("zh"), en=reason.text("en"))
