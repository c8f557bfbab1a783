"""What goes in and out."""

import datetime
import uuid
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from api.fields import Country, Email, Line, OptionalLine, Password, Prose, Token, Url
from marketplace.people.models import (
    ApiKey,
    InvestorClassification,
    LoginSession,
    Membership,
    Organisation,
    VerificationRecord,
)
from marketplace.texts import ShortText
from scoring.technology import Text

Kind = Literal["holder", "investor", "incubator", "demand", "assessor"]
Role = Literal["owner", "admin", "member", "viewer"]
Category = Literal["retail", "qualified", "professional"]
Scope = Annotated[str, Meta(pattern=r"^([a-z-]+:)?(read|write)$", max_length=60)]
SecondFactorCode = Annotated[
    str,
    Meta(pattern=r"^(\d{6}|[A-Za-z0-9]{5}-[A-Za-z0-9]{5})$", description="Of the authenticator, or one for recovery"),
]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]


class SignUp(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Operators are made on the command line, never here."""

    email: Email
    password: Password
    person_name: Line
    organisation_name: ShortText
    kind: Kind
    country: Country
    language: Literal["zh", "en"] = "zh"
    registration_number: OptionalLine | None = None
    website: Url | None = None


class TokenIn(Struct, frozen=True, forbid_unknown_fields=True):
    token: Token


class EmailIn(Struct, frozen=True, forbid_unknown_fields=True):
    email: Email


class ResetIn(Struct, frozen=True, forbid_unknown_fields=True):
    token: Token
    password: Password


class SignIn(Struct, frozen=True, forbid_unknown_fields=True):
    email: Email
    password: Password
    totp_code: SecondFactorCode | None = None


class CodeIn(Struct, frozen=True, forbid_unknown_fields=True):
    code: SecondFactorCode


class ActFor(Struct, frozen=True, forbid_unknown_fields=True):
    organisation_id: uuid.UUID


class RecoveryCodesOut(Struct, frozen=True):
    """Each signs in once in place of the authenticator; they are shown this once."""

    codes: list[str]


class TotpBegun(Struct, frozen=True):
    uri: str


class OrganisationOut(Struct, frozen=True, kw_only=True):
    id: uuid.UUID
    name: Text
    kind: str
    country: str
    website: str | None
    verified: bool

    @classmethod
    def of(cls, found: Organisation) -> "OrganisationOut":
        return cls(
            id=found.id,
            name=found.name,
            kind=found.kind,
            country=found.country,
            website=found.website,
            verified=found.state == "verified",
        )


class DescriptionIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: ShortText
    website: Url | None = None


class MyOrganisation(Struct, frozen=True, kw_only=True):
    organisation: OrganisationOut
    role: str

    @classmethod
    def of(cls, found: Membership) -> "MyOrganisation":
        return cls(organisation=OrganisationOut.of(found.organisation), role=found.role)


class Me(Struct, frozen=True, kw_only=True):
    """Who is signed in. `csrf_token` goes into the header X-CSRF-Token of every change a browser asks for."""

    person_id: uuid.UUID
    name: str
    email: str
    language: str
    second_factor: bool
    acting_for: uuid.UUID | None
    organisations: list[MyOrganisation]
    csrf_token: str


class SessionOut(Struct, frozen=True, kw_only=True):
    id: uuid.UUID
    created_at: datetime.datetime
    last_seen_at: datetime.datetime
    user_agent: str
    current: bool

    @classmethod
    def of(cls, found: LoginSession, current: uuid.UUID) -> "SessionOut":
        return cls(
            id=found.id,
            created_at=found.created_at,
            last_seen_at=found.last_seen_at,
            user_agent=found.user_agent,
            current=found.id == current,
        )


class MemberOut(Struct, frozen=True, kw_only=True):
    person_id: uuid.UUID
    name: str
    email: str
    role: str
    since: datetime.datetime

    @classmethod
    def of(cls, found: Membership) -> "MemberOut":
        return cls(
            person_id=found.person_id,
            name=found.person.name,
            email=found.person.email,
            role=found.role,
            since=found.created_at,
        )


class InviteIn(Struct, frozen=True, forbid_unknown_fields=True):
    email: Email
    role: Role = "member"


class InvitationOut(Struct, frozen=True):
    id: uuid.UUID
    email: str
    role: str
    expires_at: datetime.datetime


class RoleIn(Struct, frozen=True, forbid_unknown_fields=True):
    role: Role


class KeyIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Line
    scopes: Annotated[list[Scope], Meta(min_length=1, max_length=20)]
    days: Annotated[int, Meta(ge=1, le=365)] = 90


class KeyOut(Struct, frozen=True, kw_only=True):
    id: uuid.UUID
    name: str
    prefix: str
    scopes: list[str]
    expires_at: datetime.datetime
    revoked_at: datetime.datetime | None
    last_used_on: datetime.date | None

    @classmethod
    def of(cls, found: ApiKey) -> "KeyOut":
        return cls(
            id=found.id,
            name=found.name,
            prefix=found.prefix,
            scopes=found.scopes,
            expires_at=found.expires_at,
            revoked_at=found.revoked_at,
            last_used_on=found.last_used_on,
        )


class NewKeyOut(Struct, frozen=True):
    """`secret` is the key itself, shown this once."""

    secret: str
    key: KeyOut


class Document(Struct, frozen=True, forbid_unknown_fields=True):
    title: Line
    sha256: Sha256


class VerificationIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What shows who the organisation is; documents are named by their hashes."""

    legal_name: Line
    registration_number: Line
    legal_representative: Line
    registered_address: Line
    documents: Annotated[list[Document], Meta(min_length=1, max_length=20)]


class DecisionIn(Struct, frozen=True, forbid_unknown_fields=True):
    verified: bool
    note: Prose = ""


class VerificationOut(Struct, frozen=True, kw_only=True):
    id: uuid.UUID
    submitted_at: datetime.datetime
    evidence: dict[str, Any]
    decision: str | None
    note: str
    decided_at: datetime.datetime | None

    @classmethod
    def of(cls, found: VerificationRecord) -> "VerificationOut":
        return cls(
            id=found.id,
            submitted_at=found.created_at,
            evidence=found.evidence,
            decision=found.decision,
            note=found.note,
            decided_at=found.decided_at,
        )


class ClassificationIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The answers are kept as given: what somebody said is what protects them."""

    category: Category
    answers: Annotated[dict[Line, Prose], Meta(max_length=50)]


class ClassificationOut(Struct, frozen=True, kw_only=True):
    """The class in effect; `retail`, the most protected, without one."""

    category: str
    effective_at: datetime.datetime | None = None
    expires_at: datetime.datetime | None = None

    @classmethod
    def of(cls, found: InvestorClassification | None) -> "ClassificationOut":
        if found is None:
            return cls(category="retail")
        return cls(category=found.category, effective_at=found.effective_at, expires_at=found.expires_at)
