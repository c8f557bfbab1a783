"""What scoring says of one technology by itself: everything about a place in a screening but the rank."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from importlib.metadata import version

import msgspec
from msgspec import Struct

import scoring.library
from marketplace.money import Money
from scoring.errors import Refusal
from scoring.library import READINESS
from scoring.portfolio.deal import DealRisk, Estimate
from scoring.readiness.text_model import LevelProposal
from scoring.scorecard.card import Scorecard
from scoring.screening.cards import REFERENCE_CARDS, default_probability
from scoring.screening.result import LevelBelief, Screened
from scoring.screening.risk import kept_share, next_stage_to_rank, plan_to_rank
from scoring.screening.screen import screen
from scoring.technology import Technology, Text

REASONS_SHOWN = 3


class Scorers(Struct, frozen=True):
    """The cards and the reader of texts that a screening works with."""

    cards: Mapping[str, Scorecard]
    propose: Callable[[Technology], LevelProposal | Refusal]

    @property
    def versions(self) -> dict[str, str]:
        return {"greenhatch": version("greenhatch")} | {name: card.version for name, card in self.cards.items()}

    @property
    def key(self) -> str:
        """Changes with any of the models."""
        text_model = getattr(self.propose, "__qualname__", "")
        return hashlib.sha256(msgspec.json.encode([self.versions, text_model], order="sorted")).hexdigest()[:16]


def no_proposal(technology: Technology) -> Refusal:
    """For an installation without the readiness model: texts propose nothing, evidence and claims count."""
    return Refusal(
        reason="no-readiness-model",
        message="The readiness model is not installed, so the text was not read.",
        message_zh="未安装成熟度模型，未分析文字说明。",
    )


def reference_scorers() -> Scorers:
    """The reference cards and the readiness model, as far as they are installed."""
    names = scoring.library.names()
    cards = {name: scoring.library.load(name) for name in REFERENCE_CARDS if name in names}
    propose = scoring.library.load("readiness").propose if READINESS in names else no_proposal
    return Scorers(cards=cards, propose=propose)


class Facts(Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """`completion` and `plan` are what a screening may rank by; `…_to_rank` their part that bears on a comparison."""

    name: Text
    level: LevelBelief | None
    completion: Estimate | None
    completion_to_rank: Estimate | None
    plan: Estimate | None
    plan_to_rank: Estimate | None
    grade: str | None
    loss_share: Estimate | None
    loss: Money | None
    reasons: tuple[Text, ...]
    missing: tuple[str, ...]


def facts_of(technologies: Sequence[Technology], as_of: date, scorers: Scorers) -> dict[str, Facts]:
    """By id. Technologies do not bear on one another here: any part of a portfolio may be asked for by itself."""
    if not technologies:
        return {}
    found = screen(technologies, as_of=as_of, cards=scorers.cards, propose=scorers.propose, ranked_by="completion")
    return {row.technology.id: _facts(row) for row in found.rows}


def _facts(row: Screened) -> Facts:
    level = None if isinstance(row.level, Refusal) else row.level
    completion, plan = _completions(row, level), _plans(row, level)
    return Facts(
        name=row.technology.name,
        level=level,
        completion=completion[0],
        completion_to_rank=completion[1],
        plan=plan[0],
        plan_to_rank=plan[1],
        grade=row.risk.grade if isinstance(row.risk, DealRisk) else None,
        loss_share=_loss_share(row.risk),
        loss=_loss(row.deal),
        reasons=_reasons(row),
        missing=row.risk.missing if isinstance(row.risk, Refusal) else (),
    )


Measures = tuple[Estimate | None, Estimate | None]


def _completions(row: Screened, level: LevelBelief | None) -> Measures:
    if level is None or isinstance(row.next_stage, Refusal):
        return None, None
    compared = next_stage_to_rank(level, *default_probability(row.scores))
    return row.next_stage.completion, None if isinstance(compared, Refusal) else compared


def _plans(row: Screened, level: LevelBelief | None) -> Measures:
    if level is None or isinstance(row.deal, Refusal):
        return None, None
    compared = plan_to_rank(row.technology, level, *default_probability(row.scores))
    return kept_share(row.deal), None if isinstance(compared, Refusal) else compared


def _loss_share(risk: DealRisk | Refusal) -> Estimate | None:
    if isinstance(risk, Refusal):
        return None
    loss, paid = risk.expected_loss_minor, risk.commitment_minor
    return Estimate(loss.value_minor / paid, loss.low_minor / paid, loss.high_minor / paid)


def _loss(deal: DealRisk | Refusal) -> Money | None:
    return Money(deal.expected_loss_minor.value_minor, deal.currency) if isinstance(deal, DealRisk) else None


def _reasons(row: Screened) -> tuple[Text, ...]:
    said = [] if row.disagreement is None else [row.disagreement]
    if isinstance(row.risk, Refusal):
        return (*said, Text(zh=row.risk.message_zh, en=row.risk.message))
    parts = row.risk.reasons[:REASONS_SHOWN]
    return (*said, *(Text(zh=part.text_zh, en=part.text) for part in parts))
