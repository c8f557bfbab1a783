"""Listings, and every version there was of each."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from marketplace import rights

revision: str = '0003'
down_revision: str | None = '0002'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table('listing',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('name', postgresql.JSONB(), nullable=False),
    sa.Column('summary', postgresql.JSONB(), nullable=False),
    sa.Column('technology', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('effects', postgresql.JSONB(astext_type=sa.Text()), server_default='[]', nullable=False),
    sa.Column('confidential', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.Column('media', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('pollutants', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('industries', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('industry_group', sa.Text(), nullable=True),
    sa.Column('chain_place', sa.Text(), nullable=True),
    sa.Column('provenance', sa.Text(), nullable=True),
    sa.Column('trl_low', sa.BigInteger(), nullable=True),
    sa.Column('trl_high', sa.BigInteger(), nullable=True),
    sa.Column('completeness', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('fingerprint', sa.LargeBinary(), nullable=False),
    sa.Column('public_card', sa.LargeBinary(), server_default='', nullable=False),
    sa.Column('public_detail', sa.LargeBinary(), server_default='', nullable=False),
    sa.Column('published_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('expires_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('version', sa.BigInteger(), server_default='1', nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('process_version', sa.BigInteger(), nullable=False),
    sa.Column('state_entry', sa.BigInteger(), nullable=False),
    sa.Column('state_since', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint('completeness BETWEEN 0 AND 100', name=op.f('ck_listing_completeness_is_percent')),
    sa.CheckConstraint('trl_low BETWEEN 1 AND 9 AND trl_high BETWEEN trl_low AND 9', name=op.f('ck_listing_trl_is_interval')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_listing_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_listing'))
    )
    op.create_index('ix_listing_media', 'listing', ['media'], unique=False, postgresql_using='gin')
    op.create_index('ix_listing_organisation_id', 'listing', ['organisation_id'], unique=False)
    op.create_index('ix_listing_pollutants', 'listing', ['pollutants'], unique=False, postgresql_using='gin')
    op.create_index('ix_listing_published', 'listing', ['published_at', 'id'], unique=False, postgresql_where=sa.text("state = 'recommended'"))
    op.create_index('uq_listing_fingerprint', 'listing', ['organisation_id', 'fingerprint'], unique=True, postgresql_where=sa.text("state <> 'withdrawn'"))
    op.create_table('listing_version',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('listing_id', sa.Uuid(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('technology', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('effects', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('sha256', sa.LargeBinary(), nullable=False),
    sa.Column('made_by', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['listing_id'], ['listing.id'], name=op.f('fk_listing_version_listing_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_listing_version'))
    )
    op.create_index('uq_listing_version', 'listing_version', ['listing_id', 'version'], unique=True)
    rights.append_only("listing_version")
    rights.readable("listing")


def downgrade() -> None:
    op.drop_index('uq_listing_version', table_name='listing_version')
    op.drop_table('listing_version')
    op.drop_index('uq_listing_fingerprint', table_name='listing', postgresql_where=sa.text("state <> 'withdrawn'"))
    op.drop_index('ix_listing_published', table_name='listing', postgresql_where=sa.text("state = 'recommended'"))
    op.drop_index('ix_listing_pollutants', table_name='listing', postgresql_using='gin')
    op.drop_index('ix_listing_organisation_id', table_name='listing')
    op.drop_index('ix_listing_media', table_name='listing', postgresql_using='gin')
    op.drop_table('listing')
