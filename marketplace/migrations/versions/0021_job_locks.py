"""Jobs that wait for one another are found by their lock, however many wait."""

from collections.abc import Sequence

from alembic import op

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute(
        "CREATE INDEX ix_procrastinate_jobs_waiting_lock ON jobs.procrastinate_jobs (lock) "
        "WHERE status IN ('todo', 'doing')"
    )
    # Those that wait for their time, as new ones do: behind what is due now. The queue's triggers look for its tables.
    op.execute("SET LOCAL search_path = jobs")
    op.execute("UPDATE jobs.procrastinate_jobs SET priority = -1 WHERE status = 'todo' AND scheduled_at IS NOT NULL")
    op.execute("SET LOCAL search_path = public")


def downgrade() -> None:
    op.execute("DROP INDEX jobs.ix_procrastinate_jobs_waiting_lock")
