"""Which mails a person gets: by what they are about, each at once, once a day together, or never."""

from typing import Any

from litestar import Request, Response
from litestar.di import NamedDependency
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from api.routing import SIGNED_IN, get, post
from api.site.attempt import carried_out
from api.site.forms import Form, read_form
from api.site.render import page, see_other
from marketplace.mail_preferences import TOPICS, Frequency, choose, preferences_of
from marketplace.people.models import LoginSession
from scoring.technology import Text

_HOME = "/account/letters"
FREQUENCIES = {
    "immediately": Text(zh="即时发送", en="At once"),
    "daily": Text(zh="每日汇总一封", en="Once a day, in one email"),
    "never": Text(zh="不发送", en="Never"),
}


class LettersForm(Struct, frozen=True):
    """By topic; what is not named stays as it is."""

    topics: dict[str, Frequency] = {}


@get(_HOME, access=SIGNED_IN, problems=(), include_in_schema=False)
async def show_letters(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], login: NamedDependency[LoginSession]
) -> Response[bytes]:
    """What one gets, and what is always sent."""
    return await _letters_page(request, session, login, None)


async def _letters_page(
    request: Request[Any, Any, Any], session: AsyncSession, login: LoginSession, form: Form[LettersForm] | None
) -> Response[bytes]:
    return page(
        request,
        "people/letters.html",
        status=422 if form else 200,
        form=form,
        topics=TOPICS,
        chosen=await preferences_of(session, login.person),
        frequencies=FREQUENCIES,
        email=login.person.email,
    )


@post(_HOME, access=SIGNED_IN, problems=(), status_code=303, include_in_schema=False)
async def take_letters(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], login: NamedDependency[LoginSession]
) -> Response[bytes]:
    """Choose anew."""
    form = await read_form(request, LettersForm)

    async def act(given: LettersForm) -> None:
        await choose(session, person=login.person, wanted=given.topics)

    if await carried_out(session, form, act):
        return see_other(f"{_HOME}?saved=yes")
    return await _letters_page(request, session, login, form)


LETTER_PAGES = [show_letters, take_letters]
