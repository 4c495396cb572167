"""ForEachItem: a file is cut into batches, and another flow runs for each of them.

It is made of tasks that are there for themselves: one that cuts, a loop over the batches with a Subflow in it, one that puts
together what came of them. Their ids are its own with `_split`, `_items`, `_run` and `_merge` behind it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from pydantic import ConfigDict, Field

from dalsegno.model.flow import Kind
from dalsegno.tasks.base import Part, TaskContext, TaskOutput, TaskType, Text
from dalsegno.tasks.groups import Items
from dalsegno.tasks.storage.cutting import Cutting
from dalsegno.tasks.storage.whole import Split
from dalsegno.tasks.subflow import Calls

_CALLED = ("namespace", "flowId", "revision", "inputs", "labels", "inheritLabels", "wait", "transmitFailed")
_CUT = ("rows", "bytes", "partitions", "regexPattern", "separator")
_NAME = "core.flow.ForEachItem"


class Batch(Cutting):
    """How large a batch is."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    rows_by_default: ClassVar[int] = 1


class ForEachItem(Calls):
    """Cut a stored file into batches, and have another flow run for each of them, side by side.

    The batch is read as `taskrun.items`, its number from 0 as `taskrun.iteration`. All batches run, also where one fails; then
    the task fails. What the runs give as their outputs stands in a file, a line for each: `outputs.<id>_merge.subflowOutputs`.
    """

    kind: ClassVar[Kind] = Kind.SEQUENCE
    not_supported: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "scheduleDate": "the runs begin when its turn comes; a Pause with a `delay` before it waits",
            "restartBehavior": "a replay keeps what succeeded, and a start at the task itself runs all of it again",
        }
    )
    parts: ClassVar[tuple[Part, ...]] = (
        Part("split", f"{_NAME}$Split", {"from": ("items",), **{name: ("batch", name) for name in _CUT}}),
        Part(
            "items", f"{_NAME}$Batches", reads={"values": ("split", "uris")},
            parts=(Part("run", "core.flow.Subflow", {name: (name,) for name in _CALLED}, named_by="flowId"),),
        ),
        Part("merge", f"{_NAME}$Merge", reads={"results": ("run", "")}),
    )  # fmt: skip

    items: Text = Field(description="The URI of the file: lines of text, such as CSV, Ion or JSON.")
    batch: Batch = Field(default=Batch(), description="Where the file is cut; after every row if nothing is said.")


class SplitItems(Split):
    """Cut the file of a ForEachItem into its batches."""

    rows_by_default: ClassVar[int] = 1

    def name_of(self, stem: str, suffix: str) -> Callable[[int], str]:  # noqa: ARG002 - batches that are equal are one file
        """Give all parts one name: a batch is told from others by what is in it, and by nothing else."""
        return lambda _number: f"batch{suffix}"


class Batches(TaskType):
    """Run the flow of a ForEachItem once for every batch."""

    kind: ClassVar[Kind] = Kind.LOOP
    batches: ClassVar[bool] = True

    values: Items = Field(description="The URIs of the batches.")

    class Output(TaskOutput):
        number_of_batches: int = Field(alias="numberOfBatches", description="How many batches there are.")
        iterations: dict[str, int] = Field(description="How many of them ended in which state.")


class MergeOutputs(TaskType):
    """Put the outputs of the runs of a ForEachItem into one file."""

    #: there may be thousands of results: they are not recorded once more
    raw_properties: ClassVar[frozenset[str]] = frozenset({"results"})

    results: Text = Field(description="An expression that gives the results of the Subflow, by batch.")

    class Output(TaskOutput):
        subflow_outputs: str | None = Field(
            default=None,
            alias="subflowOutputs",
            description="The URI of a file with the outputs of each run, a line each, in the order of the batches; nothing "
            "where the runs are not waited for.",
        )

    def run(self, context: TaskContext) -> Output:
        """Write a line for each run that was waited for."""
        results: Mapping[str, Mapping[str, Any]] = context.evaluate(self.results, {})
        ended = [result for result in results.values() if result.get("state") is not None]
        if results and not ended:
            return self.Output()
        path = context.files.new(".ion")
        with path.open("w", encoding="utf-8") as file:
            for result in ended:
                context.check_cancelled()
                file.write(json.dumps(result.get("outputs", {}), ensure_ascii=False) + "\n")
        return self.Output(subflowOutputs=context.files.store(path, "outputs.ion"))
