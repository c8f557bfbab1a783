"""A link opens what it was signed for, with the key it was signed with, in its time."""

import uuid
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from marketplace.dataroom.links import Link, read_link, signed

NOW = datetime(2026, 3, 2, tzinfo=UTC)
LINK = Link(uuid.UUID(int=1), "view", uuid.UUID(int=2), uuid.UUID(int=3), int(NOW.timestamp()) + 300)
TOKEN = signed(LINK, b"key")


def test_it_holds_for_its_time_and_key() -> None:
    assert read_link(TOKEN, b"key", NOW) == LINK
    assert read_link(TOKEN, b"other", NOW) is None
    assert read_link(TOKEN, b"key", datetime.fromtimestamp(LINK.until, UTC)) is None


@given(st.integers(0, len(TOKEN) - 1), st.characters())
def test_one_changed_character_and_it_opens_nothing_else(place: int, instead: str) -> None:
    changed = TOKEN[:place] + instead + TOKEN[place + 1 :]
    # The last character of a base64 text holds spare bits: another may mean the same bytes.
    assert read_link(changed, b"key", NOW) in (None, LINK)


@given(st.text(max_size=80))
def test_nonsense_is_no_link(text: str) -> None:
    assert read_link(text, b"key", NOW) is None
