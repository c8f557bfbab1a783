"""The operator's background jobs: each kind's numbers, what failed, and trying it again."""

from typing import Annotated, Any

from litestar import Request, Response
from litestar.di import NamedDependency
from msgspec import Meta, Struct
from sqlalchemy.ext.asyncio import AsyncSession

from api.operations import words
from api.routing import OPERATOR, get, post
from api.site.forms import Form, read_form
from api.site.render import page, see_other
from marketplace.errors import MarketplaceError
from marketplace.operations import jobs

_JOBS = "/desk/operator/jobs"


@get(_JOBS, access=OPERATOR, problems=(), include_in_schema=False)
async def show_jobs(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Response[bytes]:
    """What waits, runs, was done and failed."""
    return await _jobs(request, session, None)


async def _jobs(request: Request[Any, Any, Any], session: AsyncSession, form: Form[Any] | None) -> Response[bytes]:
    return page(
        request,
        "operations/jobs.html",
        status=422 if form else 200,
        form=form,
        kinds=await jobs.kinds_of_jobs(session),
        failed=await jobs.failed_jobs(session),
        words=words,
    )


class AgainForm(Struct, frozen=True):
    """A failed job by its number."""

    job_id: Annotated[int, Meta(ge=1, le=2**53 - 1)]


@post(f"{_JOBS}/again", access=OPERATOR, problems=(), status_code=303, include_in_schema=False)
async def take_job_again(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Response[bytes]:
    """Let a worker try it anew."""
    form = await read_form(request, AgainForm)
    if form.value is not None:
        try:
            await jobs.run_again(session, form.value.job_id)
            return see_other(_JOBS)
        except MarketplaceError as error:
            form.refuse(error)
    return await _jobs(request, session, form)


JOB_PAGES = [show_jobs, take_job_again]
