"""`python -m marketplace.revise "message"`: write the migration from the last one to the models as they are now.

It works on a throw-away server, so that nobody's data decides what a migration says.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from marketplace.embedded import EmbeddedPostgres, Role
from marketplace.migrate import Roles, revise, upgrade


async def _revise(roles: Roles, message: str) -> None:
    await upgrade(roles)
    await revise(roles, message)


def main(message: str) -> None:
    with tempfile.TemporaryDirectory(prefix="greenhatch-revise-") as home:
        Path(home).chmod(0o711)
        with EmbeddedPostgres(Path(home), durable=False, archive=False) as server:
            roles = Roles(*(server.url(role) for role in (Role.OWNER, Role.APP, Role.READER)))
            asyncio.run(_revise(roles, message))


if __name__ == "__main__":
    main(sys.argv[1])
