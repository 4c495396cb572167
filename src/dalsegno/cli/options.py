"""The options that several commands share, and how examples are written."""

from __future__ import annotations

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output; all else on standard error.")]
RunName = Annotated[
    str, typer.Argument(metavar="RUN", help="A run's name, its id or a unique prefix of it, `last` or `last-failed`.")
]
FlowName = Annotated[
    str, typer.Argument(metavar="FLOW", help="`namespace.id`, or the id alone where only one flow has it.")
]
Inputs = Annotated[
    list[str] | None,
    typer.Option("-i", "--input", metavar="NAME=VALUE", help="A value for a run input. May be repeated."),
]
TaskInputs = Annotated[
    list[str] | None,
    typer.Option(
        "--task-input", metavar="TASK.PROPERTY=VALUE",
        help="Another value for a property of a task, for this run: JSON, else text taken as it is. May be repeated.",
    ),
]  # fmt: skip
TaskInputExpressions = Annotated[
    list[str] | None,
    typer.Option(
        "--task-input-expr", metavar="TASK.PROPERTY=TEXT",
        help="The same, with text that is rendered: it may hold {{ expressions }}. May be repeated.",
    ),
]  # fmt: skip
Pins = Annotated[
    list[str] | None,
    typer.Option(
        "--pin", metavar="TASK=VALUE",
        help="Take this as the task's result without running it: JSON, else text. `{}` marks it as done. May be repeated.",
    ),
]  # fmt: skip
Labels = Annotated[
    list[str] | None, typer.Option("--label", metavar="NAME=VALUE", help="Kept on the run. May be repeated.")
]
Reason = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why; kept on the run.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the plan; run nothing, write nothing.")]
Digest = Annotated[
    str | None,
    typer.Option("--digest", metavar="DIGEST", help="Only if the plan is still the one that a dry run showed."),
]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Show log lines as they come.")]
OptionalAddress = Annotated[
    str | None, typer.Argument(metavar="ADDRESS", help="One task run, such as `load` or `each_city[paris].load`.")
]


def examples(*pairs: tuple[str, str]) -> str:
    """Write examples for the end of a help page: what for, and the command."""
    lines = [text for what, command in pairs for text in (f"  # {what}", f"  {command}")]
    # the sign keeps the help page from filling these lines up
    return "\b\nExamples:\n" + "\n".join(lines)
