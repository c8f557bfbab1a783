"""My desk: what waits for me."""

from typing import Any

from litestar import Request, Response
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

from api.desk.words import QUEUES, state_words
from api.platform import actor_of
from api.routing import SIGNED_IN, get
from api.site.render import page
from marketplace.desk.queues import queues_of
from marketplace.people.models import Organisation


@get("/desk", access=SIGNED_IN, problems=(), include_in_schema=False)
async def show_desk(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Response[bytes]:
    """What waits for the reader, and what is under way."""
    actor = actor_of(request)
    organisation = await session.get(Organisation, actor.organisation_id) if actor.organisation_id else None
    queues = await queues_of(session, actor)
    return page(
        request,
        "desk/desk.html",
        organisation=organisation,
        queues=queues,
        waiting=sum(queue.waiting for queue in queues),
        words=QUEUES,
        state_words=state_words,
    )


PAGES = [show_desk]
