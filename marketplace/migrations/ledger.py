"""The ledger's functions: the only way to write a transfer, and the chain of hashes over the journal."""

from alembic import op

from marketplace import rights

# What a transfer's caller said, apart from when: a repetition comes later and must count as the same.
_BODY = """
CREATE FUNCTION ledger_body(e jsonb, debit uuid, credit uuid) RETURNS bytea
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public AS $$
    SELECT sha256(convert_to(jsonb_build_array(
        e->>'phase', debit, credit, (e->>'amount_minor')::bigint, e->>'currency', e->>'code', e->>'subject_id',
        e->>'of', coalesce(e->'data', '{}')
    )::text, 'UTF8'))
$$
"""

# One entry of a batch, its accounts being locked. Entries that name another transfer take its accounts from there.
_POST_ONE = """
CREATE FUNCTION ledger_post_one(e jsonb) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    phase text := e->>'phase';
    amount bigint := (e->>'amount_minor')::bigint;
    debit uuid := (e->>'debit')::uuid;
    credit uuid := (e->>'credit')::uuid;
    original ledger_transfer;
    reserved bigint := 0;
    moved bigint := 0;
    body bytea;
    resolves uuid;
    reverses uuid;
BEGIN
    IF e->>'of' IS NOT NULL THEN
        SELECT * INTO STRICT original FROM ledger_transfer WHERE key = e->>'of';
        IF phase IN ('post', 'void') THEN
            IF original.phase <> 'pending' OR amount > original.amount_minor THEN
                RAISE EXCEPTION '% cannot resolve % so', e->>'key', original.key USING ERRCODE = 'check_violation';
            END IF;
            debit := original.debit_account_id; credit := original.credit_account_id; resolves := original.id;
            reserved := -original.amount_minor;
        ELSE
            IF original.phase NOT IN ('posted', 'post') OR amount <> original.amount_minor THEN
                RAISE EXCEPTION '% cannot reverse % so', e->>'key', original.key USING ERRCODE = 'check_violation';
            END IF;
            debit := original.credit_account_id; credit := original.debit_account_id; reverses := original.id;
        END IF;
    END IF;
    body := ledger_body(e, debit, credit);
    INSERT INTO ledger_transfer (key, currency, phase, debit_account_id, credit_account_id, amount_minor, code,
        subject_id, resolves_id, reverses_id, at, data, body_hash)
    VALUES (e->>'key', e->>'currency', phase, debit, credit, amount, e->>'code',
        (e->>'subject_id')::uuid, resolves, reverses, (e->>'at')::timestamptz, coalesce(e->'data', '{}'), body)
    ON CONFLICT (key) DO NOTHING;
    IF NOT FOUND THEN
        IF (SELECT t.body_hash FROM ledger_transfer t WHERE t.key = e->>'key') <> body THEN
            RAISE EXCEPTION 'the transfer % was written with another content', e->>'key'
                USING ERRCODE = 'unique_violation', CONSTRAINT = 'uq_ledger_transfer_key';
        END IF;
        RETURN false;
    END IF;
    IF phase = 'pending' THEN
        reserved := amount;
    ELSIF phase <> 'void' THEN
        moved := amount;
    END IF;
    UPDATE ledger_account a SET
        balance_minor = balance_minor + CASE a.id WHEN debit THEN -moved ELSE moved END,
        reserved_minor = reserved_minor + CASE a.id WHEN debit THEN reserved ELSE 0 END,
        expected_minor = expected_minor + CASE a.id WHEN credit THEN reserved ELSE 0 END
    WHERE a.id IN (debit, credit);
    RETURN true;
END $$
"""

# Locks every account of the batch first and in one order, so that two batches never wait for one another.
_POST = """
CREATE FUNCTION ledger_post(entries jsonb) RETURNS boolean[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    e jsonb;
    written boolean[] := '{}';
BEGIN
    PERFORM 1 FROM ledger_account a WHERE a.id IN (
        SELECT unnest(ARRAY[(i->>'debit')::uuid, (i->>'credit')::uuid]) FROM jsonb_array_elements(entries) i
        UNION ALL
        SELECT unnest(ARRAY[t.debit_account_id, t.credit_account_id])
        FROM jsonb_array_elements(entries) i JOIN ledger_transfer t ON t.key = i->>'of'
    ) ORDER BY a.id FOR NO KEY UPDATE;
    FOR e IN SELECT i.value FROM jsonb_array_elements(entries) i LOOP
        written := written || ledger_post_one(e);
    END LOOP;
    RETURN written;
END $$
"""

_CANONICAL = """
CREATE FUNCTION ledger_canonical(t ledger_transfer, number bigint) RETURNS bytea
LANGUAGE sql STABLE SET timezone = 'UTC' SET search_path = pg_catalog, public AS $$
    SELECT convert_to(jsonb_build_array(
        number, t.id, t.key, t.currency, t.phase, t.debit_account_id, t.credit_account_id, t.amount_minor, t.code,
        t.subject_id, t.resolves_id, t.reverses_id, extract(epoch FROM t.at), extract(epoch FROM t.recorded_at), t.data,
        encode(t.body_hash, 'hex')
    )::text, 'UTF8')
$$
"""

# One sealer at a time and ledger by ledger; writers never wait for it.
_SEAL = """
CREATE FUNCTION ledger_seal_some(most integer DEFAULT 5000) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    t ledger_transfer;
    heads jsonb := '{}';
    number bigint;
    head bytea;
    sealed bigint := 0;
BEGIN
    IF NOT EXISTS (SELECT FROM ledger_transfer WHERE sequence IS NULL) THEN
        RETURN 0;
    END IF;
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'ledger_seal_some must see what was committed last: call it in a READ COMMITTED transaction';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('ledger_seal', 0));
    FOR t IN SELECT * FROM ledger_transfer WHERE sequence IS NULL ORDER BY id LIMIT most LOOP
        IF heads ? t.currency THEN
            number := (heads->t.currency->>0)::bigint;
            head := decode(heads->t.currency->>1, 'hex');
        ELSE
            SELECT s.sequence, s.hash INTO number, head FROM ledger_transfer s
                WHERE s.currency = t.currency AND s.sequence IS NOT NULL ORDER BY s.sequence DESC LIMIT 1;
        END IF;
        number := coalesce(number, 0) + 1;
        head := sha256(coalesce(head, ''::bytea) || ledger_canonical(t, number));
        UPDATE ledger_transfer SET sequence = number, hash = head WHERE id = t.id;
        heads := heads || jsonb_build_object(t.currency, jsonb_build_array(number, encode(head, 'hex')));
        sealed := sealed + 1;
    END LOOP;
    RETURN sealed;
END $$
"""

_ONLY_SEALED = """
CREATE FUNCTION ledger_only_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.sequence IS NULL AND NEW.sequence IS NOT NULL
        AND to_jsonb(NEW) - 'sequence' - 'hash' = to_jsonb(OLD) - 'sequence' - 'hash' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'ledger_transfer is append-only' USING ERRCODE = 'insufficient_privilege';
END $$
"""

_TRIGGERS = (
    "CREATE TRIGGER ledger_transfer_only_sealed BEFORE UPDATE ON ledger_transfer "
    "FOR EACH ROW EXECUTE FUNCTION ledger_only_sealed()",
    "CREATE TRIGGER ledger_transfer_append_only BEFORE DELETE OR TRUNCATE ON ledger_transfer "
    "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
)

_CALLED_BY_APP = ("ledger_post(jsonb)", "ledger_seal_some(integer)")
_INTERNAL = ("ledger_post_one(jsonb)",)
_RIGHTS = (
    "REVOKE ALL ON ledger_account, ledger_transfer FROM {app}",
    "GRANT SELECT ON ledger_account, ledger_transfer TO {app}",
    # Accounts are opened empty: the balances are not the application's to say.
    "GRANT INSERT (id, currency, code, kind, organisation_id, deal_id) ON ledger_account TO {app}",
)


def create_ledger_functions() -> None:
    """Functions, triggers and rights; the tables are there."""
    for statement in (_BODY, _POST_ONE, _POST, _CANONICAL, _SEAL, _ONLY_SEALED, *_TRIGGERS):
        op.execute(statement)
    for function in (*_CALLED_BY_APP, *_INTERNAL):
        op.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
    for function in _CALLED_BY_APP:
        rights.for_app(f"GRANT EXECUTE ON FUNCTION {function} TO {{app}}")
    for statement in _RIGHTS:
        rights.for_app(statement)


def drop_ledger_functions() -> None:
    """Those that do not fall with their tables."""
    op.execute("DROP FUNCTION ledger_canonical")
    op.execute("DROP FUNCTION ledger_post, ledger_post_one, ledger_body, ledger_seal_some")
