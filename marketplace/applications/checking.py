"""An applicant as conditions see it, and the score that is frozen with a submission."""

import datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.calls.content import CallContent, all_rules
from marketplace.calls.eligibility import Finding, evaluate
from marketplace.calls.facts import Applicant
from marketplace.listings.models import Listing, ListingVersion
from marketplace.listings.process import PUBLISHED
from marketplace.money import Money
from marketplace.people.models import Organisation
from scoring.receipts import Receipt, assessment_receipt
from scoring.technology import Technology

FRAMEWORK = "trl"


def applicant_of(listing: Listing, organisation: Organisation, asked: Money | None) -> Applicant:
    """The facts of one technology and its holder."""
    known = listing.trl_low is not None and listing.trl_high is not None
    return Applicant(
        technology=msgspec.convert(listing.technology, Technology),
        trl=(listing.trl_low, listing.trl_high) if known else None,  # type: ignore[arg-type]
        completeness=listing.completeness,
        published=listing.state == PUBLISHED,
        country=organisation.country,
        verified=organisation.state == "verified",
        asked=asked,
    )


def findings_for(content: CallContent, applicant: Applicant) -> list[Finding]:
    """Every condition of the call, those of its own fields first."""
    return evaluate(all_rules(content), applicant)


class Frozen(Struct, frozen=True, kw_only=True):
    """What a submission is judged on: the technology's version, its score and the receipt of it."""

    version: ListingVersion
    receipt: Receipt
    summary: dict[str, Any]


async def frozen_score(session: AsyncSession, listing: Listing, as_of: datetime.date) -> Frozen:
    """Score the technology as it stands; a refusal is kept with its reason, like a level."""
    query = select(ListingVersion).where(ListingVersion.listing_id == listing.id)
    version = (await session.scalars(query.order_by(ListingVersion.version.desc()).limit(1))).one()
    technology = msgspec.convert(version.technology, Technology)
    receipt = assessment_receipt(technology, framework=FRAMEWORK, as_of=as_of)
    kept = ("level", "low", "high", "reason", "message", "message_zh")
    found = {name: receipt.result[name] for name in kept if receipt.result.get(name) is not None}
    summary = {"framework": FRAMEWORK, "as_of": as_of.isoformat(), "receipt_id": receipt.id, **found}
    return Frozen(version=version, receipt=receipt, summary=summary)


def facts_of(applicant: Applicant, findings: list[Finding]) -> dict[str, Any]:
    """What stays for statistics once everything else is forgotten: nothing that names anybody."""
    return {
        "media": [medium.value for medium in applicant.technology.media],
        "trl": list(applicant.trl) if applicant.trl else None,
        "country": applicant.country,
        "unknown": [finding.rule for finding in findings if finding.outcome == "unknown"],
    }
