"""Invoices for the platform's fee, and the tax that it includes."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from marketplace import rights

revision: str = '0019'
down_revision: str | None = '0018'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column('deal_payment', sa.Column('fee_tax_basis_points', sa.BigInteger(), server_default='0', nullable=False))
    op.create_table('fee_invoice',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('year', sa.BigInteger(), nullable=False),
    sa.Column('serial', sa.BigInteger(), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('buyer_id', sa.Uuid(), nullable=False),
    sa.Column('seller', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('buyer', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('currency', sa.CHAR(length=3), nullable=False),
    sa.Column('net_minor', sa.BigInteger(), nullable=False),
    sa.Column('tax_basis_points', sa.BigInteger(), nullable=False),
    sa.Column('tax_minor', sa.BigInteger(), nullable=False),
    sa.Column('total_minor', sa.BigInteger(), nullable=False),
    sa.Column('issued_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint('total_minor = net_minor + tax_minor AND total_minor > 0 AND tax_minor >= 0', name=op.f('ck_fee_invoice_adds_up')),
    sa.CheckConstraint('tax_basis_points BETWEEN 0 AND 5000', name=op.f('ck_fee_invoice_tax_is_possible')),
    sa.ForeignKeyConstraint(['buyer_id'], ['organisation.id'], name=op.f('fk_fee_invoice_buyer_id')),
    sa.ForeignKeyConstraint(['order_id'], ['payment_order.id'], name=op.f('fk_fee_invoice_order_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_fee_invoice')),
    sa.UniqueConstraint('order_id', name=op.f('uq_fee_invoice_order_id')),
    sa.UniqueConstraint('year', 'serial', name=op.f('uq_fee_invoice_year_serial'))
    )
    op.create_index('ix_fee_invoice_buyer_id', 'fee_invoice', ['buyer_id', 'id'], unique=False)
    rights.append_only("fee_invoice")
    rights.readable("fee_invoice")


def downgrade() -> None:
    op.drop_index('ix_fee_invoice_buyer_id', table_name='fee_invoice')
    op.drop_table('fee_invoice')
    op.drop_column('deal_payment', 'fee_tax_basis_points')
