"""Reports of milestones, measures, doubts about evidence, forecasts."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from marketplace import rights

revision: str = '0018'
down_revision: str | None = '0017'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

APPEND_ONLY = ('report_evidence', 'kpi_value', 'milestone_forecast', 'milestone_outcome')


def upgrade() -> None:
    op.create_table('deal_kpi',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('deal_id', sa.Uuid(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('name', postgresql.JSONB(), nullable=False),
    sa.Column('definition', postgresql.JSONB(), nullable=False),
    sa.Column('unit', sa.Text(), nullable=False),
    sa.Column('direction', sa.Text(), nullable=False),
    sa.Column('plan', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('tolerance', sa.Double(), nullable=False),
    sa.CheckConstraint("direction IN ('at-least', 'at-most')", name=op.f('ck_deal_kpi_direction_is_known')),
    sa.CheckConstraint('tolerance >= 0', name=op.f('ck_deal_kpi_tolerance_is_not_negative')),
    sa.ForeignKeyConstraint(['deal_id'], ['deal.id'], name=op.f('fk_deal_kpi_deal_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deal_kpi')),
    sa.UniqueConstraint('deal_id', 'key', name=op.f('uq_deal_kpi_deal_id_key'))
    )
    op.create_table('milestone_forecast',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('milestone_id', sa.Uuid(), nullable=False),
    sa.Column('assessor_id', sa.Uuid(), nullable=True),
    sa.Column('model', sa.Text(), nullable=True),
    sa.Column('probability', sa.Double(), nullable=False),
    sa.Column('made_on', sa.Date(), nullable=False),
    sa.CheckConstraint('num_nonnulls(assessor_id, model) = 1', name=op.f('ck_milestone_forecast_is_somebodys')),
    sa.CheckConstraint('probability BETWEEN 0 AND 1', name=op.f('ck_milestone_forecast_probability_is_share')),
    sa.ForeignKeyConstraint(['assessor_id'], ['assessor.id'], name=op.f('fk_milestone_forecast_assessor_id')),
    sa.ForeignKeyConstraint(['milestone_id'], ['deal_milestone.id'], name=op.f('fk_milestone_forecast_milestone_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_milestone_forecast'))
    )
    op.create_index('uq_milestone_forecast_assessor', 'milestone_forecast', ['milestone_id', 'assessor_id'], unique=True, postgresql_where=sa.text('assessor_id IS NOT NULL'))
    op.create_index('uq_milestone_forecast_model', 'milestone_forecast', ['milestone_id', 'model'], unique=True, postgresql_where=sa.text('model IS NOT NULL'))
    op.create_table('milestone_outcome',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('milestone_id', sa.Uuid(), nullable=False),
    sa.Column('in_time', sa.Boolean(), nullable=False),
    sa.Column('known_on', sa.Date(), nullable=False),
    sa.ForeignKeyConstraint(['milestone_id'], ['deal_milestone.id'], name=op.f('fk_milestone_outcome_milestone_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_milestone_outcome')),
    sa.UniqueConstraint('milestone_id', name=op.f('uq_milestone_outcome_milestone_id'))
    )
    op.create_table('milestone_report',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('deal_id', sa.Uuid(), nullable=False),
    sa.Column('milestone_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('summary', sa.Text(), server_default='', nullable=False),
    sa.Column('progress_percent', sa.BigInteger(), nullable=True),
    sa.Column('submitted_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('submitted_by', sa.Uuid(), nullable=True),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('process_version', sa.BigInteger(), nullable=False),
    sa.Column('state_entry', sa.BigInteger(), nullable=False),
    sa.Column('state_since', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint("kind IN ('progress', 'final')", name=op.f('ck_milestone_report_kind_is_known')),
    sa.CheckConstraint('progress_percent BETWEEN 0 AND 100', name=op.f('ck_milestone_report_progress_is_percent')),
    sa.ForeignKeyConstraint(['deal_id'], ['deal.id'], name=op.f('fk_milestone_report_deal_id')),
    sa.ForeignKeyConstraint(['milestone_id'], ['deal_milestone.id'], name=op.f('fk_milestone_report_milestone_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_milestone_report')),
    sa.UniqueConstraint('milestone_id', 'kind', 'due_on', name=op.f('uq_milestone_report_milestone_id_kind_due_on'))
    )
    op.create_index('ix_milestone_report_deal_id', 'milestone_report', ['deal_id', 'due_on'], unique=False)
    op.create_index('uq_milestone_report_final', 'milestone_report', ['milestone_id'], unique=True, postgresql_where=sa.text("kind = 'final'"))
    op.create_table('evidence_flag',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('report_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('finding', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('verdict', sa.Text(), nullable=True),
    sa.Column('note', sa.Text(), server_default='', nullable=False),
    sa.Column('decided_by', sa.Uuid(), nullable=True),
    sa.Column('decided_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.CheckConstraint("kind IN ('reused-file', 'made-after-its-date', 'same-author', 'repeated-values', 'too-smooth', 'last-digits')", name=op.f('ck_evidence_flag_kind_is_known')),
    sa.CheckConstraint("verdict IN ('harmless', 'misleading')", name=op.f('ck_evidence_flag_verdict_is_known')),
    sa.CheckConstraint('(verdict IS NULL) = (decided_at IS NULL)', name=op.f('ck_evidence_flag_verdict_is_whole')),
    sa.ForeignKeyConstraint(['report_id'], ['milestone_report.id'], name=op.f('fk_evidence_flag_report_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_evidence_flag')),
    sa.UniqueConstraint('report_id', 'kind', 'subject', name=op.f('uq_evidence_flag_report_id_kind_subject'))
    )
    op.create_table('kpi_value',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('kpi_id', sa.Uuid(), nullable=False),
    sa.Column('report_id', sa.Uuid(), nullable=False),
    sa.Column('measured_on', sa.Date(), nullable=False),
    sa.Column('value', sa.Double(), nullable=False),
    sa.ForeignKeyConstraint(['kpi_id'], ['deal_kpi.id'], name=op.f('fk_kpi_value_kpi_id')),
    sa.ForeignKeyConstraint(['report_id'], ['milestone_report.id'], name=op.f('fk_kpi_value_report_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_kpi_value'))
    )
    op.create_index('ix_kpi_value_kpi_id', 'kpi_value', ['kpi_id', 'measured_on'], unique=False)
    op.create_index('ix_kpi_value_report_id', 'kpi_value', ['report_id'], unique=False)
    op.create_table('report_evidence',
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('report_id', sa.Uuid(), nullable=False),
    sa.Column('sha256', sa.Text(), nullable=False),
    sa.Column('file_name', sa.Text(), nullable=False),
    sa.Column('dated_on', sa.Date(), nullable=True),
    sa.Column('sent_by', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['report_id'], ['milestone_report.id'], name=op.f('fk_report_evidence_report_id')),
    sa.ForeignKeyConstraint(['sha256'], ['stored_file.sha256'], name=op.f('fk_report_evidence_sha256')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_report_evidence')),
    sa.UniqueConstraint('report_id', 'sha256', name=op.f('uq_report_evidence_report_id_sha256'))
    )
    op.create_index('ix_report_evidence_sha256', 'report_evidence', ['sha256'], unique=False)
    for table in APPEND_ONLY:
        rights.append_only(table)



def downgrade() -> None:
    op.drop_index('ix_report_evidence_sha256', table_name='report_evidence')
    op.drop_table('report_evidence')
    op.drop_index('ix_kpi_value_report_id', table_name='kpi_value')
    op.drop_index('ix_kpi_value_kpi_id', table_name='kpi_value')
    op.drop_table('kpi_value')
    op.drop_table('evidence_flag')
    op.drop_index('uq_milestone_report_final', table_name='milestone_report', postgresql_where=sa.text("kind = 'final'"))
    op.drop_index('ix_milestone_report_deal_id', table_name='milestone_report')
    op.drop_table('milestone_report')
    op.drop_table('milestone_outcome')
    op.drop_index('uq_milestone_forecast_model', table_name='milestone_forecast', postgresql_where=sa.text('model IS NOT NULL'))
    op.drop_index('uq_milestone_forecast_assessor', table_name='milestone_forecast', postgresql_where=sa.text('assessor_id IS NOT NULL'))
    op.drop_table('milestone_forecast')
    op.drop_table('deal_kpi')
