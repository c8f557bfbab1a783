"""Learn the reference models again, byte for byte: ``python -m scoring.models.train --data DIR [--check]``."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from threadpoolctl import threadpool_limits

SHIPPED = Path(__file__).parent
Files = dict[str, bytes]


def readiness(data: Path) -> Files:
    from scoring.models.training import readiness as training
    from scoring.models.training.model_card import text_model_card
    from scoring.readiness.text_file import to_bytes

    model = training.train(data)
    return {"readiness.json": to_bytes(model), "readiness.md": text_model_card(model).encode()}


def _card(name: str, data: Path) -> Files:
    from importlib import import_module

    from scoring.models.training.model_card import scorecard_card
    from scoring.scorecard.file import to_bytes

    card = import_module(f"scoring.models.training.{name.replace('-', '_')}").train(data)
    return {f"{name}.json": to_bytes(card), f"{name}.md": scorecard_card(card).encode()}


MODELS: dict[str, Callable[[Path], Files]] = {
    "readiness": readiness,
    "followon": lambda data: _card("followon", data),
    "financing-risk": lambda data: _card("financing-risk", data),
    "bankruptcy": lambda data: _card("bankruptcy", data),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the models, or with ``--check`` say which shipped file is not what the data give."""
    asked = _parser().parse_args(arguments)
    if asked.data is None:
        sys.stderr.write("no data: give the folder as --data DIR, or in GREENHATCH_DATA\n")
        return 2
    wrong = 0
    for name in asked.models or MODELS:
        try:
            with threadpool_limits(1):  # sums must not depend on how many cores add them up
                found = MODELS[name](Path(asked.data))
        except FileNotFoundError as error:
            sys.stderr.write(f"{error}\n")
            return 2
        for line, ok in _settle(found, Path(asked.out), asked.check):
            sys.stdout.write(f"{line}\n")
            wrong += not ok
    return 1 if wrong else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m scoring.models.train", description=__doc__)
    parser.add_argument("models", nargs="*", choices=[*MODELS, []], metavar="MODEL", help=", ".join(MODELS))
    parser.add_argument("--data", default=os.environ.get("GREENHATCH_DATA"), help="the data folder")
    parser.add_argument("--out", default=SHIPPED, help="where to write; by default where the library looks")
    parser.add_argument("--check", action="store_true", help="compare with the files that are there, write nothing")
    return parser


def _settle(found: Files, out: Path, check: bool) -> Iterator[tuple[str, bool]]:
    for name, content in found.items():
        path = out / name
        if not check:
            path.write_bytes(content)
            yield f"wrote {path} ({len(content):,} bytes)", True
        elif path.is_file() and path.read_bytes() == content:
            yield f"same  {path}", True
        else:
            yield f"DIFFERS  {path}", False


if __name__ == "__main__":
    sys.exit(main())
