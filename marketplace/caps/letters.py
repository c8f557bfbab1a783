"""Mail about limits, to everybody who administers an organisation, in the language of whoever reads it."""

import datetime
import uuid

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace import mail
from marketplace.clock import to_the_minute
from marketplace.money import Money, in_units
from marketplace.people.models import Membership, Organisation
from marketplace.people.organisations import MANAGERS
from marketplace.people.readers import readers

_RAISED = {
    "zh": (
        "双人复核的金额门槛将提高",
        "本机构需双人复核的金额门槛将由 {before} 提高至 {to}，自 {at} 起生效。"
        "如非本机构意愿，请在此之前改回并联系平台。",
    ),
    "en": (
        "Four eyes will be asked for less often",
        "The amount from which on a second person approves goes from {before} to {to} on {at}. "
        "If your organisation does not want this, set it back before then and tell us.",
    ),
}


async def tell_of_raise(
    session: AsyncSession, organisation_id: uuid.UUID, *, before_minor: int, to: Money, at: datetime.datetime
) -> None:
    said = {
        "before": f"{in_units(before_minor, to.currency):,f} {to.currency}",
        "to": f"{in_units(to.amount_minor, to.currency):,f} {to.currency}",
        "at": to_the_minute(at),
    }
    for person in await readers(session, Organisation.id == organisation_id, Membership.role.in_(MANAGERS)):
        subject, text = _RAISED["zh" if person.language == "zh" else "en"]
        await mail.send(
            session, to=person.email, subject=subject, text=text.format(**said), kind="account-threshold-raised"
        )
