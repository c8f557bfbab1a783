"""The files behind evidence: sent by the holder, opened by the holder, the operator and the assessors."""

import tempfile
import uuid
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api.dataroom.schemas import FILE_NAME
from api.dataroom.uploading import UploadOperation, receive
from api.listings.dependencies import editable_listing, own_listing
from api.listings.schemas import OwnListing
from api.platform import actor_of, platform_of
from api.routing import SIGNED_IN, get, put
from api.transaction import CURRENT, provide_session
from marketplace.assessments.models import Assignment
from marketplace.assessments.standing import technology_judged
from marketplace.database import clock_of
from marketplace.dataroom import opening
from marketplace.files.service import take_in
from marketplace.files.store import file_store
from marketplace.listings import evidence
from marketplace.listings.models import Listing, ListingFile
from marketplace.listings.service import technology_of

AnyRequest = Request[Any, Any, Any]
_OCTETS = "application/octet-stream"
_CONTENT = "/listings/{listing_id:uuid}/evidence/{evidence_id:str}/content"
_FILE = {200: ResponseSpec(bytes, description="The file", media_type=_OCTETS)}


async def editable_now(request: AnyRequest, session: AsyncSession, listing_id: uuid.UUID) -> Listing:
    """A listing that the caller may change, in a transaction that has just begun."""
    return await editable_listing(request, await own_listing(request, listing_id, session))


@put(_CONTENT, access=SIGNED_IN, problems=(404, 409), request_max_body_size=None, operation_class=UploadOperation)
async def send_evidence_file(
    request: AnyRequest,
    listing_id: FromPath[uuid.UUID],
    evidence_id: FromPath[str],
    file_name: Annotated[str, QueryParameter(max_length=200, pattern=FILE_NAME)] = "evidence.pdf",
) -> OwnListing:
    """Send the file behind a document of a draft; the document names it by its hash from then on.

    The same kinds of file are taken as in data rooms. The operator and the assessors of the listing can open it.
    """
    platform = platform_of(request)
    listing = await editable_now(request, await provide_session(request), listing_id)
    evidence.document_of(technology_of(listing), evidence_id)
    await CURRENT.get().end(keep=False)  # no transaction waits while a body comes in
    with tempfile.TemporaryDirectory(prefix="greenhatch-upload-") as folder:
        received = await receive(
            request.stream(), name=file_name, folder=Path(folder), bytes_max=platform.settings.upload_bytes_max
        )
        await take_in(platform.sessions, file_store(platform.settings), actor=actor_of(request), received=received)
    session = await provide_session(request)
    listing = await editable_now(request, session, listing_id)
    await evidence.attach_file(session, listing=listing, evidence_id=evidence_id, received=received)
    return OwnListing.of(listing)


@get(_CONTENT, access=SIGNED_IN, media_type=_OCTETS, responses=_FILE)
async def open_evidence_file(
    request: AnyRequest,
    evidence_id: FromPath[str],
    session: NamedDependency[AsyncSession],
    own_listing: NamedDependency[Listing],
) -> Response[bytes]:
    """The file behind a document. For the operator, a PDF carries the reader's name."""
    found = await evidence.file_of(
        session, listing_id=own_listing.id, technology=technology_of(own_listing), evidence_id=evidence_id
    )
    return await _served(
        request, session, found, marked=own_listing.organisation_id != actor_of(request).organisation_id
    )


@get(
    "/assignments/{assignment_id:uuid}/evidence/{evidence_id:str}/content",
    access=SIGNED_IN,
    problems=(403, 404),
    media_type=_OCTETS,
    responses=_FILE,
)
async def open_evidence_to_judge(
    request: AnyRequest,
    evidence_id: FromPath[str],
    session: NamedDependency[AsyncSession],
    open_assignment: NamedDependency[Assignment],
) -> Response[bytes]:
    """The file behind a document, for an assessor who has declared their interests; a PDF carries their name."""
    judged = open_assignment.assessment
    found = await evidence.file_of(
        session, listing_id=judged.listing_id, technology=technology_judged(judged), evidence_id=evidence_id
    )
    return await _served(request, session, found, marked=True)


async def _served(request: AnyRequest, session: AsyncSession, found: ListingFile, *, marked: bool) -> Response[bytes]:
    store, actor = file_store(platform_of(request).settings), actor_of(request)
    if marked:
        reader, now = await opening.reader_of(session, actor), clock_of(session).now()
        content = await opening.content(store, found.file, reader=reader, at=now, serial=str(found.id))
    else:
        content = await store.read(found.sha256)
    # Never shown by the browser within our pages: a file is a stranger's.
    disposition = f"attachment; filename*=UTF-8''{quote(found.file_name, safe='')}"
    headers = {"Content-Disposition": disposition, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(content, media_type=found.file.media_type, headers=headers)


EVIDENCE_ROUTES = [send_evidence_file, open_evidence_file, open_evidence_to_judge]
