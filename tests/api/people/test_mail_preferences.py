"""Choosing over JSON which mails come."""

import httpx

from marketplace.mail_preferences import TOPICS
from tests.api.conftest import MakeParty

PATH = "/api/v1/mail-preferences"


def _chosen(answer: httpx.Response) -> dict[str, str]:
    return {item["topic"]: item["frequency"] for item in answer.json()["items"]}


async def test_one_reads_and_changes_ones_own(party: MakeParty) -> None:
    one, other = await party("holder"), await party("holder")
    before = await one.browser.get(PATH)
    assert _chosen(before) == dict.fromkeys(TOPICS, "immediately")
    assert all(item["label"]["zh"] and item["about"]["en"] for item in before.json()["items"])
    changed = await one.browser.patch(PATH, json={"topics": {"deals": "daily", "alerts": "never"}})
    assert changed.status_code == 200, changed.text
    wanted = dict.fromkeys(TOPICS, "immediately") | {"deals": "daily", "alerts": "never"}
    assert _chosen(changed) == _chosen(await one.browser.get(PATH)) == wanted
    assert set(_chosen(await other.browser.get(PATH)).values()) == {"immediately"}


async def test_all_that_cannot_be_chosen_is_named_and_nothing_changes(party: MakeParty) -> None:
    browser = (await party("holder")).browser
    for topics, fields in (
        ({"deals": "sometimes"}, ["topics.deals"]),
        ({"deals": "never", "payments": "never", "weather": "daily"}, ["topics.payments", "topics.weather"]),
    ):
        answer = await browser.patch(PATH, json={"topics": topics})
        assert answer.status_code == 400
        assert [fault["field"] for fault in answer.json()["errors"]] == fields
    assert set(_chosen(await browser.get(PATH)).values()) == {"immediately"}
