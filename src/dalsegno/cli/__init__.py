"""The command line: `dalsegno`. Commands, progress, tables; everything it does goes through the Client."""

from __future__ import annotations

from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out one command line and give the exit code. `argv` is without the program's name."""
    from dalsegno.cli.app import run_command_line  # nothing is imported before somebody calls

    return run_command_line(argv)
