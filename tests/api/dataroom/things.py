"""Things of a party's own, for the table of who may do what; and files to send."""

import hashlib
import io
import uuid
from typing import Any

from reportlab.pdfgen.canvas import Canvas
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.platform import Platform
from marketplace.actors import Actor, act_as, system
from marketplace.database import Sessions, clock_of, transaction
from marketplace.dataroom import documents, links, ndas, questions, rooms
from marketplace.dataroom.models import Document, DocumentVersion, Room
from marketplace.dataroom.rooms import Admission, Grant, RoomPlan
from marketplace.dataroom.standing import Standing
from marketplace.files.models import StoredFile
from marketplace.files.service import Received
from marketplace.files.store import file_store
from marketplace.people.models import Membership, Organisation, Person
from marketplace.process import begin
from scoring.technology import Text
from tests.api.conftest import SERVER_KEY

OWNING = system("test").acting_as("owner")
TITLE = Text(zh="中试数据", en="Pilot data")


def pdf(*pages: str, author: str = "Li Wei") -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, invariant=True)
    canvas.setAuthor(author)
    for said in pages or ("Pilot report",):
        canvas.drawString(100, 700, said)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


async def keep_pdf(platform: Platform, document_id: uuid.UUID, content: bytes) -> None:
    """As if it had been sent and checked before."""
    sha256 = hashlib.sha256(content).hexdigest()
    place = platform.settings.home / "sent.pdf"
    place.write_bytes(content)
    await file_store(platform.settings).keep(sha256, place)
    async with transaction(platform.sessions, OWNING) as session:
        now = clock_of(session).now()
        session.add(StoredFile(sha256=sha256, size_bytes=len(content), media_type="application/pdf", touched_at=now))
        document = await session.get_one(Document, document_id)
        room = await session.get_one(Room, document.room_id)
        received = Received("report.pdf", place, sha256, len(content))
        await documents.add_version(session, room=room, document=document, received=received)


async def open_room(sessions: Sessions, party: Any) -> uuid.UUID:
    async with transaction(sessions, OWNING) as session:
        return (await _room(session, party.organisation_id)).id


async def _room(session: AsyncSession, organisation_id: uuid.UUID) -> Room:
    owner = await session.get_one(Organisation, organisation_id)
    nda = await ndas.draft_nda(session, owner=owner, title=ndas.TEMPLATE_TITLE, text=ndas.TEMPLATE)
    room = await rooms.prepare_room(session, owner=owner, plan=RoomPlan(name=TITLE, nda_id=nda.nda_id))
    await rooms.take_step(session, room=room, step="open")
    return room


async def drafted_nda(sessions: Sessions, party: Any) -> uuid.UUID:
    async with transaction(sessions, OWNING) as session:
        owner = await session.get_one(Organisation, party.organisation_id)
        return (await ndas.draft_nda(session, owner=owner, title=TITLE, text=ndas.TEMPLATE)).nda_id


async def made_folder(sessions: Sessions, party: Any) -> uuid.UUID:
    async with transaction(sessions, OWNING) as session:
        room = await _room(session, party.organisation_id)
        return (await documents.add_folder(session, room=room, name="Tests", parent_id=None)).id


async def made_document(sessions: Sessions, party: Any) -> uuid.UUID:
    async with transaction(sessions, OWNING) as session:
        return (await _document(session, await _room(session, party.organisation_id))).document_id


async def _document(session: AsyncSession, room: Room) -> DocumentVersion:
    """With a row for its file and no bytes: the table asks who may, not what is in it."""
    sha256 = uuid.uuid4().hex * 2
    session.add(StoredFile(sha256=sha256, size_bytes=1, media_type="text/plain", touched_at=room.state_since))
    document = await documents.add_document(session, room=room, name="notes", folder_id=None)
    received = Received("notes.txt", None, sha256, 1)  # type: ignore[arg-type]
    return await documents.add_version(session, room=room, document=document, received=received)


async def made_group(sessions: Sessions, party: Any) -> uuid.UUID:
    async with transaction(sessions, OWNING) as session:
        room = await _room(session, party.organisation_id)
        return (await rooms.add_group(session, room=room, name="Investors", may_ask=True)).id


async def let_in(session: AsyncSession, room: Room) -> tuple[Membership, uuid.UUID, uuid.UUID]:
    """An organisation that nobody else in the test is, with one person, in a group that may look at everything."""
    guest = Organisation(
        name=Text(en="Guest"), kind="investor", country="SE", email_domain=f"{uuid.uuid4().hex}.example"
    )
    await begin(session, guest)
    guest.state = "verified"
    person = Person(email=f"{uuid.uuid4().hex}@x.example", name="Eva", password_hash="none", language="en")
    session.add(person)
    await session.flush()
    member = Membership(organisation_id=guest.id, person_id=person.id, role="owner")
    session.add(member)
    await session.flush()
    group = await rooms.add_group(session, room=room, name=uuid.uuid4().hex, may_ask=True)
    await rooms.set_rights(session, group=group, grants=[Grant(level="view")])
    visitor = await rooms.admit(session, room=room, group=group, admission=Admission(organisation_id=guest.id))
    return member, group.id, visitor.id


async def admitted_visitor(sessions: Sessions, party: Any) -> uuid.UUID:
    async with transaction(sessions, OWNING) as session:
        return (await let_in(session, await _room(session, party.organisation_id)))[2]


async def asked_question(sessions: Sessions, party: Any) -> uuid.UUID:
    async with transaction(sessions, OWNING) as session:
        room = await _room(session, party.organisation_id)
        member, group_id, _ = await let_in(session, room)
        act_as(session, Actor(kind="person", id=member.person_id, organisation_id=member.organisation_id))
        standing = Standing(side="visitor", group_id=group_id, may_ask=True, accepted=True)
        return (await questions.ask(session, room=room, standing=standing, text="How long did it run?")).id


async def any_link(sessions: Sessions, party: Any) -> str:
    """To a version in a room of the party, made for somebody else."""
    async with transaction(sessions, OWNING) as session:
        version = await _document(session, await _room(session, party.organisation_id))
        person = (await session.scalars(select(Person.id).limit(1))).one()
    link = links.Link(version.id, "view", person, uuid.uuid4(), 2**40)
    return links.signed(link, SERVER_KEY)
