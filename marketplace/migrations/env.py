"""What Alembic runs. The connection is the caller's: see marketplace.migrate."""

from typing import Any, Literal

from alembic import context

from marketplace.base import Base, BilingualType
from marketplace.capabilities import import_capabilities

import_capabilities("models")


def render(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """A migration must not depend on our types of today, but say what the database stores."""
    return "postgresql.JSONB()" if kind == "type" and isinstance(item, BilingualType) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    compare_server_default=True,
    transaction_per_migration=True,
    render_item=render,
)
with context.begin_transaction():
    context.run_migrations()
