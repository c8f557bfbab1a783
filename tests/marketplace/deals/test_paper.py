import io

from pypdf import PdfReader
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.deals.models import Consent
from marketplace.deals.paper import pdf_of
from tests.marketplace.deals.table import sit_down, terms


async def test_the_paper_names_terms_hash_and_signatories_in_both_languages_and_is_the_same_each_time(
    session: AsyncSession,
) -> None:
    table = await sit_down(session)
    offer = await table.agree(terms(1_234_567, cooling_off_days=0, notes={"zh": "甲方<乙方>&", "en": "A < B & C"}))
    await table.sign()
    consents = (await session.scalars(select(Consent).order_by(Consent.given_at, Consent.id))).all()
    paper = pdf_of(table.deal, offer, consents)
    assert pdf_of(table.deal, offer, consents) == paper
    said = "".join(page.extract_text() for page in PdfReader(io.BytesIO(paper)).pages)
    flat = "".join(said.split())
    for expected in (offer.sha256.hex(), "1234567", "里程碑", "甲方<乙方>&", "A<B&C", "签署/signed", "Person0"):
        assert expected in flat, expected
    assert flat.count("签署/signed") == 2
