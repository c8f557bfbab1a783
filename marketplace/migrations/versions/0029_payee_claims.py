"""What payees owe after a lost chargeback, and what is kept of releases for it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from marketplace import rights

revision: str = '0029'
down_revision: str | None = '0028'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table('payee_claim',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('deal_id', sa.Uuid(), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('payer_id', sa.Uuid(), nullable=False),
    sa.Column('payee_id', sa.Uuid(), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.CHAR(length=3), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('netting_basis', sa.Text(), server_default='', nullable=False),
    sa.Column('settled_minor', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('lost_minor', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('said_minor', sa.BigInteger(), nullable=True),
    sa.Column('said_reference', sa.Text(), server_default='', nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('process_version', sa.BigInteger(), nullable=False),
    sa.Column('state_entry', sa.BigInteger(), nullable=False),
    sa.Column('state_since', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint('amount_minor > 0 AND said_minor > 0', name=op.f('ck_payee_claim_claims_something')),
    sa.CheckConstraint('settled_minor >= 0 AND lost_minor >= 0 AND settled_minor + lost_minor <= amount_minor', name=op.f('ck_payee_claim_never_paid_twice')),
    sa.ForeignKeyConstraint(['deal_id'], ['deal.id'], name=op.f('fk_payee_claim_deal_id')),
    sa.ForeignKeyConstraint(['order_id'], ['payment_order.id'], name=op.f('fk_payee_claim_order_id')),
    sa.ForeignKeyConstraint(['payee_id'], ['organisation.id'], name=op.f('fk_payee_claim_payee_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payee_claim'))
    )
    op.create_index('ix_payee_claim_deal_id', 'payee_claim', ['deal_id'], unique=False)
    op.create_index('ix_payee_claim_order_id', 'payee_claim', ['order_id'], unique=False)
    op.create_index('ix_payee_claim_payee_id', 'payee_claim', ['payee_id', 'id'], unique=False)
    rights.readable("payee_claim")
    op.add_column('payment_order', sa.Column('netted_minor', sa.BigInteger(), server_default='0', nullable=False))
    op.add_column('payment_order', sa.Column('claim_id', sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f('fk_payment_order_claim_id'), 'payment_order', 'payee_claim', ['claim_id'], ['id'])
    op.create_check_constraint(op.f('ck_payment_order_netted_for_a_claim'), 'payment_order', 'netted_minor >= 0 AND (netted_minor > 0) = (claim_id IS NOT NULL)')
    op.create_index('ix_payment_order_claim_id', 'payment_order', ['claim_id'], unique=False, postgresql_where=sa.text('claim_id IS NOT NULL'))


def downgrade() -> None:
    op.drop_index('ix_payment_order_claim_id', table_name='payment_order')
    op.drop_constraint(op.f('ck_payment_order_netted_for_a_claim'), 'payment_order')
    op.drop_constraint(op.f('fk_payment_order_claim_id'), 'payment_order')
    op.drop_column('payment_order', 'claim_id')
    op.drop_column('payment_order', 'netted_minor')
    op.drop_table('payee_claim')
