"""Codes of an authenticator are tried by whoever has a session: few times."""

import pytest

from marketplace.actors import system
from marketplace.database import Sessions, transaction
from marketplace.errors import Forbidden
from marketplace.people import second_factor
from marketplace.people.models import Person
from marketplace.rate_limit import Rate


async def test_codes_are_not_guessed(committed: Sessions) -> None:
    async with transaction(committed, system("test")) as session:
        person = Person(email="guessed@x.example", name="G", password_hash="none", totp_secret="A" * 32)
        session.add(person)

    async def guess() -> str:
        async with transaction(committed, system("test")) as session:
            found = await session.get_one(Person, person.id)
            with pytest.raises(Forbidden) as refused:
                await second_factor.use_code(session, person=found, code="no code")
            return refused.value.code

    assert second_factor.TRIES[0] == Rate(count=20, seconds=600)
    assert [await guess() for _ in range(21)] == ["second-factor"] * 20 + ["too-many-codes"]
