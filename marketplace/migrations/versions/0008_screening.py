"""Screens, their runs, uploaded portfolios and watch lists; mails that can be stopped."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = '0008'
down_revision: str | None = '0007'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table('portfolio',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('sha256', sa.LargeBinary(), nullable=False),
    sa.Column('file_name', sa.Text(), nullable=False),
    sa.Column('technologies', sa.LargeBinary(), nullable=False),
    sa.Column('technology_count', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_portfolio_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_portfolio'))
    )
    op.create_index('uq_portfolio_content', 'portfolio', ['organisation_id', 'sha256'], unique=True)
    op.create_table('listing_facts',
    sa.Column('listing_id', sa.Uuid(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('as_of', sa.Date(), nullable=False),
    sa.Column('models', sa.Text(), nullable=False),
    sa.Column('facts', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['listing_id'], ['listing.id'], name=op.f('fk_listing_facts_listing_id')),
    sa.PrimaryKeyConstraint('listing_id', name=op.f('pk_listing_facts'))
    )
    op.create_table('screen',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('wanted', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('portfolio_id', sa.Uuid(), nullable=True),
    sa.Column('alerts_to', sa.Uuid(), nullable=True),
    sa.Column('closed_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.CheckConstraint('num_nonnulls(wanted, portfolio_id) = 1', name=op.f('ck_screen_screens_one_thing')),
    sa.ForeignKeyConstraint(['alerts_to'], ['person.id'], name=op.f('fk_screen_alerts_to')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_screen_organisation_id')),
    sa.ForeignKeyConstraint(['portfolio_id'], ['portfolio.id'], name=op.f('fk_screen_portfolio_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_screen'))
    )
    op.create_index('uq_screen_name', 'screen', ['organisation_id', 'name'], unique=True, postgresql_where=sa.text('closed_at IS NULL'))
    op.create_table('watch',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('listing_id', sa.Uuid(), nullable=False),
    sa.Column('alerts_to', sa.Uuid(), nullable=True),
    sa.Column('told_entry', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['alerts_to'], ['person.id'], name=op.f('fk_watch_alerts_to')),
    sa.ForeignKeyConstraint(['listing_id'], ['listing.id'], name=op.f('fk_watch_listing_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_watch_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_watch')),
    sa.UniqueConstraint('organisation_id', 'listing_id', name=op.f('uq_watch_organisation_id_listing_id'))
    )
    op.create_index('ix_watch_listing_id', 'watch', ['listing_id'], unique=False)
    op.create_table('screening_run',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('screen_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.Text(), server_default='waiting', nullable=False),
    sa.Column('as_of', sa.Date(), nullable=True),
    sa.Column('input_sha256', sa.LargeBinary(), nullable=True),
    sa.Column('ranked_by', sa.Text(), nullable=True),
    sa.Column('versions', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('rows', sa.LargeBinary(), nullable=True),
    sa.Column('row_count', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('changes', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('done_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.CheckConstraint("state IN ('waiting', 'done', 'failed')", name=op.f('ck_screening_run_state_is_known')),
    sa.ForeignKeyConstraint(['screen_id'], ['screen.id'], name=op.f('fk_screening_run_screen_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_screening_run'))
    )
    op.create_index('uq_screening_run_number', 'screening_run', ['screen_id', 'number'], unique=True)
    op.create_index('uq_screening_run_waiting', 'screening_run', ['screen_id'], unique=True, postgresql_where=sa.text("state = 'waiting'"))
    op.add_column('mail', sa.Column('stop_url', sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column('mail', 'stop_url')
    op.drop_index('uq_screening_run_waiting', table_name='screening_run', postgresql_where=sa.text("state = 'waiting'"))
    op.drop_index('uq_screening_run_number', table_name='screening_run')
    op.drop_table('screening_run')
    op.drop_index('ix_watch_listing_id', table_name='watch')
    op.drop_table('watch')
    op.drop_index('uq_screen_name', table_name='screen', postgresql_where=sa.text('closed_at IS NULL'))
    op.drop_table('screen')
    op.drop_table('listing_facts')
    op.drop_index('uq_portfolio_content', table_name='portfolio')
    op.drop_table('portfolio')
