"""The workbook of a large screening run, written by a job and kept."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = '0028'
down_revision: str | None = '0027'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column('screening_run', sa.Column('workbook', sa.LargeBinary(), nullable=True))
    op.add_column('screening_run', sa.Column('workbook_state', sa.Text(), server_default='none', nullable=False))
    op.create_check_constraint(
        op.f('ck_screening_run_workbook_state_is_known'), 'screening_run',
        "workbook_state IN ('none', 'waiting', 'done', 'failed')",
    )


def downgrade() -> None:
    op.drop_constraint(op.f('ck_screening_run_workbook_state_is_known'), 'screening_run')
    op.drop_column('screening_run', 'workbook_state')
    op.drop_column('screening_run', 'workbook')
