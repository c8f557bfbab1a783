"""Rounds of reviews: reviewers and their independence, assignments, reviews, reference applications, decisions."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from marketplace import rights

revision: str = '0017'
down_revision: str | None = '0016'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table('review_round',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('call_id', sa.Uuid(), nullable=False),
    sa.Column('stage', sa.Text(), nullable=False),
    sa.Column('rubric', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('blind_fields', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('reviews_wanted', sa.BigInteger(), nullable=False),
    sa.Column('reviews_max', sa.BigInteger(), nullable=False),
    sa.Column('due_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('process_version', sa.BigInteger(), nullable=False),
    sa.Column('state_entry', sa.BigInteger(), nullable=False),
    sa.Column('state_since', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint("stage IN ('concept', 'proposal', 'interview')", name=op.f('ck_review_round_stage_is_known')),
    sa.CheckConstraint('reviews_wanted BETWEEN 1 AND reviews_max AND reviews_max <= 9', name=op.f('ck_review_round_reviews_are_possible')),
    sa.ForeignKeyConstraint(['call_id'], ['call.id'], name=op.f('fk_review_round_call_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_review_round'))
    )
    op.create_index('ix_review_round_call_id', 'review_round', ['call_id'], unique=False)
    op.create_index('uq_review_round_live', 'review_round', ['call_id', 'stage'], unique=True, postgresql_where=sa.text("state <> 'cancelled'"))
    op.create_table('review_pack',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('round_id', sa.Uuid(), nullable=False),
    sa.Column('sha256', sa.Text(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['round_id'], ['review_round.id'], name=op.f('fk_review_pack_round_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_review_pack')),
    sa.UniqueConstraint('round_id', name=op.f('uq_review_pack_round_id'))
    )
    op.create_table('review_reference',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('round_id', sa.Uuid(), nullable=False),
    sa.Column('title', postgresql.JSONB(), nullable=False),
    sa.Column('content', postgresql.JSONB(), nullable=False),
    sa.ForeignKeyConstraint(['round_id'], ['review_round.id'], name=op.f('fk_review_reference_round_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_review_reference'))
    )
    op.create_index('ix_review_reference_round_id', 'review_reference', ['round_id'], unique=False)
    op.create_table('reviewer',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('round_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('capacity', sa.BigInteger(), nullable=False),
    sa.Column('media', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('pollutants', postgresql.ARRAY(sa.Text()), server_default='{}', nullable=False),
    sa.Column('languages', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('declared_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('left_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.CheckConstraint('capacity BETWEEN 1 AND 500', name=op.f('ck_reviewer_capacity_is_possible')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_reviewer_person_id')),
    sa.ForeignKeyConstraint(['round_id'], ['review_round.id'], name=op.f('fk_reviewer_round_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reviewer')),
    sa.UniqueConstraint('round_id', 'person_id', name=op.f('uq_reviewer_round_id_person_id'))
    )
    op.create_index('ix_reviewer_person_id', 'reviewer', ['person_id'], unique=False)
    op.create_table('review_decision',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('round_id', sa.Uuid(), nullable=False),
    sa.Column('application_id', sa.Uuid(), nullable=False),
    sa.Column('outcome', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('pack_sha256', sa.Text(), nullable=False),
    sa.Column('standing', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('feedback', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('decided_by', sa.Uuid(), nullable=True),
    sa.CheckConstraint("outcome <> 'rejected' OR reason IS NOT NULL", name=op.f('ck_review_decision_rejected_for_a_reason')),
    sa.CheckConstraint("outcome IN ('accepted', 'waitlisted', 'rejected', 'invited')", name=op.f('ck_review_decision_outcome_is_known')),
    sa.CheckConstraint("reason IN ('not-eligible', 'below-the-bar', 'no-seat-left', 'too-early', 'benefit-unclear', 'route-unclear', 'too-vague', 'no-fit', 'other')", name=op.f('ck_review_decision_reason_is_known')),
    sa.ForeignKeyConstraint(['application_id'], ['application.id'], name=op.f('fk_review_decision_application_id')),
    sa.ForeignKeyConstraint(['round_id'], ['review_round.id'], name=op.f('fk_review_decision_round_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_review_decision')),
    sa.UniqueConstraint('round_id', 'application_id', name=op.f('uq_review_decision_round_id_application_id'))
    )
    op.create_index('ix_review_decision_application_id', 'review_decision', ['application_id'], unique=False)
    op.create_table('review_reference_rating',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('reference_id', sa.Uuid(), nullable=False),
    sa.Column('reviewer_id', sa.Uuid(), nullable=False),
    sa.Column('ratings', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.ForeignKeyConstraint(['reference_id'], ['review_reference.id'], name=op.f('fk_review_reference_rating_reference_id')),
    sa.ForeignKeyConstraint(['reviewer_id'], ['reviewer.id'], name=op.f('fk_review_reference_rating_reviewer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_review_reference_rating')),
    sa.UniqueConstraint('reference_id', 'reviewer_id', name=op.f('uq_review_reference_rating_reference_id_reviewer_id'))
    )
    op.create_table('reviewer_independence',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('reviewer_id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('independent', sa.Boolean(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=True),
    sa.Column('note', sa.Text(), server_default='', nullable=False),
    sa.CheckConstraint("kind IN ('co-author', 'employment', 'consulting', 'investment', 'supervision', 'family', 'dispute', 'other', 'same-organisation', 'same-domain', 'issued-evidence')", name=op.f('ck_reviewer_independence_kind_is_known')),
    sa.CheckConstraint('independent = (kind IS NULL)', name=op.f('ck_reviewer_independence_conflict_has_a_kind')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_reviewer_independence_organisation_id')),
    sa.ForeignKeyConstraint(['reviewer_id'], ['reviewer.id'], name=op.f('fk_reviewer_independence_reviewer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reviewer_independence')),
    sa.UniqueConstraint('reviewer_id', 'organisation_id', 'independent', name='uq_reviewer_independence_as_declared'),
    sa.UniqueConstraint('reviewer_id', 'organisation_id', name=op.f('uq_reviewer_independence_reviewer_id_organisation_id'))
    )
    op.create_table('review_assignment',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('round_id', sa.Uuid(), nullable=False),
    sa.Column('reviewer_id', sa.Uuid(), nullable=False),
    sa.Column('application_id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('independent', sa.Boolean(), nullable=True),
    sa.Column('further', sa.Boolean(), server_default='false', nullable=False),
    sa.Column('due_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('process_version', sa.BigInteger(), nullable=False),
    sa.Column('state_entry', sa.BigInteger(), nullable=False),
    sa.Column('state_since', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint("state NOT IN ('assigned', 'submitted') OR independent IS TRUE", name=op.f('ck_review_assignment_held_by_the_independent')),
    sa.ForeignKeyConstraint(['application_id'], ['application.id'], name=op.f('fk_review_assignment_application_id')),
    sa.ForeignKeyConstraint(['reviewer_id', 'organisation_id', 'independent'], ['reviewer_independence.reviewer_id', 'reviewer_independence.organisation_id', 'reviewer_independence.independent'], name='fk_review_assignment_independence'),
    sa.ForeignKeyConstraint(['reviewer_id'], ['reviewer.id'], name=op.f('fk_review_assignment_reviewer_id')),
    sa.ForeignKeyConstraint(['round_id'], ['review_round.id'], name=op.f('fk_review_assignment_round_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_review_assignment')),
    sa.UniqueConstraint('id', 'reviewer_id', 'application_id', name='uq_review_assignment_whole'),
    sa.UniqueConstraint('reviewer_id', 'application_id', name=op.f('uq_review_assignment_reviewer_id_application_id'))
    )
    op.create_index('ix_review_assignment_application_id', 'review_assignment', ['application_id'], unique=False)
    op.create_index('ix_review_assignment_round_id', 'review_assignment', ['round_id', 'state'], unique=False)
    op.create_table('review',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('assignment_id', sa.Uuid(), nullable=False),
    sa.Column('reviewer_id', sa.Uuid(), nullable=False),
    sa.Column('application_id', sa.Uuid(), nullable=False),
    sa.Column('ratings', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('comment', sa.Text(), nullable=False),
    sa.Column('advice', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['assignment_id', 'reviewer_id', 'application_id'], ['review_assignment.id', 'review_assignment.reviewer_id', 'review_assignment.application_id'], name='fk_review_assignment_id'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_review')),
    sa.UniqueConstraint('reviewer_id', 'application_id', name=op.f('uq_review_reviewer_id_application_id'))
    )
    op.create_index('ix_review_application_id', 'review', ['application_id'], unique=False)
    for table in ("review", "review_reference_rating", "review_pack", "review_decision"):
        rights.append_only(table)
    rights.readable("review_round", "review_assignment")


def downgrade() -> None:
    op.drop_index('ix_review_application_id', table_name='review')
    op.drop_table('review')
    op.drop_index('ix_review_assignment_round_id', table_name='review_assignment')
    op.drop_index('ix_review_assignment_application_id', table_name='review_assignment')
    op.drop_table('review_assignment')
    op.drop_table('reviewer_independence')
    op.drop_table('review_reference_rating')
    op.drop_index('ix_review_decision_application_id', table_name='review_decision')
    op.drop_table('review_decision')
    op.drop_index('ix_reviewer_person_id', table_name='reviewer')
    op.drop_table('reviewer')
    op.drop_index('ix_review_reference_round_id', table_name='review_reference')
    op.drop_table('review_reference')
    op.drop_table('review_pack')
    op.drop_index('uq_review_round_live', table_name='review_round', postgresql_where=sa.text("state <> 'cancelled'"))
    op.drop_index('ix_review_round_call_id', table_name='review_round')
    op.drop_table('review_round')
