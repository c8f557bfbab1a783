"""One administrator alone does not free themselves of the second."""

from marketplace.clock import SetClock
from marketplace.database import Sessions
from tests.api.conftest import MakeParty
from tests.api.payments.test_pages import stepped_up


async def test_raising_the_threshold(party: MakeParty, sessions: Sessions, clock: SetClock) -> None:
    fund = await party("investor")
    at = f"/api/v1/organisations/{fund.organisation_id}/approval-thresholds"
    threshold = {"amount_minor": 1_000, "currency": "CNY"}
    first = await fund.browser.put(at, json=threshold)
    assert first.json() == threshold | {"before_minor": None, "counts_from": None}
    refused = await fund.browser.put(at, json=threshold | {"amount_minor": 10**12})
    assert (refused.status_code, refused.json()["code"]) == (403, "step-up-needed")
    assert (await fund.client.put(at, json=threshold | {"amount_minor": 10**12})).status_code == 403
    await stepped_up(fund, sessions)
    raised = (await fund.browser.put(at, json=threshold | {"amount_minor": 10**12})).json()
    assert (raised["amount_minor"], raised["before_minor"]) == (10**12, 1_000)
    assert raised["counts_from"]
    assert (await fund.browser.get(at)).json() == [raised]
