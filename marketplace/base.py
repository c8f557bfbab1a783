"""What every table has in common, and the few column types beyond SQLAlchemy's own."""

import datetime
import uuid
from typing import Any, ClassVar

import msgspec
from sqlalchemy import CheckConstraint, Dialect, Index, MetaData, UniqueConstraint, Uuid, func, types
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from marketplace.errors import Sentence
from scoring.technology import Text

# Constraints have names of their own, because their names decide what a user is told (marketplace.errors).
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class BilingualType(types.TypeDecorator[Text]):
    """A text that may exist in two languages, stored as `{"zh": …, "en": …}`."""

    impl = JSONB
    cache_ok = True

    def process_bind_param(self, value: Text | None, dialect: Dialect) -> Any:
        return None if value is None else msgspec.to_builtins(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Text | None:
        return None if value is None else msgspec.convert(value, Text)


class Base(DeclarativeBase):
    """Relationships are declared with `lazy="raise"`: a query says what it needs, nothing loads by surprise.

    `__audited__ = False` is for tables whose changes are no change of the marketplace (counters, queues, the log).
    `__audience__` names the columns that hold the organisations whose feed shows a row's changes.
    """

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime.datetime: TIMESTAMP(timezone=True),
        uuid.UUID: Uuid(),
        Text: BilingualType(),
        dict[str, Any]: JSONB(),
        list[str]: JSONB(),
        str: types.Text(),
        int: types.BigInteger(),
    }
    __audited__: ClassVar[bool] = True
    __audience__: ClassVar[tuple[str, ...]] = ("organisation_id",)


class Record(Base):
    """A table with the usual two columns: an id made by the database, in order of time, and when it was made."""

    __abstract__ = True

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, server_default=func.uuidv7(monotonic=True), sort_order=-2)
    created_at: Mapped[datetime.datetime] = mapped_column(server_default=func.now(), sort_order=-1)


def secret() -> dict[str, Any]:
    """``mapped_column(info=secret())``: the value never reaches the audit log."""
    return {"secret": True}


def unique(*columns: str, code: str, message: str, message_zh: str, name: str | None = None) -> UniqueConstraint:
    """A uniqueness that users can run into, with what they are told then (a Conflict)."""
    return UniqueConstraint(*columns, name=name, info={"sentence": _sentence(code, message, message_zh)})


def unique_where(name: str, *columns: Any, where: Any, code: str, message: str, message_zh: str) -> Index:
    """A uniqueness among some rows only ("one open offer per deal")."""
    sentence = _sentence(code, message, message_zh)
    return Index(name, *columns, unique=True, postgresql_where=where, info={"sentence": sentence})


def check(name: str, rule: str, *, field: str, code: str, message: str, message_zh: str) -> CheckConstraint:
    """A rule on one row that users can break, with the field to point at (an Invalid)."""
    return CheckConstraint(rule, name=name, info={"sentence": _sentence(code, message, message_zh), "field": field})


def _sentence(code: str, message: str, message_zh: str) -> Sentence:
    return Sentence(code=code, message=message, message_zh=message_zh)
