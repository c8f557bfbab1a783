"""Who may do what to a table, said by the migration that creates it.

The application's role gets read and write on every table by default (the ground migration says so) and the reader's
role nothing, because a table may hold secrets.
"""

from alembic import op


def _role(name: str) -> str | None:
    role = op.get_context().config.attributes.get(name)  # type: ignore[union-attr]
    return None if role is None else op.get_bind().dialect.identifier_preparer.quote(role)


def for_app(statement: str) -> None:
    """Run a statement about the application's role, written `{app}`, where there is one apart from the owner."""
    if app := _role("app_role"):
        op.execute(statement.format(app=app))


def readable(*tables: str) -> None:
    """The reader's role (reports, spreadsheets) may read these tables."""
    if reader := _role("reader_role"):
        op.execute(f"GRANT SELECT ON {', '.join(tables)} TO {reader}")


def append_only(table: str) -> None:
    """Rows are added and never changed: the role may not, and a trigger stops the owner's own mistakes as well."""
    for_app(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {{app}}")
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
