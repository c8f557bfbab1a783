"""Listings that may be one technology under two names, for the operator to look at before it is recommended."""

import asyncio
import unicodedata
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.listings.models import Listing
from scoring.technology import Text

SIMILAR_FROM = 0.6
SHOWN_MAX = 20


class Candidate(Struct, frozen=True, kw_only=True):
    """`similarity` of the names is the share of pairs of neighbouring characters that both have (Dice), 0 to 1."""

    listing_id: uuid.UUID
    organisation_id: uuid.UUID
    name: Text
    state: str
    reason: str  # "same-text" or "similar-name"
    similarity: float


async def possible_duplicates(session: AsyncSession, *, listing: Listing) -> list[Candidate]:
    """Listings of anybody, not withdrawn, with the same text or a similar name; the most similar first."""
    columns = (Listing.id, Listing.organisation_id, Listing.name, Listing.state, Listing.fingerprint)
    query = select(*columns).where(Listing.id != listing.id, Listing.state != "withdrawn")
    rows = (await session.execute(query)).all()
    found = await asyncio.to_thread(lambda: list(_candidates(listing.name, listing.fingerprint, rows)))
    found.sort(key=lambda one: (one.reason != "same-text", -one.similarity, str(one.listing_id)))
    return found[:SHOWN_MAX]


def _candidates(
    name: Text, fingerprint: bytes, rows: Sequence[tuple[uuid.UUID, uuid.UUID, Text, str, bytes]]
) -> Iterator[Candidate]:
    mine = _grams(name)
    for listing_id, organisation_id, other, state, print_of_other in rows:
        alike = _similarity(mine, _grams(other))
        same = print_of_other == fingerprint
        if same or alike >= SIMILAR_FROM:
            yield Candidate(
                listing_id=listing_id,
                organisation_id=organisation_id,
                name=other,
                state=state,
                reason="same-text" if same else "similar-name",
                similarity=round(alike, 3),
            )


def similarity(one: Text, other: Text) -> float:
    """How alike two names are, in the language in which they are most alike.

    >>> similarity(Text(zh="SCR 脱硝技术"), Text(zh="scr脱硝技术"))
    1.0
    """
    return _similarity(_grams(one), _grams(other))


Grams = tuple[Counter[str], Counter[str]]


def _grams(name: Text) -> Grams:
    zh, en = (_of_text(text or "") for text in (name.zh, name.en))
    return zh, en


def _of_text(text: str) -> Counter[str]:
    """Pairs of neighbouring letters; width, case, spaces and punctuation do not count."""
    letters = [char for char in unicodedata.normalize("NFKC", text).casefold() if char.isalnum()]
    return Counter(a + b for a, b in pairwise(letters)) or Counter(letters)


def _similarity(one: Grams, other: Grams) -> float:
    return max(_dice(a, b) for a, b in zip(one, other, strict=True))


def _dice(one: Counter[str], other: Counter[str]) -> float:
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if one and other else 0.0
