"""Plans for a city that are kept; searches that are kept, and what they have told of."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from marketplace import rights

revision: str = '0020'
down_revision: str | None = '0019'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table('city_plan',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('brief', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('plan', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('removed_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_city_plan_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_city_plan'))
    )
    op.create_index('ix_city_plan_organisation_id', 'city_plan', ['organisation_id', 'id'], unique=False)
    op.create_table('saved_search',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), server_default='', nullable=False),
    sa.Column('filters', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.Column('alerts_to', sa.Uuid(), nullable=True),
    sa.Column('through', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('closed_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['alerts_to'], ['person.id'], name=op.f('fk_saved_search_alerts_to')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_saved_search_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_saved_search'))
    )
    op.create_index('ix_saved_search_alerted', 'saved_search', ['id'], unique=False, postgresql_where=sa.text('closed_at IS NULL AND alerts_to IS NOT NULL'))
    op.create_index('uq_saved_search_name', 'saved_search', ['organisation_id', 'name'], unique=True, postgresql_where=sa.text('closed_at IS NULL'))
    op.create_table('saved_search_finding',
    sa.Column('saved_search_id', sa.Uuid(), nullable=False),
    sa.Column('subject_key', sa.Text(), nullable=False),
    sa.Column('found_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['saved_search_id'], ['saved_search.id'], name=op.f('fk_saved_search_finding_saved_search_id')),
    sa.PrimaryKeyConstraint('saved_search_id', 'subject_key', name=op.f('pk_saved_search_finding'))
    )
    rights.append_only("saved_search_finding")


def downgrade() -> None:
    op.drop_table('saved_search_finding')
    op.drop_index('uq_saved_search_name', table_name='saved_search', postgresql_where=sa.text('closed_at IS NULL'))
    op.drop_index('ix_saved_search_alerted', table_name='saved_search', postgresql_where=sa.text('closed_at IS NULL AND alerts_to IS NOT NULL'))
    op.drop_table('saved_search')
    op.drop_index('ix_city_plan_organisation_id', table_name='city_plan')
    op.drop_table('city_plan')
