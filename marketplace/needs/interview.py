"""The interviewer: what the words and answers say so far, and the one question that leaves the fewest candidates.

A pure function of the text, the answers and the published technologies: the same input gives the same interview. A
candidate is dropped only when an answer is known not to suit it; what a technology does not say never drops it.
"""

import math
import uuid
from collections.abc import Sequence

from msgspec import Struct

from marketplace.needs.answers import UNKNOWN, Answer, answered, with_answer
from marketplace.needs.envelopes import Envelope
from marketplace.needs.margins import concerns, margins_of
from marketplace.needs.quantities import converted
from marketplace.needs.questions import questions
from marketplace.needs.reading import read
from marketplace.needs.specification import Specification
from marketplace.needs.words import Finding
from scoring.technology import Text

__all__ = ["UNKNOWN", "Answer", "Interview", "Option", "Question", "interview", "suits"]


class Option(Struct, frozen=True, kw_only=True):
    """`remaining` is how many technologies are left if this is the answer."""

    key: str
    label: Text
    remaining: int


class Question(Struct, frozen=True, kw_only=True):
    """`expected_remaining` weighs each option by how many technologies it leaves; `bits` is the answer's entropy."""

    key: str
    text: Text
    options: tuple[Option, ...]
    expected_remaining: float
    bits: float


class Interview(Struct, frozen=True, kw_only=True):
    """`question` is None when no further answer would leave fewer technologies; `stopped` then says why."""

    specification: Specification
    findings: tuple[Finding, ...]
    total: int
    remaining: tuple[uuid.UUID, ...]
    question: Question | None
    stopped: Text


def interview(text: str, answers: Sequence[Answer], technologies: Sequence[Envelope]) -> Interview:
    """Read the words, take the answers in their order, and ask the next question.

    Raises
    ------
    Invalid
        Answers that are none of a question's options; all of them at once.
    """
    reading = read(text)
    specification = answered(reading.specification, answers)
    left = [technology for technology in technologies if suits(specification, technology)]
    asked = {answer.question for answer in answers}
    question = _next(specification, left, asked)
    return Interview(
        specification=specification,
        findings=reading.findings,
        total=len(technologies),
        remaining=tuple(technology.id for technology in left),
        question=question,
        stopped=Text() if question else _why(left),
    )


def suits(specification: Specification, technology: Envelope) -> bool:
    """Whether nothing is known against it."""
    if not concerns(specification, technology):
        return False
    missed = [margin.limit for margin in margins_of(specification, technology) if margin.verdict == "missed"]
    # Somebody who answers "20 to 60" may mean 25: what overlaps may suit. The margins judge the whole range later.
    return all(limit.endswith(".influent") for limit in missed) and (not missed or _overlaps(specification, technology))


def _overlaps(specification: Specification, technology: Envelope) -> bool:
    for stream in specification.streams:
        for pollutant in stream.pollutants:
            taken = technology.influent.get(pollutant.name)
            if taken is None or pollutant.high is None:
                continue
            low = None if taken.low is None else converted(taken.low, taken.unit, pollutant.unit)
            high = None if taken.high is None else converted(taken.high, taken.unit, pollutant.unit)
            bottom = pollutant.high if pollutant.low is None else pollutant.low
            if (low is not None and pollutant.high < low) or (high is not None and bottom > high):
                return False
    return True


def _why(left: Sequence[Envelope]) -> Text:
    if not left:
        return Text(zh="没有已发布的技术满足以上条件，请放宽某项条件或交由专家答复。",
                    en="No published technology suits this; relax something, or hand it to the experts.")  # fmt: skip
    return Text(zh="继续提问不会再缩小候选范围。", en="No further answer would leave fewer technologies.")


def _next(specification: Specification, left: Sequence[Envelope], asked: set[str]) -> Question | None:
    """The question with the fewest technologies left to be expected; the earlier one of two that are equal."""
    if len(left) <= 1:
        return None
    found = [
        question
        for key, text, options in questions(specification, left)
        if key not in asked and (question := _weighed(specification, left, key, text, options)) is not None
    ]
    useful = [question for question in found if question.expected_remaining < len(left) - 1e-9]
    return min(useful, key=lambda question: question.expected_remaining) if useful else None


def _weighed(
    specification: Specification, left: Sequence[Envelope], key: str, text: Text, options: Sequence[tuple[str, Text]]
) -> Question | None:
    counted = []
    for option, label in options:
        changed = with_answer(specification, Answer(question=key, option=option))
        remaining = sum(suits(changed, technology) for technology in left) if changed else 0
        if remaining:
            counted.append(Option(key=option, label=label, remaining=remaining))
    total = sum(option.remaining for option in counted)
    if not total:
        return None
    shares = [option.remaining / total for option in counted]
    unsure = Option(key=UNKNOWN, label=Text(zh="不清楚", en="I do not know"), remaining=len(left))
    return Question(
        key=key,
        text=text,
        options=(*counted, unsure),
        expected_remaining=sum(share * option.remaining for share, option in zip(shares, counted, strict=True)),
        bits=-sum(share * math.log2(share) for share in shares),
    )
