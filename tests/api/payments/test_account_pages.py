"""Where an organisation is paid, and its invoices, as a browser without JavaScript sees and changes them."""

from typing import Any

from marketplace.clock import SetClock
from marketplace.database import Sessions, transaction
from marketplace.payments.models import PayoutAccount
from marketplace.people.models import Person
from marketplace.stripe.models import StripeInvoice
from tests.api.payments import things
from tests.api.payments.test_pages import HTML, done, shown, stepped_up
from tests.marketplace.payments.making import EVERYBODY

ACCOUNT = {"holder_name": "示范环保", "bank": "ICBC", "number": "6222021234567890"}


async def with_second_factor(party: Any, sessions: Sessions, clock: SetClock) -> None:
    async with transaction(sessions, EVERYBODY) as session:
        person = await session.get_one(Person, party.person_id)
        person.totp_secret, person.totp_confirmed_at = "JBSWY3DPEHPK3PXP", clock.now()


async def test_a_changed_account_shows_when_it_counts_and_what_that_means(
    party: Any, sessions: Sessions, clock: SetClock
) -> None:
    payee = await party("holder")
    assert "None was stated yet" in await shown(payee, "/account/payout")
    assert "second factor, and you have not set one up yet" in await shown(payee, "/account/payout")
    await with_second_factor(payee, sessions, clock)
    early = await payee.browser.post("/account/payout", data=ACCOUNT, headers=HTML)
    assert (early.status_code, "second factor again first" in early.text) == (422, True)
    assert "示范环保" in early.text
    await stepped_up(payee, sessions)
    await done(payee, "/account/payout", **ACCOUNT)
    first = await shown(payee, "/account/payout")
    assert ("…7890" in first, "6222021234567890" in first, "A new account was given" in first) == (
        True,
        False,
        False,
    )
    await done(payee, "/account/payout", **ACCOUNT | {"number": "6222029999990000"})
    page = await shown(payee, "/account/payout")
    assert all(said in page for said in ("A new account was given", "…0000", "…7890", "days left"))
    assert "生效前不会向贵方放款" in await shown(payee, "/account/payout", "zh")


async def test_after_the_cool_off_the_new_account_counts(party: Any, sessions: Sessions, clock: SetClock) -> None:
    payee = await party("holder")
    async with transaction(sessions, EVERYBODY) as session:
        for number in ("6222021234567890", "6222029999990000"):
            session.add(
                PayoutAccount(
                    organisation_id=payee.organisation_id, holder_name="示范环保", bank="ICBC", number=number,
                    effective_at=clock.now(),
                )
            )  # fmt: skip
            await session.flush()
    page = await shown(payee, "/account/payout")
    assert "A new account was given" not in page
    assert page.index("…0000") < page.index("Accounts of before") < page.index("…7890")


async def test_a_wrong_number_is_named_and_nothing_typed_is_lost(
    party: Any, sessions: Sessions, clock: SetClock
) -> None:
    payee = await party("holder")
    await with_second_factor(payee, sessions, clock)
    answer = await payee.browser.post("/account/payout", data=ACCOUNT | {"number": "no"}, headers=HTML)
    assert (answer.status_code, "示范环保" in answer.text, 'href="#field-number"' in answer.text) == (422, True, True)


async def test_members_see_the_account_and_only_managers_change_it(party: Any) -> None:
    payee = await party("holder")
    member = await party("holder", role="member", of=payee)
    assert "Owners and administrators" in await shown(member, "/account/payout")
    assert (await member.browser.post("/account/payout", data=ACCOUNT, headers=HTML)).status_code == 403


async def test_an_invoice_shows_both_parties_and_the_tax(party: Any, sessions: Sessions) -> None:
    payee, stranger = await party("holder"), await party("holder")
    assert "No invoices yet" in await shown(payee, "/account/invoices")
    address = f"/account/invoices/{await things.issued_invoice(sessions, payee)}"
    assert address in await shown(payee, "/account/invoices")
    page = await shown(payee, address)
    assert all(said in page for said in ("CN¥23.58", "CN¥1.42", "CN¥25.00", "(6%)", "CN¥975.00", "Tax number"))
    assert "价税合计" in await shown(payee, address, "zh")
    assert (await stranger.browser.get(address, headers=HTML)).status_code == 404


async def test_invoices_for_plans_lead_to_the_document(party: Any, sessions: Sessions, clock: SetClock) -> None:
    investor = await party("investor")
    async with transaction(sessions, EVERYBODY) as session:
        session.add(
            StripeInvoice(
                organisation_id=investor.organisation_id, invoice_id="in_1", number="GH-1", total_minor=11_900,
                tax_minor=1_900, currency="EUR", status="paid", issued_at=clock.now(), url="https://stripe.example/in_1",
            )
        )  # fmt: skip
    page = await shown(investor, "/account/invoices")
    assert all(said in page for said in ("https://stripe.example/in_1", "€119.00", "€19.00", "Paid"))
