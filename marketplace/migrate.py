"""Bring the database's schema to where this version of the software expects it."""

from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, NullPool, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from marketplace.base import Base
from marketplace.capabilities import import_capabilities
from marketplace.database import MIGRATION


class Roles:
    """Whom the migrations grant rights to; None where the role does not exist apart from the owner."""

    def __init__(self, owner: URL | str, app: URL | str | None = None, reader: URL | str | None = None) -> None:
        self.owner = make_url(owner)
        self.app, self.reader = self._other(app), self._other(reader)

    def _other(self, url: URL | str | None) -> str | None:
        name = None if url is None else make_url(url).username
        return None if name == self.owner.username else name


async def upgrade(roles: Roles, revision: str = "head") -> None:
    await _run(roles, command.upgrade, revision)


async def downgrade(roles: Roles, revision: str) -> None:
    await _run(roles, command.downgrade, revision)


async def revise(roles: Roles, message: str) -> None:
    """Write the migration that leads from the database's schema to the models', to be read before it is used."""
    earlier = len(list(ScriptDirectory.from_config(_config()).walk_revisions()))
    await _run(roles, command.revision, message, autogenerate=True, rev_id=f"{earlier + 1:04d}")


async def differences(roles: Roles) -> list[Any]:
    """What the models have and the database has not, and the other way round; empty when they agree."""
    import_capabilities("models")
    return list(
        await _with_connection(
            roles.owner,
            lambda connection: compare_metadata(
                MigrationContext.configure(connection, opts={"compare_server_default": True}), Base.metadata
            ),
        )
    )


async def is_current(url: URL | str) -> bool:
    """Whether no migration is missing; asked at the start of every process."""
    expected = newest_revision()
    return bool(
        await _with_connection(
            url, lambda connection: MigrationContext.configure(connection).get_current_revision() == expected
        )
    )


def newest_revision() -> str | None:
    """The revision of this version of the software."""
    return ScriptDirectory.from_config(_config()).get_current_head()


async def _run(roles: Roles, run: Any, *arguments: Any, **options: Any) -> None:
    def with_connection(connection: Connection) -> None:
        config = _config()
        config.attributes.update(connection=connection, app_role=roles.app, reader_role=roles.reader)
        run(config, *arguments, **options)

    await _with_connection(roles.owner, with_connection)


async def _with_connection(url: URL | str, work: Any) -> Any:
    # Not the application's search_path: its second schema belongs to the queue and would look like tables of ours.
    options = f"-c search_path=public {MIGRATION.options()}"
    engine = create_async_engine(url, poolclass=NullPool, connect_args={"options": options})
    try:
        async with engine.connect() as connection:
            result = await connection.run_sync(work)
            await connection.commit()
            return result
    finally:
        await engine.dispose()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "marketplace:migrations")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    return config
