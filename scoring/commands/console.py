"""Where the commands speak: results to stdout, everything else to stderr."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scoring.commands.language import Language
from scoring.commands.words import SAYS
from scoring.errors import InputError
from scoring.io.optional import needed
from scoring.io.problems import Problems
from scoring.io.source import EXTENSIONS

ERRORS_SHOWN = 30
PIPE_WIDTH = 140


class Speaker:
    """Tables, lines and progress bars in one language."""

    def __init__(self, language: Language) -> None:
        rich = needed("rich.console", "for tables on the terminal")
        self.language = language
        self.out = self._console(rich.Console(highlight=False))
        self.err = self._console(rich.Console(stderr=True, highlight=False))

    @staticmethod
    def _console(console: Any) -> Any:
        """In a pipe there is no width to keep to, so tables get some room."""
        if not console.is_terminal:
            console.width = PIPE_WIDTH
        return console

    def words(self, name: str, **values: Any) -> str:
        """The sentence of that name with its values."""
        return SAYS[name].in_language(self.language).format(**values)

    def say(self, name: str, **values: Any) -> None:
        """A sentence about the work, to stderr."""
        self.err.print(self.words(name, **values), markup=False)

    def text(self, text: str) -> None:
        """A result as it is, to stdout: neither wrapped nor coloured."""
        self.out.print(text, markup=False, soft_wrap=True, end="" if text.endswith("\n") else "\n")

    def table(
        self, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, title: str | None = None, error: bool = False
    ) -> None:
        """A table; numbers that were formatted stand on the right."""
        rich = needed("rich.table", "for tables on the terminal")
        text = needed("rich.text", "for tables on the terminal").Text
        table = rich.Table(title=title, title_justify="left", box=needed("rich.box", "for tables").SIMPLE_HEAD)
        for name in columns:
            table.add_column(text(name), overflow="fold")
        for row in rows:
            # Text objects: a cell of the user's file is never taken for markup.
            table.add_row(*(text("" if cell is None else str(cell)) for cell in row))
        (self.err if error else self.out).print(table)

    @contextmanager
    def progress(self, name: str, total: int) -> Iterator[Any]:
        """A bar on stderr while something takes long; calls tell how many are done."""
        rich = needed("rich.progress", "for progress bars")
        with rich.Progress(console=self.err, transient=True, disable=not self.err.is_terminal) as bar:
            task = bar.add_task(self.words(name), total=total)
            yield lambda done: bar.update(task, completed=done)

    def bad_input(self, error: InputError, path: str | None) -> None:
        """Every bad cell: as many as fit on the screen, and all of them in a file where one is asked for."""
        self.say("bad", count=f"{len(error.errors):,}")
        columns = [self.words(name) for name in ("row", "column", "seen", "expected")]
        for file in dict.fromkeys(cell.file for cell in error.errors[:ERRORS_SHOWN]):
            cells = [cell for cell in error.errors[:ERRORS_SHOWN] if cell.file == file]
            rows = [(cell.row, cell.column, cell.value, cell.expected) for cell in cells]
            self.table(columns, rows, title=file, error=True)
        if path is not None:
            self._write_errors(error, path)
        elif len(error.errors) > ERRORS_SHOWN:
            self.say("more", count=f"{len(error.errors) - ERRORS_SHOWN:,}")

    def _write_errors(self, error: InputError, path: str) -> None:
        from scoring.io.writing import write_rows

        names = ("file", "row", "column", "value", "expected")
        write_rows([{name: getattr(cell, name) for name in names} for cell in error.errors], path)
        self.say("listed", count=f"{len(error.errors):,}", path=path)


def check_output(path: str | None, *extensions: str) -> None:
    """Refuse, before anything long begins, a file that could not be written in the end."""
    if path is None:
        return
    problems = Problems(path)
    known = extensions or tuple(EXTENSIONS)
    if Path(path).suffix.lower() not in known:
        problems.stop("a file named " + ", ".join(known), value=Path(path).suffix)
    if not Path(path).absolute().parent.is_dir():
        problems.stop("a folder that exists", value=Path(path).parent)
