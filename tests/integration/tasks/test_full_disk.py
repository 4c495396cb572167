"""Tasks on a disk that takes no more: the limit on the size of files stands for it, as it fails in the same place."""

from __future__ import annotations

import io
import resource
import zipfile
from collections.abc import Generator
from contextlib import contextmanager

import pytest
from tests.integration.tasks.bad_server import bad_server
from tests.support.task_context import FolderContext

from dalsegno.errors import TaskFailed
from dalsegno.tasks.base import TaskType
from dalsegno.tasks.compress import ArchiveDecompress
from dalsegno.tasks.http import Download


@contextmanager
def files_end_at(size: int) -> Generator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def check(task: TaskType, context: FolderContext) -> None:
    before = {path for path in context.folder.rglob("*") if path.is_file()}
    with files_end_at(100_000), pytest.raises(TaskFailed) as failed:
        task.run(context)
    assert failed.value.code == "disk-full"
    assert "DALSEGNO_HOME" in (failed.value.hint or "")
    assert {path for path in context.folder.rglob("*") if path.is_file()} == before


def test_a_download_onto_a_full_disk_fails_and_leaves_nothing(context: FolderContext) -> None:
    with bad_server() as server:
        check(Download.model_validate({"uri": f"{server.url}/file"}), context)


def test_unpacking_onto_a_full_disk_fails_and_leaves_nothing(context: FolderContext) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("small", b"small")
        archive.writestr("large", bytes(1 << 20))
    uri = context.add_file(packed.getvalue(), "a.zip")
    check(ArchiveDecompress.model_validate({"from": uri, "algorithm": "ZIP"}), context)
