"""Calls and their editions, financing requests, applications with their scores, and applicants' profiles."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from marketplace import rights

revision: str = '0009'
down_revision: str | None = '0008'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table('call',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('title', postgresql.JSONB(), nullable=False),
    sa.Column('thesis', postgresql.JSONB(), nullable=False),
    sa.Column('content', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('edition', sa.BigInteger(), server_default='1', nullable=False),
    sa.Column('media', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('regions', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('instrument', sa.Text(), nullable=False),
    sa.Column('trl_low', sa.BigInteger(), nullable=False),
    sa.Column('trl_high', sa.BigInteger(), nullable=False),
    sa.Column('ticket_min_minor', sa.BigInteger(), nullable=False),
    sa.Column('ticket_min_currency', sa.CHAR(length=3), nullable=False),
    sa.Column('ticket_max_minor', sa.BigInteger(), nullable=False),
    sa.Column('ticket_max_currency', sa.CHAR(length=3), nullable=False),
    sa.Column('seats', sa.BigInteger(), nullable=False),
    sa.Column('seats_taken', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('deadline', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('published_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('version', sa.BigInteger(), server_default='1', nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('process_version', sa.BigInteger(), nullable=False),
    sa.Column('state_entry', sa.BigInteger(), nullable=False),
    sa.Column('state_since', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint("instrument IN ('grant', 'loan', 'convertible', 'equity', 'revenue-share')", name=op.f('ck_call_instrument_is_known')),
    sa.CheckConstraint("ticket_max_currency ~ '^[A-Z]{3}$'", name=op.f('ck_call_ticket_max_currency_is_code')),
    sa.CheckConstraint("ticket_min_currency ~ '^[A-Z]{3}$'", name=op.f('ck_call_ticket_min_currency_is_code')),
    sa.CheckConstraint('(ticket_max_minor IS NULL) = (ticket_max_currency IS NULL)', name=op.f('ck_call_ticket_max_is_whole')),
    sa.CheckConstraint('(ticket_min_minor IS NULL) = (ticket_min_currency IS NULL)', name=op.f('ck_call_ticket_min_is_whole')),
    sa.CheckConstraint('seats BETWEEN 1 AND 10000', name=op.f('ck_call_seats_are_sane')),
    sa.CheckConstraint('seats_taken BETWEEN 0 AND seats', name=op.f('ck_call_seats_suffice')),
    sa.CheckConstraint('ticket_max_minor >= 0', name=op.f('ck_call_ticket_max_at_least')),
    sa.CheckConstraint('ticket_min_currency = ticket_max_currency AND ticket_min_minor <= ticket_max_minor', name=op.f('ck_call_ticket_is_range')),
    sa.CheckConstraint('ticket_min_minor >= 0', name=op.f('ck_call_ticket_min_at_least')),
    sa.CheckConstraint('trl_low BETWEEN 1 AND 9 AND trl_high BETWEEN trl_low AND 9', name=op.f('ck_call_trl_is_range')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_call_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_call'))
    )
    op.create_index('ix_call_media', 'call', ['media'], unique=False, postgresql_using='gin')
    op.create_index('ix_call_open', 'call', ['deadline', 'id'], unique=False, postgresql_where=sa.text("state = 'published'"))
    op.create_index('ix_call_organisation_id', 'call', ['organisation_id'], unique=False)
    op.create_table('applicant_profile',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('listing_id', sa.Uuid(), nullable=False),
    sa.Column('answers', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.ForeignKeyConstraint(['listing_id'], ['listing.id'], name=op.f('fk_applicant_profile_listing_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_applicant_profile_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_applicant_profile')),
    sa.UniqueConstraint('listing_id', name=op.f('uq_applicant_profile_listing_id'))
    )
    op.create_table('call_edition',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('call_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('content', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('changes', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('note', postgresql.JSONB(), nullable=False),
    sa.Column('made_by', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['call_id'], ['call.id'], name=op.f('fk_call_edition_call_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_call_edition')),
    sa.UniqueConstraint('call_id', 'number', name=op.f('uq_call_edition_call_id_number'))
    )
    op.create_table('financing_request',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('listing_id', sa.Uuid(), nullable=False),
    sa.Column('title', postgresql.JSONB(), nullable=False),
    sa.Column('summary', postgresql.JSONB(), nullable=False),
    sa.Column('content', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('instrument', sa.Text(), nullable=False),
    sa.Column('budget_minor', sa.BigInteger(), nullable=False),
    sa.Column('budget_currency', sa.CHAR(length=3), nullable=False),
    sa.Column('readers', postgresql.JSONB(astext_type=sa.Text()), server_default='[]', nullable=False),
    sa.Column('open_until', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('published_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('version', sa.BigInteger(), server_default='1', nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('process_version', sa.BigInteger(), nullable=False),
    sa.Column('state_entry', sa.BigInteger(), nullable=False),
    sa.Column('state_since', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint("budget_currency ~ '^[A-Z]{3}$'", name=op.f('ck_financing_request_budget_currency_is_code')),
    sa.CheckConstraint("instrument IN ('grant', 'loan', 'convertible', 'equity', 'revenue-share')", name=op.f('ck_financing_request_instrument_is_known')),
    sa.CheckConstraint('(budget_minor IS NULL) = (budget_currency IS NULL)', name=op.f('ck_financing_request_budget_is_whole')),
    sa.CheckConstraint('budget_minor >= 1', name=op.f('ck_financing_request_budget_at_least')),
    sa.ForeignKeyConstraint(['listing_id'], ['listing.id'], name=op.f('fk_financing_request_listing_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_financing_request_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_financing_request'))
    )
    op.create_index('ix_financing_request_open', 'financing_request', ['published_at', 'id'], unique=False, postgresql_where=sa.text("state = 'published'"))
    op.create_index('ix_financing_request_organisation_id', 'financing_request', ['organisation_id'], unique=False)
    op.create_index('uq_financing_request_open', 'financing_request', ['listing_id'], unique=True, postgresql_where=sa.text("state IN ('draft', 'published')"))
    op.create_table('application',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('call_id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=True),
    sa.Column('listing_id', sa.Uuid(), nullable=True),
    sa.Column('listing_version_id', sa.Uuid(), nullable=True),
    sa.Column('stage', sa.Text(), nullable=False),
    sa.Column('call_edition', sa.BigInteger(), nullable=False),
    sa.Column('answers', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.Column('documents', postgresql.JSONB(astext_type=sa.Text()), server_default='[]', nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=True),
    sa.Column('amount_currency', sa.CHAR(length=3), nullable=True),
    sa.Column('eligibility', postgresql.JSONB(astext_type=sa.Text()), server_default='[]', nullable=False),
    sa.Column('score', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.Column('facts', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.Column('submitted_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('reason_code', sa.Text(), nullable=True),
    sa.Column('reason_note', sa.Text(), server_default='', nullable=False),
    sa.Column('anonymised_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('version', sa.BigInteger(), server_default='1', nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('process_version', sa.BigInteger(), nullable=False),
    sa.Column('state_entry', sa.BigInteger(), nullable=False),
    sa.Column('state_since', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint("amount_currency ~ '^[A-Z]{3}$'", name=op.f('ck_application_amount_currency_is_code')),
    sa.CheckConstraint("reason_code IN ('not-eligible', 'below-the-bar', 'no-seat-left', 'too-early', 'benefit-unclear', 'route-unclear', 'too-vague', 'no-fit', 'other')", name=op.f('ck_application_reason_code_is_known')),
    sa.CheckConstraint("stage IN ('concept', 'proposal', 'interview')", name=op.f('ck_application_stage_is_known')),
    sa.CheckConstraint("state <> 'rejected' OR reason_code IS NOT NULL", name=op.f('ck_application_rejected_for_a_reason')),
    sa.CheckConstraint("state NOT IN ('submitted', 'invited', 'waitlisted', 'accepted') OR submitted_at IS NOT NULL", name=op.f('ck_application_submitted_at_a_time')),
    sa.CheckConstraint('(amount_minor IS NULL) = (amount_currency IS NULL)', name=op.f('ck_application_amount_is_whole')),
    sa.CheckConstraint('(organisation_id IS NULL) = (anonymised_at IS NOT NULL) AND (listing_id IS NULL) = (anonymised_at IS NOT NULL) AND (anonymised_at IS NULL OR listing_version_id IS NULL)', name=op.f('ck_application_anonymised_is_whole')),
    sa.CheckConstraint('amount_minor >= 1', name=op.f('ck_application_amount_at_least')),
    sa.ForeignKeyConstraint(['call_id'], ['call.id'], name=op.f('fk_application_call_id')),
    sa.ForeignKeyConstraint(['listing_id'], ['listing.id'], name=op.f('fk_application_listing_id')),
    sa.ForeignKeyConstraint(['listing_version_id'], ['listing_version.id'], name=op.f('fk_application_listing_version_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_application_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_application'))
    )
    op.create_index('ix_application_call_id', 'application', ['call_id', 'state'], unique=False)
    op.create_index('ix_application_listing_id', 'application', ['listing_id'], unique=False)
    op.create_index('ix_application_organisation_id', 'application', ['organisation_id'], unique=False)
    op.create_index('uq_application_listing', 'application', ['call_id', 'listing_id'], unique=True, postgresql_where=sa.text("state <> 'withdrawn'"))
    op.create_table('application_score',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('application_id', sa.Uuid(), nullable=False),
    sa.Column('stage', sa.Text(), nullable=False),
    sa.Column('listing_version_id', sa.Uuid(), nullable=False),
    sa.Column('receipt_id', sa.Text(), nullable=False),
    sa.Column('receipt', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['application_id'], ['application.id'], name=op.f('fk_application_score_application_id')),
    sa.ForeignKeyConstraint(['listing_version_id'], ['listing_version.id'], name=op.f('fk_application_score_listing_version_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_application_score')),
    sa.UniqueConstraint('application_id', 'stage', name=op.f('uq_application_score_application_id_stage'))
    )
    rights.append_only("call_edition")
    rights.readable("call", "call_edition")


def downgrade() -> None:
    op.drop_table('application_score')
    op.drop_index('uq_application_listing', table_name='application', postgresql_where=sa.text("state <> 'withdrawn'"))
    op.drop_index('ix_application_organisation_id', table_name='application')
    op.drop_index('ix_application_listing_id', table_name='application')
    op.drop_index('ix_application_call_id', table_name='application')
    op.drop_table('application')
    op.drop_index('uq_financing_request_open', table_name='financing_request', postgresql_where=sa.text("state IN ('draft', 'published')"))
    op.drop_index('ix_financing_request_organisation_id', table_name='financing_request')
    op.drop_index('ix_financing_request_open', table_name='financing_request', postgresql_where=sa.text("state = 'published'"))
    op.drop_table('financing_request')
    op.drop_table('call_edition')
    op.drop_table('applicant_profile')
    op.drop_index('ix_call_organisation_id', table_name='call')
    op.drop_index('ix_call_open', table_name='call', postgresql_where=sa.text("state = 'published'"))
    op.drop_index('ix_call_media', table_name='call', postgresql_using='gin')
    op.drop_table('call')
