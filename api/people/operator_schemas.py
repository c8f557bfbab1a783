"""What the operator sends and sees."""

import datetime
import uuid
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from marketplace.audit import AuditEntry
from marketplace.mail import Mail
from marketplace.people.models import Organisation, VerificationRecord
from scoring.technology import Text

AnyKind = Literal["holder", "investor", "incubator", "demand", "assessor", "operator"]
State = Literal["unverified", "submitted", "verified", "suspended", "closed"]


class OrganisationRow(Struct, frozen=True, kw_only=True):
    id: uuid.UUID
    created_at: datetime.datetime
    name: Text
    kind: str
    country: str
    registration_number: str | None
    state: str
    state_since: datetime.datetime

    @classmethod
    def of(cls, found: Organisation) -> "OrganisationRow":
        return cls(**{name: getattr(found, name) for name in cls.__struct_fields__})


class WaitingVerification(Struct, frozen=True, kw_only=True):
    id: uuid.UUID
    organisation_id: uuid.UUID
    created_at: datetime.datetime
    evidence: dict[str, Any]

    @classmethod
    def of(cls, found: VerificationRecord) -> "WaitingVerification":
        return cls(**{name: getattr(found, name) for name in cls.__struct_fields__})


class TransitionIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    transition: Literal["suspend", "reinstate", "close", "expire"]
    note: Annotated[str, Meta(min_length=1, max_length=2000, pattern=r"^[^\x00]*\S[^\x00]*$")]


class MailOut(Struct, frozen=True, kw_only=True):
    """The text may hold a link that works once: reading the outbox is in the audit log."""

    id: uuid.UUID
    created_at: datetime.datetime
    kind: str
    to: str
    subject: str
    text: str
    sent_at: datetime.datetime | None
    tries: int
    last_error: str | None

    @classmethod
    def of(cls, found: Mail) -> "MailOut":
        return cls(**{name: getattr(found, name) for name in cls.__struct_fields__})


class AuditOut(Struct, frozen=True, kw_only=True):
    """`changes` is before and after of each field; secrets are never in it. `hash` covers the entry and all before."""

    sequence: int
    at: datetime.datetime
    actor_kind: str
    actor_id: uuid.UUID | None
    actor_name: str
    organisation_id: uuid.UUID | None
    action: str
    subject_type: str
    subject_id: str
    changes: dict[str, Any]
    data: dict[str, Any]
    hash: str

    @classmethod
    def of(cls, found: AuditEntry) -> "AuditOut":
        plain = {name: getattr(found, name) for name in cls.__struct_fields__ if name != "hash"}
        return cls(hash=(found.hash or b"").hex(), **plain)
