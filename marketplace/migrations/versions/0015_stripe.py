"""What we know of Stripe: events, accounts, links, chargebacks, movements, customers, subscriptions, invoices."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = '0015'
down_revision: str | None = '0014'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table('stripe_event',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('event_id', sa.Text(), nullable=False),
    sa.Column('type', sa.Text(), nullable=False),
    sa.Column('occurred_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('body', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('applied_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('tries', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('problem', sa.Text(), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stripe_event')),
    sa.UniqueConstraint('event_id', name=op.f('uq_stripe_event_event_id'))
    )
    op.create_index('ix_stripe_event_waiting', 'stripe_event', ['id'], unique=False, postgresql_where=sa.text('applied_at IS NULL'))
    op.create_table('stripe_account',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Text(), nullable=False),
    sa.Column('transfers', sa.Text(), nullable=False),
    sa.Column('checked_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_stripe_account_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stripe_account')),
    sa.UniqueConstraint('account_id', name=op.f('uq_stripe_account_account_id')),
    sa.UniqueConstraint('organisation_id', name=op.f('uq_stripe_account_organisation_id'))
    )
    op.create_table('stripe_customer',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('customer_id', sa.Text(), nullable=False),
    sa.Column('features', postgresql.JSONB(astext_type=sa.Text()), server_default='[]', nullable=False),
    sa.Column('features_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_stripe_customer_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stripe_customer')),
    sa.UniqueConstraint('customer_id', name=op.f('uq_stripe_customer_customer_id')),
    sa.UniqueConstraint('organisation_id', name=op.f('uq_stripe_customer_organisation_id'))
    )
    op.create_table('stripe_invoice',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('invoice_id', sa.Text(), nullable=False),
    sa.Column('number', sa.Text(), nullable=False),
    sa.Column('total_minor', sa.BigInteger(), nullable=False),
    sa.Column('tax_minor', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.CHAR(length=3), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('issued_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('url', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_stripe_invoice_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stripe_invoice')),
    sa.UniqueConstraint('invoice_id', name=op.f('uq_stripe_invoice_invoice_id'))
    )
    op.create_index('ix_stripe_invoice_organisation_id', 'stripe_invoice', ['organisation_id', 'id'], unique=False)
    op.create_table('stripe_link',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('plan', sa.Text(), nullable=True),
    sa.Column('url', sa.Text(), nullable=True),
    sa.Column('expires_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('problem', sa.Text(), server_default='', nullable=False),
    sa.CheckConstraint("(kind = 'plan') = (plan IS NOT NULL)", name=op.f('ck_stripe_link_plan_is_named')),
    sa.CheckConstraint("kind IN ('onboarding', 'plan', 'portal')", name=op.f('ck_stripe_link_kind_is_known')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_stripe_link_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stripe_link'))
    )
    op.create_index('ix_stripe_link_organisation_id', 'stripe_link', ['organisation_id', 'id'], unique=False)
    op.create_table('stripe_subscription',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('subscription_id', sa.Text(), nullable=False),
    sa.Column('plan', sa.Text(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('ends_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('told_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_stripe_subscription_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stripe_subscription')),
    sa.UniqueConstraint('subscription_id', name=op.f('uq_stripe_subscription_subscription_id'))
    )
    op.create_index('ix_stripe_subscription_organisation_id', 'stripe_subscription', ['organisation_id'], unique=False)
    op.create_table('stripe_chargeback',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('dispute_id', sa.Text(), nullable=False),
    sa.Column('charge_id', sa.Text(), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=True),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.CHAR(length=3), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('answer_by', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('closed_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['order_id'], ['payment_order.id'], name=op.f('fk_stripe_chargeback_order_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stripe_chargeback')),
    sa.UniqueConstraint('dispute_id', name=op.f('uq_stripe_chargeback_dispute_id'))
    )
    op.create_index('ix_stripe_chargeback_charge_id', 'stripe_chargeback', ['charge_id'], unique=False)
    op.create_table('stripe_movement',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('line_id', sa.Text(), nullable=False),
    sa.Column('type', sa.Text(), nullable=False),
    sa.Column('source_id', sa.Text(), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('fee_minor', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.CHAR(length=3), nullable=False),
    sa.Column('occurred_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=True),
    sa.Column('explanation', sa.Text(), nullable=True),
    sa.Column('explained_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.CheckConstraint('(explanation IS NULL) = (explained_at IS NULL)', name=op.f('ck_stripe_movement_explained_at_some_time')),
    sa.ForeignKeyConstraint(['order_id'], ['payment_order.id'], name=op.f('fk_stripe_movement_order_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stripe_movement')),
    sa.UniqueConstraint('line_id', name=op.f('uq_stripe_movement_line_id'))
    )
    op.create_index('ix_stripe_movement_occurred_at', 'stripe_movement', ['occurred_at'], unique=False)
    op.create_index('ix_stripe_movement_open', 'stripe_movement', ['occurred_at'], unique=False, postgresql_where=sa.text('explanation IS NULL'))
    op.create_index('ix_stripe_movement_order_id', 'stripe_movement', ['order_id'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_stripe_movement_order_id', table_name='stripe_movement')
    op.drop_index('ix_stripe_movement_open', table_name='stripe_movement', postgresql_where=sa.text('explanation IS NULL'))
    op.drop_index('ix_stripe_movement_occurred_at', table_name='stripe_movement')
    op.drop_table('stripe_movement')
    op.drop_index('ix_stripe_chargeback_charge_id', table_name='stripe_chargeback')
    op.drop_table('stripe_chargeback')
    op.drop_index('ix_stripe_subscription_organisation_id', table_name='stripe_subscription')
    op.drop_table('stripe_subscription')
    op.drop_index('ix_stripe_link_organisation_id', table_name='stripe_link')
    op.drop_table('stripe_link')
    op.drop_index('ix_stripe_invoice_organisation_id', table_name='stripe_invoice')
    op.drop_table('stripe_invoice')
    op.drop_table('stripe_customer')
    op.drop_table('stripe_account')
    op.drop_index('ix_stripe_event_waiting', table_name='stripe_event', postgresql_where=sa.text('applied_at IS NULL'))
    op.drop_table('stripe_event')
