"""The ``greenhatch`` command: what can be asked, and where it is answered.

Nothing heavy is imported before it is known what is asked for. Exit codes: 0 all is well, 1 something was found
(leaks, for instance), 2 the input was bad and nothing was written.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from datetime import date
from importlib import import_module
from importlib.metadata import entry_points, version
from typing import Any

from scoring.commands.language import Language, language_of
from scoring.commands.words import HELP, SAYS
from scoring.errors import InputError
from scoring.io.optional import MissingExtra

OK, BAD_INPUT, INTERRUPTED = 0, 2, 130
ENTRY_POINTS = "greenhatch.commands"
SERVER_COMMANDS = ("serve", "worker", "demo", "db")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    language = language_of(given)
    try:
        if given and not given[0].startswith("-") and (elsewhere := _elsewhere(given, language)) is not None:
            return elsewhere
        return _run(_parser(language).parse_args(given), language)
    except MissingExtra as error:
        print(SAYS["extra"].in_language(language).format(error=error), file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has seen enough; the interpreter must not try to flush it again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK


def _run(chosen: argparse.Namespace, language: Language) -> int:
    from scoring.commands.console import Speaker

    speaker = Speaker(language)
    module, _, function = chosen.run.partition(":")
    try:
        done: int = getattr(import_module(f"scoring.commands.{module}"), function or "run")(chosen, speaker)
    except InputError as error:
        speaker.bad_input(error, getattr(chosen, "errors", None))
        return BAD_INPUT
    return done


def _elsewhere(given: Sequence[str], language: Language) -> int | None:
    """Run a command that another package brings, or say which one would; None for the library's own."""
    name, *rest = given
    if name in _OWN:
        return None
    found = next(iter(entry_points(group=ENTRY_POINTS, name=name)), None)
    if found is None and name not in SERVER_COMMANDS:
        return None
    try:
        command = found.load() if found is not None else None
    except ImportError as error:
        print(error, file=sys.stderr)
        command = None
    if command is None:
        print(SAYS["server"].in_language(language).format(name=name), file=sys.stderr)
        return BAD_INPUT
    result: int = command(rest)
    return result


def _parser(language: Language) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="greenhatch", description=HELP["about"].in_language(language))
    parser.add_argument("--version", action="version", version=version("greenhatch"))
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, describe in _OWN.items():
        describe(_Command(commands, name, language))
    for name in SERVER_COMMANDS:
        commands.add_parser(name, help=HELP[name].in_language(language), add_help=False)
    return parser


class _Command:
    """One command in the making; every help is in the language spoken."""

    def __init__(self, commands: Any, name: str, language: Language, title: str | None = None) -> None:
        self.language = language
        about = HELP[title or name].in_language(language)
        self.parser = commands.add_parser(name, help=about, description=about)

    def runs(self, where: str) -> None:
        """``module`` or ``module:function`` of `scoring.commands`."""
        self.parser.set_defaults(run=where)
        self.add("--lang", about="lang", choices=("zh", "en"))

    def add(self, *names: str, about: str, **options: Any) -> None:
        self.parser.add_argument(*names, help=HELP[about].in_language(self.language), **options)

    def add_file(self) -> None:
        self.add("file", about="file", metavar="FILE")
        self.add("--errors", about="errors", metavar="FILE")


def _screen(command: _Command) -> None:
    command.runs("screen")
    command.add_file()
    command.add("--report", about="report", metavar="OUT.html")
    command.add("--json", about="json", metavar="OUT.json")
    command.add("--budget", about="budget", metavar="AMOUNT")
    command.add("--currency", about="currency", default="CNY", metavar="CNY")
    command.add("--top", about="top", type=_count, default=20, metavar="N")
    command.add("--as-of", about="as_of day", type=date.fromisoformat, metavar="YYYY-MM-DD")


def _score(command: _Command) -> None:
    command.runs("score")
    command.add_file()
    command.add("--card", about="card name", required=True, metavar="NAME|PATH")
    command.add("--out", about="out scores", metavar="FILE")
    command.add("--key", about="key", action="append", metavar="COLUMN")
    command.add("--unknown", about="unknown", action="store_true")
    command.add("--rows", about="rows", type=_count, default=20, metavar="N")


def _card(command: _Command) -> None:
    actions = command.parser.add_subparsers(required=True, metavar="ACTION")
    _Command(actions, "list", command.language, "card list").runs("card:run_list")
    show = _Command(actions, "show", command.language, "card show")
    show.runs("card:run_show")
    show.add("card", about="card name", metavar="NAME|PATH")
    sql = _Command(actions, "sql", command.language, "card sql")
    sql.runs("card:run_sql")
    sql.add("card", about="card name", metavar="NAME|PATH")
    sql.add("--dialect", about="dialect", choices=("postgresql", "duckdb", "spark"), default="postgresql")
    sql.add("--table", about="table", default="technology", metavar="TABLE")
    sql.add("--key", about="key", action="append", default=[], metavar="COLUMN")


def _train(command: _Command) -> None:
    command.runs("train")
    command.add_file()
    command.add("--label", about="label", required=True, metavar="COLUMN")
    command.add("--out", about="out card", required=True, metavar="CARD.json")
    command.add("--as-of", about="as_of", metavar="COLUMN")
    command.add("--embargo", about="embargo", default="0D", metavar="24M")
    command.add("--group", about="group", metavar="COLUMN")
    command.add("--monotonic", about="monotonic", metavar="NAME=+1,…")
    command.add("--pairs", about="pairs", type=_count, default=0, metavar="N")
    command.add("--positive", about="positive", metavar="VALUE")
    command.add("--good", about="good", action="store_true")
    command.add("--drop", about="drop", metavar="A,B")
    command.add("--keep", about="keep", metavar="A,B")
    command.add("--prior", about="prior", type=_share, metavar="SHARE")
    command.add("--name", about="name", metavar="NAME")


def _lint(command: _Command) -> None:
    command.runs("lint")
    command.add_file()
    command.add("--label", about="label", required=True, metavar="COLUMN")
    command.add("--as-of", about="as_of", metavar="COLUMN")
    command.add("--group", about="group", metavar="COLUMN")
    command.add("--positive", about="positive", metavar="VALUE")
    command.add("--json", about="json", metavar="OUT.json")


def _template(command: _Command) -> None:
    command.runs("template")
    command.add("out", about="out workbook", metavar="OUT.xlsx")


def _count(text: str) -> int:
    count = int(text)
    if count < 0:
        raise ValueError(text)
    return count


def _share(text: str) -> float:
    share = float(text)
    if not 0 < share < 1:
        raise ValueError(text)
    return share


_OWN: dict[str, Callable[[_Command], None]] = {
    "screen": _screen,
    "score": _score,
    "card": _card,
    "train": _train,
    "lint": _lint,
    "template": _template,
}


if __name__ == "__main__":
    sys.exit(main())
