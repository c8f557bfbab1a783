"""Assessors, assessments, scores and decisions."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from marketplace import rights

revision: str = '0004'
down_revision: str | None = '0003'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table('assessor',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('media', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('pollutants', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('languages', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('capacity', sa.BigInteger(), nullable=False),
    sa.Column('available', sa.Boolean(), server_default='true', nullable=False),
    sa.Column('version', sa.BigInteger(), server_default='1', nullable=False),
    sa.CheckConstraint('capacity BETWEEN 0 AND 50', name=op.f('ck_assessor_capacity_is_possible')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_assessor_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_assessor_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_assessor')),
    sa.UniqueConstraint('person_id', name=op.f('uq_assessor_person_id'))
    )
    op.create_table('assessor_relation',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('assessor_id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('ended_on', sa.Date(), nullable=True),
    sa.Column('note', sa.Text(), server_default='', nullable=False),
    sa.Column('stated_by', sa.Uuid(), nullable=True),
    sa.CheckConstraint("kind IN ('co-author', 'employment', 'consulting', 'investment', 'supervision', 'family', 'dispute', 'other')", name=op.f('ck_assessor_relation_kind_is_known')),
    sa.ForeignKeyConstraint(['assessor_id'], ['assessor.id'], name=op.f('fk_assessor_relation_assessor_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_assessor_relation_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_assessor_relation'))
    )
    op.create_index('ix_assessor_relation_assessor_id', 'assessor_relation', ['assessor_id'], unique=False)
    op.create_index('ix_assessor_relation_organisation_id', 'assessor_relation', ['organisation_id'], unique=False)
    op.create_table('assessment',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('listing_id', sa.Uuid(), nullable=False),
    sa.Column('listing_version_id', sa.Uuid(), nullable=False),
    sa.Column('framework', sa.Text(), nullable=False),
    sa.Column('bar', sa.BigInteger(), nullable=False),
    sa.Column('as_of', sa.Date(), nullable=False),
    sa.Column('assessors_wanted', sa.BigInteger(), nullable=False),
    sa.Column('assessors_max', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('process_version', sa.BigInteger(), nullable=False),
    sa.Column('state_entry', sa.BigInteger(), nullable=False),
    sa.Column('state_since', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint('assessors_wanted BETWEEN 1 AND assessors_max AND assessors_max <= 9', name=op.f('ck_assessment_panel_is_possible')),
    sa.ForeignKeyConstraint(['listing_id'], ['listing.id'], name=op.f('fk_assessment_listing_id')),
    sa.ForeignKeyConstraint(['listing_version_id'], ['listing_version.id'], name=op.f('fk_assessment_listing_version_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_assessment'))
    )
    op.create_index('ix_assessment_listing_id', 'assessment', ['listing_id'], unique=False)
    op.create_index('uq_assessment_live', 'assessment', ['listing_id'], unique=True, postgresql_where=sa.text("state IN ('open', 'assigned', 'scoring', 'further-review')"))
    op.create_table('assessment_decision',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('assessment_id', sa.Uuid(), nullable=False),
    sa.Column('outcome', sa.Text(), nullable=False),
    sa.Column('level', sa.BigInteger(), nullable=False),
    sa.Column('low', sa.BigInteger(), nullable=False),
    sa.Column('high', sa.BigInteger(), nullable=False),
    sa.Column('conditions', postgresql.JSONB(), nullable=False),
    sa.Column('valid_until', sa.Date(), nullable=True),
    sa.Column('feedback', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('receipt_id', sa.Text(), nullable=False),
    sa.Column('receipt', sa.LargeBinary(), nullable=False),
    sa.Column('panel', sa.LargeBinary(), nullable=False),
    sa.Column('decided_by', sa.Uuid(), nullable=True),
    sa.CheckConstraint("(outcome = 'recommended') = (valid_until IS NOT NULL)", name=op.f('ck_assessment_decision_recommendation_ends')),
    sa.CheckConstraint("outcome IN ('recommended', 'returned')", name=op.f('ck_assessment_decision_outcome_is_known')),
    sa.CheckConstraint('low <= level AND level <= high', name=op.f('ck_assessment_decision_is_interval')),
    sa.ForeignKeyConstraint(['assessment_id'], ['assessment.id'], name=op.f('fk_assessment_decision_assessment_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_assessment_decision')),
    sa.UniqueConstraint('assessment_id', name=op.f('uq_assessment_decision_assessment_id'))
    )
    op.create_table('assignment',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('assessment_id', sa.Uuid(), nullable=False),
    sa.Column('assessor_id', sa.Uuid(), nullable=False),
    sa.Column('further', sa.Boolean(), server_default='false', nullable=False),
    sa.Column('conflicts', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('declared_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('process_version', sa.BigInteger(), nullable=False),
    sa.Column('state_entry', sa.BigInteger(), nullable=False),
    sa.Column('state_since', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['assessment_id'], ['assessment.id'], name=op.f('fk_assignment_assessment_id')),
    sa.ForeignKeyConstraint(['assessor_id'], ['assessor.id'], name=op.f('fk_assignment_assessor_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_assignment')),
    sa.UniqueConstraint('assessment_id', 'assessor_id', name=op.f('uq_assignment_assessment_id_assessor_id'))
    )
    op.create_index('ix_assignment_assessor_id', 'assignment', ['assessor_id'], unique=False)
    op.create_table('assessment_score',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('assignment_id', sa.Uuid(), nullable=False),
    sa.Column('assessment_id', sa.Uuid(), nullable=False),
    sa.Column('assessor_id', sa.Uuid(), nullable=False),
    sa.Column('ratings', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('low', sa.BigInteger(), nullable=False),
    sa.Column('high', sa.BigInteger(), nullable=False),
    sa.Column('receipt_id', sa.Text(), nullable=False),
    sa.Column('receipt', sa.LargeBinary(), nullable=False),
    sa.CheckConstraint('low <= high', name=op.f('ck_assessment_score_is_interval')),
    sa.ForeignKeyConstraint(['assessment_id'], ['assessment.id'], name=op.f('fk_assessment_score_assessment_id')),
    sa.ForeignKeyConstraint(['assessor_id'], ['assessor.id'], name=op.f('fk_assessment_score_assessor_id')),
    sa.ForeignKeyConstraint(['assignment_id'], ['assignment.id'], name=op.f('fk_assessment_score_assignment_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_assessment_score')),
    sa.UniqueConstraint('assignment_id', name=op.f('uq_assessment_score_assignment_id'))
    )
    op.create_index('ix_assessment_score_assessment_id', 'assessment_score', ['assessment_id'], unique=False)
    for table in ("assessor_relation", "assessment_score", "assessment_decision"):
        rights.append_only(table)
    rights.readable("assessment")


def downgrade() -> None:
    op.drop_index('ix_assessment_score_assessment_id', table_name='assessment_score')
    op.drop_table('assessment_score')
    op.drop_index('ix_assignment_assessor_id', table_name='assignment')
    op.drop_table('assignment')
    op.drop_table('assessment_decision')
    op.drop_index('uq_assessment_live', table_name='assessment', postgresql_where=sa.text("state IN ('open', 'assigned', 'scoring', 'further-review')"))
    op.drop_index('ix_assessment_listing_id', table_name='assessment')
    op.drop_table('assessment')
    op.drop_index('ix_assessor_relation_organisation_id', table_name='assessor_relation')
    op.drop_index('ix_assessor_relation_assessor_id', table_name='assessor_relation')
    op.drop_table('assessor_relation')
    op.drop_table('assessor')
