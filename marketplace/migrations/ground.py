"""The parts of the ground migration that Alembic has no words for."""

from importlib import resources

from alembic import op

from marketplace import rights

DEFAULT_RIGHTS = (
    "GRANT USAGE ON SCHEMA public TO {app}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO {app}",
)

REFUSE_CHANGE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$
"""

# What an entry's hash covers: everything it says, with its number, in PostgreSQL's one way to write JSON.
_CANONICAL = """
CREATE FUNCTION audit_canonical(entry audit_entry, number bigint) RETURNS bytea
LANGUAGE sql STABLE SET timezone = 'UTC' SET search_path = pg_catalog, public AS $$
    SELECT convert_to(jsonb_build_array(
        number, entry.id, extract(epoch FROM entry.at), entry.actor_kind, entry.actor_id, entry.actor_name,
        entry.organisation_id, entry.action, entry.subject_type, entry.subject_id, entry.changes, entry.data,
        to_jsonb(entry.audience)
    )::text, 'UTF8')
$$
"""

# One sealer at a time; its lock is held for one short transaction, and writers never wait for it.
_SEAL = """
CREATE FUNCTION audit_seal(most integer DEFAULT 5000) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    entry audit_entry;
    number bigint;
    head bytea;
    sealed bigint := 0;
BEGIN
    IF NOT EXISTS (SELECT FROM audit_entry WHERE sequence IS NULL) THEN
        RETURN 0;
    END IF;
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'audit_seal must see what was committed last: call it in a READ COMMITTED transaction';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('audit_seal', 0));
    SELECT e.sequence, e.hash INTO number, head FROM audit_entry e
        WHERE e.sequence IS NOT NULL ORDER BY e.sequence DESC LIMIT 1;
    number := coalesce(number, 0);
    head := coalesce(head, ''::bytea);
    FOR entry IN SELECT * FROM audit_entry WHERE sequence IS NULL ORDER BY id LIMIT most LOOP
        number := number + 1;
        head := sha256(head || audit_canonical(entry, number));
        UPDATE audit_entry SET sequence = number, hash = head WHERE id = entry.id;
        sealed := sealed + 1;
    END LOOP;
    RETURN sealed;
END $$
"""

_ONLY_SEALED = """
CREATE FUNCTION audit_only_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.sequence IS NULL AND NEW.sequence IS NOT NULL
        AND to_jsonb(NEW) - 'sequence' - 'hash' = to_jsonb(OLD) - 'sequence' - 'hash' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'audit_entry is append-only' USING ERRCODE = 'insufficient_privilege';
END $$
"""

AUDIT_CHAIN = (
    _CANONICAL,
    _SEAL,
    _ONLY_SEALED,
    "CREATE TRIGGER audit_entry_only_sealed BEFORE UPDATE ON audit_entry "
    "FOR EACH ROW EXECUTE FUNCTION audit_only_sealed()",
    "CREATE TRIGGER audit_entry_append_only BEFORE DELETE OR TRUNCATE ON audit_entry "
    "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
)


def create_jobs_schema() -> None:
    """The queue's tables as its library ships them, kept here so that this migration never changes."""
    schema = resources.files("marketplace.migrations").joinpath("sql", "procrastinate_3_10.sql").read_text()
    op.execute("CREATE SCHEMA jobs")
    op.execute("SET LOCAL search_path = jobs")
    # Through the driver: the text holds colons and percent signs that are no parameters.
    op.get_bind().connection.cursor().execute(schema)
    op.execute("SET LOCAL search_path = public")
    for statement in (
        "GRANT USAGE ON SCHEMA jobs TO {app}",
        "GRANT ALL ON ALL TABLES IN SCHEMA jobs TO {app}",
        "GRANT USAGE ON ALL SEQUENCES IN SCHEMA jobs TO {app}",
    ):
        rights.for_app(statement)
