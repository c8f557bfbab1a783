"""Knowledge items, what the public sees of them, and the seats of events."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from marketplace import rights

revision: str = '0006'
down_revision: str | None = '0005'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Whoever writes a registration, the seats are counted here; the check on event_seating is then a cap nobody gets past.
_COUNT_SEATS = """
CREATE FUNCTION count_event_seats() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.state = 'confirmed' THEN
        UPDATE event_seating SET taken = taken - 1 WHERE event_id = OLD.event_id;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.state = 'confirmed' THEN
        UPDATE event_seating SET taken = taken + 1 WHERE event_id = NEW.event_id;
    END IF;
    RETURN NULL;
END $$
"""
_ON_REGISTRATION = """
CREATE TRIGGER event_registration_count_seats
AFTER INSERT OR DELETE OR UPDATE OF state, event_id ON event_registration
FOR EACH ROW EXECUTE FUNCTION count_event_seats()
"""


def upgrade() -> None:
    op.create_table('knowledge_item',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('title', postgresql.JSONB(), nullable=False),
    sa.Column('summary', postgresql.JSONB(), nullable=False),
    sa.Column('media', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('content', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('links', postgresql.JSONB(astext_type=sa.Text()), server_default='[]', nullable=False),
    sa.Column('version', sa.BigInteger(), server_default='1', nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('process_version', sa.BigInteger(), nullable=False),
    sa.Column('state_entry', sa.BigInteger(), nullable=False),
    sa.Column('state_since', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint("kind IN ('showcase', 'case', 'demonstration-base', 'policy', 'standard', 'event', 'team', 'zone', 'review')", name=op.f('ck_knowledge_item_kind_is_known')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_knowledge_item_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_knowledge_item'))
    )
    op.create_index('ix_knowledge_item_organisation_id', 'knowledge_item', ['organisation_id'], unique=False)
    op.create_table('event_seating',
    sa.Column('event_id', sa.Uuid(), nullable=False),
    sa.Column('seats', sa.BigInteger(), nullable=False),
    sa.Column('taken', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('starts_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('ends_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('registration_deadline', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint('taken BETWEEN 0 AND seats', name=op.f('ck_event_seating_seats_suffice')),
    sa.ForeignKeyConstraint(['event_id'], ['knowledge_item.id'], name=op.f('fk_event_seating_event_id')),
    sa.PrimaryKeyConstraint('event_id', name=op.f('pk_event_seating'))
    )
    op.create_table('knowledge_publication',
    sa.Column('item_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('media', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('published_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('starts_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('card', sa.LargeBinary(), nullable=False),
    sa.Column('detail', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['item_id'], ['knowledge_item.id'], name=op.f('fk_knowledge_publication_item_id')),
    sa.PrimaryKeyConstraint('item_id', name=op.f('pk_knowledge_publication'))
    )
    op.create_index('ix_knowledge_publication_media', 'knowledge_publication', ['media'], unique=False, postgresql_using='gin')
    op.create_index('ix_knowledge_publication_newest', 'knowledge_publication', ['published_at', 'item_id'], unique=False)
    op.create_index('ix_knowledge_publication_starts_at', 'knowledge_publication', ['starts_at'], unique=False, postgresql_where=sa.text('starts_at IS NOT NULL'))
    op.create_table('knowledge_version',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('item_id', sa.Uuid(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('said', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('sha256', sa.LargeBinary(), nullable=False),
    sa.Column('made_by', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['item_id'], ['knowledge_item.id'], name=op.f('fk_knowledge_version_item_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_knowledge_version'))
    )
    op.create_index('uq_knowledge_version', 'knowledge_version', ['item_id', 'version'], unique=True)
    op.create_table('event_registration',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('event_id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('told_starts_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('reminded_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('process_version', sa.BigInteger(), nullable=False),
    sa.Column('state_entry', sa.BigInteger(), nullable=False),
    sa.Column('state_since', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['event_id'], ['event_seating.event_id'], name=op.f('fk_event_registration_event_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_event_registration_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_event_registration_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_event_registration'))
    )
    op.create_index('ix_event_registration_organisation_id', 'event_registration', ['organisation_id'], unique=False)
    op.create_index('ix_event_registration_waiting', 'event_registration', ['event_id', 'id'], unique=False, postgresql_where=sa.text("state = 'waiting'"))
    op.create_index('uq_event_registration_person', 'event_registration', ['event_id', 'person_id'], unique=True, postgresql_where=sa.text("state <> 'cancelled'"))
    op.create_table('knowledge_link',
    sa.Column('item_id', sa.Uuid(), nullable=False),
    sa.Column('subject_type', sa.Text(), nullable=False),
    sa.Column('subject_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['item_id'], ['knowledge_publication.item_id'], name=op.f('fk_knowledge_link_item_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('item_id', 'subject_type', 'subject_id', name=op.f('pk_knowledge_link'))
    )
    op.create_index('ix_knowledge_link_subject', 'knowledge_link', ['subject_type', 'subject_id'], unique=False)
    op.execute(_COUNT_SEATS)
    op.execute(_ON_REGISTRATION)
    rights.append_only("knowledge_version")
    rights.readable("knowledge_publication", "event_seating")


def downgrade() -> None:
    op.drop_index('ix_knowledge_link_subject', table_name='knowledge_link')
    op.drop_table('knowledge_link')
    op.drop_index('uq_event_registration_person', table_name='event_registration', postgresql_where=sa.text("state <> 'cancelled'"))
    op.drop_index('ix_event_registration_waiting', table_name='event_registration', postgresql_where=sa.text("state = 'waiting'"))
    op.drop_index('ix_event_registration_organisation_id', table_name='event_registration')
    op.drop_table('event_registration')
    op.drop_index('uq_knowledge_version', table_name='knowledge_version')
    op.drop_table('knowledge_version')
    op.drop_index('ix_knowledge_publication_starts_at', table_name='knowledge_publication', postgresql_where=sa.text('starts_at IS NOT NULL'))
    op.drop_index('ix_knowledge_publication_newest', table_name='knowledge_publication')
    op.drop_index('ix_knowledge_publication_media', table_name='knowledge_publication', postgresql_using='gin')
    op.drop_table('knowledge_publication')
    op.drop_table('event_seating')
    op.drop_index('ix_knowledge_item_organisation_id', table_name='knowledge_item')
    op.drop_table('knowledge_item')
    op.execute("DROP FUNCTION count_event_seats()")
