"""The port to whoever holds the money: a bank between the parties (record-only), Stripe, a licensed agent.

A provider is asked by a job, outside any transaction, and told nothing but one instruction. It never writes orders or
the ledger: it says what it knows, and `orders.settle` records it. What it hears later by itself (a webhook, a bank's
statement) comes the same way.
"""

import datetime
import uuid
from typing import Protocol

from msgspec import Struct

from marketplace.money import Money

# `fund` brings money in, `release` pays the payee, `refund` pays the payer back, `reverse` takes a release back.
KINDS = ("fund", "release", "refund", "reverse")


class Instruction(Struct, frozen=True, kw_only=True):
    """One order as a provider sees it.

    `key` is the same at every repetition of one attempt: whoever is asked twice with it acts once. `amount` is what
    reaches the other side; `fee` stays with the platform beside it. `reference` is what the provider called this order
    when it was asked before; `source_reference` what it called the order that this one draws on (for a release or a
    refund the pay-in, for a reversal the release). `first_sent_at` is when it was first asked with this key.
    """

    order_id: uuid.UUID
    kind: str
    key: str
    attempt: int
    deal_id: uuid.UUID
    milestone_id: uuid.UUID | None
    payer_id: uuid.UUID
    payee_id: uuid.UUID
    amount: Money
    fee: Money
    reference: str | None
    source_reference: str | None
    first_sent_at: datetime.datetime | None

    @property
    def transfer_group(self) -> str:
        """What ties all movements of one deal together at the provider."""
        return f"deal:{self.deal_id}"


class Accepted(Struct, frozen=True, kw_only=True, tag=True):
    """Taken on and not done yet; for a pay-in, `pay_url` is where the payer goes to pay."""

    reference: str | None = None
    pay_url: str | None = None


class Confirmed(Struct, frozen=True, kw_only=True, tag=True):
    """Done. `reference` names it at the provider: from a pay-in it is what releases can draw on (the charge)."""

    reference: str


class Refused(Struct, frozen=True, kw_only=True, tag=True):
    """Will never be done under this key; another attempt needs another key. `again` says whether one makes sense."""

    code: str
    message: str
    again: bool = False


class Unknown(Struct, frozen=True, kw_only=True, tag=True):
    """No answer, or none that says what was done: never to be taken for a failure."""

    reason: str


class Absent(Struct, frozen=True, kw_only=True, tag=True):
    """From `look_up` alone: the provider has never heard of it, so that it may be sent again."""


Outcome = Accepted | Confirmed | Refused | Unknown
Found = Accepted | Confirmed | Refused | Unknown | Absent


class HoldProvider(Protocol):
    """Holds money between a deal's two sides, or knows who does."""

    name: str

    async def instruct(self, order: Instruction) -> Outcome:
        """Have it done. Called again with the same key after a crash or an Unknown; must then act once in all.

        A pay-in answers Accepted with the address where the payer pays.
        """
        ...

    async def look_up(self, order: Instruction) -> Found:
        """What became of it, without doing anything: asked where a key may be too old to be repeated."""
        ...


class HoldProviders:
    """The providers at hand, by name: a tool of the jobs."""

    def __init__(self, *providers: HoldProvider) -> None:
        self._named = {provider.name: provider for provider in providers}

    def named(self, name: str) -> HoldProvider:
        return self._named[name]

    def __contains__(self, name: str) -> bool:
        return name in self._named
