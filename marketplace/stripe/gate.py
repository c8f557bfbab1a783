"""The one way to Stripe: the library with our timeout and retries, and what its errors mean for an order."""

import stripe

from marketplace.payments.holding import Outcome, Refused, Unknown
from marketplace.settings import Settings

# The library's own defaults are 80 s and, for a client, no retries at all.
TIMEOUT_S = 20.0
RETRIES = 2
# Refusals that another attempt may not meet: money that is still to come, an account that is not ready yet.
PASSING = frozenset(
    {
        "account_closed",
        "balance_insufficient",
        "charge_disputed",
        "insufficient_capabilities_for_transfer",
        "transfers_not_allowed",
    }
)
# The request was stopped at the door, or another one holds its key: what it asks for may be under way or done.
NOT_AN_ANSWER = frozenset({401, 403, 409, 429})


class StripeGate:
    """Stripe's client for one account; `webhook_keys` are what its events are signed with."""

    def __init__(
        self,
        key: str,
        *,
        webhook_keys: tuple[str, ...] = (),
        url: str | None = None,
        timeout_s: float = TIMEOUT_S,
        retries: int = RETRIES,
    ) -> None:
        self.webhook_keys = webhook_keys
        self._http = stripe.HTTPXClient(timeout=timeout_s)
        self.client = stripe.StripeClient(
            key,
            base_addresses={"api": url} if url else None,
            max_network_retries=retries,
            http_client=self._http,
        )

    async def close(self) -> None:
        await self._http.close_async()  # type: ignore[no-untyped-call]

    @property
    def v1(self) -> stripe.V1Services:
        return self.client.v1

    @property
    def v2(self) -> stripe.V2Services:
        return self.client.v2


def gate_of(settings: Settings) -> StripeGate | None:
    """The gate of the settings; None if nothing is held at Stripe."""
    if settings.stripe_key is None:
        return None
    return StripeGate(settings.stripe_key.reveal(), webhook_keys=webhook_keys(settings), url=settings.stripe_url)


def webhook_keys(settings: Settings) -> tuple[str, ...]:
    given = settings.stripe_webhook_key.reveal() if settings.stripe_webhook_key else ""
    return tuple(key.strip() for key in given.split(",") if key.strip())


def outcome_of(error: stripe.StripeError) -> Outcome:
    """What an error says of an order. Silence, a failure of the server and a closed door say nothing about it."""
    status = error.http_status
    if status is None or status >= 500 or status in NOT_AN_ANSWER:
        return Unknown(reason=_said(error))
    if isinstance(error, stripe.IdempotencyError):
        # Something was asked under this key before, in other words: what became of it has to be looked up.
        return Unknown(reason=_said(error))
    code = error.code or "refused"
    again = code in PASSING or isinstance(error, stripe.CardError)
    return Refused(code=code, message=_said(error), again=again)


def is_kept_failure(error: stripe.StripeError) -> bool:
    """A failure of the server that is all one will ever hear under this key."""
    replayed = (error.headers or {}).get("idempotent-replayed")
    return (error.http_status or 0) >= 500 and replayed == "true"


def _said(error: stripe.StripeError) -> str:
    kind, where = type(error).__name__, f" ({error.request_id})" if error.request_id else ""
    return f"{kind}: {error.user_message or error.code or 'no answer'}{where}"
