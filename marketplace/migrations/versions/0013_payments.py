"""Money orders and their proofs, how deals and milestones are paid, refunds and disputes."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from marketplace import rights

revision: str = '0013'
down_revision: str | None = '0012'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table('payment_approval',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payment_approval')),
    sa.UniqueConstraint('subject', 'person_id', name=op.f('uq_payment_approval_subject_person_id'))
    )
    op.create_table('payout_account',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('holder_name', sa.Text(), nullable=False),
    sa.Column('bank', sa.Text(), nullable=False),
    sa.Column('number', sa.Text(), nullable=False),
    sa.Column('stated_by', sa.Uuid(), nullable=True),
    sa.Column('effective_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_payout_account_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payout_account'))
    )
    op.create_index('ix_payout_account_organisation_id', 'payout_account', ['organisation_id', 'id'], unique=False)
    op.create_table('deal_payment',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('deal_id', sa.Uuid(), nullable=False),
    sa.Column('provider', sa.Text(), nullable=False),
    sa.Column('payer_id', sa.Uuid(), nullable=False),
    sa.Column('payee_id', sa.Uuid(), nullable=False),
    sa.Column('currency', sa.CHAR(length=3), nullable=False),
    sa.Column('by_stage', sa.Boolean(), nullable=False),
    sa.Column('fee_basis_points', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('four_eyes_from_minor', sa.BigInteger(), nullable=False),
    sa.Column('frozen_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('frozen_reason', sa.Text(), server_default='', nullable=False),
    sa.CheckConstraint("provider IN ('record-only', 'stripe')", name=op.f('ck_deal_payment_provider_is_known')),
    sa.CheckConstraint('fee_basis_points BETWEEN 0 AND 3000', name=op.f('ck_deal_payment_fee_is_possible')),
    sa.CheckConstraint('four_eyes_from_minor > 0', name=op.f('ck_deal_payment_limit_is_positive')),
    sa.ForeignKeyConstraint(['deal_id'], ['deal.id'], name=op.f('fk_deal_payment_deal_id')),
    sa.ForeignKeyConstraint(['payee_id'], ['organisation.id'], name=op.f('fk_deal_payment_payee_id')),
    sa.ForeignKeyConstraint(['payer_id'], ['organisation.id'], name=op.f('fk_deal_payment_payer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deal_payment')),
    sa.UniqueConstraint('deal_id', name=op.f('uq_deal_payment_deal_id'))
    )
    op.create_table('payment_order',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('provider', sa.Text(), nullable=False),
    sa.Column('deal_id', sa.Uuid(), nullable=False),
    sa.Column('milestone_id', sa.Uuid(), nullable=True),
    sa.Column('payer_id', sa.Uuid(), nullable=False),
    sa.Column('payee_id', sa.Uuid(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('attempt', sa.BigInteger(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('fee_minor', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('currency', sa.CHAR(length=3), nullable=False),
    sa.Column('source_order_id', sa.Uuid(), nullable=True),
    sa.Column('reference', sa.Text(), nullable=True),
    sa.Column('pay_url', sa.Text(), nullable=True),
    sa.Column('first_sent_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('asked', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('problem', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('process_version', sa.BigInteger(), nullable=False),
    sa.Column('state_entry', sa.BigInteger(), nullable=False),
    sa.Column('state_since', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint("key = concat_ws(':', kind, subject, 'a' || attempt)", name=op.f('ck_payment_order_key_names_it')),
    sa.CheckConstraint("kind IN ('fund', 'release', 'refund', 'reverse')", name=op.f('ck_payment_order_kind_is_known')),
    sa.CheckConstraint("provider IN ('record-only', 'stripe')", name=op.f('ck_payment_order_provider_is_known')),
    sa.CheckConstraint('amount_minor > 0 AND fee_minor >= 0', name=op.f('ck_payment_order_moves_something')),
    sa.CheckConstraint('attempt > 0', name=op.f('ck_payment_order_attempts_are_counted')),
    sa.ForeignKeyConstraint(['deal_id'], ['deal.id'], name=op.f('fk_payment_order_deal_id')),
    sa.ForeignKeyConstraint(['milestone_id'], ['deal_milestone.id'], name=op.f('fk_payment_order_milestone_id')),
    sa.ForeignKeyConstraint(['payee_id'], ['organisation.id'], name=op.f('fk_payment_order_payee_id')),
    sa.ForeignKeyConstraint(['payer_id'], ['organisation.id'], name=op.f('fk_payment_order_payer_id')),
    sa.ForeignKeyConstraint(['source_order_id'], ['payment_order.id'], name=op.f('fk_payment_order_source_order_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payment_order')),
    sa.UniqueConstraint('key', name=op.f('uq_payment_order_key'))
    )
    op.create_index('ix_payment_order_deal_id', 'payment_order', ['deal_id'], unique=False)
    op.create_index('ix_payment_order_milestone_id', 'payment_order', ['milestone_id'], unique=False)
    op.create_index('ix_payment_order_open', 'payment_order', ['state_since'], unique=False, postgresql_where=sa.text("state IN ('requested', 'sent', 'unknown')"))
    op.create_index('ix_payment_order_payee_id', 'payment_order', ['payee_id', 'id'], unique=False)
    op.create_index('ix_payment_order_payer_id', 'payment_order', ['payer_id', 'id'], unique=False)
    op.create_index('ix_payment_order_reference', 'payment_order', ['provider', 'reference'], unique=False)
    op.create_index('uq_payment_order_live', 'payment_order', ['kind', 'subject'], unique=True, postgresql_where=sa.text("state <> 'refused'"))
    op.create_table('milestone_payment',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('milestone_id', sa.Uuid(), nullable=False),
    sa.Column('deal_id', sa.Uuid(), nullable=False),
    sa.Column('payer_id', sa.Uuid(), nullable=False),
    sa.Column('payee_id', sa.Uuid(), nullable=False),
    sa.Column('fund_order_id', sa.Uuid(), nullable=True),
    sa.Column('held_account_id', sa.Uuid(), nullable=False),
    sa.Column('release_minor', sa.BigInteger(), nullable=True),
    sa.Column('releases', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('submission', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('inspection_ends_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('evidence', postgresql.JSONB(astext_type=sa.Text()), server_default='[]', nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('process_version', sa.BigInteger(), nullable=False),
    sa.Column('state_entry', sa.BigInteger(), nullable=False),
    sa.Column('state_since', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint('release_minor > 0', name=op.f('ck_milestone_payment_releases_something')),
    sa.ForeignKeyConstraint(['deal_id'], ['deal.id'], name=op.f('fk_milestone_payment_deal_id')),
    sa.ForeignKeyConstraint(['fund_order_id'], ['payment_order.id'], name=op.f('fk_milestone_payment_fund_order_id')),
    sa.ForeignKeyConstraint(['held_account_id'], ['ledger_account.id'], name=op.f('fk_milestone_payment_held_account_id')),
    sa.ForeignKeyConstraint(['milestone_id'], ['deal_milestone.id'], name=op.f('fk_milestone_payment_milestone_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_milestone_payment')),
    sa.UniqueConstraint('milestone_id', name=op.f('uq_milestone_payment_milestone_id'))
    )
    op.create_index('ix_milestone_payment_deal_id', 'milestone_payment', ['deal_id'], unique=False)
    op.create_table('payment_proof',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('said', sa.Text(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('bank_reference', sa.Text(), server_default='', nullable=False),
    sa.Column('document_sha256', sa.Text(), nullable=True),
    sa.Column('note', sa.Text(), server_default='', nullable=False),
    sa.Column('at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint("said IN ('sent', 'received', 'not-received')", name=op.f('ck_payment_proof_said_is_known')),
    sa.ForeignKeyConstraint(['order_id'], ['payment_order.id'], name=op.f('fk_payment_proof_order_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_payment_proof_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payment_proof'))
    )
    op.create_index('ix_payment_proof_order_id', 'payment_proof', ['order_id'], unique=False)
    op.create_table('dispute',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('deal_id', sa.Uuid(), nullable=False),
    sa.Column('milestone_payment_id', sa.Uuid(), nullable=False),
    sa.Column('payer_id', sa.Uuid(), nullable=False),
    sa.Column('payee_id', sa.Uuid(), nullable=False),
    sa.Column('opened_by', sa.Uuid(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('held_minor', sa.BigInteger(), nullable=False),
    sa.Column('release_minor', sa.BigInteger(), nullable=True),
    sa.Column('agreed_by', postgresql.JSONB(astext_type=sa.Text()), server_default='[]', nullable=False),
    sa.Column('cost_minor', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('cost_cap_minor', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('process_version', sa.BigInteger(), nullable=False),
    sa.Column('state_entry', sa.BigInteger(), nullable=False),
    sa.Column('state_since', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint('cost_minor BETWEEN 0 AND cost_cap_minor', name=op.f('ck_dispute_costs_are_capped')),
    sa.CheckConstraint('release_minor BETWEEN 0 AND held_minor', name=op.f('ck_dispute_split_is_possible')),
    sa.ForeignKeyConstraint(['deal_id'], ['deal.id'], name=op.f('fk_dispute_deal_id')),
    sa.ForeignKeyConstraint(['milestone_payment_id'], ['milestone_payment.id'], name=op.f('fk_dispute_milestone_payment_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_dispute'))
    )
    op.create_index('ix_dispute_deal_id', 'dispute', ['deal_id'], unique=False)
    op.create_index('uq_dispute_open', 'dispute', ['milestone_payment_id'], unique=True, postgresql_where=sa.text("state IN ('negotiating', 'mediating', 'proposed')"))
    op.create_table('refund',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('deal_id', sa.Uuid(), nullable=False),
    sa.Column('milestone_payment_id', sa.Uuid(), nullable=False),
    sa.Column('payer_id', sa.Uuid(), nullable=False),
    sa.Column('payee_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('released_minor', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('proposed_by', sa.Uuid(), nullable=True),
    sa.Column('reverse_order_id', sa.Uuid(), nullable=True),
    sa.Column('refund_order_id', sa.Uuid(), nullable=True),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('process_version', sa.BigInteger(), nullable=False),
    sa.Column('state_entry', sa.BigInteger(), nullable=False),
    sa.Column('state_since', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint('amount_minor > 0 AND released_minor BETWEEN 0 AND amount_minor', name=op.f('ck_refund_amounts_are_possible')),
    sa.CheckConstraint("kind IN ('agreed', 'cancelled', 'abandoned', 'dispute', 'chargeback')", name=op.f('ck_refund_kind_is_known')),
    sa.ForeignKeyConstraint(['deal_id'], ['deal.id'], name=op.f('fk_refund_deal_id')),
    sa.ForeignKeyConstraint(['milestone_payment_id'], ['milestone_payment.id'], name=op.f('fk_refund_milestone_payment_id')),
    sa.ForeignKeyConstraint(['refund_order_id'], ['payment_order.id'], name=op.f('fk_refund_refund_order_id')),
    sa.ForeignKeyConstraint(['reverse_order_id'], ['payment_order.id'], name=op.f('fk_refund_reverse_order_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_refund'))
    )
    op.create_index('ix_refund_deal_id', 'refund', ['deal_id'], unique=False)
    op.create_index('uq_refund_open', 'refund', ['milestone_payment_id'], unique=True, postgresql_where=sa.text("state IN ('proposed', 'unanswered', 'approved')"))
    for table in ("payment_proof", "payment_approval", "payout_account"):
        rights.append_only(table)
    rights.readable("payment_order", "payment_proof", "deal_payment", "milestone_payment", "refund", "dispute")


def downgrade() -> None:
    op.drop_index('uq_refund_open', table_name='refund', postgresql_where=sa.text("state IN ('proposed', 'unanswered', 'approved')"))
    op.drop_index('ix_refund_deal_id', table_name='refund')
    op.drop_table('refund')
    op.drop_index('uq_dispute_open', table_name='dispute', postgresql_where=sa.text("state IN ('negotiating', 'mediating', 'proposed')"))
    op.drop_index('ix_dispute_deal_id', table_name='dispute')
    op.drop_table('dispute')
    op.drop_index('ix_payment_proof_order_id', table_name='payment_proof')
    op.drop_table('payment_proof')
    op.drop_index('ix_milestone_payment_deal_id', table_name='milestone_payment')
    op.drop_table('milestone_payment')
    op.drop_index('uq_payment_order_live', table_name='payment_order', postgresql_where=sa.text("state <> 'refused'"))
    op.drop_index('ix_payment_order_reference', table_name='payment_order')
    op.drop_index('ix_payment_order_payer_id', table_name='payment_order')
    op.drop_index('ix_payment_order_payee_id', table_name='payment_order')
    op.drop_index('ix_payment_order_open', table_name='payment_order', postgresql_where=sa.text("state IN ('requested', 'sent', 'unknown')"))
    op.drop_index('ix_payment_order_milestone_id', table_name='payment_order')
    op.drop_index('ix_payment_order_deal_id', table_name='payment_order')
    op.drop_table('payment_order')
    op.drop_table('deal_payment')
    op.drop_index('ix_payout_account_organisation_id', table_name='payout_account')
    op.drop_table('payout_account')
    op.drop_table('payment_approval')
