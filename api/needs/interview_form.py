"""The interview as a form: plain words, typed fields, and the answers so far, carried along without a session."""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta, Struct

from api.fields import OptionalLine
from api.needs.schemas import AnswerIn, Plain
from marketplace.needs.answers import UNKNOWN, Answer
from scoring.technology import Medium

Amount = Annotated[float, Meta(ge=0, le=1e12)]
Depth = Annotated[float, Meta(gt=0, le=1000)]
UNITS = ("mg/L", "g/L", "ug/L", "mg/Nm3", "mg/kg", "g/kg", "ppm", "%", "dB(A)")
FLOW_UNITS = ("m3/d", "m3/h", "Nm3/h", "t/d", "t/a", "m3", "m2", "mu", "ha")


class InterviewForm(Struct, frozen=True, kw_only=True):
    """`choice` is the option that was pressed, `back` takes the last answer away again."""

    text: Plain = ""
    medium: Medium | None = None
    pollutant: Annotated[str, Meta(max_length=80, pattern=r"^[^\x00\r\n.|]*$")] = ""
    low: Amount | None = None
    high: Amount | None = None
    unit: OptionalLine = "mg/L"
    limit: Amount | None = None
    flow: Annotated[float, Meta(gt=0, le=1e12)] | None = None
    flow_unit: OptionalLine = "m3/d"
    depth_low: Depth | None = None
    depth_high: Depth | None = None
    answers: Annotated[list[AnswerIn], Meta(max_length=50)] = []
    choice: Annotated[str, Meta(max_length=400, pattern=r"^[^\x00]*$")] = ""
    back: bool = False

    def said(self) -> list[Answer]:
        """What the fields say, then what was answered, in order."""
        return [*self._fields(), *self.answered()]

    def answered(self) -> list[Answer]:
        given = [entry.answer() for entry in self.answers]
        question, _, option = self.choice.partition("|")
        if question and option:
            given.append(Answer(question=question, option=option))
        return given[:-1] if self.back else given

    def _fields(self) -> Iterator[Answer]:
        if self.medium is not None:
            yield Answer(question="medium", option=self.medium.value)
        if self.pollutant.strip():
            yield from self._of_pollutant(self.pollutant.strip())
        if self.flow is not None:
            yield Answer(question="flow", option=_span(self.flow, self.flow, self.flow_unit))
        depths = [depth for depth in (self.depth_low, self.depth_high) if depth is not None]
        if depths:
            yield Answer(question="depth", option=_span(depths[0], depths[-1], "m"))

    def _of_pollutant(self, name: str) -> Iterator[Answer]:
        yield Answer(question="pollutant", option=name)
        high = self.high if self.high is not None else self.low
        if high is not None:
            low = self.low if self.low is not None else high
            yield Answer(question=f"concentration.{name}", option=_span(low, high, self.unit))
        if self.limit is not None:
            yield Answer(question=f"limit.{name}", option=_span(0, self.limit, self.unit))

    @property
    def is_blank(self) -> bool:
        return not self.text.strip() and not self.said()


def _span(low: float, high: float, unit: str) -> str:
    """As the options of questions are written."""
    return f"{_plain(low)}..{_plain(high)} {unit or UNKNOWN}"


def _plain(value: float) -> str:
    return repr(float(value)).removesuffix(".0")
