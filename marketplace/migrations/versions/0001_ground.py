"""The ground: rights, the audit log and its chain, the job queue, processes, idempotency, rate limits, mail."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from marketplace import rights
from marketplace.migrations.ground import AUDIT_CHAIN, DEFAULT_RIGHTS, REFUSE_CHANGE, create_jobs_schema

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute(REFUSE_CHANGE)
    for statement in DEFAULT_RIGHTS:
        rights.for_app(statement)
    op.create_table('audit_entry',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.Column('actor_kind', sa.Text(), nullable=False),
    sa.Column('actor_id', sa.Uuid(), nullable=True),
    sa.Column('actor_name', sa.Text(), server_default='', nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=True),
    sa.Column('action', sa.Text(), nullable=False),
    sa.Column('subject_type', sa.Text(), nullable=False),
    sa.Column('subject_id', sa.Text(), nullable=False),
    sa.Column('changes', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.Column('data', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.Column('audience', postgresql.ARRAY(sa.Uuid()), server_default='{}', nullable=False),
    sa.Column('sequence', sa.BigInteger(), nullable=True),
    sa.Column('hash', sa.LargeBinary(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_entry'))
    )
    op.create_index('ix_audit_entry_audience', 'audit_entry', ['audience'], unique=False, postgresql_using='gin')
    op.create_index('ix_audit_entry_subject', 'audit_entry', ['subject_type', 'subject_id'], unique=False)
    op.create_index('ix_audit_entry_unsealed', 'audit_entry', ['id'], unique=False, postgresql_where=sa.text('sequence IS NULL'))
    op.create_index('uq_audit_entry_sequence', 'audit_entry', ['sequence'], unique=True)
    op.create_table('idempotency_key',
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('request_hash', sa.LargeBinary(), nullable=False),
    sa.Column('status', sa.BigInteger(), nullable=True),
    sa.Column('headers', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('body', sa.LargeBinary(), nullable=True),
    sa.CheckConstraint('length(key) <= 255', name=op.f('ck_idempotency_key_key_length')),
    sa.PrimaryKeyConstraint('actor', 'key', name=op.f('pk_idempotency_key'))
    )
    op.create_index('ix_idempotency_key_created_at', 'idempotency_key', ['created_at'], unique=False)
    op.create_table('mail',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('to', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('sent_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('tries', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('last_error', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mail'))
    )
    op.create_index('ix_mail_to_created_at', 'mail', ['to', 'created_at'], unique=False)
    op.create_table('process_event',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('subject_type', sa.Text(), nullable=False),
    sa.Column('subject_id', sa.Uuid(), nullable=False),
    sa.Column('entry', sa.BigInteger(), nullable=False),
    sa.Column('process', sa.Text(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('transition', sa.Text(), nullable=False),
    sa.Column('from_state', sa.Text(), nullable=True),
    sa.Column('to_state', sa.Text(), nullable=False),
    sa.Column('at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('actor_kind', sa.Text(), nullable=False),
    sa.Column('actor_id', sa.Uuid(), nullable=True),
    sa.Column('organisation_id', sa.Uuid(), nullable=True),
    sa.Column('note', sa.Text(), server_default='', nullable=False),
    sa.Column('data', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_process_event')),
    sa.UniqueConstraint('subject_type', 'subject_id', 'entry', name=op.f('uq_process_event_subject_type_subject_id_entry'))
    )
    op.create_index('ix_process_event_organisation_id', 'process_event', ['organisation_id'], unique=False)
    op.create_table('rate_limit',
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('spent_until', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_rate_limit')),
    prefixes=['UNLOGGED']
    )
    for statement in AUDIT_CHAIN:
        op.execute(statement)
    # What the application may say of an entry; number, hash and time are not its to say.
    rights.for_app("REVOKE ALL ON audit_entry FROM {app}")
    rights.for_app("GRANT SELECT ON audit_entry TO {app}")
    rights.for_app(
        "GRANT INSERT (id, actor_kind, actor_id, actor_name, organisation_id, action, subject_type, subject_id, "
        "changes, data, audience) ON audit_entry TO {app}"
    )
    # Each process asks whether the schema is the one it was written for.
    rights.for_app("GRANT SELECT ON alembic_version TO {app}")
    rights.append_only("process_event")
    rights.readable("audit_entry", "process_event")
    create_jobs_schema()


def downgrade() -> None:
    op.execute("DROP SCHEMA jobs CASCADE")
    op.drop_table('rate_limit')
    op.drop_index('ix_process_event_organisation_id', table_name='process_event')
    op.drop_table('process_event')
    op.drop_index('ix_mail_to_created_at', table_name='mail')
    op.drop_table('mail')
    op.drop_index('ix_idempotency_key_created_at', table_name='idempotency_key')
    op.drop_table('idempotency_key')
    op.drop_index('uq_audit_entry_sequence', table_name='audit_entry')
    op.drop_index('ix_audit_entry_unsealed', table_name='audit_entry', postgresql_where=sa.text('sequence IS NULL'))
    op.drop_index('ix_audit_entry_subject', table_name='audit_entry')
    op.drop_index('ix_audit_entry_audience', table_name='audit_entry', postgresql_using='gin')
    op.execute("DROP FUNCTION audit_canonical")
    op.drop_table('audit_entry')
    op.execute("DROP FUNCTION audit_seal, audit_only_sealed")
    op.execute("DROP FUNCTION refuse_change")
    rights.for_app("ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM {app}")
    rights.for_app("ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON SEQUENCES FROM {app}")
    rights.for_app("REVOKE ALL ON SCHEMA public FROM {app}")
