"""Where output goes. Standard output for what was asked for, standard error for everything else.

Rich is imported only where there is a terminal, or a table to draw.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from dalsegno.cli.render.lines import Line, plain

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

#: a pipe has no width; wide enough that no column is cut
_PIPE_WIDTH = 200
#: above this a line of text is hard to read
_MOST_TEXT = 110


class Terminal:
    """The two streams.

    Parameters
    ----------
    as_json : whether standard output is kept for one JSON document.
    steady : whether the work goes on when whoever reads the output has gone.
    """

    def __init__(self, *, as_json: bool = False, steady: bool = False) -> None:
        self.as_json = as_json
        self._steady = steady
        self._consoles: dict[bool, Console] = {}

    def show(self, *what: RenderableType | list[Line], err: bool = False) -> None:
        """Write tables, trees, or lines. With `as_json` everything but the document goes to standard error."""
        err = err or self.as_json
        with self._writing(err=err):
            for each in what:
                if isinstance(each, list):
                    self._lines(each, err=err)
                else:
                    self._table(each, err=err)

    def tell(self, *what: RenderableType | list[Line]) -> None:
        """Write to standard error."""
        self.show(*what, err=True)

    def document(self, data: Any) -> None:
        """Write the one JSON document."""
        self.text(json.dumps(data, ensure_ascii=False, indent=2, default=str) + "\n")

    def asks(self) -> bool:
        """Whether there is a person to ask."""
        return sys.stdin.isatty() and sys.stderr.isatty()

    def ask(self, question: str) -> bool:
        """Ask for yes or no, which is no unless it is said to be yes."""
        with self._writing(err=True):
            sys.stderr.write(f"{question} [y/N] ")
        return sys.stdin.readline().strip().lower() in ("y", "yes")

    def text(self, text: str) -> None:
        """Write a text to standard output to the letter, such as a flow's source."""
        with self._writing(err=False):
            sys.stdout.write(text)

    @contextmanager
    def _writing(self, *, err: bool) -> Generator[None]:
        try:
            yield
            self.stream(err=err).flush()
        except BrokenPipeError:
            if not self._steady:
                raise
            silence(self.stream(err=err))

    def stream(self, *, err: bool) -> TextIO:
        """Give the stream itself."""
        return sys.stderr if err else sys.stdout

    def styled(self, *, err: bool) -> bool:
        """Whether styles are shown there: a terminal, or where `FORCE_COLOR` asks for them."""
        return self.stream(err=err).isatty() or bool(os.environ.get("FORCE_COLOR"))

    def width(self, *, err: bool = False) -> int:
        """Give the width for text."""
        return min(self.columns(err=err), _MOST_TEXT)

    def columns(self, *, err: bool = False) -> int:
        """Give the width of the terminal; of a pipe, one that cuts nothing."""
        columns = os.environ.get("COLUMNS", "")
        if columns.isdecimal() and int(columns) > 0:
            return int(columns)
        stream = self.stream(err=err)
        if not stream.isatty():
            return _PIPE_WIDTH
        try:
            return os.get_terminal_size(stream.fileno()).columns or 80
        except (OSError, ValueError):
            return 80

    def console(self, *, err: bool = False) -> Console:
        """Give rich's console of a stream."""
        if err not in self._consoles:
            from rich.console import Console

            width = None if self.stream(err=err).isatty() else self.columns(err=err)
            self._consoles[err] = Console(
                file=self.stream(err=err), width=width, highlight=False, markup=False, emoji=False, soft_wrap=False
            )
        return self._consoles[err]

    def _table(self, table: RenderableType, *, err: bool) -> None:
        console = self.console(err=err)
        if self.styled(err=err):
            console.print(table)
            return
        with console.capture() as captured:
            console.print(table)
        self.stream(err=err).write("".join(f"{each.rstrip()}\n" for each in captured.get().splitlines()))

    def _lines(self, lines: list[Line], *, err: bool) -> None:
        if not lines:
            return
        if not self.styled(err=err):
            self.stream(err=err).write("".join(plain(each) + "\n" for each in lines))
            return
        from rich.text import Text

        # one write, for what lives below is drawn again after each
        self.console(err=err).print(Text("\n").join(as_text(each) for each in lines), soft_wrap=True)


def silence(stream: TextIO) -> None:
    """Let what is still written go nowhere: whoever read it has gone, and closing the stream would complain."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def open_closed_streams() -> None:
    """Give the standard streams that were closed somewhere to go: else the next file opened, a store, takes their number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode))  # noqa: SIM115 - open as long as the process


def as_text(line: Line) -> Text:
    """Give a line as rich's text."""
    from rich.text import Text

    return Text.assemble(*line)
