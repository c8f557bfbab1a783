from typing import Any

import pytest
from sqlalchemy import MetaData, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from marketplace.actors import system
from marketplace.base import NAMES, Base, check, unique, unique_where
from marketplace.capabilities import import_capabilities
from marketplace.database import Sessions, transaction
from marketplace.errors import Conflict, FieldError, Invalid, NotFound, only, refusals, translated


class Own(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)


class Seat(Own):
    __tablename__ = "seat_in_tests"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]
    holder: Mapped[str]
    __table_args__ = (
        unique("number", code="seat-taken", message="This seat is taken.", message_zh="席位已被占用。"),
        unique_where(
            "uq_one_open", "holder", where=text("number > 10"),
            code="one-seat-each", message="One seat each.", message_zh="每人一席。",
        ),
        check(
            "number_positive", "number > 0", field="number",
            code="no-such-seat", message="a number above 0", message_zh="大于 0 的编号",
        ),
    )  # fmt: skip


async def refusal(session: AsyncSession, statement: str) -> Any:
    with pytest.raises(IntegrityError) as refused:
        await session.execute(text(statement))
    return translated(refused.value, Own.metadata)


@pytest.fixture
async def seats(session: AsyncSession) -> AsyncSession:
    # A temporary table under the same names for its constraints.
    await session.execute(
        text(
            "CREATE TEMPORARY TABLE seat_in_tests (id serial PRIMARY KEY, number int NOT NULL, holder text NOT NULL, "
            "CONSTRAINT uq_seat_in_tests_number UNIQUE (number), "
            "CONSTRAINT ck_seat_in_tests_number_positive CHECK (number > 0)) ON COMMIT DROP"
        )
    )
    await session.execute(text("CREATE UNIQUE INDEX uq_one_open ON seat_in_tests (holder) WHERE number > 10"))
    await session.execute(text("INSERT INTO seat_in_tests (number, holder) VALUES (1, 'Li'), (11, 'Li')"))
    return session


async def test_taken_is_a_conflict_with_its_sentence(seats: AsyncSession) -> None:
    told = await refusal(seats, "INSERT INTO seat_in_tests (number, holder) VALUES (1, 'Wu')")
    assert isinstance(told, Conflict)
    assert (told.code, told.message, told.message_zh) == ("seat-taken", "This seat is taken.", "席位已被占用。")


async def test_partial_uniqueness_is_a_conflict_too(seats: AsyncSession) -> None:
    told = await refusal(seats, "INSERT INTO seat_in_tests (number, holder) VALUES (12, 'Li')")
    assert (type(told), told.code) == (Conflict, "one-seat-each")


async def test_broken_rule_is_invalid_and_points_at_the_field(seats: AsyncSession) -> None:
    told = await refusal(seats, "INSERT INTO seat_in_tests (number, holder) VALUES (-1, 'Wu')")
    assert isinstance(told, Invalid)
    assert told.fields == (FieldError(field="number", expected="a number above 0", expected_zh="大于 0 的编号"),)


async def test_fault_of_ours_stays_an_error(seats: AsyncSession) -> None:
    assert await refusal(seats, "INSERT INTO seat_in_tests (number) VALUES (5)") is None


async def test_transaction_tells_who_waits_too_long_to_try_again(committed: Sessions) -> None:
    lock = text("SELECT pg_advisory_xact_lock(4711)")
    async with committed.begin() as holder:
        await holder.execute(lock)
        with pytest.raises(Conflict) as told:
            await _wait_briefly(committed, lock)
    assert told.value.code == "busy"


async def _wait_briefly(sessions: Sessions, lock: Any) -> None:
    async with transaction(sessions, system("test")) as session:
        await session.execute(text("SET LOCAL lock_timeout = '20ms'"))
        await session.execute(lock)


def test_invalid_names_every_field() -> None:
    error = Invalid([FieldError(field="a", expected="x"), FieldError(field="b.0", expected="y")])
    assert str(error) == "Some fields are not right.; a: expected x; b.0: expected y"


def test_only_finds_or_says_what_is_missing() -> None:
    assert only("listing", "listing") == "listing"
    with pytest.raises(NotFound) as missing:
        only(None, "listing")
    assert missing.value.code == "listing-not-found"


def test_relationships_never_load_by_surprise() -> None:
    import_capabilities("models")
    lazy = {
        f"{mapper.class_.__name__}.{relationship.key}"
        for mapper in Base.registry.mappers
        for relationship in mapper.relationships
        if relationship.lazy not in ("raise", "raise_on_sql", "write_only")
    }
    assert lazy == set()


def test_every_sentence_exists_in_both_languages() -> None:
    import_capabilities("models")
    told = {**refusals(Base.metadata), **refusals(Own.metadata)}
    fields = {name: error.fields[0] for name, error in told.items() if isinstance(error, Invalid)}
    silent = {name for name, error in told.items() if name not in fields and not (error.message and error.message_zh)}
    silent |= {name for name, field in fields.items() if not (field.field and field.expected and field.expected_zh)}
    assert silent == set()
    assert len(told) >= 3
