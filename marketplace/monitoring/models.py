"""Reports and their evidence, measures and their values, doubts about evidence, forecasts and outcomes."""

import datetime
import uuid
from typing import Any

from sqlalchemy import CheckConstraint, Double, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.base import Record, unique, unique_where
from marketplace.deals.models import Deal, DealMilestone
from marketplace.files.models import StoredFile
from marketplace.monitoring.process import REPORT
from marketplace.process import InProcess
from scoring.technology import Text

REPORT_KINDS = ("progress", "final")
FLAG_KINDS = ("reused-file", "made-after-its-date", "same-author", "repeated-values", "too-smooth", "last-digits")
VERDICTS = ("harmless", "misleading")


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(value) for value in values)})", name=f"{column}_is_known")


class MilestoneReport(Record, InProcess):
    """A report that is due: `final` says that the milestone is reached, `progress` how far it is."""

    __tablename__ = "milestone_report"
    __process__ = REPORT.name

    deal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("deal.id"))
    milestone_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("deal_milestone.id"))
    kind: Mapped[str]
    due_on: Mapped[datetime.date]
    summary: Mapped[str] = mapped_column(server_default="")
    progress_percent: Mapped[int | None]
    submitted_at: Mapped[datetime.datetime | None]
    submitted_by: Mapped[uuid.UUID | None]

    deal: Mapped[Deal] = relationship(lazy="raise")
    milestone: Mapped[DealMilestone] = relationship(lazy="raise")

    __table_args__ = (
        UniqueConstraint("milestone_id", "kind", "due_on"),
        _one_of("kind", REPORT_KINDS),
        CheckConstraint("progress_percent BETWEEN 0 AND 100", name="progress_is_percent"),
        Index("ix_milestone_report_deal_id", "deal_id", "due_on"),
        Index("uq_milestone_report_final", "milestone_id", unique=True, postgresql_where=text("kind = 'final'")),
    )


class ReportEvidence(Record):
    """A file of a report, by its hash (append-only). `dated_on` is the day it claims to be of."""

    __tablename__ = "report_evidence"

    report_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("milestone_report.id"))
    sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"))
    file_name: Mapped[str]
    dated_on: Mapped[datetime.date | None]
    sent_by: Mapped[uuid.UUID | None]

    file: Mapped[StoredFile] = relationship(lazy="raise")

    __table_args__ = (
        unique(
            "report_id",
            "sha256",
            code="evidence-known",
            message="This report has this file already.",
            message_zh="该报告已包含此文件。",
        ),
        Index("ix_report_evidence_sha256", "sha256"),
    )


class DealKpi(Record):
    """A measure that both sides follow: what it means, its unit, and the values planned for days to come."""

    __tablename__ = "deal_kpi"

    deal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("deal.id"))
    key: Mapped[str]
    name: Mapped[Text]
    definition: Mapped[Text]
    unit: Mapped[str]
    direction: Mapped[str]
    plan: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    tolerance: Mapped[float] = mapped_column(Double())

    __table_args__ = (
        unique(
            "deal_id", "key", code="kpi-exists", message="This deal has such a measure.", message_zh="该指标已存在。"
        ),
        _one_of("direction", ("at-least", "at-most")),
        CheckConstraint("tolerance >= 0", name="tolerance_is_not_negative"),
    )


class KpiValue(Record):
    """A measured value, as a report says (append-only)."""

    __tablename__ = "kpi_value"

    kpi_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("deal_kpi.id"))
    report_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("milestone_report.id"))
    measured_on: Mapped[datetime.date]
    value: Mapped[float] = mapped_column(Double())

    __table_args__ = (
        Index("ix_kpi_value_kpi_id", "kpi_id", "measured_on"),
        Index("ix_kpi_value_report_id", "report_id"),
    )


class EvidenceFlag(Record):
    """Something about a report that a person has to look at. It changes nothing by itself."""

    __tablename__ = "evidence_flag"

    report_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("milestone_report.id"))
    kind: Mapped[str]
    subject: Mapped[str]
    # What was seen, for whoever judges; other parties' reports are named here and nowhere else.
    finding: Mapped[dict[str, Any]]
    verdict: Mapped[str | None]
    note: Mapped[str] = mapped_column(server_default="")
    decided_by: Mapped[uuid.UUID | None]
    decided_at: Mapped[datetime.datetime | None]

    report: Mapped[MilestoneReport] = relationship(lazy="raise")

    __table_args__ = (
        UniqueConstraint("report_id", "kind", "subject"),
        _one_of("kind", FLAG_KINDS),
        _one_of("verdict", VERDICTS),
        CheckConstraint("(verdict IS NULL) = (decided_at IS NULL)", name="verdict_is_whole"),
    )


class MilestoneForecast(Record):
    """How likely somebody held it, at entry, that the milestone is reported reached by its day (append-only).

    By an assessor, or by a model of the scoring library.
    """

    __tablename__ = "milestone_forecast"

    milestone_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("deal_milestone.id"))
    assessor_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("assessor.id"))
    model: Mapped[str | None]
    probability: Mapped[float] = mapped_column(Double())
    made_on: Mapped[datetime.date]

    __table_args__ = (
        CheckConstraint("num_nonnulls(assessor_id, model) = 1", name="is_somebodys"),
        CheckConstraint("probability BETWEEN 0 AND 1", name="probability_is_share"),
        unique_where(
            "uq_milestone_forecast_assessor",
            "milestone_id",
            "assessor_id",
            where=text("assessor_id IS NOT NULL"),
            code="forecast-made",
            message="You have made your forecast; it stays as it is.",
            message_zh="您已作出预测，不可更改。",
        ),
        Index(
            "uq_milestone_forecast_model",
            "milestone_id",
            "model",
            unique=True,
            postgresql_where=text("model IS NOT NULL"),
        ),
    )


class MilestoneOutcome(Record):
    """Whether the milestone was reported reached by its day, once that is known (append-only)."""

    __tablename__ = "milestone_outcome"

    milestone_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("deal_milestone.id"), unique=True)
    in_time: Mapped[bool]
    known_on: Mapped[datetime.date]
