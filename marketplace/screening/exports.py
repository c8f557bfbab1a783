"""A large run's workbook: written by a job and kept with the run, because writing it takes seconds."""

import asyncio
import tempfile
import uuid
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.jobs import Context, job
from marketplace.screening import results, service
from marketplace.screening.models import ScreeningRun
from scoring.io.writing import write_rows

AT_ONCE_MAX = 4_000
"""Rows; up to there a workbook is written while somebody waits, in less than a second."""


def is_large(run: ScreeningRun) -> bool:
    return run.row_count > AT_ONCE_MAX


async def ask_workbook(session: AsyncSession, *, run: ScreeningRun) -> None:
    """Have it written; asking twice is asking once, and asking again after a failure is trying again."""
    wanted = (ScreeningRun.id == run.id, ScreeningRun.state == "done", ScreeningRun.workbook_state != "done")
    asked = (
        update(ScreeningRun).where(*wanted, ScreeningRun.workbook_state != "waiting").values(workbook_state="waiting")
    )
    if await session.scalar(asked.returning(ScreeningRun.id)) is not None:
        await write_workbook.defer(session, run_id=str(run.id), one_at_a_time=f"workbook.{run.id}")


async def workbook_of(session: AsyncSession, run: ScreeningRun) -> bytes | None:
    """What was kept, if it was."""
    kept: bytes | None = await session.scalar(select(ScreeningRun.workbook).where(ScreeningRun.id == run.id))
    return kept


@job("screening.workbook")
async def write_workbook(context: Context, *, run_id: str) -> None:
    """Write it outside any transaction; a second time changes nothing."""
    asked = (ScreeningRun.id == uuid.UUID(run_id), ScreeningRun.workbook_state == "waiting")
    async with context.transaction() as session:
        run = await session.scalar(select(ScreeningRun).where(*asked))
        rows = [results.flat(row) for row in await service.rows_of(session, run)] if run else []
    if run is None:
        return
    try:
        content = await asyncio.to_thread(_written, rows)
    except Exception:
        await _keep(context, run.id, state="failed", content=None)
        raise
    await _keep(context, run.id, state="done", content=content)


async def _keep(context: Context, run_id: uuid.UUID, *, state: str, content: bytes | None) -> None:
    async with context.transaction() as session:
        kept = update(ScreeningRun).where(ScreeningRun.id == run_id, ScreeningRun.workbook_state == "waiting")
        await session.execute(kept.values(workbook_state=state, workbook=content))


def _written(rows: list[dict[str, object]]) -> bytes:
    with tempfile.TemporaryDirectory(prefix="greenhatch-export-") as folder:
        file = Path(folder) / "export.xlsx"
        write_rows(rows, file, sheet="screening")
        return file.read_bytes()
