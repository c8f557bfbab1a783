"""The files behind a listing's evidence, by the hash that the evidence names: none can be exchanged."""

import uuid

from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from marketplace.errors import FieldError, Invalid, NotFound
from marketplace.files.service import Received
from marketplace.listings.models import Listing, ListingFile
from marketplace.listings.service import content_of, rewrite_listing
from scoring.technology import Evidence, Technology

DOCUMENTS_MAX = 60


def next_id(technology: Technology) -> str:
    """A short name for the next document, which no other has."""
    known = {document.id for document in technology.evidence}
    return next(name for number in range(1, len(known) + 2) if (name := f"e{number}") not in known)


async def add_evidence(session: AsyncSession, *, listing: Listing, evidence: Evidence, received: Received) -> None:
    """Add a document with its file to a draft.

    Raises
    ------
    Conflict
        The listing is no draft.
    Invalid
        It has too many documents.
    """
    content = content_of(listing)
    documents = content.technology.evidence
    if len(documents) >= DOCUMENTS_MAX:
        expected = f"at most {DOCUMENTS_MAX} documents"
        raise Invalid([FieldError(field="file", expected=expected, expected_zh=f"证明材料最多{DOCUMENTS_MAX}份")])
    added = replace(evidence, sha256=received.sha256)
    await _rewrite(session, listing, (*documents, added))
    await _name(session, listing, received)


async def attach_file(session: AsyncSession, *, listing: Listing, evidence_id: str, received: Received) -> None:
    """Put a file behind a document of a draft; the file before stays with the versions that name it.

    Raises
    ------
    Conflict, NotFound
    """
    documents = content_of(listing).technology.evidence
    document_of(content_of(listing).technology, evidence_id)
    changed = (replace(one, sha256=received.sha256) if one.id == evidence_id else one for one in documents)
    await _rewrite(session, listing, tuple(changed))
    await _name(session, listing, received)


async def _rewrite(session: AsyncSession, listing: Listing, documents: tuple[Evidence, ...]) -> None:
    content = content_of(listing)
    technology = replace(content.technology, evidence=documents)
    await rewrite_listing(session, listing=listing, content=replace(content, technology=technology))


async def _name(session: AsyncSession, listing: Listing, received: Received) -> None:
    values = {"listing_id": listing.id, "sha256": received.sha256, "file_name": received.name}
    await session.execute(insert(ListingFile).values(values).on_conflict_do_nothing())


def document_of(technology: Technology, evidence_id: str) -> Evidence:
    """A document by its id.

    Raises
    ------
    NotFound
    """
    found = next((one for one in technology.evidence if one.id == evidence_id), None)
    if found is None:
        raise NotFound("evidence", "There is no such evidence.", "无此证明材料。")
    return found


async def file_of(
    session: AsyncSession, *, listing_id: uuid.UUID, technology: Technology, evidence_id: str
) -> ListingFile:
    """The file behind a document, as one version of the technology names it.

    Raises
    ------
    NotFound
    """
    sha256 = document_of(technology, evidence_id).sha256
    query = select(ListingFile).where(ListingFile.listing_id == listing_id, ListingFile.sha256 == sha256)
    found: ListingFile | None = await session.scalar(query.options(joinedload(ListingFile.file)))
    if found is None:
        raise NotFound("file", "No file was handed in for this evidence.", "该证明材料未上传文件。")
    return found


async def names_of(session: AsyncSession, listing_id: uuid.UUID) -> dict[str, str]:
    """The names of a listing's files by their hashes."""
    query = select(ListingFile.sha256, ListingFile.file_name).where(ListingFile.listing_id == listing_id)
    return {row.sha256: row.file_name for row in await session.execute(query)}
