"""Needs, the solutions proposed for them, consultations and their answers."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from marketplace import rights

revision: str = '0005'
down_revision: str | None = '0004'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table('need',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('title', postgresql.JSONB(), nullable=False),
    sa.Column('summary', postgresql.JSONB(), nullable=False),
    sa.Column('specification', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('medium', sa.Text(), nullable=True),
    sa.Column('pollutants', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('embargo_until', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('open_until', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('published_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('version', sa.BigInteger(), server_default='1', nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('process_version', sa.BigInteger(), nullable=False),
    sa.Column('state_entry', sa.BigInteger(), nullable=False),
    sa.Column('state_since', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint('embargo_until <= open_until', name=op.f('ck_need_embargo_ends_in_time')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_need_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_need'))
    )
    op.create_index('ix_need_open', 'need', ['id'], unique=False, postgresql_where=sa.text("state IN ('published', 'answered')"))
    op.create_index('ix_need_organisation_id', 'need', ['organisation_id'], unique=False)
    op.create_index('ix_need_pollutants', 'need', ['pollutants'], unique=False, postgresql_using='gin')
    op.create_table('consultation',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('matter_hash', sa.LargeBinary(), nullable=False),
    sa.Column('need_id', sa.Uuid(), nullable=True),
    sa.Column('query', sa.Text(), nullable=False),
    sa.Column('specification', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('results', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('question', sa.Text(), nullable=False),
    sa.Column('assignee_id', sa.Uuid(), nullable=True),
    sa.Column('opened_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('version', sa.BigInteger(), server_default='1', nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('process_version', sa.BigInteger(), nullable=False),
    sa.Column('state_entry', sa.BigInteger(), nullable=False),
    sa.Column('state_since', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['assignee_id'], ['organisation.id'], name=op.f('fk_consultation_assignee_id')),
    sa.ForeignKeyConstraint(['need_id'], ['need.id'], name=op.f('fk_consultation_need_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_consultation_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_consultation'))
    )
    op.create_index('ix_consultation_assignee_id', 'consultation', ['assignee_id'], unique=False)
    op.create_index('ix_consultation_need_id', 'consultation', ['need_id'], unique=False)
    op.create_index('ix_consultation_organisation_id', 'consultation', ['organisation_id'], unique=False)
    op.create_index('ix_consultation_waiting', 'consultation', ['id'], unique=False, postgresql_where=sa.text("state IN ('open', 'escalated')"))
    op.create_index('uq_consultation_matter', 'consultation', ['matter_hash'], unique=True, postgresql_where=sa.text("state <> 'archived'"))
    op.create_table('solution',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('need_id', sa.Uuid(), nullable=False),
    sa.Column('proposer_id', sa.Uuid(), nullable=False),
    sa.Column('listing_id', sa.Uuid(), nullable=False),
    sa.Column('text', postgresql.JSONB(), nullable=False),
    sa.Column('reason_code', sa.Text(), nullable=True),
    sa.Column('reason_note', sa.Text(), server_default='', nullable=False),
    sa.Column('revealed_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('version', sa.BigInteger(), server_default='1', nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('process_version', sa.BigInteger(), nullable=False),
    sa.Column('state_entry', sa.BigInteger(), nullable=False),
    sa.Column('state_since', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint("reason_code IN ('limit-not-met', 'scale', 'too-expensive', 'too-early', 'no-reference', 'site', 'too-vague', 'other', 'another-accepted', 'need-closed')", name=op.f('ck_solution_reason_code_is_known')),
    sa.CheckConstraint("state <> 'declined' OR reason_code IS NOT NULL", name=op.f('ck_solution_declined_for_a_reason')),
    sa.ForeignKeyConstraint(['listing_id'], ['listing.id'], name=op.f('fk_solution_listing_id')),
    sa.ForeignKeyConstraint(['need_id'], ['need.id'], name=op.f('fk_solution_need_id')),
    sa.ForeignKeyConstraint(['proposer_id'], ['organisation.id'], name=op.f('fk_solution_proposer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_solution'))
    )
    op.create_index('ix_solution_need_id', 'solution', ['need_id'], unique=False)
    op.create_index('ix_solution_proposer_id', 'solution', ['proposer_id'], unique=False)
    op.create_index('uq_solution_accepted', 'solution', ['need_id'], unique=True, postgresql_where=sa.text("state = 'accepted'"))
    op.create_index('uq_solution_listing', 'solution', ['need_id', 'proposer_id', 'listing_id'], unique=True, postgresql_where=sa.text("state <> 'withdrawn'"))
    op.create_table('consultation_answer',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('consultation_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('text', postgresql.JSONB(), nullable=False),
    sa.Column('listing_ids', postgresql.JSONB(astext_type=sa.Text()), server_default='[]', nullable=False),
    sa.Column('asked_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('answered_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['consultation_id'], ['consultation.id'], name=op.f('fk_consultation_answer_consultation_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_consultation_answer_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_consultation_answer')),
    sa.UniqueConstraint('consultation_id', 'number', name=op.f('uq_consultation_answer_consultation_id_number'))
    )
    # None of these is for the reader's role: they tell who seeks.
    rights.append_only("consultation_answer")


def downgrade() -> None:
    op.drop_table('consultation_answer')
    op.drop_index('uq_solution_listing', table_name='solution', postgresql_where=sa.text("state <> 'withdrawn'"))
    op.drop_index('uq_solution_accepted', table_name='solution', postgresql_where=sa.text("state = 'accepted'"))
    op.drop_index('ix_solution_proposer_id', table_name='solution')
    op.drop_index('ix_solution_need_id', table_name='solution')
    op.drop_table('solution')
    op.drop_index('uq_consultation_matter', table_name='consultation', postgresql_where=sa.text("state <> 'archived'"))
    op.drop_index('ix_consultation_waiting', table_name='consultation', postgresql_where=sa.text("state IN ('open', 'escalated')"))
    op.drop_index('ix_consultation_organisation_id', table_name='consultation')
    op.drop_index('ix_consultation_need_id', table_name='consultation')
    op.drop_index('ix_consultation_assignee_id', table_name='consultation')
    op.drop_table('consultation')
    op.drop_index('ix_need_pollutants', table_name='need', postgresql_using='gin')
    op.drop_index('ix_need_organisation_id', table_name='need')
    op.drop_index('ix_need_open', table_name='need', postgresql_where=sa.text("state IN ('published', 'answered')"))
    op.drop_table('need')
