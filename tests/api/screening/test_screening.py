import io
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import openpyxl
import pytest
from sqlalchemy import select

from marketplace.actors import system
from marketplace.clock import SetClock
from marketplace.database import Sessions, transaction
from marketplace.jobs import Context, drain
from marketplace.mail import Mail
from marketplace.screening.facts import Scorers, no_proposal
from marketplace.settings import Secret, Settings
from tests.api.conftest import SERVER_KEY, MakeParty, Party
from tests.api.listings.test_listings import LISTING

API = "/api/v1"
PORTFOLIO = "技术名称,自评TRL\n=SUM(A1)膜分离,7\n臭氧催化,5\n".encode()


@pytest.fixture
def context(context: Context) -> Context:
    """The key signs the links of mails for the API to check; without models, which take a while to load."""
    settings = Settings(secret_key=Secret(SERVER_KEY.decode()))
    return replace(context, settings=settings, tools={Scorers: Scorers(cards={}, propose=no_proposal)})


@pytest.fixture
async def investor(party: MakeParty) -> Party:
    return await party("investor")


async def publish(holder: Party, operator: Party, number: int, **changed: Any) -> str:
    technology = LISTING["technology"] | {"name": {"zh": f"=技术{number}"}} | changed
    made = (await holder.client.post(f"{API}/listings", json=LISTING | {"technology": technology})).json()
    await holder.client.post(f"{API}/listings/{made['id']}/submit")
    answer = await operator.client.post(f"{API}/listings/{made['id']}/formal-check")
    assert answer.json()["to_state"] == "recommended", answer.text
    return str(made["id"])


@pytest.fixture
async def published(party: MakeParty) -> tuple[list[str], Party, Party]:
    holder, operator = await party("holder"), await party("operator")
    ids = [await publish(holder, operator, number) for number in range(2)]
    ids.append(await publish(holder, operator, 3, evidence=[], claimed_trl=3, media=["air"]))
    return ids, holder, operator


async def screen_of(investor: Party, context: Context, **asked: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    answer = await investor.browser.post(f"{API}/screens", json={"name": "all", "filter": {}} | asked)
    assert answer.status_code == 201, answer.text
    await drain(context)
    return answer.json(), (await investor.client.get(f"{API}/screens/{answer.json()['id']}/runs")).json()["items"][0]


async def mails(sessions: Sessions) -> list[Mail]:
    async with transaction(sessions, system("test")) as session:
        return list(await session.scalars(select(Mail).order_by(Mail.id)))


async def test_a_screen_ranks_the_published_catalogue(
    investor: Party, published: tuple[list[str], Party, Party], context: Context
) -> None:
    _, run = await screen_of(investor, context)
    assert (run["state"], run["rows"], run["ranked_by"], run["number"]) == ("done", 3, "completion", 1)
    rows = (await investor.client.get(f"{API}/screening-runs/{run['id']}/rows", params={"limit": 2})).json()
    assert rows["total"] == 3
    rest = await investor.client.get(f"{API}/screening-runs/{run['id']}/rows", params={"cursor": rows["next"]})
    last = rest.json()["items"][0]
    assert last["id"] == published[0][2]  # a claim of level 3 against evidence of level 7
    assert last["level"]["basis"] == "claim"
    best = rows["items"][0]
    assert best["place"]["low"] <= best["place"]["rank"] <= best["place"]["high"]
    assert best["loss_share"]["low"] <= best["loss_share"]["value"] <= best["loss_share"]["high"]
    assert best["reasons"][0]["zh"]
    assert best["grade"]


async def test_a_filter_finds_what_the_catalogue_finds(
    investor: Party, published: tuple[list[str], Party, Party], context: Context
) -> None:
    _, run = await screen_of(investor, context, filter={"medium": "air"})
    assert run["rows"] == 1


async def test_facts_are_computed_once_for_a_listing_that_did_not_change(
    investor: Party, published: tuple[list[str], Party, Party], context: Context
) -> None:
    asked: list[str] = []

    def counting(technology: Any) -> Any:
        asked.append(technology.id)
        return no_proposal(technology)

    counted = replace(context, tools={Scorers: Scorers(cards={}, propose=counting)})
    saved, first = await screen_of(investor, counted)
    await investor.client.post(f"{API}/screens/{saved['id']}/runs")
    await drain(counted)
    runs = (await investor.client.get(f"{API}/screens/{saved['id']}/runs")).json()["items"]
    assert [run["number"] for run in runs] == [2, 1]
    assert runs[0]["changes"]["counts"] == {"entered": 0, "left": 0, "regraded": 0}
    assert runs[0]["input_sha256"] == first["input_sha256"]
    assert sorted(asked) == sorted(published[0])


async def test_only_its_own_organisation_knows_of_a_screen(
    investor: Party, published: tuple[list[str], Party, Party], context: Context, party: MakeParty
) -> None:
    saved, run = await screen_of(investor, context)
    for stranger in (await party("investor"), published[2]):
        for path in (f"screens/{saved['id']}", f"screens/{saved['id']}/runs", f"screening-runs/{run['id']}/rows"):
            assert (await stranger.client.get(f"{API}/{path}")).status_code == 404, path
        assert (await stranger.client.get(f"{API}/screens")).json()["total"] == 0


async def test_a_change_of_the_catalogue_is_mailed_until_one_click_stops_it(
    investor: Party,
    published: tuple[list[str], Party, Party],
    context: Context,
    clock: SetClock,
    sessions: Sessions,
    client: httpx.AsyncClient,
) -> None:
    saved, _ = await screen_of(investor, context, alerts=True)
    await publish(published[1], published[2], 4)
    clock.advance(timedelta(minutes=6))
    await drain(context)
    runs = (await investor.client.get(f"{API}/screens/{saved['id']}/runs")).json()["items"]
    assert runs[0]["changes"]["counts"]["entered"] == 1
    mail = (await mails(sessions))[-1]
    assert mail.kind == "screen-changed"
    assert mail.stop_url is not None
    assert mail.stop_url in mail.text
    path = mail.stop_url.removeprefix(Settings().public_url)
    assert (await client.get(path)).status_code == 200  # a mail filter looks
    assert (await investor.client.get(f"{API}/screens/{saved['id']}")).json()["alerts"] is True
    one_click = await client.post(path, data={"List-Unsubscribe": "One-Click"})
    assert one_click.status_code == 200, one_click.text
    assert (await investor.client.get(f"{API}/screens/{saved['id']}")).json()["alerts"] is False
    forged = path[:-4] + ("AAAA" if not path.endswith("AAAA") else "BBBB")
    assert (await client.post(forged)).status_code == 400


async def test_a_portfolio_is_screened_and_stays_private(
    investor: Party, context: Context, party: MakeParty, published: tuple[list[str], Party, Party]
) -> None:
    files = {"file": ("portfolio.csv", PORTFOLIO, "text/csv")}
    headers = {"idempotency-key": "upload"}
    uploaded = await investor.client.post(f"{API}/portfolios", files=files, headers=headers)
    assert uploaded.status_code == 201, uploaded.text
    again = await investor.client.post(f"{API}/portfolios", files=files)
    assert again.json() == uploaded.json()
    kept = uploaded.json()
    asked = {"name": "mine", "portfolio_id": kept["id"]}
    stranger = await party("investor")
    assert (await stranger.client.post(f"{API}/screens", json=asked)).status_code == 404
    assert (await investor.client.post(f"{API}/screens", json=asked)).status_code == 201
    await drain(context)
    screen_id = (await investor.client.get(f"{API}/screens")).json()["items"][0]["id"]
    run = (await investor.client.get(f"{API}/screens/{screen_id}/runs")).json()["items"][0]
    book = await investor.client.get(f"{API}/screening-runs/{run['id']}/export", params={"format": "xlsx"})
    sheet = openpyxl.load_workbook(io.BytesIO(book.content)).active
    assert sheet is not None
    names = [row[1] for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert names == ["'=SUM(A1)膜分离", "臭氧催化"]
    for kind in ("csv", "parquet"):
        answer = await investor.client.get(f"{API}/screening-runs/{run['id']}/export", params={"format": kind})
        assert (answer.status_code, "attachment" in answer.headers["content-disposition"]) == (200, True)


async def test_every_bad_cell_of_a_portfolio_is_named_and_nothing_kept(investor: Party) -> None:
    files = {"file": ("bad.csv", "技术名称,自评TRL\n甲,17\n,abc\n".encode(), "text/csv")}
    answer = await investor.client.post(f"{API}/portfolios", files=files)
    assert answer.status_code == 400
    assert len(answer.json()["errors"]) == 3
    assert answer.json()["errors"][0]["field"] == "bad.csv, row 2, 自评TRL"
    assert (await investor.client.get(f"{API}/portfolios")).json()["total"] == 0


async def test_a_watched_listing_that_changes_is_mailed_once(
    investor: Party, published: tuple[list[str], Party, Party], context: Context, sessions: Sessions
) -> None:
    ids, _, operator = published
    wish = {"listing_id": ids[0], "alerts": True}
    made = await investor.browser.post(f"{API}/watches", json=wish)
    assert made.status_code == 201, made.text
    assert (await investor.browser.post(f"{API}/watches", json=wish)).json()["code"] == "watched-already"
    await operator.client.post(f"{API}/listings/{ids[0]}/suspend", json={"note": "a complaint"})
    await drain(context)
    assert [mail.kind for mail in await mails(sessions)] == ["watch-changed"]
    listed = (await investor.client.get(f"{API}/watches")).json()
    assert listed["items"][0]["state"] == "suspended"
    assert (await investor.client.delete(f"{API}/watches/{made.json()['id']}")).status_code == 204
    assert (await investor.client.get(f"{API}/watches")).json()["total"] == 0


async def test_technologies_side_by_side(client: httpx.AsyncClient, published: tuple[list[str], Party, Party]) -> None:
    answer = await client.get(f"{API}/catalogue/comparison", params={"listing_id": published[0]})
    assert answer.status_code == 200, answer.text
    lines = {line["name"]: line for line in answer.json()["lines"]}
    assert lines["removal.TN"]["values"] == ["0.8 (0.7–0.9)"] * 3
    assert lines["media"]["values"] == ["water", "water", "air"]
    assert (lines["media"]["differs"], lines["removal.TN"]["differs"]) == (True, False)
    one = await client.get(f"{API}/catalogue/comparison", params={"listing_id": published[0][:1]})
    assert one.status_code == 400


async def test_groups_have_quartiles_that_occur(
    client: httpx.AsyncClient, investor: Party, published: tuple[list[str], Party, Party], context: Context
) -> None:
    answer = await client.get(f"{API}/catalogue/aggregates", params={"by": ["medium"], "measure": "trl_low"})
    groups = {group["by"]["medium"]: group for group in answer.json()}
    assert (groups["water"]["count"], groups["water"]["median"]) == (2, 7.0)
    assert groups["air"]["count"] == 1
    _, run = await screen_of(investor, context)
    answer = await investor.client.get(
        f"{API}/screening-runs/{run['id']}/aggregates", params={"by": ["grade", "medium"]}
    )
    assert answer.status_code == 200, answer.text
    assert sum(group["count"] for group in answer.json()) == 3
    assert all(0 < group["median"] < 1 for group in answer.json())
    wrong = await client.get(f"{API}/catalogue/aggregates", params={"by": ["grade"]})
    assert wrong.status_code == 400


async def test_a_key_gets_no_mail_and_a_viewer_changes_nothing(investor: Party, party: MakeParty) -> None:
    asked = {"name": "mine", "filter": {}}
    assert (await investor.client.post(f"{API}/screens", json=asked | {"alerts": True})).status_code == 400
    viewer = await party("investor", role="viewer", of=investor)
    assert (await viewer.browser.post(f"{API}/screens", json=asked)).status_code == 403
    both = asked | {"portfolio_id": "00000000-0000-7000-8000-000000000000"}
    assert (await investor.client.post(f"{API}/screens", json=both)).status_code == 400
