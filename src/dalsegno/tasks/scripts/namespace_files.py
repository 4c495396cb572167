"""The property `namespaceFiles`: files of namespaces in the folder in which something works."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from dalsegno.errors import TaskFailed
from dalsegno.tasks.base import TaskContext, TextList, from_json_text
from dalsegno.tasks.globs import checked
from dalsegno.tasks.scripts.workplace import Workplace

#: patterns of paths, or one
Patterns = Annotated[TextList, AfterValidator(checked)]
DESCRIPTION = "Files of namespaces to put in the working folder first."


class FilesOfNamespaces(BaseModel):
    """Which files of namespaces are put in a working folder, and how."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    enabled: bool = Field(default=True, description="Whether they are.")
    include: Patterns = Field(
        default=[], description="Patterns of the files, such as `scripts/**`. Default: all of them."
    )
    exclude: Patterns = Field(default=[], description="Patterns of files that are left out.")
    namespaces: TextList = Field(
        default=[],
        description="The namespaces whose files they are; of two files at one path that of the later one counts. Default: the "
        "namespace of the flow.",
    )
    if_exists: Literal["OVERWRITE", "FAIL", "WARN", "IGNORE"] = Field(
        default="OVERWRITE", alias="ifExists", description="What becomes of a file that is in the folder already."
    )
    folder_per_namespace: bool = Field(
        default=False,
        alias="folderPerNamespace",
        description="Whether the files of each namespace get a folder of its name.",
    )

    def put_into(self, place: Workplace, context: TaskContext) -> None:
        """Put the files into a folder.

        Raises
        ------
        TaskFailed : there is such a file, and `ifExists` says that this fails the task.
        """
        if not self.enabled:
            return
        for namespace in self.namespaces or [context.namespace]:
            found = context.namespace_files.chosen(self.include, self.exclude, namespace=namespace)
            prefix = f"{namespace}/" if self.folder_per_namespace else ""
            place.put(
                {prefix + path: uri for path, uri in found.items() if self._wanted(prefix + path, place, context)}
            )

    def _wanted(self, name: str, place: Workplace, context: TaskContext) -> bool:
        if self.if_exists == "OVERWRITE" or not (place.folder / name).exists():
            return True
        if self.if_exists == "FAIL":
            hint = "remove it, leave the file of the namespace out with `exclude`, or write another `ifExists`"
            raise TaskFailed(f"the working folder has a file `{name}` already", code="file-exists", hint=hint)
        if self.if_exists == "WARN":
            told = f"the working folder has a file `{name}` already, which stays as it is"
            context.log.warning(told)
        return False


#: may come as JSON text, as an expression gives it
NamespaceFiles = Annotated[FilesOfNamespaces | None, BeforeValidator(from_json_text)]
