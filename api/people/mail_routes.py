"""Which mails a person gets, over JSON; `letter_pages.py` has the page."""

from collections.abc import Mapping
from typing import Annotated

from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta, Struct
from sqlalchemy.ext.asyncio import AsyncSession

from api.fields import Line
from api.routing import SIGNED_IN, get, patch
from marketplace.mail_preferences import TOPICS, Frequency, choose, preferences_of
from marketplace.people.models import LoginSession
from scoring.technology import Text


class MailPreferenceOut(Struct, frozen=True, kw_only=True):
    """How often mails of a topic come; `about` says which these are."""

    topic: str
    label: Text
    about: Text
    frequency: Frequency


class MailPreferences(Struct, frozen=True):
    """All topics. What proves an address, or is about payments and their deadlines, is always sent."""

    items: list[MailPreferenceOut]

    @classmethod
    def of(cls, chosen: Mapping[str, Frequency]) -> "MailPreferences":
        return cls(
            [
                MailPreferenceOut(topic=name, label=topic.label, about=topic.about, frequency=chosen[name])
                for name, topic in TOPICS.items()
            ]
        )


class MailPreferencesIn(Struct, frozen=True, forbid_unknown_fields=True):
    """By topic; what is not named stays as it is."""

    topics: Annotated[dict[Line, Frequency], Meta(max_length=len(TOPICS))]


@get("/mail-preferences", access=SIGNED_IN, problems=())
async def list_mail_preferences(
    session: NamedDependency[AsyncSession], login: NamedDependency[LoginSession]
) -> MailPreferences:
    """Which mails one gets, by what they are about: at once, once a day in one mail, or never."""
    return MailPreferences.of(await preferences_of(session, login.person))


@patch("/mail-preferences", access=SIGNED_IN, problems=())
async def choose_mail_preferences(
    data: JSONBody[MailPreferencesIn],
    session: NamedDependency[AsyncSession],
    login: NamedDependency[LoginSession],
) -> MailPreferences:
    """Choose anew for the topics named; it holds from now on."""
    await choose(session, person=login.person, wanted=data.topics)
    return MailPreferences.of(await preferences_of(session, login.person))


MAIL_ROUTES = [list_mail_preferences, choose_mail_preferences]
