"""What a call says: everything an applicant agrees to, as data, and what can be wrong with it."""

import datetime
from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

from msgspec import Meta, Struct

from marketplace.calls.eligibility import RULES_MAX, Key, Rule, faults_of_rules
from marketplace.errors import FieldError
from marketplace.money import Money
from marketplace.texts import Line, LongText, ShortText
from scoring.technology import Level, Medium, Text

Stage = Literal["concept", "proposal", "interview"]
STAGES: tuple[Stage, ...] = ("concept", "proposal", "interview")
Instrument = Literal["grant", "loan", "convertible", "equity", "revenue-share"]
Region = Annotated[str, Meta(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$", description="ISO 3166-1 or 3166-2")]
# What reviewers may be kept from seeing in their first pass, besides answers by `answer.<key>`.
BLIND_FIELDS = ("organisation", "country", "team", "technology-name", "earlier-funding")
RETENTION_DAYS = 730


class Amount(Struct, frozen=True, forbid_unknown_fields=True):
    """Money in whole minor units."""

    amount_minor: Annotated[int, Meta(ge=0, le=2**53 - 1)]
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}$", description="ISO 4217")]

    @property
    def money(self) -> Money:
        return Money(self.amount_minor, self.currency)


class Anchor(Struct, frozen=True, forbid_unknown_fields=True):
    """What a level looks like, so that two reviewers mean the same by it."""

    level: Annotated[int, Meta(ge=0, le=10)]
    text: ShortText


class Criterion(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`anchors` are its levels, the lowest first."""

    id: Key
    name: ShortText
    question: LongText | None = None
    weight: Annotated[int, Meta(ge=1, le=100)]
    anchors: Annotated[tuple[Anchor, ...], Meta(min_length=2, max_length=11)]


class Rubric(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How applications are judged. `bar_percent` is the share of all points from which one passes."""

    criteria: Annotated[tuple[Criterion, ...], Meta(min_length=1, max_length=20)]
    bar_percent: Annotated[int, Meta(ge=0, le=100)] = 60


class Question(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What applicants are asked at a stage. The same key in another call means the same answer."""

    key: Key
    stage: Stage = "concept"
    text: LongText
    kind: Literal["text", "number", "choice", "yes-no"] = "text"
    options: Annotated[tuple[ShortText, ...], Meta(max_length=30)] = ()
    required: bool = True
    characters_max: Annotated[int, Meta(ge=1, le=20_000)] = 3_000


class DocumentAsked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    key: Key
    stage: Stage = "proposal"
    name: ShortText
    required: bool = True


class CallContent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A call. `regions` is where applicants are registered, empty for anywhere; `deadline` is for the first stage."""

    title: ShortText
    thesis: LongText
    media: Annotated[tuple[Medium, ...], Meta(min_length=1, max_length=9)]
    regions: Annotated[tuple[Region, ...], Meta(max_length=100)] = ()
    instrument: Instrument
    trl_low: Level = 1
    trl_high: Level = 9
    ticket_min: Amount
    ticket_max: Amount
    seats: Annotated[int, Meta(ge=1, le=10_000)] = 1
    deadline: Annotated[datetime.datetime, Meta(tz=True)]
    eligibility: Annotated[tuple[Rule, ...], Meta(max_length=RULES_MAX)] = ()
    rubric: Rubric
    stages: Annotated[tuple[Stage, ...], Meta(min_length=1, max_length=3)] = ("concept",)
    blind_fields: Annotated[tuple[Line, ...], Meta(max_length=50)] = ()
    questions: Annotated[tuple[Question, ...], Meta(max_length=60)] = ()
    documents: Annotated[tuple[DocumentAsked, ...], Meta(max_length=30)] = ()
    retention_days: Annotated[int, Meta(ge=30, le=3_650)] = RETENTION_DAYS

    def questions_of(self, stage: str) -> list[Question]:
        return [question for question in self.questions if question.stage == stage]

    def documents_of(self, stage: str) -> list[DocumentAsked]:
        return [document for document in self.documents if document.stage == stage]


def all_rules(content: CallContent) -> tuple[Rule, ...]:
    """The limits that a call's own fields set, and the conditions written beside them."""
    rules = [
        Rule(id="call.trl-low", field="trl", operator="at-least", value=content.trl_low),
        Rule(id="call.trl-high", field="trl", operator="at-most", value=content.trl_high),
        Rule(id="call.medium", field="medium", operator="any-of", value=tuple(content.media), unknown_blocks=True),
        Rule(
            id="call.ticket-min", field="amount-asked", operator="at-least",
            value=content.ticket_min.amount_minor, unit=content.ticket_min.currency, unknown_blocks=True,
        ),
        Rule(
            id="call.ticket-max", field="amount-asked", operator="at-most",
            value=content.ticket_max.amount_minor, unit=content.ticket_max.currency, unknown_blocks=True,
        ),
    ]  # fmt: skip
    if content.regions:
        countries = tuple(dict.fromkeys(region[:2] for region in content.regions))
        rules.append(Rule(id="call.region", field="country", operator="any-of", value=countries))
    return (*rules, *content.eligibility)


def faults_of_content(content: CallContent) -> list[FieldError]:
    """What cannot be right in any call, a draft or not: all of it at once."""
    return [
        *_faults_of_ranges(content),
        *faults_of_rules(content.eligibility),
        *_faults_of_rubric(content.rubric),
        *_faults_of_stages(content),
        *_repeated("questions", [question.key for question in content.questions], "key"),
        *_repeated("documents", [document.key for document in content.documents], "key"),
        *_faults_of_questions(content),
        *_faults_of_blinding(content),
    ]


def unready(content: CallContent, now: datetime.datetime) -> list[FieldError]:
    """What is still missing before a call can be published: both languages everywhere, and time to apply."""
    faults = faults_of_content(content)
    for place, text in _texts(content):
        for language, name in (("zh", "中文"), ("en", "英文")):
            if not getattr(text, language):
                faults.append(
                    _fault(f"{place}.{language}", "", "a text in Chinese and in English", f"请填写{name}文本")
                )
    if content.deadline <= now:
        faults.append(
            _fault("deadline", content.deadline.isoformat(), "a time in the future", "截止时间须晚于当前时间")
        )
    return faults


def _texts(content: CallContent) -> Iterator[tuple[str, Text]]:
    yield "title", content.title
    yield "thesis", content.thesis
    for number, question in enumerate(content.questions):
        yield f"questions.{number}.text", question.text
        yield from ((f"questions.{number}.options.{place}", option) for place, option in enumerate(question.options))
    for number, document in enumerate(content.documents):
        yield f"documents.{number}.name", document.name
    for number, criterion in enumerate(content.rubric.criteria):
        yield f"rubric.criteria.{number}.name", criterion.name
        for place, anchor in enumerate(criterion.anchors):
            yield f"rubric.criteria.{number}.anchors.{place}.text", anchor.text


def _faults_of_ranges(content: CallContent) -> Iterator[FieldError]:
    if content.trl_low > content.trl_high:
        yield _fault("trl_low", content.trl_low, "at most trl_high", "成熟度下限不得高于上限")
    smallest, largest = content.ticket_min, content.ticket_max
    if smallest.currency != largest.currency:
        yield _fault("ticket_max.currency", largest.currency, f"{smallest.currency}, as in ticket_min", "币种须一致")
    elif smallest.amount_minor > largest.amount_minor:
        yield _fault("ticket_min.amount_minor", smallest.amount_minor, "at most ticket_max", "单笔下限不得高于上限")


def _faults_of_rubric(rubric: Rubric) -> Iterator[FieldError]:
    yield from _repeated("rubric.criteria", [criterion.id for criterion in rubric.criteria], "id")
    for number, criterion in enumerate(rubric.criteria):
        levels = [anchor.level for anchor in criterion.anchors]
        if levels != sorted(set(levels)):
            place = f"rubric.criteria.{number}.anchors"
            yield _fault(place, levels, "levels that rise from anchor to anchor", "等级须逐级递增且不重复")


def _faults_of_stages(content: CallContent) -> Iterator[FieldError]:
    places = [STAGES.index(stage) for stage in content.stages]
    if places != sorted(set(places)):
        yield _fault(
            "stages", list(content.stages), "each stage once, in the order " + ", ".join(STAGES), "阶段须按顺序且不重复"
        )
    asked = [(f"questions.{number}", question.stage) for number, question in enumerate(content.questions)]
    asked += [(f"documents.{number}", document.stage) for number, document in enumerate(content.documents)]
    for place, stage in asked:
        if stage not in content.stages:
            yield _fault(f"{place}.stage", stage, "a stage of this call", "须为本征集的阶段")


def _faults_of_questions(content: CallContent) -> Iterator[FieldError]:
    for number, question in enumerate(content.questions):
        if (question.kind == "choice") != (len(question.options) >= 2):
            expected = "two options or more for a choice, none for another kind"
            yield _fault(f"questions.{number}.options", len(question.options), expected, "选择题须有至少两个选项")


def _faults_of_blinding(content: CallContent) -> Iterator[FieldError]:
    known = {*BLIND_FIELDS, *(f"answer.{question.key}" for question in content.questions)}
    for number, field in enumerate(content.blind_fields):
        if field not in known:
            yield _fault(f"blind_fields.{number}", field, f"one of {', '.join(sorted(known))}", "须为可隐藏的字段")


def _repeated(place: str, names: Iterable[str], what: str) -> Iterator[FieldError]:
    seen = set[str]()
    for number, name in enumerate(names):
        if name in seen:
            yield _fault(f"{place}.{number}.{what}", name, "each one once", "不得重复")
        seen.add(name)


def _fault(field: str, value: object, expected: str, expected_zh: str) -> FieldError:
    return FieldError(field=field, value=str(value), expected=expected, expected_zh=expected_zh)
