"""Caps that the database counts, approval thresholds, cap tables and results of trials."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from marketplace import rights

revision: str = '0014'
down_revision: str | None = '0013'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


# The sum beside a cap is kept by its uses alone. Each use locks the cap's row: two that both fit only by themselves
# meet there, and the second is refused by the cap's own check.
_RULES = (
    """
    CREATE FUNCTION cap_use_counts() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP <> 'INSERT' AND OLD.released_at IS NULL THEN
            UPDATE cap SET committed_minor = committed_minor - OLD.amount_minor WHERE id = OLD.cap_id;
        END IF;
        IF TG_OP <> 'DELETE' AND NEW.released_at IS NULL THEN
            UPDATE cap SET committed_minor = committed_minor + NEW.amount_minor WHERE id = NEW.cap_id;
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER cap_use_counts AFTER INSERT OR UPDATE OR DELETE ON cap_use
        FOR EACH ROW EXECUTE FUNCTION cap_use_counts()
    """,
    """
    CREATE FUNCTION cap_counted_by_uses() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF (TG_OP = 'INSERT' AND NEW.committed_minor <> 0) OR
           (TG_OP = 'UPDATE' AND NEW.committed_minor <> OLD.committed_minor AND pg_trigger_depth() < 2)
        THEN
            RAISE EXCEPTION 'what is committed is counted by the uses of the cap'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'cap_counted_by_uses';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER cap_counted_by_uses BEFORE INSERT OR UPDATE ON cap
        FOR EACH ROW EXECUTE FUNCTION cap_counted_by_uses()
    """,
)


def upgrade() -> None:
    op.create_table('approval_rule',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('currency', sa.CHAR(length=3), nullable=False),
    sa.Column('threshold_minor', sa.BigInteger(), nullable=False),
    sa.Column('version', sa.BigInteger(), server_default='1', nullable=False),
    sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f('ck_approval_rule_currency_is_code')),
    sa.CheckConstraint('threshold_minor >= 0', name=op.f('ck_approval_rule_threshold_is_amount')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_approval_rule_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_approval_rule')),
    sa.UniqueConstraint('organisation_id', 'currency', name=op.f('uq_approval_rule_organisation_id_currency'))
    )
    op.create_table('cap',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('call_id', sa.Uuid(), nullable=True),
    sa.Column('counterparty_id', sa.Uuid(), nullable=True),
    sa.Column('currency', sa.CHAR(length=3), nullable=False),
    sa.Column('limit_minor', sa.BigInteger(), nullable=False),
    sa.Column('committed_minor', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('version', sa.BigInteger(), server_default='1', nullable=False),
    sa.CheckConstraint("(kind = 'call-budget') = (call_id IS NOT NULL)", name=op.f('ck_cap_budget_is_of_call')),
    sa.CheckConstraint("counterparty_id IS NULL OR kind = 'exposure'", name=op.f('ck_cap_counterparty_is_exposed')),
    sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f('ck_cap_currency_is_code')),
    sa.CheckConstraint("kind IN ('fund', 'call-budget', 'exposure')", name=op.f('ck_cap_kind_is_known')),
    sa.CheckConstraint('committed_minor <= limit_minor', name=op.f('ck_cap_holds')),
    sa.CheckConstraint('committed_minor >= 0', name=op.f('ck_cap_committed_is_sum')),
    sa.ForeignKeyConstraint(['call_id'], ['call.id'], name=op.f('fk_cap_call_id')),
    sa.ForeignKeyConstraint(['counterparty_id'], ['organisation.id'], name=op.f('fk_cap_counterparty_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_cap_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_cap')),
    sa.UniqueConstraint('organisation_id', 'kind', 'call_id', 'counterparty_id', 'currency', name='uq_cap_subject', postgresql_nulls_not_distinct=True)
    )
    op.create_index('ix_cap_call_id', 'cap', ['call_id'], unique=False)
    op.create_table('cap_table',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('deal_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('as_of', sa.Date(), nullable=False),
    sa.Column('files', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('sha256', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['deal_id'], ['deal.id'], name=op.f('fk_cap_table_deal_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_cap_table_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_cap_table')),
    sa.UniqueConstraint('deal_id', 'number', name=op.f('uq_cap_table_deal_id_number'))
    )
    op.create_table('cap_use',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('cap_id', sa.Uuid(), nullable=False),
    sa.Column('deal_id', sa.Uuid(), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('released_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_cap_use_amount_is_positive')),
    sa.ForeignKeyConstraint(['cap_id'], ['cap.id'], name=op.f('fk_cap_use_cap_id')),
    sa.ForeignKeyConstraint(['deal_id'], ['deal.id'], name=op.f('fk_cap_use_deal_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_cap_use'))
    )
    op.create_index('ix_cap_use_deal_id', 'cap_use', ['deal_id'], unique=False)
    op.create_index('uq_cap_use_open', 'cap_use', ['cap_id', 'deal_id'], unique=True, postgresql_where=sa.text('released_at IS NULL'))
    op.create_table('deal_trial_result',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('deal_id', sa.Uuid(), nullable=False),
    sa.Column('kpi', sa.Text(), nullable=False),
    sa.Column('value', sa.Double(), nullable=False),
    sa.Column('measured_on', sa.Date(), nullable=False),
    sa.Column('side', sa.Text(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('note', sa.Text(), server_default='', nullable=False),
    sa.CheckConstraint("side IN ('holder', 'financier')", name=op.f('ck_deal_trial_result_side_is_known')),
    sa.ForeignKeyConstraint(['deal_id'], ['deal.id'], name=op.f('fk_deal_trial_result_deal_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deal_trial_result'))
    )
    op.create_index('ix_deal_trial_result_deal_id', 'deal_trial_result', ['deal_id'], unique=False)
    # None of these is for the reader's role: they tell what organisations can spend, and who owns a company.
    rights.append_only("cap_table")
    rights.append_only("deal_trial_result")
    for statement in _RULES:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TRIGGER cap_use_counts ON cap_use")
    op.execute("DROP TRIGGER cap_counted_by_uses ON cap")
    op.execute("DROP FUNCTION cap_use_counts, cap_counted_by_uses")
    op.drop_index('ix_deal_trial_result_deal_id', table_name='deal_trial_result')
    op.drop_table('deal_trial_result')
    op.drop_index('uq_cap_use_open', table_name='cap_use', postgresql_where=sa.text('released_at IS NULL'))
    op.drop_index('ix_cap_use_deal_id', table_name='cap_use')
    op.drop_table('cap_use')
    op.drop_table('cap_table')
    op.drop_index('ix_cap_call_id', table_name='cap')
    op.drop_table('cap')
    op.drop_table('approval_rule')
