"""Stored files, confidentiality agreements and data rooms."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from marketplace import rights

revision: str = '0012'
down_revision: str | None = '0011'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

APPEND_ONLY = ('nda_version', 'nda_acceptance', 'room_document_version', 'room_access')


def upgrade() -> None:
    op.create_table('stored_file',
    sa.Column('sha256', sa.Text(), nullable=False),
    sa.Column('size_bytes', sa.BigInteger(), nullable=False),
    sa.Column('media_type', sa.Text(), nullable=False),
    sa.Column('facts', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.Column('touched_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name=op.f('ck_stored_file_sha256_is_hash')),
    sa.CheckConstraint('size_bytes > 0', name=op.f('ck_stored_file_size_is_positive')),
    sa.PrimaryKeyConstraint('sha256', name=op.f('pk_stored_file'))
    )
    op.create_table('nda',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('title', postgresql.JSONB(), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_nda_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nda'))
    )
    op.create_index('ix_nda_organisation_id', 'nda', ['organisation_id'], unique=False)
    op.create_table('nda_version',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('nda_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('text', postgresql.JSONB(), nullable=False),
    sa.Column('sha256', sa.Text(), nullable=False),
    sa.Column('made_by', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['nda_id'], ['nda.id'], name=op.f('fk_nda_version_nda_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nda_version')),
    sa.UniqueConstraint('nda_id', 'number', name=op.f('uq_nda_version_nda_id_number')),
    sa.UniqueConstraint('nda_id', 'sha256', name='uq_nda_version_text')
    )
    op.create_table('data_room',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('name', postgresql.JSONB(), nullable=False),
    sa.Column('listing_id', sa.Uuid(), nullable=True),
    sa.Column('deal_id', sa.Uuid(), nullable=True),
    sa.Column('nda_id', sa.Uuid(), nullable=True),
    sa.Column('questions_per_day', sa.BigInteger(), server_default='20', nullable=False),
    sa.Column('closes_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('version', sa.BigInteger(), server_default='1', nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('process_version', sa.BigInteger(), nullable=False),
    sa.Column('state_entry', sa.BigInteger(), nullable=False),
    sa.Column('state_since', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint("state = 'preparing' OR closes_at IS NOT NULL OR state = 'closed'", name=op.f('ck_data_room_ends_some_day')),
    sa.CheckConstraint('questions_per_day BETWEEN 0 AND 1000', name=op.f('ck_data_room_questions_are_possible')),
    sa.ForeignKeyConstraint(['deal_id'], ['deal.id'], name=op.f('fk_data_room_deal_id')),
    sa.ForeignKeyConstraint(['listing_id'], ['listing.id'], name=op.f('fk_data_room_listing_id')),
    sa.ForeignKeyConstraint(['nda_id'], ['nda.id'], name=op.f('fk_data_room_nda_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_data_room_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_data_room'))
    )
    op.create_index('ix_data_room_organisation_id', 'data_room', ['organisation_id'], unique=False)
    op.create_table('nda_acceptance',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('room_id', sa.Uuid(), nullable=False),
    sa.Column('nda_version_id', sa.Uuid(), nullable=False),
    sa.Column('sha256', sa.Text(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('accepted_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('ip_address', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['nda_version_id'], ['nda_version.id'], name=op.f('fk_nda_acceptance_nda_version_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_nda_acceptance_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_nda_acceptance_person_id')),
    sa.ForeignKeyConstraint(['room_id'], ['data_room.id'], name=op.f('fk_nda_acceptance_room_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nda_acceptance')),
    sa.UniqueConstraint('room_id', 'nda_version_id', 'person_id', 'organisation_id', name='uq_nda_acceptance_once')
    )
    op.create_table('room_folder',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('room_id', sa.Uuid(), nullable=False),
    sa.Column('parent_id', sa.Uuid(), nullable=True),
    sa.Column('name', sa.Text(), nullable=False),
    sa.CheckConstraint('parent_id <> id', name=op.f('ck_room_folder_is_not_its_own_parent')),
    sa.ForeignKeyConstraint(['parent_id'], ['room_folder.id'], name=op.f('fk_room_folder_parent_id')),
    sa.ForeignKeyConstraint(['room_id'], ['data_room.id'], name=op.f('fk_room_folder_room_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_room_folder'))
    )
    op.create_index('uq_room_folder_name', 'room_folder', ['room_id', sa.literal_column('coalesce(parent_id, room_id)'), sa.literal_column('lower(name)')], unique=True)
    op.create_table('room_group',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('room_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('may_ask', sa.Boolean(), server_default='true', nullable=False),
    sa.ForeignKeyConstraint(['room_id'], ['data_room.id'], name=op.f('fk_room_group_room_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_room_group')),
    sa.UniqueConstraint('room_id', 'name', name=op.f('uq_room_group_room_id_name'))
    )
    op.create_table('room_document',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('room_id', sa.Uuid(), nullable=False),
    sa.Column('folder_id', sa.Uuid(), nullable=True),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('removed_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['folder_id'], ['room_folder.id'], name=op.f('fk_room_document_folder_id')),
    sa.ForeignKeyConstraint(['room_id'], ['data_room.id'], name=op.f('fk_room_document_room_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_room_document'))
    )
    op.create_index('ix_room_document_folder_id', 'room_document', ['folder_id'], unique=False)
    op.create_index('uq_room_document_name', 'room_document', ['room_id', sa.literal_column('coalesce(folder_id, room_id)'), sa.literal_column('lower(name)')], unique=True, postgresql_where=sa.text('removed_at IS NULL'))
    op.create_table('room_visitor',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('room_id', sa.Uuid(), nullable=False),
    sa.Column('group_id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['group_id'], ['room_group.id'], name=op.f('fk_room_visitor_group_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_room_visitor_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_room_visitor_person_id')),
    sa.ForeignKeyConstraint(['room_id'], ['data_room.id'], name=op.f('fk_room_visitor_room_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_room_visitor'))
    )
    op.create_index('ix_room_visitor_group_id', 'room_visitor', ['group_id'], unique=False)
    op.create_index('ix_room_visitor_organisation_id', 'room_visitor', ['organisation_id'], unique=False)
    op.create_index('uq_room_visitor_once', 'room_visitor', ['room_id', 'organisation_id', sa.literal_column('coalesce(person_id, organisation_id)')], unique=True)
    op.create_table('room_access',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('room_id', sa.Uuid(), nullable=False),
    sa.Column('action', sa.Text(), nullable=False),
    sa.Column('granted', sa.Boolean(), nullable=False),
    sa.Column('reason', sa.Text(), server_default='', nullable=False),
    sa.Column('document_id', sa.Uuid(), nullable=True),
    sa.Column('version_number', sa.BigInteger(), nullable=True),
    sa.Column('actor_kind', sa.Text(), nullable=False),
    sa.Column('actor_id', sa.Uuid(), nullable=True),
    sa.Column('actor_name', sa.Text(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=True),
    sa.Column('at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('ip_address', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['document_id'], ['room_document.id'], name=op.f('fk_room_access_document_id')),
    sa.ForeignKeyConstraint(['room_id'], ['data_room.id'], name=op.f('fk_room_access_room_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_room_access'))
    )
    op.create_index('ix_room_access_room_id', 'room_access', ['room_id', 'id'], unique=False)
    op.create_table('room_document_version',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('document_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('sha256', sa.Text(), nullable=False),
    sa.Column('file_name', sa.Text(), nullable=False),
    sa.Column('made_by', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['document_id'], ['room_document.id'], name=op.f('fk_room_document_version_document_id')),
    sa.ForeignKeyConstraint(['sha256'], ['stored_file.sha256'], name=op.f('fk_room_document_version_sha256')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_room_document_version')),
    sa.UniqueConstraint('document_id', 'number', name=op.f('uq_room_document_version_document_id_number'))
    )
    op.create_index('ix_room_document_version_sha256', 'room_document_version', ['sha256'], unique=False)
    op.create_table('room_question',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('room_id', sa.Uuid(), nullable=False),
    sa.Column('group_id', sa.Uuid(), nullable=False),
    sa.Column('document_id', sa.Uuid(), nullable=True),
    sa.Column('asked_by', sa.Uuid(), nullable=False),
    sa.Column('asker_organisation_id', sa.Uuid(), nullable=False),
    sa.Column('asked_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('expert_id', sa.Uuid(), nullable=True),
    sa.Column('answer', sa.Text(), nullable=True),
    sa.Column('readers', sa.Text(), server_default='group', nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('process_version', sa.BigInteger(), nullable=False),
    sa.Column('state_entry', sa.BigInteger(), nullable=False),
    sa.Column('state_since', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint("readers IN ('group', 'all')", name=op.f('ck_room_question_readers_is_known')),
    sa.CheckConstraint("state <> 'answered' OR answer IS NOT NULL", name=op.f('ck_room_question_answered_means_an_answer')),
    sa.ForeignKeyConstraint(['asked_by'], ['person.id'], name=op.f('fk_room_question_asked_by')),
    sa.ForeignKeyConstraint(['asker_organisation_id'], ['organisation.id'], name=op.f('fk_room_question_asker_organisation_id')),
    sa.ForeignKeyConstraint(['document_id'], ['room_document.id'], name=op.f('fk_room_question_document_id')),
    sa.ForeignKeyConstraint(['expert_id'], ['person.id'], name=op.f('fk_room_question_expert_id')),
    sa.ForeignKeyConstraint(['group_id'], ['room_group.id'], name=op.f('fk_room_question_group_id')),
    sa.ForeignKeyConstraint(['room_id'], ['data_room.id'], name=op.f('fk_room_question_room_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_room_question'))
    )
    op.create_index('ix_room_question_group_id', 'room_question', ['group_id', 'asked_at'], unique=False)
    op.create_index('ix_room_question_room_id', 'room_question', ['room_id', 'id'], unique=False)
    op.create_table('room_right',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('group_id', sa.Uuid(), nullable=False),
    sa.Column('folder_id', sa.Uuid(), nullable=True),
    sa.Column('document_id', sa.Uuid(), nullable=True),
    sa.Column('level', sa.Text(), nullable=False),
    sa.CheckConstraint("level IN ('none', 'name', 'view', 'download')", name=op.f('ck_room_right_level_is_known')),
    sa.CheckConstraint('num_nonnulls(folder_id, document_id) <= 1', name=op.f('ck_room_right_is_for_one_thing')),
    sa.ForeignKeyConstraint(['document_id'], ['room_document.id'], name=op.f('fk_room_right_document_id')),
    sa.ForeignKeyConstraint(['folder_id'], ['room_folder.id'], name=op.f('fk_room_right_folder_id')),
    sa.ForeignKeyConstraint(['group_id'], ['room_group.id'], name=op.f('fk_room_right_group_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_room_right'))
    )
    op.create_index('uq_room_right_thing', 'room_right', ['group_id', sa.literal_column('coalesce(document_id, folder_id, group_id)')], unique=True)
    for table in APPEND_ONLY:
        rights.append_only(table)


def downgrade() -> None:
    op.drop_index('uq_room_right_thing', table_name='room_right')
    op.drop_table('room_right')
    op.drop_index('ix_room_question_room_id', table_name='room_question')
    op.drop_index('ix_room_question_group_id', table_name='room_question')
    op.drop_table('room_question')
    op.drop_index('ix_room_document_version_sha256', table_name='room_document_version')
    op.drop_table('room_document_version')
    op.drop_index('ix_room_access_room_id', table_name='room_access')
    op.drop_table('room_access')
    op.drop_index('uq_room_visitor_once', table_name='room_visitor')
    op.drop_index('ix_room_visitor_organisation_id', table_name='room_visitor')
    op.drop_index('ix_room_visitor_group_id', table_name='room_visitor')
    op.drop_table('room_visitor')
    op.drop_index('uq_room_document_name', table_name='room_document', postgresql_where=sa.text('removed_at IS NULL'))
    op.drop_index('ix_room_document_folder_id', table_name='room_document')
    op.drop_table('room_document')
    op.drop_table('room_group')
    op.drop_index('uq_room_folder_name', table_name='room_folder')
    op.drop_table('room_folder')
    op.drop_table('nda_acceptance')
    op.drop_index('ix_data_room_organisation_id', table_name='data_room')
    op.drop_table('data_room')
    op.drop_table('nda_version')
    op.drop_index('ix_nda_organisation_id', table_name='nda')
    op.drop_table('nda')
    op.drop_table('stored_file')
