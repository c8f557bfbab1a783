"""The ledger's functions: the only way to write a transfer, and the chain of hashes over the journal."""

from alembic import op

from marketplace import rights

# One function rather than several that call one another: each call would cost as much as a statement.
#
# The accounts of the whole batch are locked first and in one order, so that two batches never wait for one another. An
# entry that resolves or reverses another ("of") takes its accounts from there. Its body is all that its caller said but
# when: a repetition comes later and must count as the same.
_POST = """
CREATE FUNCTION ledger_post(entries jsonb) RETURNS boolean[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    e jsonb;
    written boolean[] := '{}';
    original ledger_transfer;
    phase text;
    amount bigint;
    debit uuid;
    credit uuid;
    resolves uuid;
    reverses uuid;
    reserved bigint;
    moved bigint;
    body bytea;
    place integer;
BEGIN
    IF jsonb_array_length(entries) = 1 AND entries->0->>'of' IS NULL THEN
        PERFORM 1 FROM ledger_account a WHERE a.id IN ((entries->0->>'debit')::uuid, (entries->0->>'credit')::uuid)
            ORDER BY a.id FOR NO KEY UPDATE;
    ELSE
        PERFORM 1 FROM ledger_account a WHERE a.id = ANY (ARRAY(
            SELECT unnest(ARRAY[(i->>'debit')::uuid, (i->>'credit')::uuid]) FROM jsonb_array_elements(entries) i
            UNION ALL
            SELECT unnest(ARRAY[t.debit_account_id, t.credit_account_id])
            FROM jsonb_array_elements(entries) i JOIN ledger_transfer t ON t.key = i->>'of'
        )) ORDER BY a.id FOR NO KEY UPDATE;
    END IF;
    FOR place IN 0 .. jsonb_array_length(entries) - 1 LOOP
        e := entries->place;
        phase := e->>'phase';
        amount := e->'amount_minor';
        debit := e->>'debit';
        credit := e->>'credit';
        resolves := NULL;
        reverses := NULL;
        IF e->>'of' IS NOT NULL THEN
            SELECT * INTO STRICT original FROM ledger_transfer WHERE key = e->>'of';
            debit := original.debit_account_id;
            credit := original.credit_account_id;
            IF phase IN ('post', 'void') AND original.phase = 'pending' AND amount <= original.amount_minor THEN
                resolves := original.id;
            ELSIF phase = 'posted' AND original.phase IN ('posted', 'post') AND amount = original.amount_minor THEN
                reverses := original.id;
                debit := original.credit_account_id;
                credit := original.debit_account_id;
            ELSE
                RAISE EXCEPTION '% cannot resolve or reverse % so', e->>'key', original.key
                    USING ERRCODE = 'check_violation';
            END IF;
        END IF;
        body := sha256(convert_to(jsonb_strip_nulls(e - 'at')::text, 'UTF8'));
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
            written := written || false;
            CONTINUE;
        END IF;
        moved := CASE WHEN phase IN ('posted', 'post') THEN amount ELSE 0 END;
        reserved := CASE phase WHEN 'pending' THEN amount WHEN 'posted' THEN 0 ELSE -original.amount_minor END;
        UPDATE ledger_account a SET
            balance_minor = balance_minor + CASE a.id WHEN debit THEN -moved ELSE moved END,
            reserved_minor = reserved_minor + CASE a.id WHEN debit THEN reserved ELSE 0 END,
            expected_minor = expected_minor + CASE a.id WHEN credit THEN reserved ELSE 0 END
        WHERE a.id IN (debit, credit);
        written := written || true;
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
_RIGHTS = (
    "REVOKE ALL ON ledger_account, ledger_transfer FROM {app}",
    "GRANT SELECT ON ledger_account, ledger_transfer TO {app}",
    # Accounts are opened empty: the balances are not the application's to say.
    "GRANT INSERT (id, currency, code, kind, organisation_id, deal_id) ON ledger_account TO {app}",
)


def create_ledger_functions() -> None:
    """Functions, triggers and rights; the tables are there."""
    for statement in (_POST, _CANONICAL, _SEAL, _ONLY_SEALED, *_TRIGGERS):
        op.execute(statement)
    for function in _CALLED_BY_APP:
        op.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
        rights.for_app(f"GRANT EXECUTE ON FUNCTION {function} TO {{app}}")
    for statement in _RIGHTS:
        rights.for_app(statement)


def drop_ledger_functions() -> None:
    """Those that do not fall with their tables."""
    op.execute("DROP FUNCTION ledger_canonical")
    op.execute("DROP FUNCTION ledger_post, ledger_seal_some")
