"""What the settings make of it: who holds money here, and the gate that jobs about Stripe go through."""

from marketplace.clock import Clock
from marketplace.database import Sessions
from marketplace.payments.holding import HoldProvider, HoldProviders
from marketplace.payments.record_only import RecordOnly
from marketplace.settings import Settings
from marketplace.stripe.gate import StripeGate, gate_of
from marketplace.stripe.provider import StripeProvider


def payment_tools(settings: Settings, sessions: Sessions, *, clock: Clock | None = None) -> dict[type, object]:
    """The jobs' ways to whoever holds money: on record always, at Stripe if there is a key for it."""
    gate = gate_of(settings)
    if gate is None:
        return {HoldProviders: HoldProviders(RecordOnly())}
    stripe: HoldProvider = StripeProvider(gate, sessions, public_url=settings.public_url, clock=clock)
    return {StripeGate: gate, HoldProviders: HoldProviders(RecordOnly(), stripe)}
