"""An assessor's profile: what they can judge, how much at once, and what ties them to organisations."""

import datetime
from typing import Any

from litestar import Request, Response
from litestar.di import NamedDependency
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.assessments.assessor_schemas import ProfileIn, RelationKind, RelationOut
from api.assessments.dependencies import AssessingPerson
from api.assessments.desk_pages import RELATIONS
from api.assessments.schemas import Reason
from api.fields import Line
from api.routing import SIGNED_IN, get, post
from api.site import words
from api.site.attempt import carried_out
from api.site.forms import Form, read_form
from api.site.render import page, see_other
from marketplace.assessments import roster
from marketplace.dataroom.guests import admission_named
from marketplace.errors import only
from marketplace.people.models import Organisation

_PROFILE = "/desk/assessor"


@get(_PROFILE, access=SIGNED_IN, problems=(403,), include_in_schema=False)
async def show_profile_page(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    assessing_person: NamedDependency[AssessingPerson],
) -> Response[bytes]:
    """What one has said of oneself."""
    return await _profile_page(request, session, assessing_person)


async def _profile_page(
    request: Request[Any, Any, Any], session: AsyncSession, who: AssessingPerson, **forms: Form[Any]
) -> Response[bytes]:
    known = await roster.profile_of(session, who.person_id)
    stated = await roster.relations_of(session, known) if known else []
    tied = select(Organisation.id, Organisation.name).where(
        Organisation.id.in_([one.organisation_id for one in stated])
    )
    return page(
        request,
        "assessments/profile.html",
        status=422 if forms else 200,
        profile=known,
        relations=[RelationOut.of(one) for one in stated],
        names={row.id: row.name for row in await session.execute(tied)},
        kinds=RELATIONS,
        media=words.MEDIA,
        **({"form": None, "stating": None} | forms),
    )


def _with_lists(nested: dict[str, Any]) -> dict[str, Any]:
    """Pollutants are typed with commas; not ticked is not available."""
    said = str(nested.get("pollutants", "")).replace("，", ",").replace("、", ",").split(",")
    return {"available": False} | nested | {"pollutants": [part.strip() for part in said if part.strip()]}


@post(_PROFILE, access=SIGNED_IN, problems=(403,), status_code=303, include_in_schema=False)
async def take_profile_page(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    assessing_person: NamedDependency[AssessingPerson],
) -> Response[bytes]:
    """Keep it; invitations follow it from now on."""
    form = await read_form(request, ProfileIn, prepare=_with_lists)
    person_id, organisation_id = assessing_person

    async def act(given: ProfileIn) -> None:
        await roster.keep_profile(
            session, person_id=person_id, organisation_id=organisation_id, profile=given.profile()
        )

    if not await carried_out(session, form, act):
        return await _profile_page(request, session, assessing_person, form=form)
    return see_other(_PROFILE)


class RelationForm(Struct, frozen=True):
    """A tie to an organisation, by its exact name; without a day it lasts."""

    organisation: Line
    kind: RelationKind
    ended_on: datetime.date | None = None
    note: Reason = ""


@post(f"{_PROFILE}/relations", access=SIGNED_IN, problems=(403,), status_code=303, include_in_schema=False)
async def take_relation(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    assessing_person: NamedDependency[AssessingPerson],
) -> Response[bytes]:
    """State a tie; it stays on record and keeps one away from what it touches."""
    form = await read_form(request, RelationForm)

    async def act(given: RelationForm) -> None:
        assessor = only(await roster.profile_of(session, assessing_person.person_id), "profile")
        found = await admission_named(session, organisation=given.organisation, email=None)
        await roster.state_relation(
            session,
            assessor=assessor,
            organisation_id=found.organisation_id,
            kind=given.kind,
            ended_on=given.ended_on,
            note=given.note,
        )

    if not await carried_out(session, form, act):
        return await _profile_page(request, session, assessing_person, stating=form)
    return see_other(f"{_PROFILE}#relations")


PROFILE_PAGES = [show_profile_page, take_profile_page, take_relation]
