"""`greenhatch serve` and `greenhatch worker` as the chaos run starts them: in a fork that knows all modules already."""

import os
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from api import cli_serve
from api.app import parts
from marketplace.capabilities import import_capabilities

import_capabilities("models")
import_capabilities("jobs")
parts()

COMMANDS = {"serve": cli_serve.serve, "worker": cli_serve.worker}


def live(command: Sequence[str], environment: Mapping[str, str], log: Path, run_pid: int) -> None:
    """Run one command of `greenhatch` until killed, or until the run that would kill it is gone."""
    os.environ.clear()
    os.environ.update(environment)
    with log.open("ab") as shared:
        os.dup2(shared.fileno(), 1)
        os.dup2(shared.fileno(), 2)
    threading.Thread(target=_end_with, args=(run_pid,), daemon=True).start()
    COMMANDS[command[0]](command[1:])


def _end_with(run_pid: int) -> None:
    while True:
        try:
            os.kill(run_pid, 0)
        except ProcessLookupError:
            os._exit(1)
        time.sleep(1)
