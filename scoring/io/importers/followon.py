"""Rows of the funding rounds of US start-ups, each firm as it was known on one day."""

from scoring.io.rows import Row
from scoring.technology import FundingRound, Technology, Text

NUMBERS = (
    "n_rounds",
    "raised_total",
    "raised_max",
    "last_amount",
    "n_angel",
    "n_venture",
    "months_since_last",
    "months_since_first",
    "age_months",
)
TEXTS = ("last_type", "category_code", "state_code", "region")


def from_followon(row: Row) -> Technology:
    """A start-up on the day of its row; the same firm on another day is another technology.

    ``features`` holds the columns under their own names, amounts in USD. What happened later (``follow_on_24m``,
    ``acquired_24m``) is left out. Only the last round is known by itself; the earlier ones are a sum.
    """
    permalink, day = row.required("permalink"), row.day("asof_date")
    slug = permalink.rpartition("/")[2]
    numbers = {name: row.number(name) for name in NUMBERS}
    return Technology(
        id=f"{slug}@{day}",
        name=Text(en=slug.replace("-", " ")),
        country="US",
        as_of=day,
        funding=_last_round(row),
        features={**numbers, **{name: row.text(name) for name in TEXTS}},
        source=permalink,
    )


def _last_round(row: Row) -> tuple[FundingRound, ...]:
    amount, kind = row.minor("last_amount"), row.text("last_type")
    if amount is None or kind is None:
        return ()
    return (FundingRound(kind=kind, amount_minor=amount, currency="USD", dated=row.day("last_round")),)
