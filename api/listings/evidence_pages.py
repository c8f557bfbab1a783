"""Evidence with its files: a document and what it shows, handed in together."""

import datetime
import tempfile
import uuid
from pathlib import Path
from typing import Any

from litestar import Request, Response
from litestar.datastructures import UploadFile
from litestar.params import FromPath
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from api.dataroom.uploading import chunks_of, receive
from api.fields import Line
from api.listings.evidence_routes import editable_now
from api.listings.own_page import own_page
from api.platform import actor_of, platform_of
from api.routing import SIGNED_IN, post
from api.site.forms import Form, read_form
from api.site.render import see_other
from api.transaction import CURRENT, provide_session
from marketplace.errors import Conflict, FieldError, Invalid, MarketplaceError
from marketplace.files.service import Received, take_in
from marketplace.files.store import file_store
from marketplace.listings import evidence
from marketplace.listings.process import EDITABLE
from marketplace.listings.service import technology_of
from marketplace.texts import ShortText
from scoring.technology import Evidence, EvidenceGrade, Text

_NO_FILE = FieldError(field="file", expected="a file", expected_zh="请选择文件")
_NO_TITLE = FieldError(
    field="title.zh", expected="a title in Chinese or English", expected_zh="请填写名称（中文或英文）"
)


class DocumentForm(Struct, frozen=True):
    """A new document; with `evidence_id`, the file behind one that is there."""

    evidence_id: Line | None = None
    title: ShortText | None = None
    grade: EvidenceGrade = EvidenceGrade.DOCUMENTED
    issuer: Line | None = None
    dated: datetime.date | None = None
    expires: datetime.date | None = None
    supports: list[Line] = []

    def evidence(self, id: str) -> Evidence:
        return Evidence(
            id=id,
            title=self.title.text() if self.title else Text(),
            grade=self.grade,
            issuer=self.issuer,
            dated=self.dated,
            expires=self.expires,
            supports=tuple(self.supports),
        )


def _with_list(nested: dict[str, Any]) -> dict[str, Any]:
    """`supports` is typed with commas, of either kind."""
    said = str(nested.get("supports", "")).replace("，", ",").replace("、", ",").split(",")
    return nested | {"supports": [part.strip() for part in said if part.strip()]}


@post(
    "/desk/technologies/{listing_id:uuid}/evidence",
    access=SIGNED_IN,
    problems=(),
    status_code=303,
    include_in_schema=False,
)
async def take_evidence_file(request: Request[Any, Any, Any], listing_id: FromPath[uuid.UUID]) -> Response[bytes]:
    """Add a document with its file, or the file to a document."""
    listing = await editable_now(request, await provide_session(request), listing_id)
    form = await read_form(request, DocumentForm, prepare=_with_list)
    file = (await request.form()).get("file")
    try:
        if listing.state not in EDITABLE:
            raise Conflict(
                "not-a-draft", "Only a draft can be changed; revise it first.", "仅草稿可修改，请先发起修订。"
            )
        given = _checked(form, file)
        await CURRENT.get().end(keep=False)  # no transaction waits while a file is checked
        await _keep(request, listing_id, given, file)
        return see_other(f"/desk/technologies/{listing_id}#evidence")
    except MarketplaceError as error:
        await CURRENT.get().end(keep=False)
        session = await provide_session(request)
        listing = await editable_now(request, session, listing_id)
        return await own_page(request, session, listing, documenting=form.refuse(error))


def _checked(form: Form[DocumentForm], file: Any) -> DocumentForm:
    """All that is wrong, before anything is kept: the words and the file beside them."""
    wrong = [] if isinstance(file, UploadFile) and file.filename else [_NO_FILE]
    if form.value is not None and not form.value.evidence_id and not form.value.title:
        wrong.append(_NO_TITLE)
    if wrong or form.value is None:
        raise Invalid(wrong)
    return form.value


async def _keep(request: Request[Any, Any, Any], listing_id: uuid.UUID, given: DocumentForm, file: Any) -> None:
    platform = platform_of(request)
    with tempfile.TemporaryDirectory(prefix="greenhatch-upload-") as place:
        received = await receive(
            chunks_of(file), name=file.filename, folder=Path(place), bytes_max=platform.settings.upload_bytes_max
        )
        await take_in(platform.sessions, file_store(platform.settings), actor=actor_of(request), received=received)
    await _name(request, await provide_session(request), listing_id, given, received)


async def _name(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    listing_id: uuid.UUID,
    given: DocumentForm,
    received: Received,
) -> None:
    listing = await editable_now(request, session, listing_id)
    if given.evidence_id:
        await evidence.attach_file(session, listing=listing, evidence_id=given.evidence_id, received=received)
    else:
        made = given.evidence(evidence.next_id(technology_of(listing)))
        await evidence.add_evidence(session, listing=listing, evidence=made, received=received)


EVIDENCE_PAGES = [take_evidence_file]
