"""Answers to the interviewer's questions, put into the need they are about.

An option's key says everything: ``20..60 mg/L``, ``..5000 CNY/m3``, ``water``, ``TN``; whoever knows better than the
options writes one of their own in the same form.
"""

import math
import re
from collections.abc import Sequence
from typing import Literal, get_args

from msgspec import Struct
from msgspec.structs import replace

from marketplace.errors import FieldError, Invalid
from marketplace.needs.quantities import converted
from marketplace.needs.specification import NO_UNIT, Cap, Flow, Ground, Pollutant, Specification, Stream, is_well_formed
from scoring.technology import Medium

UNKNOWN = "unknown"
_SPAN = re.compile(r"(?P<low>\d+(?:\.\d+)?(?:e[+-]?\d+)?)\.\.(?P<high>\d+(?:\.\d+)?(?:e[+-]?\d+)?) (?P<unit>.{1,80})")
_MONEY = re.compile(r"\.\.(?P<amount>\d{1,15}) (?P<currency>[A-Z]{3})/(?P<unit>[^\x00]{1,80})")

Subject = Literal["medium", "pollutant", "concentration", "limit", "flow", "depth", "density", "capex", "opex"]


class Answer(Struct, frozen=True, kw_only=True):
    """The option taken (or written in the options' own form), by the keys of question and option."""

    question: str
    option: str


def answered(specification: Specification, answers: Sequence[Answer]) -> Specification:
    faults = []
    for number, answer in enumerate(answers):
        changed = with_answer(specification, answer)
        if changed is None or not is_well_formed(changed):
            faults.append(
                FieldError(
                    field=f"answers.{number}.option",
                    value=answer.option,
                    expected=f"an option of the question {answer.question!r}, or {UNKNOWN!r}",
                    expected_zh="请从该问题的选项中选择，或选择“不清楚”",
                )
            )
            continue
        specification = changed
    if faults:
        raise Invalid(faults)
    return specification


def with_answer(specification: Specification, answer: Answer) -> Specification | None:
    """The need with the answer in it; None if the answer makes no sense for the question."""
    subject, _, name = answer.question.partition(".")
    if subject not in get_args(Subject) or (subject in ("concentration", "limit")) != bool(name) or len(name) > 80:
        return None
    if answer.option == UNKNOWN:
        return specification
    if subject == "medium":
        known = answer.option in {medium.value for medium in Medium}
        return replace(specification, medium=Medium(answer.option)) if known else None
    if subject == "pollutant":
        return _with_pollutant(specification, answer.option) if 0 < len(answer.option) <= 80 else None
    if subject in ("capex", "opex"):
        return _with_cap(specification, subject, answer.option)
    return _with_quantity(specification, subject, name, answer.option)


def first_stream(specification: Specification) -> Stream:
    return specification.streams[0] if specification.streams else Stream()


def _with_stream(specification: Specification, stream: Stream) -> Specification:
    return replace(specification, streams=(stream, *specification.streams[1:]))


def _with_pollutant(specification: Specification, name: str) -> Specification:
    stream = first_stream(specification)
    if name in [pollutant.name for pollutant in stream.pollutants]:
        return specification
    return _with_stream(
        specification, replace(stream, pollutants=(*stream.pollutants, Pollutant(name=name, unit=NO_UNIT)))
    )


def _with_cap(specification: Specification, kind: str, option: str) -> Specification | None:
    found = _MONEY.fullmatch(option)
    if found is None:
        return None
    cap = Cap(amount_minor=int(found["amount"]), currency=found["currency"], per_unit=found["unit"])
    return replace(specification, capex=cap) if kind == "capex" else replace(specification, opex=cap)


def _with_quantity(specification: Specification, subject: str, name: str, option: str) -> Specification | None:
    found = _SPAN.fullmatch(option)
    if found is None or not float(found["low"]) <= float(found["high"]) <= 1e12:
        return None
    low, high, unit = float(found["low"]), float(found["high"]), found["unit"]
    stream = first_stream(specification)
    if subject == "flow":
        middle = math.sqrt(low * high) or high / 2
        flow = Flow(amount=float(f"{middle:.2g}") if low < high else high, unit=unit) if high > 0 else None
        return _with_stream(specification, replace(stream, flow=flow)) if flow else None
    if subject in ("depth", "density"):
        ground = _ground(stream.ground or Ground(), subject, low, high, unit)
        return _with_stream(specification, replace(stream, ground=ground)) if ground else None
    specification = _with_pollutant(specification, name)
    stream = first_stream(specification)
    pollutants = tuple(_told(p, subject, low, high, unit) if p.name == name else p for p in stream.pollutants)
    return _with_stream(specification, replace(stream, pollutants=pollutants))


def _ground(ground: Ground, subject: str, low: float, high: float, unit: str) -> Ground | None:
    """Nothing is as deep as nothing: a span that begins at zero says only how deep it is at most."""
    least = low or high
    if subject == "depth":
        return replace(ground, depth_low_m=least, depth_high_m=high) if unit == "m" else None
    known = unit == "t/m3"
    return replace(ground, density_low_t_per_m3=least, density_high_t_per_m3=high) if known else None


def _told(pollutant: Pollutant, subject: str, low: float, high: float, unit: str) -> Pollutant:
    """A limit keeps the unit of the concentration where the two compare."""
    if subject == "concentration":
        limit = None if pollutant.limit is None else converted(pollutant.limit, pollutant.unit, unit)
        return replace(pollutant, unit=unit, low=low, high=high, limit=limit)
    if pollutant.high is None:
        return replace(pollutant, unit=unit, limit=high)
    limit = converted(high, unit, pollutant.unit)
    return pollutant if limit is None else replace(pollutant, limit=limit)
