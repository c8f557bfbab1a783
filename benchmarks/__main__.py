"""``python -m benchmarks [NAME …]``: every figure beside its peer's, from the same run, as one Markdown table.

The public data sets are read from the folder in ``GREENHATCH_DATA``, where it is set; figures that need them are left
out otherwise. Timings are for one thread, unless the figure says otherwise.
"""

import os
import platform
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")  # before numpy is imported

HEADER = ("What", "Greenhatch", "Peer", "Peer's figure", "Asked")


def names() -> list[str]:
    """The modules of this folder that measure something: those with a ``run(data)``."""
    here = Path(__file__).parent
    return sorted(
        module.name
        for module in iter_modules([str(here)])
        if "\ndef run(data" in (here / f"{module.name}.py").read_text()
    )


def main(chosen: list[str]) -> None:
    folder = os.environ.get("GREENHATCH_DATA")
    data = Path(folder) if folder else None
    print(f"{machine()}; Python {platform.python_version()}; data: {'yes' if data else 'none'}\n")
    print_row(HEADER)
    print_row(["---"] * len(HEADER))
    for name in chosen or names():
        for row in import_module(f"benchmarks.{name}").run(data):
            print_row([row.what, row.ours, row.peer_name, row.peer or "not installed", row.asked])


def machine() -> str:
    """The processor as the system calls it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    model = next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine()
    )
    return f"{model}, {os.cpu_count()} cores"


def print_row(cells: list[str] | tuple[str, ...]) -> None:
    print("|", " | ".join(cell.replace("|", "\\|") for cell in cells), "|", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
