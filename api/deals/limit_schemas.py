"""From which amounts on an organisation asks for four eyes, as programs send and read it."""

import datetime

from msgspec import Struct

from api.fields import AmountMinor, Currency
from marketplace.caps.models import ApprovalRule


class ThresholdIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    amount_minor: AmountMinor
    currency: Currency


class ThresholdOut(Struct, frozen=True, kw_only=True):
    """A raised one counts from `counts_from` on; until then four eyes are asked for from `before_minor` on."""

    amount_minor: int
    currency: str
    before_minor: int | None
    counts_from: datetime.datetime | None

    @classmethod
    def of(cls, rule: ApprovalRule) -> "ThresholdOut":
        return cls(
            amount_minor=rule.threshold_minor,
            currency=rule.currency,
            before_minor=rule.before_minor,
            counts_from=rule.counts_from,
        )
