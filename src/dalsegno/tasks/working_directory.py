"""WorkingDirectory: a group whose tasks share one folder."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, ClassVar
from uuid import uuid4

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from dalsegno.errors import TaskFailed
from dalsegno.model.address import parse
from dalsegno.model.digest import digest
from dalsegno.model.flow import Kind
from dalsegno.tasks.base import TaskContext, TaskOutput, TaskType, TextList, from_json_text
from dalsegno.tasks.durations import Duration
from dalsegno.tasks.scripts.base import InputFiles
from dalsegno.tasks.scripts.namespace_files import DESCRIPTION, NamespaceFiles
from dalsegno.tasks.scripts.workplace import Workplace

#: one file of a folder, and how it can be told whether it was changed
_State = dict[str, tuple[int, int]]


class Cache(BaseModel):
    """Which files stay for the next run."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    patterns: TextList = Field(min_length=1, description="Which files, such as `node_modules/**`.")
    ttl: Duration | None = Field(default=None, description="For how long, after they were kept.")


class WorkingDirectory(TaskType):
    """Run the tasks inside one after the other, in one folder: each finds what those before it have left there."""

    code: ClassVar[frozenset[str]] = frozenset({"inputFiles", "namespaceFiles", "cache"})

    kind: ClassVar[Kind] = Kind.SEQUENCE
    whole: ClassVar[bool] = True
    shares: ClassVar[bool] = True

    namespace_files: NamespaceFiles = Field(default=None, alias="namespaceFiles", description=DESCRIPTION)
    input_files: InputFiles = Field(
        default={},
        alias="inputFiles",
        description="Files to put in the folder: name to content or stored file; or a list of stored files, which keep "
        "their names.",
    )
    output_files: TextList = Field(
        default=[],
        alias="outputFiles",
        description="Files to store when all tasks have ended: names, which must be there, or patterns such as `*.csv`.",
    )
    cache: Annotated[Cache | None, BeforeValidator(from_json_text)] = Field(
        default=None, description="Files that the next run finds in its folder, such as installed packages."
    )

    class Output(TaskOutput):
        output_files: dict[str, str] = Field(alias="outputFiles", description="The stored files by name.")

    def begin(self, context: TaskContext) -> None:
        """Fill the folder."""
        place = Workplace(context)
        if self.cache is not None:
            _Kept(self.cache, context).bring_back(place.folder)
        if self.namespace_files is not None:
            self.namespace_files.put_into(place, context)
        place.put(self.input_files)

    def end(self, context: TaskContext) -> Output:
        """Store what is asked for, and keep what the next run is to find."""
        place = Workplace(context)
        stored = place.store(self.output_files)
        if self.cache is not None:
            _Kept(self.cache, context).keep(place.folder)
        return self.Output(outputFiles=stored)


class _Kept:
    """The files that stay from run to run: one archive for each such group of a flow, and each item that it stands in."""

    def __init__(self, cache: Cache, context: TaskContext) -> None:
        self._cache = cache
        self._context = context
        items = [list(item) for item in parse(context.address).items]
        task = parse(context.address).task
        name = digest("value", [context.namespace, context.flow_id, task, items])
        self._archive = context.cache() / "working-directories" / f"{name[:32]}.tar"

    def bring_back(self, folder: Path) -> None:
        """Put the kept files into a folder, unless they are too old."""
        try:
            kept = self._archive.stat().st_mtime
        except OSError:
            return
        age = self._context.now().timestamp() - kept
        if self._cache.ttl is not None and age > self._cache.ttl.total_seconds():
            self._context.log.info("what was kept for this folder is too old and is not used")
            return
        try:
            with tarfile.open(self._archive) as archive:
                for member in archive:
                    self._context.check_cancelled()
                    archive.extract(member, folder, filter="data")
        except (OSError, tarfile.TarError) as error:
            # it can all be made again
            told = f"what was kept for this folder cannot be read and is not used: {error}"
            self._context.log.warning(told)

    def keep(self, folder: Path) -> None:
        """Keep the files of a folder, if they are not those that it was given."""
        state = self._state(folder)
        if state == self._archived():
            return
        self._archive.parent.mkdir(parents=True, exist_ok=True)
        aside = self._archive.with_name(f"{uuid4().hex}.part")
        try:
            with tarfile.open(aside, "w") as archive:
                for name in state:
                    self._context.check_cancelled()
                    archive.add(folder / name, name, recursive=False)
            moment = self._context.now().timestamp()
            os.utime(aside, (moment, moment))
            aside.replace(self._archive)
        except OSError as error:
            raise TaskFailed(f"the files of `cache` cannot be kept: {error}", code="cache-failed") from error
        finally:
            aside.unlink(missing_ok=True)

    def _state(self, folder: Path) -> _State:
        found: _State = {}
        for name in sorted(set(self._names(folder))):
            status = (folder / name).lstat()
            size = 0 if (folder / name).is_symlink() else status.st_size
            found[name] = (size, int(status.st_mtime))
        return found

    def _archived(self) -> _State | None:
        try:
            with tarfile.open(self._archive) as archive:
                return {member.name: (member.size, int(member.mtime)) for member in archive}
        except (OSError, tarfile.TarError):
            return None

    def _names(self, folder: Path) -> Iterator[str]:
        for pattern in self._cache.patterns:
            # `a/**` means all that is in `a`
            for path in folder.glob(f"{pattern}/*" if pattern.endswith("**") else pattern):
                name = path.relative_to(folder)
                if path.is_symlink() or path.is_file():
                    yield name.as_posix()
