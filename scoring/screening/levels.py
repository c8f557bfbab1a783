"""The level a screening works with: evidence decides, a claim bounds, and text only proposes."""

from datetime import date

from scoring.errors import Refusal
from scoring.readiness.assess import assess
from scoring.readiness.assessment import Assessment
from scoring.readiness.framework import FRAMEWORKS
from scoring.readiness.text_model import LevelProposal
from scoring.screening.result import LevelBasis, LevelBelief
from scoring.technology import Medium, Technology, Text

MAIN_FRAMEWORK = "trl"


def assess_all(technology: Technology, as_of: date) -> dict[str, Assessment | Refusal]:
    """TRL, and every other framework that something is said of."""
    spoken_of = {reference.partition(".")[0] for document in technology.evidence for reference in document.supports}
    wanted = {MAIN_FRAMEWORK, "neett-entry", *technology.ratings, *spoken_of}
    if Medium.WATER in technology.media and technology.technology_class is not None:
        wanted.add("water-trl")
    return {name: assess(technology, name, as_of=as_of) for name in FRAMEWORKS if name in wanted}


def believed_level(trl: Assessment | Refusal, proposal: LevelProposal | Refusal) -> LevelBelief | Refusal:
    """The TRL to work with: the proven level within the assessed interval, else what the text proposes."""
    if isinstance(trl, Assessment) and trl.low is not None and trl.high is not None:
        basis = LevelBasis.EVIDENCE if trl.low > 1 else LevelBasis.CLAIM
        return LevelBelief(trl.level or trl.low, trl.low, trl.high, basis)
    if isinstance(proposal, LevelProposal):
        return LevelBelief(proposal.level, proposal.low, proposal.high, LevelBasis.TEXT)
    return _unknown_level(trl, proposal)


def _unknown_level(trl: Assessment | Refusal, proposal: Refusal) -> Refusal:
    missing = trl.missing if isinstance(trl, Refusal) else ()
    return Refusal(
        reason="unknown-readiness",
        missing=tuple(dict.fromkeys((*missing, *proposal.missing))),
        message="Neither evidence nor text says how far this technology has come.",
        message_zh="证据与文字说明均不足以判断该技术的成熟程度。",
    )


def disagreement(trl: Assessment | Refusal, proposal: LevelProposal | Refusal) -> Text | None:
    """A sentence where the text's interval and the assessed one do not meet."""
    if isinstance(trl, Refusal) or isinstance(proposal, Refusal) or trl.low is None or trl.high is None:
        return None
    if proposal.low > trl.high:
        return Text(
            en=f"The text reads like TRL {proposal.low}–{proposal.high}; no more than {trl.high} is claimed or proven.",
            zh=f"文字描述接近TRL {proposal.low}–{proposal.high}，而已证明或声称的不高于{trl.high}。",
        )
    if proposal.high < trl.low:
        return Text(
            en=f"The text reads like TRL {proposal.low}–{proposal.high}, below the {trl.low} that evidence proves.",
            zh=f"文字描述接近TRL {proposal.low}–{proposal.high}，低于证据所证明的{trl.low}。",
        )
    return None
