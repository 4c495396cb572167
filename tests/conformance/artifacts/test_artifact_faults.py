"""The artifact store in real processes that are killed, and on disks that are full."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE

import pytest
from blake3 import blake3

from dalsegno.artifacts.local import Durability, LocalArtifacts
from dalsegno.errors import StoreUnavailable

MIB = b"\x07" * (1 << 20)
WHOLE = blake3(MIB * 4).hexdigest()

HANGS_WHILE_WRITING = """
import sys
from pathlib import Path
from dalsegno.artifacts.local import LocalArtifacts
store = LocalArtifacts(Path(sys.argv[1]))
made = store.scratch() / "made"
made.write_bytes(b"left behind")
with store.writer() as writer:
    for _ in range(4):
        writer.write(b"\\x07" * (1 << 20))
    print("written", flush=True)
    sys.stdin.read()
    writer.finish()
"""

FILLS_THE_DISK = """
import json, sys
from pathlib import Path
from dalsegno.artifacts.local import LocalArtifacts
from dalsegno.errors import StoreUnavailable
folder = Path(sys.argv[1])
store = LocalArtifacts(folder)
kept = store.put_bytes(b"small").digest
told = []
def writes():
    with store.writer() as writer:
        for _ in range(4):
            writer.write(b"\\x07" * (1 << 20))
        writer.finish()
def at_the_end():
    with store.writer() as writer:
        for _ in range(250):
            writer.write(b"\\x08" * 4000)
        for _ in range(120):
            writer.write(b"\\x09" * 4000)
        writer.finish()
for attempt in (writes, lambda: store.put_bytes(b"\\x07" * (4 << 20)), at_the_end):
    try:
        attempt()
    except StoreUnavailable as error:
        told.append([error.code, error.message])
files = [path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.name.endswith(".lock")]
print(json.dumps({"told": told, "files": files, "kept": store.exists(kept), "after": store.put_bytes(b"more").size}))
"""


def files_with_content(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size]


def test_a_process_killed_while_it_writes_leaves_no_blob_and_its_rest_is_swept(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HANGS_WHILE_WRITING, str(tmp_path)]
    with subprocess.Popen(command, stdin=PIPE, stdout=PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"written\n"
        LocalArtifacts(tmp_path).scratch()
        assert files_with_content(tmp_path), "what a live process is making was swept away"
        os.kill(process.pid, signal.SIGKILL)
    store = LocalArtifacts(tmp_path)
    assert not store.exists(WHOLE)
    assert files_with_content(tmp_path)
    store.scratch()
    assert files_with_content(tmp_path) == []
    assert store.put_bytes(MIB * 4).digest == WHOLE


def check_full(process: subprocess.CompletedProcess[str], code: str, words: str) -> None:
    assert process.returncode == 0, process.stderr
    said = json.loads(process.stdout)
    assert [told[0] for told in said["told"]] == [code] * 3
    assert all(words in told[1] and "nothing of it was kept" in told[1] for told in said["told"])
    assert said["files"] == [len(b"small")]
    assert said["kept"]
    assert said["after"] == 4


def test_a_full_disk_is_told_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    unshare = shutil.which("unshare")
    if unshare is None or subprocess.run([unshare, "-mr", "true"], check=False, capture_output=True).returncode:
        pytest.skip("mount namespaces are not allowed here")
    mount = f'mount -t tmpfs -o size=1m none {tmp_path} && exec "$@"'
    command = [unshare, "-mr", "sh", "-c", mount, "sh", sys.executable, "-c", FILLS_THE_DISK, str(tmp_path)]
    process = subprocess.run(command, check=False, capture_output=True, text=True)
    check_full(process, "disk-full", "the disk is full")


def test_a_limit_on_the_size_of_files_is_told_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FILLS_THE_DISK, str(tmp_path)]
    limit = 1 << 20
    process = subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    check_full(process, "disk-full", "ulimit -f")


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailable, match="cannot be written") as refused:
        LocalArtifacts(tmp_path / "file" / "artifacts").put_bytes(b"x")
    assert refused.value.code == "artifacts-unwritable"


def test_a_blob_cut_short_by_a_power_cut_is_replaced_when_its_content_comes_again(tmp_path: Path) -> None:
    store = LocalArtifacts(tmp_path)
    place = store.path(store.put_bytes(MIB).digest)
    place.unlink()
    place.touch()
    assert store.path(store.put_bytes(MIB).digest).read_bytes() == MIB


@pytest.mark.parametrize(("durability", "expected"), [("normal", set[str]()), ("full", {"file", "folder"})])
def test_full_durability_syncs_the_file_and_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, durability: Durability, expected: set[str]
) -> None:
    synced: list[str] = []
    fsync = os.fsync

    def note(descriptor: int) -> None:
        synced.append("folder" if os.path.isdir(descriptor) else "file")  # noqa: PTH112 - Path takes no descriptor
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    LocalArtifacts(tmp_path, durability=durability).put_bytes(b"x")
    assert set(synced) == expected


def test_blobs_lie_in_folders_of_their_first_two_digits(tmp_path: Path) -> None:
    blob = LocalArtifacts(tmp_path).put_bytes(b"x")
    place = tmp_path / "blobs" / blob.digest[:2] / blob.digest[2:]
    assert place.read_bytes() == b"x"
    assert place.stat().st_mode & 0o777 == 0o444


def test_a_store_that_is_given_up_keeps_no_descriptor_and_its_scratch_is_swept(tmp_path: Path) -> None:
    def fill_and_forget() -> None:
        (LocalArtifacts(tmp_path).scratch() / "made").write_bytes(b"left behind")

    fill_and_forget()
    before = len(os.listdir("/dev/fd"))  # noqa: PTH208 - what is counted are names
    for _ in range(5):
        fill_and_forget()
    assert len(os.listdir("/dev/fd")) == before  # noqa: PTH208 - likewise
    LocalArtifacts(tmp_path).scratch()
    assert files_with_content(tmp_path) == []
