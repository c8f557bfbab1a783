"""What goes in and out about reports, measures, doubts and forecasts."""

import datetime
import uuid
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from api.fields import Line
from marketplace.monitoring.forecasting import Record
from marketplace.monitoring.models import EvidenceFlag, MilestoneForecast, MilestoneReport, ReportEvidence
from marketplace.monitoring.reports import Measured, ReportContent
from marketplace.monitoring.warning import PlanPoint
from marketplace.monitoring.watching import KpiPlan, KpiStanding, MilestoneStanding
from marketplace.texts import LongText, ShortText
from scoring.technology import Text

Number = Annotated[float, Meta(ge=-1e15, le=1e15)]
Key = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
Note = Annotated[str, Meta(max_length=2_000, pattern=r"^[^\x00]*$")]


class EvidenceOut(Struct, frozen=True, kw_only=True):
    """`facts` is what the file says of itself."""

    id: uuid.UUID
    file_name: str
    sha256: str
    size_bytes: int
    dated_on: datetime.date | None
    facts: dict[str, Any]
    sent_at: datetime.datetime

    @classmethod
    def of(cls, found: ReportEvidence) -> "EvidenceOut":
        return cls(
            id=found.id,
            file_name=found.file_name,
            sha256=found.sha256,
            size_bytes=found.file.size_bytes,
            dated_on=found.dated_on,
            facts=found.file.facts,
            sent_at=found.created_at,
        )


class ReportOut(Struct, frozen=True, kw_only=True):
    """`final` says that the milestone is reached, `progress` how far it is."""

    id: uuid.UUID
    deal_id: uuid.UUID
    milestone_id: uuid.UUID
    kind: str
    due_on: datetime.date
    state: str
    since: datetime.datetime
    summary: str
    progress_percent: int | None
    submitted_at: datetime.datetime | None

    @classmethod
    def of(cls, found: MilestoneReport) -> "ReportOut":
        return cls(
            id=found.id,
            deal_id=found.deal_id,
            milestone_id=found.milestone_id,
            kind=found.kind,
            due_on=found.due_on,
            state=found.state,
            since=found.state_since,
            summary=found.summary,
            progress_percent=found.progress_percent,
            submitted_at=found.submitted_at,
        )


class FullReportOut(Struct, frozen=True, kw_only=True):
    """A report with its evidence. `doubts`: how many things about it a person has still to look at."""

    report: ReportOut
    evidence: list[EvidenceOut]
    doubts: int

    @classmethod
    def of(cls, report: MilestoneReport, evidence: Sequence[ReportEvidence], doubts: int) -> "FullReportOut":
        return cls(report=ReportOut.of(report), evidence=[EvidenceOut.of(item) for item in evidence], doubts=doubts)


class MeasuredIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    kpi: Key
    measured_on: datetime.date
    value: Number


class SubmitIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`values` are measurements since the last report."""

    summary: Annotated[str, Meta(min_length=1, max_length=20_000, pattern=r"^[^\x00]+$")]
    progress_percent: Annotated[int, Meta(ge=0, le=100)]
    values: Annotated[list[MeasuredIn], Meta(max_length=5_000)] = []

    def content(self) -> ReportContent:
        values = tuple(Measured(kpi=one.kpi, measured_on=one.measured_on, value=one.value) for one in self.values)
        return ReportContent(summary=self.summary, progress_percent=self.progress_percent, values=values)


class ReasonIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    note: Note = ""


class PointIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    on: datetime.date
    value: Number


class KpiIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Between the points of the plan, the plan is a straight line."""

    key: Key
    name: ShortText
    definition: LongText
    unit: Line
    direction: Literal["at-least", "at-most"]
    plan: Annotated[list[PointIn], Meta(min_length=1, max_length=400)]
    tolerance: Annotated[float, Meta(ge=0, le=1e15)] = 0.0

    def plan_of(self) -> KpiPlan:
        return KpiPlan(
            key=self.key,
            name=self.name.text(),
            definition=self.definition.text(),
            unit=self.unit,
            direction=self.direction,
            plan=tuple(PlanPoint(point.on, point.value) for point in self.plan),
            tolerance=self.tolerance,
        )


class VarianceOut(Struct, frozen=True, kw_only=True):
    """`off_by` is positive where the value is worse than planned."""

    planned: float
    measured: float
    off_by: float
    within_tolerance: bool


class KpiOut(Struct, frozen=True, kw_only=True):
    """A measure; `variance` is of its last value, null on days that the plan says nothing about."""

    key: str
    name: Text
    definition: Text
    unit: str
    direction: str
    tolerance: float
    plan: list[dict[str, Any]]
    measured_on: datetime.date | None
    variance: VarianceOut | None

    @classmethod
    def of(cls, found: KpiStanding) -> "KpiOut":
        kpi, seen = found.kpi, found.variance
        return cls(
            key=kpi.key,
            name=kpi.name,
            definition=kpi.definition,
            unit=kpi.unit,
            direction=kpi.direction,
            tolerance=kpi.tolerance,
            plan=kpi.plan,
            measured_on=found.measured_on,
            variance=None if seen is None else VarianceOut(
                planned=seen.planned, measured=seen.measured, off_by=seen.off_by,
                within_tolerance=seen.within_tolerance,
            ),
        )  # fmt: skip


class ChanceOut(Struct, frozen=True, kw_only=True):
    value: float
    low: float
    high: float


class WarningOut(Struct, frozen=True, kw_only=True):
    """`on_time` is the chance to be reported reached by its day, from the stage hazards; null with the reason in

    `basis`. `expected_on` follows from the pace so far.
    """

    state: str
    reasons: list[Text]
    on_time: ChanceOut | None
    basis: str
    expected_on: datetime.date | None


class MilestoneOut(Struct, frozen=True, kw_only=True):
    """A milestone with its own report; `warning` is null once that has come."""

    milestone_id: uuid.UUID
    title: Text
    due_on: datetime.date
    report: ReportOut
    warning: WarningOut | None

    @classmethod
    def of(cls, found: MilestoneStanding) -> "MilestoneOut":
        told, chance = found.warning, found.warning.on_time if found.warning else None
        return cls(
            milestone_id=found.milestone.id,
            title=found.milestone.title,
            due_on=found.milestone.due_on,
            report=ReportOut.of(found.report),
            warning=None if told is None else WarningOut(
                state=told.state, reasons=told.reasons, basis=told.basis, expected_on=told.expected_on,
                on_time=ChanceOut(value=chance.value, low=chance.low, high=chance.high) if chance else None,
            ),
        )  # fmt: skip


class OverviewOut(Struct, frozen=True, kw_only=True):
    """A deal at a glance."""

    deal_id: uuid.UUID
    milestones: list[MilestoneOut]
    kpis: list[KpiOut]


class FlagOut(Struct, frozen=True, kw_only=True):
    """For operators: something a person has to look at, with what was seen."""

    id: uuid.UUID
    report_id: uuid.UUID
    kind: str
    subject: str
    finding: dict[str, Any]
    noted_at: datetime.datetime
    verdict: str | None
    note: str

    @classmethod
    def of(cls, found: EvidenceFlag) -> "FlagOut":
        return cls(
            id=found.id,
            report_id=found.report_id,
            kind=found.kind,
            subject=found.subject,
            finding=found.finding,
            noted_at=found.created_at,
            verdict=found.verdict,
            note=found.note,
        )


class VerdictIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    verdict: Literal["harmless", "misleading"]
    note: Annotated[str, Meta(min_length=1, max_length=2_000, pattern=r"^[^\x00]+$")]


class ForecastIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How likely the milestone is reported reached by its day."""

    probability: Annotated[float, Meta(ge=0, le=1)]


class ForecastOut(Struct, frozen=True, kw_only=True):
    id: uuid.UUID
    milestone_id: uuid.UUID
    probability: float
    made_on: datetime.date

    @classmethod
    def of(cls, found: MilestoneForecast) -> "ForecastOut":
        return cls(id=found.id, milestone_id=found.milestone_id, probability=found.probability, made_on=found.made_on)


class RecordOut(Struct, frozen=True, kw_only=True):
    """For operators: a forecaster (an assessor's id, or a model) with the record and the weight it has earned."""

    forecaster: str
    outcomes: int
    brier: float
    log_score: float
    skill: float
    weight: float

    @classmethod
    def of(cls, forecaster: str, found: Record) -> "RecordOut":
        return cls(
            forecaster=forecaster,
            outcomes=found.count,
            brier=found.brier,
            log_score=found.log_score,
            skill=found.skill,
            weight=found.weight,
        )
