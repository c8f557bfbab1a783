"""Deals, offers, consents, milestones and conditions; what is signed holds and stays."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from marketplace import rights

revision: str = '0011'
down_revision: str | None = '0010'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


# A signature that the rows do not bear out is refused, and so is any change of what is signed. Raised as violations of
# a check, because that is what they are: of a rule over several tables, which a CHECK cannot say.
_RULES = (
    """
    CREATE FUNCTION deal_refuse(rule text, message text) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '%', message USING ERRCODE = 'check_violation', CONSTRAINT = rule;
    END $$
    """,
    """
    CREATE FUNCTION deal_signing_holds() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        total numeric;
        others bigint;
    BEGIN
        IF TG_OP = 'UPDATE' AND OLD.signed_at IS NOT NULL THEN
            IF (NEW.signed_at, NEW.agreed_offer_id, NEW.terms_sha256, NEW.amount_minor, NEW.currency, NEW.listing_id,
                NEW.holder_organisation_id, NEW.financier_organisation_id, NEW.link, NEW.instrument)
                IS DISTINCT FROM
               (OLD.signed_at, OLD.agreed_offer_id, OLD.terms_sha256, OLD.amount_minor, OLD.currency, OLD.listing_id,
                OLD.holder_organisation_id, OLD.financier_organisation_id, OLD.link, OLD.instrument)
            THEN
                PERFORM deal_refuse('deal_signed_is_frozen', 'what is signed does not change');
            END IF;
            RETURN NEW;
        END IF;
        IF NEW.signed_at IS NULL THEN
            RETURN NEW;
        END IF;
        SELECT sum(amount_minor), count(*) FILTER (WHERE currency <> NEW.currency) INTO total, others
            FROM deal_milestone WHERE deal_id = NEW.id;
        IF total IS DISTINCT FROM NEW.amount_minor OR others > 0 THEN
            PERFORM deal_refuse('deal_milestones_make_up_amount', 'the milestones do not make up the amount');
        END IF;
        IF EXISTS (SELECT FROM deal_condition WHERE deal_id = NEW.id AND state NOT IN ('met', 'waived')) THEN
            PERFORM deal_refuse('deal_conditions_settled', 'a condition precedent is open');
        END IF;
        IF (SELECT count(DISTINCT side) FROM deal_consent
            WHERE offer_id = NEW.agreed_offer_id AND kind = 'signed' AND round = NEW.round) <> 2
        THEN
            PERFORM deal_refuse('deal_signed_by_both', 'both sides have to sign');
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER deal_signing_holds BEFORE INSERT OR UPDATE ON deal
        FOR EACH ROW EXECUTE FUNCTION deal_signing_holds()
    """,
    """
    CREATE FUNCTION deal_part_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        signed timestamptz;
    BEGIN
        -- Locked, so that nobody signs between this look and the change.
        SELECT signed_at INTO signed FROM deal WHERE id = coalesce(NEW.deal_id, OLD.deal_id) FOR SHARE;
        IF signed IS NOT NULL THEN
            PERFORM deal_refuse('deal_signed_is_frozen', 'what is signed does not change');
        END IF;
        RETURN coalesce(NEW, OLD);
    END $$
    """,
    """
    CREATE TRIGGER deal_milestone_frozen BEFORE INSERT OR UPDATE OR DELETE ON deal_milestone
        FOR EACH ROW EXECUTE FUNCTION deal_part_frozen()
    """,
    """
    CREATE TRIGGER deal_condition_frozen BEFORE INSERT OR UPDATE OR DELETE ON deal_condition
        FOR EACH ROW EXECUTE FUNCTION deal_part_frozen()
    """,
)


def upgrade() -> None:
    op.create_table('deal',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('listing_id', sa.Uuid(), nullable=False),
    sa.Column('holder_organisation_id', sa.Uuid(), nullable=False),
    sa.Column('financier_organisation_id', sa.Uuid(), nullable=False),
    sa.Column('call_id', sa.Uuid(), nullable=True),
    sa.Column('application_id', sa.Uuid(), nullable=True),
    sa.Column('link', sa.Text(), nullable=False),
    sa.Column('instrument', sa.Text(), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=True),
    sa.Column('currency', sa.CHAR(length=3), nullable=True),
    sa.Column('open_offer_id', sa.Uuid(), nullable=True),
    sa.Column('agreed_offer_id', sa.Uuid(), nullable=True),
    sa.Column('terms_sha256', sa.LargeBinary(), nullable=True),
    sa.Column('round', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('approvals_needed', postgresql.ARRAY(sa.Text()), server_default='{}', nullable=False),
    sa.Column('cooling_off_until', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('due_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('signed_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('version', sa.BigInteger(), server_default='1', nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('process_version', sa.BigInteger(), nullable=False),
    sa.Column('state_entry', sa.BigInteger(), nullable=False),
    sa.Column('state_since', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f('ck_deal_currency_is_code')),
    sa.CheckConstraint("instrument IN ('grant', 'loan', 'convertible', 'equity', 'revenue-share')", name=op.f('ck_deal_instrument_is_known')),
    sa.CheckConstraint("link IN ('assessment', 'co-development', 'licence', 'transfer', 'equity-contribution', 'trial-first', 'incubation')", name=op.f('ck_deal_link_is_known')),
    sa.CheckConstraint('(agreed_offer_id IS NULL) = (amount_minor IS NULL) AND (agreed_offer_id IS NULL) = (currency IS NULL) AND (agreed_offer_id IS NULL) = (terms_sha256 IS NULL)', name=op.f('ck_deal_agreed_is_whole')),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_deal_amount_is_positive')),
    sa.CheckConstraint('holder_organisation_id <> financier_organisation_id', name=op.f('ck_deal_two_parties')),
    sa.CheckConstraint('signed_at IS NULL OR agreed_offer_id IS NOT NULL', name=op.f('ck_deal_signed_is_agreed')),
    sa.CheckConstraint("state NOT IN ('in-trial', 'judging', 'awaiting-funds', 'funded', 'completed', 'returned') OR signed_at IS NOT NULL", name=op.f('ck_deal_runs_when_signed')),
    sa.ForeignKeyConstraint(['application_id'], ['application.id'], name=op.f('fk_deal_application_id')),
    sa.ForeignKeyConstraint(['call_id'], ['call.id'], name=op.f('fk_deal_call_id')),
    sa.ForeignKeyConstraint(['financier_organisation_id'], ['organisation.id'], name=op.f('fk_deal_financier_organisation_id')),
    sa.ForeignKeyConstraint(['holder_organisation_id'], ['organisation.id'], name=op.f('fk_deal_holder_organisation_id')),
    sa.ForeignKeyConstraint(['listing_id'], ['listing.id'], name=op.f('fk_deal_listing_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deal')),
    sa.UniqueConstraint('id', 'currency', name=op.f('uq_deal_id_currency'))
    )
    op.create_index('ix_deal_call_id', 'deal', ['call_id'], unique=False)
    op.create_index('ix_deal_financier_organisation_id', 'deal', ['financier_organisation_id', 'id'], unique=False)
    op.create_index('ix_deal_holder_organisation_id', 'deal', ['holder_organisation_id', 'id'], unique=False)
    op.create_index('uq_deal_application', 'deal', ['application_id'], unique=True, postgresql_where=sa.text("application_id IS NOT NULL AND state NOT IN ('completed', 'returned', 'withdrawn', 'lapsed', 'terminated')"))
    op.create_index('uq_deal_open', 'deal', ['listing_id', 'financier_organisation_id', 'link'], unique=True, postgresql_where=sa.text("state NOT IN ('completed', 'returned', 'withdrawn', 'lapsed', 'terminated')"))
    op.create_table('deal_condition',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('deal_id', sa.Uuid(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('text', postgresql.JSONB(), nullable=False),
    sa.Column('responsible', sa.Text(), nullable=False),
    sa.Column('beneficiary', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), server_default='open', nullable=False),
    sa.Column('note', sa.Text(), server_default='', nullable=False),
    sa.Column('reported_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('settled_by', sa.Uuid(), nullable=True),
    sa.Column('settled_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.CheckConstraint("(state IN ('met', 'waived')) = (settled_at IS NOT NULL)", name=op.f('ck_deal_condition_settled_is_whole')),
    sa.CheckConstraint("beneficiary IN ('holder', 'financier')", name=op.f('ck_deal_condition_beneficiary_is_known')),
    sa.CheckConstraint("responsible IN ('holder', 'financier', 'operator')", name=op.f('ck_deal_condition_responsible_is_known')),
    sa.CheckConstraint("state IN ('open', 'reported', 'met', 'waived')", name=op.f('ck_deal_condition_state_is_known')),
    sa.CheckConstraint('responsible <> beneficiary', name=op.f('ck_deal_condition_two_sides')),
    sa.ForeignKeyConstraint(['deal_id'], ['deal.id'], name=op.f('fk_deal_condition_deal_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deal_condition')),
    sa.UniqueConstraint('deal_id', 'key', name=op.f('uq_deal_condition_deal_id_key'))
    )
    op.create_table('deal_milestone',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('deal_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('title', postgresql.JSONB(), nullable=False),
    sa.Column('deliverable', postgresql.JSONB(), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.CHAR(length=3), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('inspection_days', sa.BigInteger(), nullable=False),
    sa.Column('silence_rule', sa.Text(), nullable=False),
    sa.Column('holdback_minor', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('evidence', postgresql.JSONB(astext_type=sa.Text()), server_default='[]', nullable=False),
    sa.CheckConstraint("silence_rule IN ('accepted', 'escalated')", name=op.f('ck_deal_milestone_silence_rule_is_known')),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_deal_milestone_amount_is_positive')),
    sa.CheckConstraint('holdback_minor BETWEEN 0 AND amount_minor', name=op.f('ck_deal_milestone_holdback_is_part')),
    sa.CheckConstraint('inspection_days BETWEEN 1 AND 90', name=op.f('ck_deal_milestone_inspection_days_in_range')),
    sa.ForeignKeyConstraint(['deal_id', 'currency'], ['deal.id', 'deal.currency'], name='fk_deal_milestone_deal'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deal_milestone')),
    sa.UniqueConstraint('deal_id', 'position', name=op.f('uq_deal_milestone_deal_id_position'))
    )
    op.create_table('deal_offer',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('deal_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('side', sa.Text(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('terms', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('document', sa.LargeBinary(), nullable=False),
    sa.Column('sha256', sa.LargeBinary(), nullable=False),
    sa.Column('message', sa.Text(), server_default='', nullable=False),
    sa.Column('made_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('expires_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint("side IN ('holder', 'financier')", name=op.f('ck_deal_offer_side_is_known')),
    sa.CheckConstraint('expires_at > made_at', name=op.f('ck_deal_offer_expires_later')),
    sa.CheckConstraint('sha256 = sha256(document)', name=op.f('ck_deal_offer_sha256_is_of_document')),
    sa.ForeignKeyConstraint(['deal_id'], ['deal.id'], name=op.f('fk_deal_offer_deal_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_deal_offer_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deal_offer')),
    sa.UniqueConstraint('deal_id', 'number', name=op.f('uq_deal_offer_deal_id_number')),
    sa.UniqueConstraint('id', 'deal_id', 'sha256', name=op.f('uq_deal_offer_id_deal_id_sha256'))
    )
    op.create_table('deal_consent',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('deal_id', sa.Uuid(), nullable=False),
    sa.Column('offer_id', sa.Uuid(), nullable=False),
    sa.Column('sha256', sa.LargeBinary(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('side', sa.Text(), nullable=False),
    sa.Column('round', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('person_name', sa.Text(), nullable=False),
    sa.Column('organisation_name', postgresql.JSONB(), nullable=False),
    sa.Column('given_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint("kind IN ('accepted', 'approved', 'reconfirmed', 'signed')", name=op.f('ck_deal_consent_kind_is_known')),
    sa.CheckConstraint("side IN ('holder', 'financier')", name=op.f('ck_deal_consent_side_is_known')),
    sa.ForeignKeyConstraint(['deal_id'], ['deal.id'], name=op.f('fk_deal_consent_deal_id')),
    sa.ForeignKeyConstraint(['offer_id', 'deal_id', 'sha256'], ['deal_offer.id', 'deal_offer.deal_id', 'deal_offer.sha256'], name='fk_deal_consent_document'),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_deal_consent_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_deal_consent_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deal_consent')),
    sa.UniqueConstraint('offer_id', 'kind', 'side', 'round', name=op.f('uq_deal_consent_offer_id_kind_side_round'))
    )
    op.create_index('ix_deal_consent_deal_id', 'deal_consent', ['deal_id'], unique=False)
    op.create_index('uq_deal_consent_four_eyes', 'deal_consent', ['offer_id', 'side', 'person_id'], unique=True, postgresql_where=sa.text("kind IN ('accepted', 'approved')"))
    op.create_foreign_key(op.f('fk_deal_open_offer_id'), 'deal', 'deal_offer', ['open_offer_id'], ['id'], use_alter=True)
    op.create_foreign_key('fk_deal_agreed_document', 'deal', 'deal_offer', ['agreed_offer_id', 'id', 'terms_sha256'], ['id', 'deal_id', 'sha256'], use_alter=True)
    # None of these is for the reader's role: they tell what two parties bargain about.
    rights.append_only("deal_offer")
    rights.append_only("deal_consent")
    for statement in _RULES:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TRIGGER deal_signing_holds ON deal")
    op.execute("DROP TRIGGER deal_milestone_frozen ON deal_milestone")
    op.execute("DROP TRIGGER deal_condition_frozen ON deal_condition")
    op.execute("DROP FUNCTION deal_signing_holds, deal_part_frozen, deal_refuse")
    op.drop_constraint('fk_deal_agreed_document', 'deal', type_='foreignkey')
    op.drop_constraint(op.f('fk_deal_open_offer_id'), 'deal', type_='foreignkey')
    op.drop_index('uq_deal_consent_four_eyes', table_name='deal_consent', postgresql_where=sa.text("kind IN ('accepted', 'approved')"))
    op.drop_index('ix_deal_consent_deal_id', table_name='deal_consent')
    op.drop_table('deal_consent')
    op.drop_table('deal_offer')
    op.drop_table('deal_milestone')
    op.drop_table('deal_condition')
    op.drop_index('uq_deal_open', table_name='deal', postgresql_where=sa.text("state NOT IN ('completed', 'returned', 'withdrawn', 'lapsed', 'terminated')"))
    op.drop_index('uq_deal_application', table_name='deal', postgresql_where=sa.text("application_id IS NOT NULL AND state NOT IN ('completed', 'returned', 'withdrawn', 'lapsed', 'terminated')"))
    op.drop_index('ix_deal_holder_organisation_id', table_name='deal')
    op.drop_index('ix_deal_financier_organisation_id', table_name='deal')
    op.drop_index('ix_deal_call_id', table_name='deal')
    op.drop_table('deal')
