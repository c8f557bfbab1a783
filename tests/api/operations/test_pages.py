"""The operator decides what waits, and sees how the platform is doing."""

from typing import Any

import pytest
from sqlalchemy import select, text

from marketplace.actors import system
from marketplace.audit import AuditEntry
from marketplace.database import transaction
from marketplace.people.models import Organisation
from tests.api.screening import things as screening
from tests.marketplace.assessments.conftest import access_assessment

EN = {"accept": "text/html", "accept-language": "en"}
ZH = {"accept": "text/html", "accept-language": "zh"}
DESK = "/desk/operator"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("", "How far parties come"),
        ("/verifications", "Nobody waits"),
        ("/organisations", "All organisations"),
        ("/mail", "No mail yet"),
        ("/jobs", "No job has failed for good."),
        ("/audit", "Check the chain"),
        ("/listings", "No listing waits"),
        ("/assessments", "No assessment yet"),
    ],
)
async def test_every_page_is_there_for_the_operator_and_for_nobody_else(path: str, said: str, party: Any) -> None:
    operator, holder = await party("operator"), await party("holder")
    page = await operator.browser.get(f"{DESK}{path}", headers=EN)
    assert page.status_code == 200
    assert said in page.text
    assert (await holder.browser.get(f"{DESK}{path}", headers=EN)).status_code == 403


async def test_a_verification_is_returned_with_a_reason_and_then_granted(party: Any, sessions: Any) -> None:
    operator, holder = await party("operator"), await party("holder", verified=False)
    typed = {
        "legal_name": "Green Water Ltd",
        "registration_number": "91310000",
        "legal_representative": "Lin",
        "registered_address": "Shanghai",
    }
    files = {"documents": ("licence.pdf", b"%PDF-1.7", "application/pdf")}
    one = f"{DESK}/organisations/{holder.organisation_id}"
    await holder.browser.post("/account/verification", data=typed, files=files)
    assert one in (await operator.browser.get(f"{DESK}/verifications", headers=EN)).text
    unsaid = await operator.browser.post(f"{one}/verification", data={"verified": "false"}, headers=ZH)
    assert unsaid.status_code == 422
    assert "Green Water Ltd" in unsaid.text
    said = {"verified": "false", "note": "The licence is of another company."}
    assert (await operator.browser.post(f"{one}/verification", data=said)).status_code == 303
    assert "another company" in (await holder.browser.get("/account/verification", headers=EN)).text
    await holder.browser.post("/account/verification", data=typed, files=files)
    assert (await operator.browser.post(f"{one}/verification", data={"verified": "true"})).status_code == 303
    async with transaction(sessions, system("test")) as session:
        assert (await session.get_one(Organisation, holder.organisation_id)).state == "verified"


async def test_a_submitted_listing_passes_the_formal_check_or_goes_back(party: Any, sessions: Any) -> None:
    operator, holder = await party("operator"), await party("holder")
    listing = await screening.drafted_listing(sessions, holder)
    one = f"{DESK}/listings/{listing}"
    early = await operator.browser.post(f"{one}/step", data={"step": "formal-check"}, headers=EN)
    assert early.status_code == 422
    assert (await operator.browser.get(one, headers=ZH)).status_code == 200


async def test_an_assessment_shows_its_seats_and_ends_with_a_reason(party: Any, sessions: Any) -> None:
    operator = await party("operator")
    one = f"{DESK}/assessments/{await access_assessment(sessions, operator)}"
    assert "Nobody has scored yet." in (await operator.browser.get(one, headers=EN)).text
    early = await operator.browser.post(f"{one}/decision", data={"outcome": "recommended"}, headers=ZH)
    assert early.status_code == 422
    waits = '<b>{}</b><a href="/desk/operator/listings">To be assessed</a>'
    assert waits.format(0) in (await operator.browser.get(DESK, headers=EN)).text
    assert (await operator.browser.post(f"{one}/cancel", data={"note": "opened twice"})).status_code == 303
    assert waits.format(1) in (await operator.browser.get(DESK, headers=EN)).text
    assert "Cancelled" in (await operator.browser.get(one, headers=EN)).text


async def test_the_chain_is_computed_again(party: Any) -> None:
    operator = await party("operator")
    answer = await operator.browser.post(f"{DESK}/audit/verify", headers=ZH)
    assert answer.status_code == 200
    assert "哈希链完整" in answer.text


async def test_an_article_is_read_returned_with_a_reason_and_published(party: Any) -> None:
    author, operator = await party("holder"), await party("operator")
    draft = {
        "title": {"zh": "冬季硝化", "en": "Winter nitrification"},
        "summary": {"zh": "八个冬天的经验", "en": "What eight winters taught"},
        "content": {"kind": "showcase", "text": {"zh": "结冰了。", "en": "It froze."}},
    }
    made = await author.browser.post("/api/v1/knowledge-items", json=draft)
    assert made.status_code == 201, made.text
    address = f"/desk/operator/knowledge/{made.json()['id']}"
    handed = await author.browser.post(f"/api/v1/knowledge-items/{made.json()['id']}/submit")
    assert handed.status_code == 201, handed.text
    english = {"accept": "text/html", "accept-language": "en"}
    assert "Winter nitrification" in (await operator.browser.get("/desk/operator/knowledge", headers=english)).text
    assert "It froze." in (await operator.browser.get(address, headers=english)).text
    refused = await operator.browser.post(f"{address}/return", data={"note": ""}, headers=english)
    assert refused.status_code == 422
    assert (await operator.browser.post(f"{address}/publish", data={"note": ""})).status_code == 303


async def test_a_failed_job_is_seen_and_tried_again(party: Any, sessions: Any) -> None:
    operator = await party("operator")
    async with transaction(sessions, system("test")) as session:
        made = text(
            "INSERT INTO jobs.procrastinate_jobs (queue_name, task_name, args, status, attempts) "
            "VALUES ('default', 'letters.send', '{\"letter_id\": \"a1\"}', 'failed', 5) RETURNING id"
        )
        number = await session.scalar(made)
    page = (await operator.browser.get(f"{DESK}/jobs", headers=EN)).text
    assert f'value="{number}"' in page
    assert "letter_id a1" in page
    again = await operator.browser.post(f"{DESK}/jobs/again", data={"job_id": str(number)})
    assert again.status_code == 303
    twice = await operator.browser.post(f"{DESK}/jobs/again", data={"job_id": str(number)}, headers=ZH)
    assert (twice.status_code, "无此失败任务" in twice.text) == (422, True)
    assert "No job has failed for good." in (await operator.browser.get(f"{DESK}/jobs", headers=EN)).text
    async with transaction(sessions, system("test")) as session:
        (logged,) = await session.scalars(select(AuditEntry).where(AuditEntry.action == "job.again"))
    assert logged.data == {"job": "letters.send", "id": number}


async def test_the_desk_shows_how_far_needs_come(party: Any) -> None:
    page = (await (await party("operator")).browser.get(DESK, headers=ZH)).text
    assert "从需求到付款" in page
    assert all(step in page for step in ("发布需求", "提出方案", "取得联系", "签署交易", "放款"))
