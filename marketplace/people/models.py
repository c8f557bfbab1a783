"""Organisations, people, and everything that proves who is calling."""

import datetime
import uuid
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, func, text
from sqlalchemy.dialects.postgresql import CHAR
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.base import Record, secret, unique, unique_where
from marketplace.people.process import ORGANISATION
from marketplace.process import InProcess
from scoring.technology import Text

KINDS = ("holder", "investor", "incubator", "demand", "assessor", "operator")
# Nobody acts for an organisation in these states.
DORMANT = ("suspended", "closed")
MEMBER_ROLES = ("owner", "admin", "member", "viewer")
INVESTOR_CATEGORIES = ("retail", "qualified", "professional")


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(value) for value in values)})", name=f"{column}_is_known")


class Organisation(Record, InProcess):
    """A party on the platform. Its process is the verification by the operator (KYB)."""

    __tablename__ = "organisation"
    __process__ = ORGANISATION.name

    name: Mapped[Text]
    kind: Mapped[str]
    country: Mapped[str] = mapped_column(CHAR(2))
    registration_number: Mapped[str | None]
    website: Mapped[str | None]
    # Of the address its first member proved; two organisations that share one may not assess each other.
    email_domain: Mapped[str]
    verified_at: Mapped[datetime.datetime | None]
    version: Mapped[int] = mapped_column(server_default="1")

    __table_args__ = (
        _one_of("kind", KINDS),
        unique(
            "country",
            "registration_number",
            name="uq_organisation_registration",
            code="organisation-known",
            message="An organisation with this registration number is on the platform already; ask it to invite you.",
            message_zh="该登记号的机构已在平台注册，请联系其管理员邀请您加入。",
        ),
    )
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own name and type


class VerificationRecord(Record):
    """What an organisation handed in to be verified, and what the operator made of it (append-only)."""

    __tablename__ = "verification_record"

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    evidence: Mapped[dict[str, Any]]
    decision: Mapped[str | None]
    note: Mapped[str] = mapped_column(server_default="")
    decided_by: Mapped[uuid.UUID | None]
    decided_at: Mapped[datetime.datetime | None]

    __table_args__ = (Index("ix_verification_record_organisation_id", "organisation_id"),)


class Person(Record):
    __tablename__ = "person"

    email: Mapped[str]
    name: Mapped[str]
    language: Mapped[str] = mapped_column(server_default="zh")
    password_hash: Mapped[str] = mapped_column(info=secret())
    email_verified_at: Mapped[datetime.datetime | None]
    totp_secret: Mapped[str | None] = mapped_column(info=secret())
    totp_confirmed_at: Mapped[datetime.datetime | None]
    # The last time step whose code was used: a code works once.
    totp_last_step: Mapped[int | None]
    disabled_at: Mapped[datetime.datetime | None]

    __table_args__ = (
        Index("uq_person_email", func.lower(text("email")), unique=True),
        _one_of("language", ("zh", "en")),
    )


class RecoveryCode(Record):
    """Signs in once in place of a code of the authenticator."""

    __tablename__ = "recovery_code"
    __audited__: ClassVar[bool] = False

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    code_hash: Mapped[bytes] = mapped_column(LargeBinary)
    used_at: Mapped[datetime.datetime | None]

    __table_args__ = (Index("uq_recovery_code", "person_id", "code_hash", unique=True),)


class Membership(Record):
    __tablename__ = "membership"

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    role: Mapped[str]

    organisation: Mapped[Organisation] = relationship(lazy="raise")
    person: Mapped[Person] = relationship(lazy="raise")

    __table_args__ = (
        unique(
            "organisation_id",
            "person_id",
            code="member-already",
            message="This person is a member already.",
            message_zh="此人已是成员。",
        ),
        Index("ix_membership_person_id", "person_id"),
        _one_of("role", MEMBER_ROLES),
    )


class LoginSession(Record):
    """A signed-in browser. Only the hash of its token is kept."""

    __tablename__ = "login_session"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True, info=secret())
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    organisation_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("organisation.id"))
    user_agent: Mapped[str] = mapped_column(server_default="")
    last_seen_at: Mapped[datetime.datetime]
    expires_at: Mapped[datetime.datetime]
    ended_at: Mapped[datetime.datetime | None]
    # When a second factor was last given in this session; money asks for a recent one.
    stepped_up_at: Mapped[datetime.datetime | None]

    person: Mapped[Person] = relationship(lazy="raise")

    __table_args__ = (Index("ix_login_session_person_id", "person_id"),)


class ApiKey(Record):
    """`prefix` finds the key and may be shown; the secret is shown once and kept as a keyed hash."""

    __tablename__ = "api_key"

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str]
    prefix: Mapped[str] = mapped_column(unique=True)
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary, info=secret())
    scopes: Mapped[list[str]]
    expires_at: Mapped[datetime.datetime]
    revoked_at: Mapped[datetime.datetime | None]
    last_used_on: Mapped[datetime.date | None]

    organisation: Mapped[Organisation] = relationship(lazy="raise")

    __table_args__ = (Index("ix_api_key_organisation_id", "organisation_id"),)


class Invitation(Record):
    __tablename__ = "invitation"

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    invited_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    email: Mapped[str]
    role: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True, info=secret())
    expires_at: Mapped[datetime.datetime]
    closed_at: Mapped[datetime.datetime | None]

    organisation: Mapped[Organisation] = relationship(lazy="raise")

    __table_args__ = (
        unique_where(
            "uq_invitation_open",
            "organisation_id",
            func.lower(text("email")),
            where=text("closed_at IS NULL"),
            code="invited-already",
            message="This address has an open invitation.",
            message_zh="该邮箱已有未处理的邀请。",
        ),
        _one_of("role", MEMBER_ROLES),
    )


class EmailToken(Record):
    """Proof that somebody reads an address: works once, for one purpose, for a while."""

    __tablename__ = "email_token"

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    purpose: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True, info=secret())
    expires_at: Mapped[datetime.datetime]
    used_at: Mapped[datetime.datetime | None]

    __table_args__ = (_one_of("purpose", ("verify-email", "reset-password")),)


class InvestorClassification(Record):
    """How an investor is protected. It takes effect after a time of reflection and ends on a day."""

    __tablename__ = "investor_classification"

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    category: Mapped[str]
    answers: Mapped[dict[str, Any]]
    effective_at: Mapped[datetime.datetime]
    expires_at: Mapped[datetime.datetime]
    withdrawn_at: Mapped[datetime.datetime | None]

    __table_args__ = (
        Index("ix_investor_classification_organisation_id", "organisation_id"),
        _one_of("category", INVESTOR_CATEGORIES),
    )
