"""Many technologies at once, from a table: looked through first, imported then."""

from typing import Any

from litestar import Request, Response
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

from api.listings.dependencies import holder_organisation
from api.routing import SIGNED_IN, get, post
from api.site.language import CURRENT, choose_language, gettext
from api.site.render import page, see_other
from api.transaction import provide_session
from api.uploads import read_whole
from marketplace.listings import bulk
from marketplace.listings.parsing import EXTENSIONS, parse
from marketplace.people.models import Organisation

_IMPORT = "/desk/technologies/import"


@get(_IMPORT, access=SIGNED_IN, problems=(), include_in_schema=False)
async def show_import(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    holder_organisation: NamedDependency[Organisation],
) -> Response[bytes]:
    """Where the table goes in."""
    return page(request, "listings/import.html", report=None, refusal="", extensions=EXTENSIONS)


@post(_IMPORT, access=SIGNED_IN, problems=(), status_code=200, before_request=read_whole, include_in_schema=False)
async def take_import(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Look through the table; with `act=import` and nothing wrong, draft a listing for each row."""
    CURRENT.set(choose_language(request))
    sent = await request.form()
    file = sent.get("file")
    shown: dict[str, Any] = {"report": None, "refusal": "", "extensions": EXTENSIONS}
    if not isinstance(file, UploadFile) or not file.filename:
        missing = gettext("Choose a file first.")
        await holder_organisation(request, await provide_session(request))
        return page(request, "listings/import.html", status=422, **(shown | {"refusal": missing}))
    parsed = await parse(await file.read(), file.filename)
    session = await provide_session(request)
    holder = await holder_organisation(request, session)
    report = await bulk.check_import(session, holder=holder, parsed=parsed, file=file.filename)
    if report.errors or sent.get("act") != "import":
        status = 422 if report.errors else 200
        return page(request, "listings/import.html", status=status, **(shown | {"report": report}))
    await bulk.import_listings(session, holder=holder, technologies=parsed.technologies)
    return see_other("/desk/technologies")


IMPORT_PAGES = [show_import, take_import]
