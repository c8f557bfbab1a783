"""What a committee decides by, and what it decided."""

import uuid
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.applications.process import REASONS
from marketplace.base import Record, secret, unique

OUTCOMES = ("accepted", "waitlisted", "rejected", "invited")


class DecisionPack(Record):
    """What the committee decides by: made when the round closes, the same bytes for everybody (append-only)."""

    __tablename__ = "review_pack"
    __audited__: ClassVar[bool] = False

    round_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("review_round.id"))
    sha256: Mapped[str]
    content: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (
        unique(
            "round_id",
            code="round-closed",
            message="This round is closed.",
            message_zh="该评审轮次已截止。",
        ),
    )


class ReviewDecision(Record):
    """What the committee decided about one application, on which pack (append-only)."""

    __tablename__ = "review_decision"

    round_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("review_round.id"))
    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"))
    outcome: Mapped[str]
    reason: Mapped[str | None]
    note: Mapped[str] = mapped_column(info=secret())
    pack_sha256: Mapped[str]
    # Where it stood, and what would have crossed the bar: what the applicant is told.
    standing: Mapped[dict[str, Any]]
    feedback: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    decided_by: Mapped[uuid.UUID | None]

    __table_args__ = (
        unique(
            "round_id",
            "application_id",
            code="decided-already",
            message="This application is decided.",
            message_zh="该申请已作出决定。",
        ),
        CheckConstraint(f"outcome IN ({', '.join(map(repr, OUTCOMES))})", name="outcome_is_known"),
        CheckConstraint(f"reason IN ({', '.join(map(repr, REASONS))})", name="reason_is_known"),
        CheckConstraint("outcome <> 'rejected' OR reason IS NOT NULL", name="rejected_for_a_reason"),
        Index("ix_review_decision_application_id", "application_id"),
    )
