"""Reports as a browser without JavaScript writes and answers them."""

from marketplace.database import Sessions
from tests.api.conftest import MakeParty
from tests.api.monitoring.test_monitoring import deal_between

HTML = {"accept": "text/html", "accept-language": "en"}


async def test_a_report_is_written_returned_and_accepted(party: MakeParty, sessions: Sessions) -> None:
    holder, financier = await party("holder"), await party("investor")
    deal, report = await deal_between(sessions, (holder, financier))
    at, to = f"/desk/deals/{deal}/reports", f"/desk/reports/{report}"
    page = await holder.browser.get(at, headers=HTML)
    assert page.status_code == 200, page.text
    assert to in page.text
    empty = await holder.browser.post(
        to, data={"step": "submit", "report": str(report), "summary": "Kept"}, headers=HTML
    )
    assert empty.status_code == 422
    assert "Kept" in empty.text
    given = {"step": "submit", "summary": "It runs.", "progress_percent": "80"}
    assert (await financier.browser.post(to, data=given, headers=HTML)).status_code == 422
    lab = {"file": ("lab.csv", "时间,TN\n1,12\n".encode(), "text/csv")}
    added = await holder.browser.post(f"{to}/evidence", files=lab, headers=HTML)
    assert added.status_code == 303, added.text
    sent = await holder.browser.post(to, data=given, headers=HTML)
    assert sent.status_code == 303, sent.text
    back = {"step": "return", "note": "Which days?"}
    assert (await financier.browser.post(to, data=back, headers=HTML)).status_code == 303
    assert (await holder.browser.post(to, data=given, headers=HTML)).status_code == 303
    assert "It runs." in (await financier.browser.get(at, headers=HTML)).text
    assert (await financier.browser.post(to, data={"step": "accept"}, headers=HTML)).status_code == 303
    accepted = await holder.browser.get(at, headers=HTML | {"accept-language": "zh"})
    assert "已接受" in accepted.text
