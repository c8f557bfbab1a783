"""What `greenhatch db check` asks of a database. Each capability adds its own with `@check`."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace import audit, audit_chain
from marketplace.settings import Settings, signing_key


class Finding(Struct, frozen=True, kw_only=True):
    """What a check saw: one line, and whether all is well."""

    ok: bool
    said: str


Check = Callable[[AsyncSession, Settings], Awaitable[Finding]]
CHECKS: dict[str, Check] = {}


def check(name: str) -> Callable[[Check], Check]:
    def register(run: Check) -> Check:
        CHECKS[name] = run
        return run

    return register


def anchor_file(settings: Settings) -> Path:
    return settings.home / "audit-anchors.jsonl"


async def write_anchor(session: AsyncSession, settings: Settings) -> audit_chain.Anchor:
    """Note the head of the audit chain outside the database; copy the file elsewhere to be safe from this machine."""
    anchor = await audit_chain.head(session, key=signing_key(settings))
    path = anchor_file(settings)
    known = _anchors(settings)
    if anchor.sequence and (not known or known[-1].sequence < anchor.sequence):
        with path.open("ab") as file:
            file.write(msgspec.json.encode(anchor) + b"\n")
    return anchor


def _anchors(settings: Settings) -> list[audit_chain.Anchor]:
    path = anchor_file(settings)
    lines = path.read_bytes().splitlines() if path.exists() else []
    return [msgspec.json.decode(line, type=audit_chain.Anchor) for line in lines]


@check("audit chain")
async def audit_chain_is_whole(session: AsyncSession, settings: Settings) -> Finding:
    while await audit.seal(session):
        pass
    anchors = _anchors(settings)
    verdict = await audit_chain.verify(session, anchors=anchors, key=signing_key(settings))
    if verdict.broken_at is not None:
        return Finding(ok=False, said=f"broken at entry {verdict.broken_at}: {verdict.reason}")
    return Finding(ok=True, said=f"{verdict.entries} entries, whole; {len(anchors)} anchors outside agree")


@check("append-only tables")
async def application_cannot_rewrite(session: AsyncSession, settings: Settings) -> Finding:
    """Asked as the application: what it may do to the tables that only grow."""
    rows = await session.execute(
        text("""
            SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
            WHERE t.tgname = c.relname || '_append_only'
                AND (has_table_privilege(c.oid, 'UPDATE') OR has_table_privilege(c.oid, 'DELETE')
                    OR has_table_privilege(c.oid, 'TRUNCATE') OR t.tgenabled <> 'O')
        """)
    )
    open_tables = sorted(name for (name,) in rows)
    if open_tables:
        return Finding(
            ok=False, said=f"the application may rewrite {', '.join(open_tables)}: give it a role of its own"
        )
    return Finding(ok=True, said="the application may add to them and nothing else")


@check("job queue")
async def no_job_gave_up(session: AsyncSession, settings: Settings) -> Finding:
    failed = await session.execute(
        text("SELECT task_name, count(*) FROM jobs.procrastinate_jobs WHERE status = 'failed' GROUP BY 1 ORDER BY 1")
    )
    gave_up = [f"{name} ({number})" for name, number in failed]
    return Finding(ok=not gave_up, said=f"gave up: {', '.join(gave_up)}" if gave_up else "no job has given up")
