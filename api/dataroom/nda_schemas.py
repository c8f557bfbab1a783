"""What goes in and out about confidentiality agreements."""

import datetime
import uuid
from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta, Struct

from marketplace.dataroom.models import Nda, NdaAcceptance, NdaVersion
from marketplace.texts import LongText, ShortText
from scoring.technology import Text

Hash = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$", description="SHA-256, in hexadecimal")]


class NdaIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    title: ShortText
    text: LongText


class NdaTextIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    text: LongText


class NdaVersionOut(Struct, frozen=True, kw_only=True):
    number: int
    text: Text
    sha256: str
    published_at: datetime.datetime

    @classmethod
    def of(cls, found: NdaVersion) -> "NdaVersionOut":
        return cls(number=found.number, text=found.text, sha256=found.sha256, published_at=found.created_at)


class NdaOut(Struct, frozen=True, kw_only=True):
    """An agreement with its versions, the newest first."""

    id: uuid.UUID
    title: Text
    versions: list[NdaVersionOut]

    @classmethod
    def of(cls, nda: Nda, versions: Sequence[NdaVersion]) -> "NdaOut":
        return cls(id=nda.id, title=nda.title, versions=[NdaVersionOut.of(version) for version in versions])


class TemplateOut(Struct, frozen=True, kw_only=True):
    title: Text
    text: Text


class RoomNdaOut(Struct, frozen=True, kw_only=True):
    """The text that holds now. Accept it by its `sha256`."""

    title: Text
    version: NdaVersionOut
    accepted: bool


class AcceptIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`authorised`: the caller may accept this for their organisation."""

    sha256: Hash
    authorised: bool


class AcceptanceOut(Struct, frozen=True, kw_only=True):
    sha256: str
    version: int
    person: str
    organisation_id: uuid.UUID
    organisation: Text
    accepted_at: datetime.datetime
    ip_address: str

    @classmethod
    def of(cls, found: NdaAcceptance) -> "AcceptanceOut":
        return cls(
            sha256=found.sha256,
            version=found.nda_version.number,
            person=found.person.name,
            organisation_id=found.organisation_id,
            organisation=found.organisation.name,
            accepted_at=found.accepted_at,
            ip_address=found.ip_address,
        )
