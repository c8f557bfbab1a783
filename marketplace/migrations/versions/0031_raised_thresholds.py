"""A raised approval threshold counts later; what counted before stands until then."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = '0031'
down_revision: str | None = '0030'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column('approval_rule', sa.Column('before_minor', sa.BigInteger(), nullable=True))
    op.add_column('approval_rule', sa.Column('counts_from', postgresql.TIMESTAMP(timezone=True), nullable=True))
    op.create_check_constraint(op.f('ck_approval_rule_raised_from_less'), 'approval_rule', '(before_minor IS NULL) = (counts_from IS NULL) AND before_minor < threshold_minor')


def downgrade() -> None:
    op.drop_constraint(op.f('ck_approval_rule_raised_from_less'), 'approval_rule')
    op.drop_column('approval_rule', 'counts_from')
    op.drop_column('approval_rule', 'before_minor')
