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


def live(command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
    """Run one command of `greenhatch` until killed."""
    os.environ.clear()
    os.environ.update(environment)
    with log.open("ab") as shared:
        os.dup2(shared.fileno(), 1)
        os.dup2(shared.fileno(), 2)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    COMMANDS[command[0]](command[1:])


def _end_with(parent: int) -> None:
    """Whoever started the run was killed: nobody is left to kill this one."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)
