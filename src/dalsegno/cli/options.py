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
Breakpoints = Annotated[
    list[str] | None,
    typer.Option(
        "--break-before", metavar="TASK", help="Stop before this task and wait for `dalsegno resume`. May be repeated."
    ),
]
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

# of a replay

Starts = Annotated[
    list[str] | None,
    typer.Option("--from", metavar="TASK", help="Run this again, and everything downstream of it. May be repeated."),
]
Only = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="TASK", help="Run just this, nothing downstream of it, and stop. May be repeated."),
]
Until = Annotated[
    list[str] | None,
    typer.Option("--until", metavar="TASK", help="Stop after this; run only what it needs. May be repeated."),
]
Skips = Annotated[
    list[str] | None, typer.Option("--skip", metavar="TASK", help="Reuse the result of this task. May be repeated.")
]
SkipSuccessful = Annotated[bool, typer.Option("--skip-successful", help="Reuse whatever has a result.")]
Changed = Annotated[
    bool, typer.Option("--changed", help="Run only what changed, what failed, and what comes out otherwise for it.")
]
RevisionName = Annotated[
    str | None,
    typer.Option(
        "--revision", metavar="original|latest|N", help="Which revision of the flow. Default: the original one."
    ),
]
FixedFile = Annotated[
    str | None,
    typer.Option(
        "--file",
        metavar="FILE",
        help="The fixed flow, or pipeline (`train.py:pipeline`); saved as the newest revision.",
    ),
]
Debug = Annotated[
    bool,
    typer.Option("--debug", help="Run a pipeline in this process, step by step, so that `breakpoint()` works."),
]
PostMortem = Annotated[
    bool, typer.Option("--post-mortem", help="Like --debug; and open a debugger at the line that failed.")
]
Keeps = Annotated[
    list[str] | None,
    typer.Option("--keep", metavar="TASK", help="Take its old result, whatever has changed. May be repeated."),
]
Renames = Annotated[
    list[str] | None,
    typer.Option("--rename", metavar="NEW=OLD", help="What is NEW here was OLD in the earlier run. May be repeated."),
]
EffectsWish = Annotated[
    str,
    typer.Option(
        "--effects", metavar="ask|reuse",
        help="What to do about tasks with effects that are seen outside, and that ran before: ask, or keep what they gave.",
    ),
]  # fmt: skip
Acknowledges = Annotated[
    list[str] | None,
    typer.Option(
        "--acknowledge", metavar="TASK", help="Its effects may happen once more; `*` for all tasks. May be repeated."
    ),
]
Stale = Annotated[
    str,
    typer.Option("--stale", metavar="warn|refuse", help="What to do about kept results whose definition has changed."),
]
Verify = Annotated[
    bool,
    typer.Option(
        "--verify", help="Read all that is kept and compare it with its digest, not only look up what is read."
    ),
]
FreshClock = Annotated[
    bool, typer.Option("--fresh-clock", help="Take the time of now for the flow's clock, not that of the earlier run.")
]
NoCarry = Annotated[
    bool,
    typer.Option("--no-carry", help="Do not carry over what the earlier run was given: overrides, pins and labels."),
]
Print = Annotated[
    str | None,
    typer.Option("--print", metavar="cli|json", help="Print the request, to copy it; do nothing."),
]


def examples(*pairs: tuple[str, str]) -> str:
    """Write examples for the end of a help page: what for, and the command."""
    lines = [text for what, command in pairs for text in (f"  # {what}", f"  {command}")]
    # the sign keeps the help page from filling these lines up
    return "\b\nExamples:\n" + "\n".join(lines)
