"""The task types that remove stored files: Delete, PurgeCurrentExecutionFiles. No other run and no replay misses one."""

from __future__ import annotations

from typing import Any

from pydantic import Field, field_validator

from dalsegno.errors import TaskFailed
from dalsegno.tasks.base import TaskContext, TaskOutput, TaskType, Text


class Delete(TaskType):
    """Remove the content of a stored file that only this run needs.

    What another run, a flow or a key needs stays, and so do the files that the run was given. A replay which needs the file
    again runs the task that made it.
    """

    uri: Text = Field(description="The URI of the file.")
    error_on_missing: bool = Field(
        default=False, alias="errorOnMissing", description="Fail where the file is not there any more."
    )

    class Output(TaskOutput):
        uri: str = Field(description="The URI of the file.")
        deleted: bool = Field(description="Whether its content was removed.")

    def run(self, context: TaskContext) -> Output:
        """Remove the file."""
        context.check_cancelled()
        there = context.files.exists(self.uri)
        if not there and self.error_on_missing:
            hint = "`errorOnMissing` is set: leave it out where the file may be gone already"
            raise TaskFailed(f"the stored file `{self.uri}` is not there any more", hint=hint, code="artifact-missing")
        deleted = bool(context.files.remove([self.uri]))
        if there and not deleted:
            context.log.info("the file stays: it is needed by another run or a key, or it was given to this run")
        return self.Output(uri=self.uri, deleted=deleted)


class PurgeCurrentExecutionFiles(TaskType):
    """Remove the content of all files that tasks of this run have made so far, and that only this run needs.

    Files that the run was given stay. A replay which needs one of the others runs the task again that made it.
    """

    include_child_executions: bool = Field(
        default=False,
        alias="includeChildExecutions",
        description="Must be false: runs of other flows keep their files.",
    )
    include_states: bool = Field(
        default=False, alias="includeStates", description="Must be false: `core.state.Delete` removes a state."
    )

    class Output(TaskOutput):
        uris: list[str] = Field(description="The URIs of the files whose content was removed.")

    @field_validator("include_child_executions", "include_states")
    @classmethod
    def _no(cls, value: Any) -> Any:
        if value is True:
            raise ValueError("Kestra's `true` is not supported here")
        return value

    def run(self, context: TaskContext) -> Output:
        """Remove the files."""
        context.check_cancelled()
        removed = context.files.remove(context.files.made())
        return self.Output(uris=removed)
