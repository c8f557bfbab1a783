"""A file by the hash of its bytes; the bytes themselves are in the store."""

import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.base import Base


class StoredFile(Base):
    """Written before the bytes, so that the sweep knows of everything that may lie in the store.

    `facts` is what the file says of itself: author, program, when it was made.
    """

    __tablename__ = "stored_file"
    __audited__: ClassVar[bool] = False

    sha256: Mapped[str] = mapped_column(primary_key=True)
    size_bytes: Mapped[int]
    media_type: Mapped[str]
    facts: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    touched_at: Mapped[datetime.datetime]

    __table_args__ = (
        CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256_is_hash"),
        CheckConstraint("size_bytes > 0", name="size_is_positive"),
    )
