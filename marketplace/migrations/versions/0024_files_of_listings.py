"""Files behind the evidence of listings."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from marketplace import rights

revision: str = '0024'
down_revision: str | None = '0023'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table('listing_file',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('listing_id', sa.Uuid(), nullable=False),
    sa.Column('sha256', sa.Text(), nullable=False),
    sa.Column('file_name', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['listing_id'], ['listing.id'], name=op.f('fk_listing_file_listing_id')),
    sa.ForeignKeyConstraint(['sha256'], ['stored_file.sha256'], name=op.f('fk_listing_file_sha256')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_listing_file'))
    )
    op.create_index('ix_listing_file_sha256', 'listing_file', ['sha256'], unique=False)
    op.create_index('uq_listing_file', 'listing_file', ['listing_id', 'sha256'], unique=True)
    rights.append_only("listing_file")


def downgrade() -> None:
    op.drop_index('uq_listing_file', table_name='listing_file')
    op.drop_index('ix_listing_file_sha256', table_name='listing_file')
    op.drop_table('listing_file')
