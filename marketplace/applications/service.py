"""What an applicant does: begin, write, submit in time, agree to amendments, withdraw."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import set_committed_value

from marketplace import audit
from marketplace.actors import Actor, actor_of
from marketplace.applications import letters
from marketplace.applications.answers import (
    Answer,
    Document,
    carried_over,
    faults_of_answers,
    faults_of_documents,
    missing,
    worth_keeping,
)
from marketplace.applications.checking import Frozen, applicant_of, facts_of, findings_for, frozen_score
from marketplace.applications.models import ApplicantProfile, Application, ApplicationScore
from marketplace.calls.content import CallContent
from marketplace.calls.eligibility import Finding, as_errors
from marketplace.calls.models import Call
from marketplace.calls.service import content_of
from marketplace.database import clock_of
from marketplace.errors import Conflict, Invalid
from marketplace.listings.models import Listing
from marketplace.money import Money
from marketplace.people.models import Organisation
from marketplace.process import ProcessEvent, advance, begin

WRITABLE = ("draft", "invited")


async def check_eligibility(
    session: AsyncSession, *, call: Call, listing: Listing, asked: Money | None = None
) -> list[Finding]:
    """How a technology stands against every condition of a call; nothing is kept of it."""
    organisation = await session.get_one(Organisation, listing.organisation_id)
    return findings_for(content_of(call), applicant_of(listing, organisation, asked))


async def draft_application(session: AsyncSession, *, call: Call, listing: Listing) -> Application:
    """Begin an application with what was answered about this technology before."""
    open_call = await _open_call(session, call)
    if listing.state == "withdrawn":
        raise Conflict("listing-withdrawn", "This technology was withdrawn.", "该技术已撤回。")
    content = content_of(open_call)
    known = await session.scalar(select(ApplicantProfile.answers).where(ApplicantProfile.listing_id == listing.id))
    application = Application(
        call_id=call.id,
        organisation_id=listing.organisation_id,
        listing_id=listing.id,
        stage=content.stages[0],
        call_edition=open_call.edition,
        answers=carried_over(content, known or {}),
        documents=[],
        eligibility=[],
        score={},
        facts={},
        reason_note="",
        version=1,
    )
    await begin(session, application)
    organisation = await session.get_one(Organisation, listing.organisation_id)
    known_by = {"call": open_call, "listing": listing, "organisation": organisation, "listing_version": None}
    for name, loaded in known_by.items():
        # As if loaded: an assignment would count as a change, and as another version.
        set_committed_value(application, name, loaded)
    return application


async def _open_call(session: AsyncSession, call: Call) -> Call:
    """The call as it is now, if one can still apply: state and deadline are read by one statement that holds the row,

    so that it cannot be closed, cancelled or amended before this transaction has ended.
    """
    now = clock_of(session).now()
    query = (
        select(Call)
        .where(Call.id == call.id, Call.state == "published", Call.deadline > now)
        .with_for_update(read=True)
        .execution_options(populate_existing=True)
    )
    found: Call | None = await session.scalar(query)
    if found is None:
        raise Conflict("call-closed", "This call takes no applications any more.", "该征集已停止接受申报。")
    return found


async def save_application(
    session: AsyncSession,
    *,
    application: Application,
    answers: Mapping[str, Answer | None],
    documents: Sequence[Document] | None = None,
    asked: Money | None = None,
) -> None:
    """Keep what was just written: only the answers that are given change, and an answer of None is taken back."""
    if application.state not in WRITABLE:
        raise Conflict("not-writable", "What was submitted stays as it is.", "已提交的内容不可修改。")
    content = content_of(application.call)
    faults = [
        *faults_of_answers(content, application.stage, answers),
        *faults_of_documents(content, application.stage, documents or ()),
    ]
    if faults:
        raise Invalid(faults)
    merged = {**application.answers, **answers}
    application.answers = {key: answer for key, answer in merged.items() if answer is not None}
    if documents is not None:
        application.documents = _with_documents(content, application, documents)
    if asked is not None and application.state == "draft":
        application.amount = asked
    await session.flush()


def _with_documents(
    content: CallContent, application: Application, documents: Sequence[Document]
) -> list[dict[str, Any]]:
    """The stage's documents replaced, those of earlier stages kept."""
    now_asked = {document.key for document in content.documents_of(application.stage)}
    earlier = [document for document in application.documents if document["key"] not in now_asked]
    return [*earlier, *(msgspec.to_builtins(document) for document in documents)]


async def submit_application(session: AsyncSession, *, application: Application, edition: int) -> ProcessEvent:
    """Hand it in under the call's `edition`: everything missing and every condition unmet is named at once.

    The score of this moment is frozen with its receipt.
    """
    call = application.call
    if application.state not in WRITABLE:
        raise Conflict("submitted-already", "It has been submitted, or has ended.", "该申报已提交或已结束。")
    if application.state == "draft":
        call = await _open_call(session, call)
    if edition != call.edition:
        raise Conflict("call-amended", "The call was amended; read it again.", "征集内容已修改，请重新阅读。")
    content = content_of(call)
    applicant = applicant_of(application.listing, application.organisation, application.amount)
    findings = findings_for(content, applicant)
    faults = [*missing(content, application.stage, application.answers, application.documents), *as_errors(findings)]
    if faults:
        raise Invalid(faults, code="not-ready", message="It cannot be submitted yet.", message_zh="尚不能提交。")
    frozen = await frozen_score(session, application.listing, clock_of(session).now().date())
    application.eligibility = [msgspec.to_builtins(finding) for finding in findings]
    application.facts = facts_of(applicant, findings)
    return await _hand_in(session, application, content, frozen, edition)


async def _hand_in(
    session: AsyncSession, application: Application, content: CallContent, frozen: Frozen, edition: int
) -> ProcessEvent:
    application.call_edition, application.submitted_at = edition, clock_of(session).now()
    application.listing_version_id, application.score = frozen.version.id, frozen.summary
    session.add(
        ApplicationScore(
            application_id=application.id,
            stage=application.stage,
            listing_version_id=frozen.version.id,
            receipt_id=frozen.receipt.id,
            receipt=frozen.receipt.to_bytes(),
        )
    )
    data = {"stage": application.stage, "edition": edition, "receipt_id": frozen.receipt.id}
    event = await advance(session, application, "submit", actor=applying(session), data=data)
    # The application is its applicant's; that there is one is news for whoever called.
    await audit.record(session, "application.received", application, audience=[application.call.organisation_id])
    await _remember(session, application, worth_keeping(content, application.answers))
    await letters.tell_applicant(session, "submitted", application, receipt=frozen.receipt.id)
    return event


async def _remember(session: AsyncSession, application: Application, answers: dict[str, Any]) -> None:
    """The next draft about this technology begins with these answers."""
    kept = insert(ApplicantProfile).values(
        organisation_id=application.organisation_id, listing_id=application.listing_id, answers=answers
    )
    merged = ApplicantProfile.answers.concat(kept.excluded.answers)
    await session.execute(kept.on_conflict_do_update(index_elements=["listing_id"], set_={"answers": merged}))


async def agree_to_edition(session: AsyncSession, *, application: Application, edition: int) -> None:
    """Stay in under an amended call."""
    if application.state not in ("submitted", "waitlisted", "invited"):
        raise Conflict("nothing-to-agree", "Only a submitted application agrees anew.", "仅已提交的申报需要确认。")
    if edition != application.call.edition:
        raise Conflict("call-amended", "The call was amended; read it again.", "征集内容已修改，请重新阅读。")
    application.call_edition = edition
    await session.flush()


async def withdraw_application(session: AsyncSession, *, application: Application, note: str = "") -> ProcessEvent:
    """Take it back, whatever state it is in; a seat that it had is free again."""
    actor = actor_of(session)
    acting = actor if actor.organisation_id != application.organisation_id else applying(session)
    return await advance(session, application, "withdraw", actor=acting, note=note)


def applying(session: AsyncSession) -> Actor:
    return actor_of(session).acting_as("applicant")
