"""Caps and approval thresholds of an organisation: set by its administrators, exposure by the operator."""

import uuid
from typing import Any

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from api.deals.limit_schemas import ThresholdIn, ThresholdOut
from api.deals.schemas import CapIn, CapOut
from api.platform import actor_of
from api.routing import SIGNED_IN, get, put
from marketplace.calls.models import Call
from marketplace.caps import service
from marketplace.caps.models import Cap
from marketplace.errors import FieldError, Forbidden, Invalid
from marketplace.money import Money
from marketplace.people.models import LoginSession, Organisation
from marketplace.people.organisations import MANAGERS

_ORGANISATION = "/organisations/{organisation_id:uuid}"


def _shown(cap: Cap) -> CapOut:
    return CapOut(
        id=cap.id,
        kind=cap.kind,
        limit=Money(cap.limit_minor, cap.currency),
        committed=Money(cap.committed_minor, cap.currency),
        call_id=cap.call_id,
        counterparty_id=cap.counterparty_id,
    )


@get(f"{_ORGANISATION}/caps", access=SIGNED_IN)
async def list_caps(
    session: NamedDependency[AsyncSession], own_organisation: NamedDependency[Organisation]
) -> list[CapOut]:
    """What the organisation may commit at most, and what it has committed."""
    return [_shown(cap) for cap in await service.caps_of(session, own_organisation.id)]


@put(f"{_ORGANISATION}/caps", access=SIGNED_IN)
async def set_cap(
    request: Request[Any, Any, Any],
    data: JSONBody[CapIn],
    session: NamedDependency[AsyncSession],
    own_organisation: NamedDependency[Organisation],
) -> CapOut:
    """Set or change a cap; it cannot fall below what is committed."""
    roles = actor_of(request).roles
    own = actor_of(request).organisation_id == own_organisation.id and any(
        f"member:{role}" in roles for role in MANAGERS
    )
    if not ("operator" in roles if data.kind == "exposure" else own):
        raise Forbidden("not-your-cap", "Administrators set their caps, the operator exposures.", "您无权设置该额度。")
    await _check_subject(session, data, own_organisation)
    cap = await service.set_cap(
        session,
        organisation_id=own_organisation.id,
        kind=data.kind,
        limit=Money(data.amount_minor, data.currency),
        call_id=data.call_id,
        counterparty_id=data.counterparty_id,
    )
    return _shown(cap)


async def _check_subject(session: AsyncSession, data: CapIn, organisation: Organisation) -> None:
    call = await session.get(Call, data.call_id) if data.call_id else None
    wrong = []
    own = call is not None and call.organisation_id == organisation.id
    if not own if data.kind == "call-budget" else data.call_id is not None:
        expected, zh = "one of the organisation's own calls, for a call's budget alone", "仅征集预算须指明本机构的征集"
        wrong.append(FieldError(field="call_id", value=_said(data.call_id), expected=expected, expected_zh=zh))
    if data.counterparty_id is not None and (
        data.kind != "exposure" or await session.get(Organisation, data.counterparty_id) is None
    ):
        expected, zh = "an organisation, for an exposure alone", "仅风险敞口可指明交易对方"
        wrong.append(
            FieldError(field="counterparty_id", value=_said(data.counterparty_id), expected=expected, expected_zh=zh)
        )
    if wrong:
        raise Invalid(wrong)


def _said(found: uuid.UUID | None) -> str:
    return "" if found is None else str(found)


@get(f"{_ORGANISATION}/approval-thresholds", access=SIGNED_IN)
async def list_thresholds(
    session: NamedDependency[AsyncSession], own_organisation: NamedDependency[Organisation]
) -> list[ThresholdOut]:
    """From which amounts on a second person of the organisation has to approve."""
    return [ThresholdOut.of(rule) for rule in await service.approval_rules_of(session, own_organisation.id)]


@put(f"{_ORGANISATION}/approval-thresholds", access=SIGNED_IN)
async def set_threshold(
    data: JSONBody[ThresholdIn],
    session: NamedDependency[AsyncSession],
    managed_organisation: NamedDependency[Organisation],
    login: NamedDependency[LoginSession],
) -> ThresholdOut:
    """Ask for four eyes from this amount on. A higher one takes a recent second factor, and counts after 72 hours."""
    rule = await service.set_approval_rule(
        session,
        organisation_id=managed_organisation.id,
        threshold=Money(data.amount_minor, data.currency),
        stepped_up_at=login.stepped_up_at,
    )
    return ThresholdOut.of(rule)


LIMITS = [list_caps, set_cap, list_thresholds, set_threshold]
