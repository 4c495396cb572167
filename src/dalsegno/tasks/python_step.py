"""The task type that calls a Python function of the user's, in a worker process."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field

from dalsegno.executors.processes import PythonCall
from dalsegno.executors.shared import shared_pool
from dalsegno.tasks.base import JsonMap, TaskContext, TaskOutput, TaskType, Text, from_json_text


class Step(TaskType):
    """Call a Python function. What it returns is the output `value`, what it prints goes to the log.

    The function runs in a process of its own, which is kept for the next call; an edit of its module is seen by the next
    call. Its module is looked for in the working directory of the process that runs the flow.
    """

    code: ClassVar[frozenset[str]] = frozenset({"function", "env"})

    function: Text = Field(description="The function, as `module:function`, such as `my_package.steps:train`.")
    arguments: JsonMap = Field(
        default_factory=dict, description="The arguments by name; one that is a single expression keeps its type."
    )
    env: Annotated[dict[str, Text], BeforeValidator(from_json_text)] = Field(
        default_factory=dict, description="Environment variables for the function, beside those of the process."
    )

    class Output(TaskOutput):
        value: Any = None

    def run(self, context: TaskContext) -> Output:
        """Call the function."""
        context.check_cancelled()
        folder = Path.cwd()
        call = PythonCall(
            self.function,
            self.arguments,
            cwd=folder,
            path=(str(folder),),
            environ={**self.env, **context.environ()},
            plain=True,
        )
        value = shared_pool().call(
            call, on_line=context.log.stream, on_imported=context.imported, check_cancelled=context.check_cancelled
        )
        return self.Output(value=value)
