"""Listings remember until when their assessment holds."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("listing", sa.Column("assessed_until", sa.Date(), nullable=True))
    op.execute("""
        UPDATE listing SET assessed_until = found.until
        FROM (
            SELECT assessment.listing_id, max(decision.valid_until) AS until
            FROM assessment_decision decision JOIN assessment ON assessment.id = decision.assessment_id
            GROUP BY assessment.listing_id
        ) found
        WHERE found.listing_id = listing.id AND listing.state = 'recommended'
    """)


def downgrade() -> None:
    op.drop_column("listing", "assessed_until")
