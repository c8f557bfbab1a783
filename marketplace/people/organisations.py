"""Members and invitations of an organisation, its verification by the operator, and how an investor is classified."""

import datetime
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from marketplace import mail
from marketplace.actors import actor_of
from marketplace.database import clock_of
from marketplace.entitlements import require_room
from marketplace.errors import Conflict, FieldError, Forbidden, Invalid, only
from marketplace.people.models import (
    DORMANT,
    INVESTOR_CATEGORIES,
    InvestorClassification,
    Invitation,
    LoginSession,
    Membership,
    Organisation,
    Person,
    VerificationRecord,
)
from marketplace.people.tokens import new_token, token_hash
from marketplace.process import advance
from scoring.technology import Text

INVITED_FOR = datetime.timedelta(days=14)
REFLECTION = datetime.timedelta(days=4)
CLASSIFIED_FOR = datetime.timedelta(days=730)
MANAGERS = frozenset({"owner", "admin"})


async def members(session: AsyncSession, organisation: Organisation) -> Sequence[Membership]:
    query = (
        select(Membership)
        .where(Membership.organisation_id == organisation.id)
        .order_by(Membership.created_at)
        .options(joinedload(Membership.person))
    )
    return (await session.scalars(query)).all()


async def membership_of(session: AsyncSession, *, login: LoginSession) -> Membership | None:
    """As what the signed-in person acts; None after they were removed, while the organisation is suspended, or before

    they chose one.
    """
    mine = (Membership.organisation_id == login.organisation_id, Membership.person_id == login.person_id)
    query = select(Membership).where(*mine).options(joinedload(Membership.organisation))
    found: Membership | None = await session.scalar(query)
    return None if found is None or found.organisation.state in DORMANT else found


async def memberships_of(session: AsyncSession, person: Person) -> Sequence[Membership]:
    query = select(Membership).where(Membership.person_id == person.id).options(joinedload(Membership.organisation))
    return (await session.scalars(query.order_by(Membership.created_at))).all()


async def act_for(session: AsyncSession, *, login: LoginSession, organisation_id: uuid.UUID) -> None:
    """From now on this browser acts for another organisation of the same person."""
    mine = (Membership.organisation_id == organisation_id, Membership.person_id == login.person_id)
    only(await session.scalar(select(Membership.id).where(*mine)), "membership")
    await session.execute(
        update(LoginSession).where(LoginSession.id == login.id).values(organisation_id=organisation_id)
    )


async def invite(
    session: AsyncSession, *, organisation: Organisation, email: str, role: str, public_url: str
) -> Invitation:
    """Ask somebody in; only who reads the address can accept."""
    if role == "owner":
        _only_owners(session)
    token, inviter = new_token(), actor_of(session).id
    await _close_expired(session, organisation)
    if any(one.email.lower() == email.lower() for one in await open_invitations(session, organisation)):
        raise Conflict("invited-already", "This address has an open invitation.", "该邮箱已有未处理的邀请。")
    await require_room(session, organisation_id=organisation.id, counted="seats", used=_seats_taken(organisation))
    invitation = Invitation(
        organisation_id=organisation.id,
        invited_by=inviter,
        email=email,
        role=role,
        token_hash=token_hash(token),
        expires_at=clock_of(session).now() + INVITED_FOR,
    )
    session.add(invitation)
    await session.flush()
    name = organisation.name
    text = (
        f"{name.in_language('zh')} 邀请您加入 Greenhatch：\n{name.in_language('en')} invites you to Greenhatch:\n"
        f"{public_url}/invitation?token={token}\n"
    )
    await mail.send(session, to=email, subject="Greenhatch", text=text, kind="invitation")
    return invitation


def _seats_taken(organisation: Organisation) -> Select[Any]:
    """Members, and those who were asked; expired invitations have been closed."""
    members = select(func.count()).where(Membership.organisation_id == organisation.id).scalar_subquery()
    invited = (Invitation.organisation_id == organisation.id, Invitation.closed_at.is_(None))
    return select(members + select(func.count()).where(*invited).scalar_subquery())


async def _close_expired(session: AsyncSession, organisation: Organisation) -> None:
    now = clock_of(session).now()
    stale = (Invitation.organisation_id == organisation.id, Invitation.closed_at.is_(None), Invitation.expires_at < now)
    await session.execute(update(Invitation).where(*stale).values(closed_at=now))


async def open_invitations(session: AsyncSession, organisation: Organisation) -> Sequence[Invitation]:
    """Who was asked and has not answered, the newest first."""
    now = clock_of(session).now()
    unanswered = (
        Invitation.organisation_id == organisation.id,
        Invitation.closed_at.is_(None),
        Invitation.expires_at > now,
    )
    return (await session.scalars(select(Invitation).where(*unanswered).order_by(Invitation.id.desc()))).all()


async def take_back_invitation(session: AsyncSession, *, organisation: Organisation, invitation_id: uuid.UUID) -> None:
    """The link in the mail leads nowhere from now on."""
    mine = (Invitation.organisation_id == organisation.id, Invitation.id == invitation_id)
    found: Invitation = only(await session.scalar(select(Invitation).where(*mine)), "invitation")
    found.closed_at = found.closed_at or clock_of(session).now()


async def accept_invitation(session: AsyncSession, *, token: str, person: Person) -> Membership:
    """Join; the invitation is for one address and works once."""
    now = clock_of(session).now()
    open_ones = (
        Invitation.token_hash == token_hash(token),
        Invitation.closed_at.is_(None),
        Invitation.expires_at > now,
    )
    invitation = await session.scalar(select(Invitation).where(*open_ones).with_for_update())
    if invitation is None or invitation.email.lower() != person.email.lower():
        expected = "an open invitation sent to your own address"
        raise Invalid([FieldError(field="token", expected=expected, expected_zh="发给您本人邮箱且仍有效的邀请")])
    invitation.closed_at = now
    joined = Membership(organisation_id=invitation.organisation_id, person_id=person.id, role=invitation.role)
    session.add(joined)
    await session.flush()
    return joined


async def change_role(session: AsyncSession, *, organisation: Organisation, person_id: uuid.UUID, role: str) -> None:
    membership = await _locked_membership(session, organisation, person_id)
    if "owner" in (membership.role, role):
        _only_owners(session)
    if membership.role == "owner" and role != "owner":
        await _keep_an_owner(session, organisation)
    membership.role = role


async def remove_member(session: AsyncSession, *, organisation: Organisation, person_id: uuid.UUID) -> None:
    membership = await _locked_membership(session, organisation, person_id)
    if membership.role == "owner":
        _only_owners(session)
        await _keep_an_owner(session, organisation)
    await session.delete(membership)


def _only_owners(session: AsyncSession) -> None:
    """Administrators manage members, but neither make owners nor unmake them."""
    actor = actor_of(session)
    if actor.kind != "system" and "member:owner" not in actor.roles:
        raise Forbidden("owners-only", "This is for the organisation's owners.", "仅限机构所有者操作。")


async def _locked_membership(session: AsyncSession, organisation: Organisation, person_id: uuid.UUID) -> Membership:
    # The organisation's row is the lock: two owners leaving at once would each still see the other.
    await session.execute(select(Organisation.id).where(Organisation.id == organisation.id).with_for_update())
    mine = (Membership.organisation_id == organisation.id, Membership.person_id == person_id)
    found: Membership = only(await session.scalar(select(Membership).where(*mine)), "member")
    return found


async def _keep_an_owner(session: AsyncSession, organisation: Organisation) -> None:
    owners = (Membership.organisation_id == organisation.id, Membership.role == "owner")
    if await session.scalar(select(func.count()).select_from(Membership).where(*owners)) == 1:
        raise Conflict("last-owner", "Somebody has to own the organisation.", "机构必须至少有一名所有者。")


async def submit_for_verification(
    session: AsyncSession, *, organisation: Organisation, evidence: dict[str, Any]
) -> VerificationRecord:
    """Hand in what shows that the organisation is who it says: registration, representative, documents by hash."""
    record = VerificationRecord(organisation_id=organisation.id, evidence=evidence)
    session.add(record)
    await advance(session, organisation, "submit", actor=actor_of(session).acting_as("organisation"))
    return record


async def decide_verification(
    session: AsyncSession, *, organisation: Organisation, verified: bool, note: str
) -> VerificationRecord:
    """The operator's decision on what was handed in last."""
    actor, now = actor_of(session), clock_of(session).now()
    query = select(VerificationRecord).where(
        VerificationRecord.organisation_id == organisation.id, VerificationRecord.decision.is_(None)
    )
    last = await session.scalar(query.order_by(VerificationRecord.created_at.desc()).limit(1))
    record: VerificationRecord = only(last, "verification")
    await advance(session, organisation, "verify" if verified else "return", note=note)
    record.decision, record.note = "verified" if verified else "returned", note
    record.decided_by, record.decided_at = actor.id, now
    organisation.verified_at = now if verified else None
    return record


async def verifications(session: AsyncSession, organisation: Organisation) -> Sequence[VerificationRecord]:
    query = select(VerificationRecord).where(VerificationRecord.organisation_id == organisation.id)
    return (await session.scalars(query.order_by(VerificationRecord.created_at.desc()))).all()


async def describe(session: AsyncSession, *, organisation: Organisation, name: Text, website: str | None) -> None:
    """What the public page says; who was verified under a name keeps it."""
    if name != organisation.name and organisation.state in ("submitted", "verified"):
        raise Conflict("name-verified", "A verified name stays; write to the operator.", "已认证的名称不可自行修改。")
    organisation.name, organisation.website = name, website
    await session.flush()


async def classify_investor(
    session: AsyncSession, *, organisation: Organisation, category: str, answers: dict[str, Any]
) -> InvestorClassification:
    """A class of protection; one that protects less takes effect only after days of reflection."""
    if organisation.kind not in ("investor", "incubator"):
        raise Forbidden(
            "not-an-investor", "Only investors and incubators are classified.", "仅投资方与孵化机构可分类。"
        )
    now = clock_of(session).now()
    standing = await classification(session, organisation.id)
    protects_less = _less_protected(category) > _less_protected(standing.category if standing else "retail")
    await _withdraw(session, organisation, only_pending=protects_less)
    effective = now + REFLECTION if protects_less else now
    found = InvestorClassification(
        organisation_id=organisation.id,
        category=category,
        answers=answers,
        effective_at=effective,
        expires_at=effective + CLASSIFIED_FOR,
    )
    session.add(found)
    await session.flush()
    return found


async def withdraw_classification(session: AsyncSession, *, organisation: Organisation) -> None:
    """Back to full protection, at once."""
    await _withdraw(session, organisation)


def _less_protected(category: str) -> int:
    return INVESTOR_CATEGORIES.index(category)


async def _withdraw(session: AsyncSession, organisation: Organisation, *, only_pending: bool = False) -> None:
    """End what stands and what is to come; a new wish replaces the ones before it."""
    now = clock_of(session).now()
    ended = [InvestorClassification.organisation_id == organisation.id, InvestorClassification.withdrawn_at.is_(None)]
    if only_pending:
        ended.append(InvestorClassification.effective_at > now)
    for found in await session.scalars(select(InvestorClassification).where(*ended)):
        found.withdrawn_at = now


async def classification(session: AsyncSession, organisation_id: uuid.UUID) -> InvestorClassification | None:
    """The class in effect now; without one an investor counts as retail."""
    now = clock_of(session).now()
    query = select(InvestorClassification).where(
        InvestorClassification.organisation_id == organisation_id,
        InvestorClassification.effective_at <= now,
        InvestorClassification.expires_at > now,
        InvestorClassification.withdrawn_at.is_(None),
    )
    found: InvestorClassification | None = await session.scalar(
        query.order_by(InvestorClassification.effective_at.desc()).limit(1)
    )
    return found


async def coming_classification(session: AsyncSession, organisation_id: uuid.UUID) -> InvestorClassification | None:
    """The class that takes effect once the days of reflection are over."""
    query = select(InvestorClassification).where(
        InvestorClassification.organisation_id == organisation_id,
        InvestorClassification.effective_at > clock_of(session).now(),
        InvestorClassification.withdrawn_at.is_(None),
    )
    found: InvestorClassification | None = await session.scalar(query.limit(1))
    return found
