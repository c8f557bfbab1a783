"""How much memory and time a process that reads somebody's file gets."""

import resource

MEMORY_BYTES_MAX = 2**30
CPU_S_MAX = 15
WALL_S_MAX = 60


def confine() -> None:
    """For the process itself, before it reads anything."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S_MAX, CPU_S_MAX))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
