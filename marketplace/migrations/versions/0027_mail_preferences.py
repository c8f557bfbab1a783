"""Which mails a person gets, and the mails that wait for the day's."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = '0027'
down_revision: str | None = '0026'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table('mail_preference',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('topic', sa.Text(), nullable=False),
    sa.Column('frequency', sa.Text(), nullable=False),
    sa.CheckConstraint(
        "frequency IN ('immediately', 'daily', 'never')", name=op.f('ck_mail_preference_frequency_is_known')
    ),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_mail_preference_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mail_preference')),
    sa.UniqueConstraint('person_id', 'topic', name=op.f('uq_mail_preference_person_id_topic'))
    )
    op.add_column('mail', sa.Column('held', sa.Boolean(), server_default='false', nullable=False))
    op.create_index('ix_mail_held', 'mail', ['to'], postgresql_where=sa.text('held'))


def downgrade() -> None:
    op.drop_index('ix_mail_held', table_name='mail', postgresql_where=sa.text('held'))
    op.drop_column('mail', 'held')
    op.drop_table('mail_preference')
