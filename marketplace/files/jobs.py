"""The nightly sweep of files that nothing names."""

from marketplace.files.service import sweep
from marketplace.files.store import file_store
from marketplace.jobs import Context, job


@job("files.sweep", every="17 3 * * *")
async def sweep_files(context: Context) -> None:
    await sweep(context.sessions, file_store(context.settings), actor=context.actor)
