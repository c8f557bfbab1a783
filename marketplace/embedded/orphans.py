"""Waiting for processes that are not our children, and ending what a killed server leaves running."""

import contextlib
import signal
import time
from pathlib import Path

import psutil

_ORPHAN_SECONDS_MAX = 5.0


def end_orphans(data: Path) -> None:
    """Backends outlive a killed server for a moment and keep the next one from starting; they serve nobody."""
    orphans = [process for process in psutil.process_iter() if _works_in(process, data)]
    for orphan in orphans:
        with contextlib.suppress(psutil.NoSuchProcess):
            orphan.send_signal(signal.SIGQUIT)
    for orphan in orphans:
        if not wait_until_ended(orphan, _ORPHAN_SECONDS_MAX):
            with contextlib.suppress(psutil.NoSuchProcess):
                orphan.kill()
            wait_until_ended(orphan, _ORPHAN_SECONDS_MAX)


def wait_until_ended(process: psutil.Process, seconds_max: float) -> bool:
    """Whether it ended in time. A zombie has ended: its files are closed, whenever its parent takes note."""
    deadline = time.monotonic() + seconds_max
    with contextlib.suppress(psutil.NoSuchProcess):
        while process.status() != psutil.STATUS_ZOMBIE:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
    return True


def _works_in(process: psutil.Process, folder: Path) -> bool:
    try:
        return bool(process.name() == "postgres" and process.cwd() == str(folder))
    except psutil.Error:
        return False
