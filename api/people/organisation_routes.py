"""Organisations: members, invitations, keys, verification, investor classes."""

import uuid
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from api.conditional import SHOWN_ONCE, require_version, version_tag
from api.limits import limit_guesses
from api.people import schemas
from api.people.schemas import OrganisationOut
from api.platform import platform_of
from api.routing import OPERATOR, PUBLIC, SIGNED_IN, delete, get, post, put
from marketplace.people import accounts, keys, organisations
from marketplace.people.models import LoginSession, Organisation


@post("/invitations/accept", access=SIGNED_IN, problems=())
async def accept_invitation(
    data: JSONBody[schemas.TokenIn], session: NamedDependency[AsyncSession], login: NamedDependency[LoginSession]
) -> schemas.MyOrganisation:
    """Join an organisation."""
    joined = await organisations.accept_invitation(session, token=data.token, person=login.person)
    organisation = await session.get_one(Organisation, joined.organisation_id)
    return schemas.MyOrganisation(organisation=OrganisationOut.of(organisation), role=joined.role)


@get("/organisations/{organisation_id:uuid}", access=PUBLIC, problems=(404,))
async def show_organisation(shown_organisation: NamedDependency[Organisation]) -> Response[OrganisationOut]:
    """An organisation's public page; its ETag is what a change of it asks for."""
    return Response(OrganisationOut.of(shown_organisation), headers={"ETag": version_tag(shown_organisation.version)})


@put("/organisations/{organisation_id:uuid}", access=SIGNED_IN, problems=(404, 412, 428))
async def describe(
    request: Request[Any, Any, Any],
    data: JSONBody[schemas.DescriptionIn],
    session: NamedDependency[AsyncSession],
    managed_organisation: NamedDependency[Organisation],
) -> Response[OrganisationOut]:
    """Change what the public page says; `If-Match` names the version that was read."""
    require_version(request, managed_organisation.version)
    await organisations.describe(
        session, organisation=managed_organisation, name=data.name.text(), website=data.website
    )
    headers = {"ETag": version_tag(managed_organisation.version)}
    return Response(OrganisationOut.of(managed_organisation), headers=headers)


@get("/organisations/{organisation_id:uuid}/members", access=SIGNED_IN)
async def list_members(
    session: NamedDependency[AsyncSession], own_organisation: NamedDependency[Organisation]
) -> list[schemas.MemberOut]:
    """Who belongs to one's own organisation."""
    return [schemas.MemberOut.of(member) for member in await organisations.members(session, own_organisation)]


@put("/organisations/{organisation_id:uuid}/members/{person_id:uuid}", access=SIGNED_IN, status_code=204)
async def change_role(
    person_id: FromPath[uuid.UUID],
    data: JSONBody[schemas.RoleIn],
    session: NamedDependency[AsyncSession],
    managed_organisation: NamedDependency[Organisation],
) -> None:
    """Change what a member may do."""
    await organisations.change_role(session, organisation=managed_organisation, person_id=person_id, role=data.role)


@delete("/organisations/{organisation_id:uuid}/members/{person_id:uuid}", access=SIGNED_IN, status_code=204)
async def remove_member(
    person_id: FromPath[uuid.UUID],
    session: NamedDependency[AsyncSession],
    managed_organisation: NamedDependency[Organisation],
) -> None:
    """Remove a member; an organisation keeps at least one owner."""
    await organisations.remove_member(session, organisation=managed_organisation, person_id=person_id)


@post("/organisations/{organisation_id:uuid}/invitations", access=SIGNED_IN)
async def invite(
    request: Request[Any, Any, Any],
    data: JSONBody[schemas.InviteIn],
    session: NamedDependency[AsyncSession],
    managed_organisation: NamedDependency[Organisation],
) -> schemas.InvitationOut:
    """Invite somebody by mail."""
    platform = platform_of(request)
    await limit_guesses(platform, "invite", data.email)
    sent = await organisations.invite(
        session,
        organisation=managed_organisation,
        email=data.email,
        role=data.role,
        public_url=platform.settings.public_url,
    )
    return schemas.InvitationOut(sent.id, sent.email, sent.role, sent.expires_at)


@get("/organisations/{organisation_id:uuid}/keys", access=SIGNED_IN)
async def list_keys(
    session: NamedDependency[AsyncSession], managed_organisation: NamedDependency[Organisation]
) -> list[schemas.KeyOut]:
    """The organisation's API keys, without their secrets."""
    return [schemas.KeyOut.of(key) for key in await keys.keys_of(session, managed_organisation)]


@post("/organisations/{organisation_id:uuid}/keys", access=SIGNED_IN)
async def issue_key(
    request: Request[Any, Any, Any],
    data: JSONBody[schemas.KeyIn],
    session: NamedDependency[AsyncSession],
    managed_organisation: NamedDependency[Organisation],
    login: NamedDependency[LoginSession],
) -> Response[schemas.NewKeyOut]:
    """Make an API key; its secret is in this answer and nowhere else. Who has a second factor shows it first."""
    await accounts.show_factor_again(session, login=login)
    issued = await keys.issue_key(
        session,
        organisation=managed_organisation,
        name=data.name,
        scopes=data.scopes,
        days=data.days,
        server_key=platform_of(request).key,
    )
    return Response(schemas.NewKeyOut(issued.shown, schemas.KeyOut.of(issued.key)), headers=SHOWN_ONCE)


@delete("/organisations/{organisation_id:uuid}/keys/{key_id:uuid}", access=SIGNED_IN, status_code=204)
async def revoke_key(
    key_id: FromPath[uuid.UUID],
    session: NamedDependency[AsyncSession],
    managed_organisation: NamedDependency[Organisation],
) -> None:
    """Revoke a key, at once and for good."""
    await keys.revoke_key(session, organisation=managed_organisation, key_id=key_id)


@post("/organisations/{organisation_id:uuid}/verification", access=SIGNED_IN)
async def submit_verification(
    data: JSONBody[schemas.VerificationIn],
    session: NamedDependency[AsyncSession],
    managed_organisation: NamedDependency[Organisation],
) -> schemas.VerificationOut:
    """Hand in what shows who the organisation is."""
    evidence = msgspec.to_builtins(data)
    record = await organisations.submit_for_verification(session, organisation=managed_organisation, evidence=evidence)
    return schemas.VerificationOut.of(record)


@get("/organisations/{organisation_id:uuid}/verification", access=SIGNED_IN)
async def list_verifications(
    session: NamedDependency[AsyncSession], own_organisation: NamedDependency[Organisation]
) -> list[schemas.VerificationOut]:
    """What was handed in and decided, newest first."""
    found = await organisations.verifications(session, own_organisation)
    return [schemas.VerificationOut.of(record) for record in found]


@post("/organisations/{organisation_id:uuid}/verification/decision", access=OPERATOR)
async def decide_verification(
    data: JSONBody[schemas.DecisionIn],
    session: NamedDependency[AsyncSession],
    own_organisation: NamedDependency[Organisation],
) -> schemas.VerificationOut:
    """Decide what was handed in last."""
    record = await organisations.decide_verification(
        session, organisation=own_organisation, verified=data.verified, note=data.note
    )
    return schemas.VerificationOut.of(record)


@get("/organisations/{organisation_id:uuid}/classification", access=SIGNED_IN)
async def show_classification(
    session: NamedDependency[AsyncSession], own_organisation: NamedDependency[Organisation]
) -> schemas.ClassificationOut:
    """How the investor is classified now."""
    return schemas.ClassificationOut.of(await organisations.classification(session, own_organisation.id))


@put("/organisations/{organisation_id:uuid}/classification", access=SIGNED_IN)
async def classify(
    data: JSONBody[schemas.ClassificationIn],
    session: NamedDependency[AsyncSession],
    managed_organisation: NamedDependency[Organisation],
) -> schemas.ClassificationOut:
    """Ask for a class; one that protects less takes effect after days of reflection."""
    found = await organisations.classify_investor(
        session, organisation=managed_organisation, category=data.category, answers=data.answers
    )
    return schemas.ClassificationOut.of(found)


@delete("/organisations/{organisation_id:uuid}/classification", access=SIGNED_IN, status_code=204)
async def withdraw_classification(
    session: NamedDependency[AsyncSession], managed_organisation: NamedDependency[Organisation]
) -> None:
    """Back to full protection, at once."""
    await organisations.withdraw_classification(session, organisation=managed_organisation)


ORGANISATION_ROUTES = [
    accept_invitation,
    show_organisation,
    describe,
    list_members,
    change_role,
    remove_member,
    invite,
    list_keys,
    issue_key,
    revoke_key,
    submit_verification,
    list_verifications,
    decide_verification,
    show_classification,
    classify,
    withdraw_classification,
]
