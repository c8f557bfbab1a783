"""Changes between answers, and links that stop mails."""

import uuid
from datetime import date

import pytest

from marketplace.errors import Invalid
from marketplace.screening.alerts import _read, stop_token
from marketplace.screening.facts import Scorers, facts_of, no_proposal
from marketplace.screening.models import Screen
from marketplace.screening.results import changes, decoded, encoded, ranked
from scoring.screening.screen import screen
from scoring.technology import Technology, Text

DAY = date(2026, 3, 2)
SCORERS = Scorers(cards={}, propose=no_proposal)


def technology(name: str, level: int | None) -> Technology:
    return Technology(id=name, name=Text(en=name), claimed_trl=level)


def test_facts_of_parts_are_those_of_the_whole() -> None:
    both = [technology("a", 3), technology("b", 8)]
    apart = facts_of(both[:1], DAY, SCORERS) | facts_of(both[1:], DAY, SCORERS)
    assert apart == facts_of(both, DAY, SCORERS)


def test_the_order_is_that_of_the_library_and_survives_storage() -> None:
    technologies = [technology("a", 3), technology("b", 8), technology("c", None)]
    chosen, rows = ranked(facts_of(technologies, DAY, SCORERS))
    whole = screen(technologies, as_of=DAY, cards={}, propose=no_proposal)
    assert chosen is whole.ranked_by
    assert [(row.id, row.place) for row in rows] == [(row.technology.id, row.rank) for row in whole.rows]
    assert all(row.reasons for row in rows)
    assert decoded(encoded(rows)) == rows


def test_changes_name_who_is_new_gone_or_other() -> None:
    _, before = ranked(facts_of([technology("a", 3), technology("b", 8)], DAY, SCORERS))
    _, now = ranked(facts_of([technology("a", 6), technology("c", 8)], DAY, SCORERS))
    found = changes(before, now)
    assert (found.entered, found.left, found.regraded) == (("c",), ("b",), ("a",))
    assert found
    assert not changes(before, before)


def test_a_token_opens_only_what_it_was_signed_for() -> None:
    subject = uuid.uuid4()
    token = stop_token("screen", subject, b"key")
    assert _read(token, b"key") == (Screen, subject)
    for wrong in (token[:-1], stop_token("screen", subject, b"other"), "", "A" * 44):
        with pytest.raises(Invalid):
            _read(wrong, b"key")
