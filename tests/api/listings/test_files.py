import io
from datetime import timedelta

import httpx
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from marketplace.actors import system
from marketplace.clock import SetClock
from marketplace.database import Sessions, transaction
from marketplace.jobs import Context, drain
from marketplace.listings.duplicates import similarity
from marketplace.listings.parsing import parse
from marketplace.mail import Mail
from scoring.technology import Text
from tests.api.conftest import MakeParty, Party
from tests.api.listings.test_listings import LISTING, drafted, published

API = "/api/v1"
GOOD = (
    b'{"id":"a","name":{"zh":"=1+1"},"claimed_trl":6,"features":{"chain_place":"equipment"}}\n'
    b'{"id":"b","name":{"en":"Ozone"},"claimed_trl":5}\n'
)
BAD = "id,技术名称,自评TRL,chain_place\na,甲,17,equipment\nb,,6,equipment\nc,乙,x,equipment\n".encode()


@pytest.fixture
async def holder(party: MakeParty) -> Party:
    return await party("holder")


async def send(holder: Party, name: str, content: bytes, *, dry_run: bool) -> httpx.Response:
    params = {"dry_run": "true" if dry_run else "false"}
    return await holder.client.post(f"{API}/listings/import", params=params, files={"file": (name, content)})


async def total(holder: Party) -> int:
    return int((await holder.client.get(f"{API}/listings")).json()["total"])


async def test_a_dry_run_changes_nothing_and_says_what_drafts_lack(holder: Party) -> None:
    answer = await send(holder, "mine.jsonl", GOOD, dry_run=True)
    assert answer.status_code == 200, answer.text
    report = answer.json()
    assert (report["technologies"], report["errors"], report["imported"]) == (2, [], [])
    assert {short["field"] for short in report["shortcomings"] if short["id"] == "a"} >= {"technology.media"}
    assert await total(holder) == 0


async def test_all_errors_at_once_and_nothing_imported(holder: Party) -> None:
    report = (await send(holder, "mine.csv", BAD, dry_run=True)).json()
    assert [(error["row"], error["column"]) for error in report["errors"]] == [
        (2, "自评TRL"),
        (4, "自评TRL"),
        (3, "name"),
    ]
    refused = await send(holder, "mine.csv", BAD, dry_run=False)
    assert (refused.status_code, len(refused.json()["errors"])) == (400, 3)
    assert await total(holder) == 0


async def test_choices_and_doubles_are_errors_too(holder: Party) -> None:
    assert (await send(holder, "mine.jsonl", GOOD, dry_run=False)).status_code == 201
    content = (
        GOOD + b'{"id":"c","name":{"en":"New"},"features":{"chain_place":"nowhere"}}\n{"id":"d","name":{"en":"New"}}\n'
    )
    refused = await send(holder, "more.jsonl", content, dry_run=False)
    assert refused.status_code == 400
    assert sorted(error["value"] for error in refused.json()["errors"]) == ["a", "b", "d", "nowhere"]
    assert await total(holder) == 2


@pytest.mark.parametrize("kind", ["xlsx", "csv", "jsonl"])
async def test_what_is_exported_can_be_imported_again(holder: Party, party: MakeParty, kind: str) -> None:
    await send(holder, "mine.jsonl", GOOD, dry_run=False)
    exported = await holder.client.get(f"{API}/listings/export", params={"format": kind})
    assert exported.status_code == 200, exported.text
    other = await party("holder")
    answer = await send(other, f"theirs.{kind}", exported.content, dry_run=False)
    assert answer.status_code == 201, answer.text
    listings = (await other.client.get(f"{API}/listings")).json()["items"]
    found = {listing["technology"]["id"]: listing for listing in listings}
    assert found["a"]["technology"]["name"]["zh"] == "=1+1"
    assert found["a"]["chain_place"] == "equipment"


async def test_the_same_import_sent_twice_imports_once(holder: Party) -> None:
    headers = {"idempotency-key": "import"}
    # A client that repeats itself sends the same bytes, boundary included.
    body = httpx.Request("POST", "http://x", files={"file": ("mine.jsonl", GOOD)})
    given = {"content": body.read(), "headers": headers | {"content-type": body.headers["content-type"]}}
    answers = [
        await holder.client.post(f"{API}/listings/import", params={"dry_run": "false"}, **given) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert await total(holder) == 2


async def test_only_holders_import(party: MakeParty) -> None:
    assert (await send(await party("investor"), "mine.jsonl", GOOD, dry_run=True)).status_code == 403


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.exe", b"MZ"),
        ("x.xlsx", b"PK\x03\x04 no workbook"),
        ("x.json", b"[" * 100_000),
        ("x.csv", b""),
        ("../../x", b"a"),
        ("x.csv", b"\xff\xfe\x00\xd8"),
    ],
)
async def test_broken_files_are_refused_with_a_reason(name: str, content: bytes) -> None:
    found = await parse(content, name)
    assert found.technologies == ()
    assert found.errors
    assert found.errors[0].expected


async def test_the_catalogue_as_a_file_holds_no_formula_and_nothing_confidential(
    client: httpx.AsyncClient, holder: Party, party: MakeParty
) -> None:
    technology = LISTING["technology"] | {"name": {"zh": '=HYPERLINK("http://x")'}}
    operator = await party("operator")
    made = await drafted(holder, technology=technology)
    await holder.client.post(f"{API}/listings/{made['id']}/submit")
    await operator.client.post(f"{API}/listings/{made['id']}/formal-check")
    book = await client.get(f"{API}/catalogue/export")
    sheet = openpyxl.load_workbook(io.BytesIO(book.content)).active
    assert sheet is not None
    cells = [cell for row in sheet.iter_rows(min_row=2, values_only=True) for cell in row]
    assert cells[1] == '\'=HYPERLINK("http://x")'
    lines = await client.get(f"{API}/catalogue/export", params={"format": "jsonl"})
    assert "recipe 17" not in lines.text
    assert lines.text.count("\n") == 1


async def test_the_operator_is_shown_what_may_be_the_same(holder: Party, party: MakeParty) -> None:
    mine = await drafted(holder)
    rival, operator = await party("holder"), await party("operator")
    same = await drafted(rival)
    names = {"zh": "分段 进水脱氮技术", "en": "Step feed N removal"}
    alike = await drafted(rival, technology=LISTING["technology"] | {"id": "T-2", "name": names})
    await drafted(rival, technology=LISTING["technology"] | {"id": "T-3", "name": {"zh": "土壤淋洗"}})
    found = (await operator.client.get(f"{API}/listings/{mine['id']}/duplicates")).json()
    assert [(one["listing_id"], one["reason"]) for one in found] == [
        (same["id"], "same-text"),
        (alike["id"], "similar-name"),
    ]
    assert (await holder.client.get(f"{API}/listings/{mine['id']}/duplicates")).status_code == 403


async def test_holders_are_reminded_twice_and_not_after_a_renewal(
    holder: Party, party: MakeParty, clock: SetClock, context: Context, sessions: Sessions
) -> None:
    async def reminders() -> list[str]:
        async with transaction(sessions, system("test")) as session:
            sent = select(Mail.subject).where(Mail.kind == "renewal-reminder").order_by(Mail.id)
            return list(await session.scalars(sent))

    listing_id = await published(holder, await party("operator"))
    clock.advance(timedelta(days=334))
    await drain(context)
    assert await reminders() == []
    clock.advance(timedelta(days=2))
    await drain(context)
    clock.advance(timedelta(days=23))
    await drain(context)
    assert [subject.partition(" in ")[2][:7].strip() for subject in await reminders()] == ["30 days", "7 days:"]
    await holder.client.post(f"{API}/listings/{listing_id}/renew")
    clock.advance(timedelta(days=300))
    await drain(context)
    assert len(await reminders()) == 2


@given(st.text(), st.text())
def test_similarity_is_symmetric_and_one_for_the_same_name(one: str, other: str) -> None:
    a, b = Text(en=one), Text(en=other)
    assert similarity(a, b) == similarity(b, a)
    assert 0 <= similarity(a, b) <= 1
    assert similarity(a, a) in (0, 1)  # a name without letters is like nothing
