from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import procrastinate
import pytest
from sqlalchemy import NullPool, text

from marketplace.database import make_engine
from marketplace.embedded import EmbeddedPostgres, Role
from marketplace.migrate import Roles, differences, downgrade, is_current, upgrade


@pytest.fixture
def empty(cluster: EmbeddedPostgres, database: str) -> Iterator[Roles]:
    name = f"{database}_empty"
    cluster.create_database(name)
    yield Roles(*(cluster.url(role, name) for role in (Role.OWNER, Role.APP, Role.READER)))
    with cluster.connect() as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


async def objects_in(roles: Roles) -> set[str]:
    engine = make_engine(roles.owner, poolclass=NullPool)
    query = """
        SELECT oid::regclass::text FROM pg_class WHERE relnamespace IN ('public'::regnamespace, to_regnamespace('jobs'))
        UNION ALL SELECT oid::regprocedure::text FROM pg_proc
            WHERE pronamespace IN ('public'::regnamespace, to_regnamespace('jobs'))
        UNION ALL SELECT defaclobjtype::text || defaclacl::text FROM pg_default_acl
    """
    async with engine.connect() as connection:
        found = set((await connection.scalars(text(query))).all())
    await engine.dispose()
    return found


async def test_down_and_up_again_leads_to_the_same_schema(empty: Roles) -> None:
    await upgrade(empty)
    first = await objects_in(empty)
    await downgrade(empty, "base")
    assert await objects_in(empty) <= {"alembic_version", "alembic_version_pkc"}
    await upgrade(empty)
    assert await objects_in(empty) == first
    assert await differences(empty) == []
    assert await is_current(empty.owner)


async def test_one_role_for_everything_works_too(empty: Roles) -> None:
    await upgrade(Roles(empty.owner))
    assert await differences(empty) == []


def test_queue_of_the_installed_library_is_the_one_we_migrate_to() -> None:
    shipped = Path(procrastinate.__file__).parent / "sql" / "schema.sql"
    kept = resources.files("marketplace.migrations").joinpath("sql", "procrastinate_3_10.sql")
    assert kept.read_text() == shipped.read_text(), "the library's tables changed: add a migration"
