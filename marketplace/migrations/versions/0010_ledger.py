"""The ledger: accounts, the journal of transfers, seals, and the functions that alone write them."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from marketplace import rights
from marketplace.migrations.ledger import create_ledger_functions, drop_ledger_functions

revision: str = '0010'
down_revision: str | None = '0009'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table('ledger_account',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('currency', sa.CHAR(length=3), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=True),
    sa.Column('deal_id', sa.Uuid(), nullable=True),
    sa.Column('balance_minor', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('reserved_minor', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('expected_minor', sa.BigInteger(), server_default='0', nullable=False),
    sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f('ck_ledger_account_currency_is_code')),
    sa.CheckConstraint("kind IN ('outside', 'clearing') OR balance_minor >= reserved_minor", name=op.f('ck_ledger_account_not_below_zero')),
    sa.CheckConstraint("kind IN ('outside', 'held', 'clearing', 'income', 'reserve')", name=op.f('ck_ledger_account_kind_is_known')),
    sa.CheckConstraint('reserved_minor >= 0 AND expected_minor >= 0', name=op.f('ck_ledger_account_reserves_are_counted')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ledger_account')),
    sa.UniqueConstraint('currency', 'code', name=op.f('uq_ledger_account_currency_code')),
    sa.UniqueConstraint('id', 'currency', name=op.f('uq_ledger_account_id_currency'))
    )
    op.create_index('ix_ledger_account_deal_id', 'ledger_account', ['deal_id'], unique=False)
    op.create_index('ix_ledger_account_organisation_id', 'ledger_account', ['organisation_id'], unique=False)
    op.create_table('ledger_seal',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('currency', sa.CHAR(length=3), nullable=False),
    sa.Column('sequence', sa.BigInteger(), nullable=False),
    sa.Column('hash', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ledger_seal')),
    sa.UniqueConstraint('currency', 'sequence', name=op.f('uq_ledger_seal_currency_sequence'))
    )
    op.create_table('ledger_transfer',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('currency', sa.CHAR(length=3), nullable=False),
    sa.Column('phase', sa.Text(), nullable=False),
    sa.Column('debit_account_id', sa.Uuid(), nullable=False),
    sa.Column('credit_account_id', sa.Uuid(), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('subject_id', sa.Uuid(), nullable=True),
    sa.Column('resolves_id', sa.Uuid(), nullable=True),
    sa.Column('reverses_id', sa.Uuid(), nullable=True),
    sa.Column('at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('recorded_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.Column('data', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.Column('body_hash', sa.LargeBinary(), nullable=False),
    sa.Column('sequence', sa.BigInteger(), nullable=True),
    sa.Column('hash', sa.LargeBinary(), nullable=True),
    sa.CheckConstraint("(phase IN ('post', 'void')) = (resolves_id IS NOT NULL)", name=op.f('ck_ledger_transfer_resolves_when_it_says_so')),
    sa.CheckConstraint("phase IN ('posted', 'pending', 'post', 'void')", name=op.f('ck_ledger_transfer_phase_is_known')),
    sa.CheckConstraint("reverses_id IS NULL OR phase = 'posted'", name=op.f('ck_ledger_transfer_reversal_is_posted')),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_ledger_transfer_moves_something')),
    sa.CheckConstraint('debit_account_id <> credit_account_id', name=op.f('ck_ledger_transfer_between_two')),
    sa.ForeignKeyConstraint(['credit_account_id', 'currency'], ['ledger_account.id', 'ledger_account.currency'], name='fk_ledger_transfer_credit'),
    sa.ForeignKeyConstraint(['debit_account_id', 'currency'], ['ledger_account.id', 'ledger_account.currency'], name='fk_ledger_transfer_debit'),
    sa.ForeignKeyConstraint(['resolves_id'], ['ledger_transfer.id'], name=op.f('fk_ledger_transfer_resolves_id')),
    sa.ForeignKeyConstraint(['reverses_id'], ['ledger_transfer.id'], name=op.f('fk_ledger_transfer_reverses_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ledger_transfer')),
    sa.UniqueConstraint('key', name=op.f('uq_ledger_transfer_key'))
    )
    op.create_index('ix_ledger_transfer_credit', 'ledger_transfer', ['credit_account_id', 'at'], unique=False)
    op.create_index('ix_ledger_transfer_debit', 'ledger_transfer', ['debit_account_id', 'at'], unique=False)
    op.create_index('ix_ledger_transfer_subject_id', 'ledger_transfer', ['subject_id'], unique=False, postgresql_where=sa.text('subject_id IS NOT NULL'))
    op.create_index('ix_ledger_transfer_unsealed', 'ledger_transfer', ['id'], unique=False, postgresql_where=sa.text('sequence IS NULL'))
    op.create_index('uq_ledger_transfer_resolves_id', 'ledger_transfer', ['resolves_id'], unique=True, postgresql_where=sa.text('resolves_id IS NOT NULL'))
    op.create_index('uq_ledger_transfer_reverses_id', 'ledger_transfer', ['reverses_id'], unique=True, postgresql_where=sa.text('reverses_id IS NOT NULL'))
    op.create_index('uq_ledger_transfer_sequence', 'ledger_transfer', ['currency', 'sequence'], unique=True, postgresql_where=sa.text('sequence IS NOT NULL'))
    # Balances change all the time, on the spot as long as there is room on the page.
    op.execute("ALTER TABLE ledger_account SET (fillfactor = 70)")
    create_ledger_functions()
    rights.append_only("ledger_seal")
    rights.readable("ledger_account", "ledger_transfer", "ledger_seal")


def downgrade() -> None:
    drop_ledger_functions()
    op.drop_index('uq_ledger_transfer_sequence', table_name='ledger_transfer', postgresql_where=sa.text('sequence IS NOT NULL'))
    op.drop_index('uq_ledger_transfer_reverses_id', table_name='ledger_transfer', postgresql_where=sa.text('reverses_id IS NOT NULL'))
    op.drop_index('uq_ledger_transfer_resolves_id', table_name='ledger_transfer', postgresql_where=sa.text('resolves_id IS NOT NULL'))
    op.drop_index('ix_ledger_transfer_unsealed', table_name='ledger_transfer', postgresql_where=sa.text('sequence IS NULL'))
    op.drop_index('ix_ledger_transfer_subject_id', table_name='ledger_transfer', postgresql_where=sa.text('subject_id IS NOT NULL'))
    op.drop_index('ix_ledger_transfer_debit', table_name='ledger_transfer')
    op.drop_index('ix_ledger_transfer_credit', table_name='ledger_transfer')
    op.drop_table('ledger_transfer')
    op.execute("DROP FUNCTION ledger_only_sealed")
    op.drop_table('ledger_seal')
    op.drop_index('ix_ledger_account_organisation_id', table_name='ledger_account')
    op.drop_index('ix_ledger_account_deal_id', table_name='ledger_account')
    op.drop_table('ledger_account')
