"""Mandates, what was shown to whom, cohorts, and introductions with their contact data."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = '0016'
down_revision: str | None = '0015'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table('cohort',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('title', postgresql.JSONB(), nullable=False),
    sa.Column('wishes_until', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('proposing', sa.Text(), nullable=False),
    sa.Column('result', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('version', sa.BigInteger(), server_default='1', nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('process_version', sa.BigInteger(), nullable=False),
    sa.Column('state_entry', sa.BigInteger(), nullable=False),
    sa.Column('state_since', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint("proposing IN ('technologies', 'calls')", name=op.f('ck_cohort_proposing_is_known')),
    sa.CheckConstraint("state <> 'placed' OR result IS NOT NULL", name=op.f('ck_cohort_placed_with_a_result')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_cohort_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_cohort'))
    )
    op.create_index('ix_cohort_organisation_id', 'cohort', ['organisation_id'], unique=False)
    op.create_table('mandate',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('title', postgresql.JSONB(), nullable=False),
    sa.Column('thesis', postgresql.JSONB(), nullable=False),
    sa.Column('terms', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('open_to_holders', sa.Boolean(), server_default='false', nullable=False),
    sa.Column('ended_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('version', sa.BigInteger(), server_default='1', nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_mandate_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mandate'))
    )
    op.create_index('ix_mandate_open', 'mandate', ['id'], unique=False, postgresql_where=sa.text('open_to_holders AND ended_at IS NULL'))
    op.create_index('ix_mandate_organisation_id', 'mandate', ['organisation_id'], unique=False)
    op.create_table('cohort_track',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('cohort_id', sa.Uuid(), nullable=False),
    sa.Column('call_id', sa.Uuid(), nullable=False),
    sa.Column('seats', sa.BigInteger(), nullable=False),
    sa.Column('ranking', postgresql.JSONB(astext_type=sa.Text()), server_default='[]', nullable=False),
    sa.CheckConstraint('seats BETWEEN 0 AND 10000', name=op.f('ck_cohort_track_seats_are_sane')),
    sa.ForeignKeyConstraint(['call_id'], ['call.id'], name=op.f('fk_cohort_track_call_id')),
    sa.ForeignKeyConstraint(['cohort_id'], ['cohort.id'], name=op.f('fk_cohort_track_cohort_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_cohort_track')),
    sa.UniqueConstraint('cohort_id', 'call_id', name=op.f('uq_cohort_track_cohort_id_call_id'))
    )
    op.create_index('ix_cohort_track_call_id', 'cohort_track', ['call_id'], unique=False)
    op.create_table('cohort_wish',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('cohort_id', sa.Uuid(), nullable=False),
    sa.Column('listing_id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('wishes', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.ForeignKeyConstraint(['cohort_id'], ['cohort.id'], name=op.f('fk_cohort_wish_cohort_id')),
    sa.ForeignKeyConstraint(['listing_id'], ['listing.id'], name=op.f('fk_cohort_wish_listing_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_cohort_wish_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_cohort_wish')),
    sa.UniqueConstraint('cohort_id', 'listing_id', name=op.f('uq_cohort_wish_cohort_id_listing_id'))
    )
    op.create_index('ix_cohort_wish_organisation_id', 'cohort_wish', ['organisation_id'], unique=False)
    op.create_table('impression',
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('listing_id', sa.Uuid(), nullable=False),
    sa.Column('viewer_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['listing_id'], ['listing.id'], name=op.f('fk_impression_listing_id')),
    sa.ForeignKeyConstraint(['viewer_id'], ['organisation.id'], name=op.f('fk_impression_viewer_id')),
    sa.PrimaryKeyConstraint('day', 'listing_id', 'viewer_id', name=op.f('pk_impression'))
    )
    op.create_table('introduction',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('listing_id', sa.Uuid(), nullable=False),
    sa.Column('initiator_id', sa.Uuid(), nullable=False),
    sa.Column('recipient_id', sa.Uuid(), nullable=False),
    sa.Column('call_id', sa.Uuid(), nullable=True),
    sa.Column('mandate_id', sa.Uuid(), nullable=True),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('instrument', sa.Text(), nullable=True),
    sa.Column('amount_minor', sa.BigInteger(), nullable=True),
    sa.Column('amount_currency', sa.CHAR(length=3), nullable=True),
    sa.Column('start_from', sa.Date(), nullable=True),
    sa.Column('start_until', sa.Date(), nullable=True),
    sa.Column('message', postgresql.JSONB(), nullable=False),
    sa.Column('expressed_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('answered_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('reason_code', sa.Text(), nullable=True),
    sa.Column('reason_note', sa.Text(), server_default='', nullable=False),
    sa.Column('outcome', sa.Text(), nullable=True),
    sa.Column('initiator_contact_id', sa.Uuid(), nullable=True),
    sa.Column('initiator_consented_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('recipient_contact_id', sa.Uuid(), nullable=True),
    sa.Column('recipient_consented_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('contacts_open', sa.Boolean(), sa.Computed('initiator_consented_at IS NOT NULL AND recipient_consented_at IS NOT NULL', persisted=True), nullable=False),
    sa.Column('version', sa.BigInteger(), server_default='1', nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('process_version', sa.BigInteger(), nullable=False),
    sa.Column('state_entry', sa.BigInteger(), nullable=False),
    sa.Column('state_since', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint("amount_currency ~ '^[A-Z]{3}$'", name=op.f('ck_introduction_amount_currency_is_code')),
    sa.CheckConstraint("instrument IN ('grant', 'loan', 'convertible', 'equity', 'revenue-share')", name=op.f('ck_introduction_instrument_is_known')),
    sa.CheckConstraint("outcome IN ('deal', 'nda', 'talks', 'nothing', 'no-contact')", name=op.f('ck_introduction_outcome_is_known')),
    sa.CheckConstraint("purpose IN ('invest', 'incubate', 'co-develop', 'pilot', 'license', 'acquire')", name=op.f('ck_introduction_purpose_is_known')),
    sa.CheckConstraint("reason_code IN ('too-early', 'benefit-unclear', 'market-unclear', 'description-unclear', 'evidence-missing', 'rights-unclear', 'outside-focus', 'terms', 'no-capacity', 'conflict', 'other')", name=op.f('ck_introduction_reason_code_is_known')),
    sa.CheckConstraint("state <> 'declined' OR reason_code IS NOT NULL", name=op.f('ck_introduction_declined_for_a_reason')),
    sa.CheckConstraint("state NOT IN ('opened', 'concluded') OR contacts_open", name=op.f('ck_introduction_opened_by_both')),
    sa.CheckConstraint('(amount_minor IS NULL) = (amount_currency IS NULL)', name=op.f('ck_introduction_amount_is_whole')),
    sa.CheckConstraint('(initiator_contact_id IS NULL) = (initiator_consented_at IS NULL)', name=op.f('ck_introduction_initiator_consent_whole')),
    sa.CheckConstraint('(recipient_contact_id IS NULL) = (recipient_consented_at IS NULL)', name=op.f('ck_introduction_recipient_consent_whole')),
    sa.CheckConstraint('amount_minor >= 1', name=op.f('ck_introduction_amount_at_least')),
    sa.CheckConstraint('call_id IS NULL OR mandate_id IS NULL', name=op.f('ck_introduction_one_addressee')),
    sa.CheckConstraint('initiator_id <> recipient_id', name=op.f('ck_introduction_between_two')),
    sa.CheckConstraint('start_from <= start_until', name=op.f('ck_introduction_start_is_range')),
    sa.ForeignKeyConstraint(['call_id'], ['call.id'], name=op.f('fk_introduction_call_id')),
    sa.ForeignKeyConstraint(['initiator_contact_id'], ['person.id'], name=op.f('fk_introduction_initiator_contact_id')),
    sa.ForeignKeyConstraint(['initiator_id'], ['organisation.id'], name=op.f('fk_introduction_initiator_id')),
    sa.ForeignKeyConstraint(['listing_id'], ['listing.id'], name=op.f('fk_introduction_listing_id')),
    sa.ForeignKeyConstraint(['mandate_id'], ['mandate.id'], name=op.f('fk_introduction_mandate_id')),
    sa.ForeignKeyConstraint(['recipient_contact_id'], ['person.id'], name=op.f('fk_introduction_recipient_contact_id')),
    sa.ForeignKeyConstraint(['recipient_id'], ['organisation.id'], name=op.f('fk_introduction_recipient_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_introduction')),
    sa.UniqueConstraint('id', 'contacts_open', name='uq_introduction_contacts_open')
    )
    op.create_index('ix_introduction_initiator_id', 'introduction', ['initiator_id'], unique=False)
    op.create_index('ix_introduction_listing_id', 'introduction', ['listing_id'], unique=False)
    op.create_index('ix_introduction_recipient_id', 'introduction', ['recipient_id'], unique=False)
    op.create_index('uq_introduction_live', 'introduction', ['listing_id', sa.literal_column('least(initiator_id, recipient_id)'), sa.literal_column('greatest(initiator_id, recipient_id)')], unique=True, postgresql_where=sa.text("state IN ('expressed', 'mutual', 'opened')"))
    op.create_table('introduction_contact',
    sa.Column('introduction_id', sa.Uuid(), nullable=False),
    sa.Column('side', sa.Text(), nullable=False),
    sa.Column('contacts_open', sa.Boolean(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('email', sa.Text(), nullable=False),
    sa.CheckConstraint("side IN ('initiator', 'recipient')", name=op.f('ck_introduction_contact_side_is_known')),
    sa.CheckConstraint('contacts_open', name=op.f('ck_introduction_contact_open_alone')),
    sa.ForeignKeyConstraint(['introduction_id', 'contacts_open'], ['introduction.id', 'introduction.contacts_open'], name='fk_introduction_contact_contacts_open'),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_introduction_contact_person_id')),
    sa.PrimaryKeyConstraint('introduction_id', 'side', name=op.f('pk_introduction_contact'))
    )


def downgrade() -> None:
    op.drop_table('introduction_contact')
    op.drop_index('uq_introduction_live', table_name='introduction', postgresql_where=sa.text("state IN ('expressed', 'mutual', 'opened')"))
    op.drop_index('ix_introduction_recipient_id', table_name='introduction')
    op.drop_index('ix_introduction_listing_id', table_name='introduction')
    op.drop_index('ix_introduction_initiator_id', table_name='introduction')
    op.drop_table('introduction')
    op.drop_table('impression')
    op.drop_index('ix_cohort_wish_organisation_id', table_name='cohort_wish')
    op.drop_table('cohort_wish')
    op.drop_index('ix_cohort_track_call_id', table_name='cohort_track')
    op.drop_table('cohort_track')
    op.drop_index('ix_mandate_organisation_id', table_name='mandate')
    op.drop_index('ix_mandate_open', table_name='mandate', postgresql_where=sa.text('open_to_holders AND ended_at IS NULL'))
    op.drop_table('mandate')
    op.drop_index('ix_cohort_organisation_id', table_name='cohort')
    op.drop_table('cohort')
