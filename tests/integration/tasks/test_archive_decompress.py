from __future__ import annotations

import bz2
import gzip
import io
import lzma
import stat
import tarfile
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.support.task_context import FolderContext

from dalsegno.errors import Cancelled, TaskFailed
from dalsegno.tasks.compress import ArchiveDecompress

CSV = "ride_id,name\n1,Straße\n".encode() * 1000
FILES = {"data/trips of may.csv": CSV, "__MACOSX/._trips": b"\0\1", "empty": b""}


def zip_of(files: dict[str, bytes], change: Callable[[zipfile.ZipInfo], None] = lambda info: None) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            change(info)
            archive.writestr(info, content)
    return packed.getvalue()


def tar_of(files: dict[str, bytes], change: Callable[[tarfile.TarInfo], None] = lambda info: None) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            change(info)
            archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def unpack(context: FolderContext, archive: bytes, algorithm: str = "ZIP", **properties: Any) -> dict[str, bytes]:
    uri = context.add_file(archive, "archive")
    task = ArchiveDecompress.model_validate({"from": uri, "algorithm": algorithm, **properties})
    files = task.run(context).files
    return {name: context.read_file(uri) for name, uri in files.items()}


def refuses(context: FolderContext, archive: bytes, algorithm: str = "ZIP", **properties: Any) -> TaskFailed:
    with pytest.raises(TaskFailed) as failed:
        unpack(context, archive, algorithm, **properties)
    assert failed.value.hint
    assert len(list((context.folder / "files").iterdir())) == 1, "something of the archive was stored"
    assert [path for path in (context.folder / "scratch").iterdir() if path.stat().st_size] == []
    return failed.value


@pytest.mark.parametrize("algorithm", ["ZIP", "JAR", "TAR", "zip"])
def test_every_file_comes_out_under_its_name_in_the_archive(context: FolderContext, algorithm: str) -> None:
    archive = tar_of(FILES) if algorithm == "TAR" else zip_of(FILES)
    assert unpack(context, archive, algorithm) == FILES
    assert context.metrics == {"size": sum(map(len, FILES.values())), "count": 3}


def test_the_stored_name_is_the_last_part_with_underscores_for_blanks(context: FolderContext) -> None:
    uri = context.add_file(zip_of(FILES), "a.zip")
    task = ArchiveDecompress.model_validate({"from": uri, "algorithm": "ZIP"})
    assert task.run(context).files["data/trips of may.csv"].endswith("/trips_of_may.csv")


@pytest.mark.parametrize(
    ("compression", "pack"), [("GZIP", gzip.compress), ("BZIP2", bz2.compress), ("XZ", lzma.compress)]
)
@pytest.mark.parametrize("algorithm", ["TAR", "ZIP"])
def test_a_compressed_archive_is_read_through_its_compression(
    context: FolderContext, algorithm: str, compression: str, pack: Callable[[bytes], bytes]
) -> None:
    archive = pack(tar_of(FILES) if algorithm == "TAR" else zip_of(FILES))
    assert unpack(context, archive, algorithm, compression=compression) == FILES
    assert context.metrics["size"] == sum(map(len, FILES.values()))


def test_folders_are_passed_over(context: FolderContext) -> None:
    assert unpack(context, zip_of({"folder/": b"", "folder/a": b"a"})) == {"folder/a": b"a"}
    tar = tar_of(
        {"folder": b"", "folder/a": b""}, lambda i: setattr(i, "type", tarfile.DIRTYPE if i.name == "folder" else b"0")
    )
    assert unpack(context, tar, "TAR") == {"folder/a": b""}


@pytest.mark.parametrize("name", ["../x", "a/../../x", "..", "..\\x", "a\\..\\x"])
@pytest.mark.parametrize("algorithm", ["ZIP", "TAR"])
def test_a_name_that_points_out_of_the_archive_is_refused(context: FolderContext, algorithm: str, name: str) -> None:
    files = {"good": b"good", name: b"bad"}
    archive = zip_of(files) if algorithm == "ZIP" else tar_of(files)
    assert "points out of the archive" in refuses(context, archive, algorithm).message


@pytest.mark.parametrize("name", ["/etc/passwd", "\\x", "C:\\x", "c:/x"])
@pytest.mark.parametrize("algorithm", ["ZIP", "TAR"])
def test_an_absolute_name_is_refused(context: FolderContext, algorithm: str, name: str) -> None:
    archive = zip_of({name: b"bad"}) if algorithm == "ZIP" else tar_of({name: b"bad"})
    assert "is absolute" in refuses(context, archive, algorithm).message


@pytest.mark.parametrize("mode", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO, stat.S_IFSOCK])
def test_links_and_devices_in_a_zip_are_refused(context: FolderContext, mode: int) -> None:
    archive = zip_of({"good": b"", "x": b"/etc"}, lambda i: setattr(i, "external_attr", (mode | 0o777) << 16))
    assert "a link or a device" in refuses(context, archive).message


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_in_a_tar_are_refused(context: FolderContext, kind: bytes) -> None:
    archive = tar_of({"x": b""}, lambda info: setattr(info, "type", kind))
    assert "a link or a device" in refuses(context, archive, "TAR").message


def test_a_name_that_stands_there_twice_is_refused(context: FolderContext) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        packed = io.BytesIO(zip_of({"a": b"1"}))
        with zipfile.ZipFile(packed, "a") as archive:
            archive.writestr("a", b"2")
    assert "stands in it twice" in refuses(context, packed.getvalue()).message


def test_an_encrypted_entry_is_refused(context: FolderContext) -> None:
    archive = bytearray(zip_of({"a": b"1"}))
    archive[archive.index(b"PK\1\2") + 8] |= 1
    assert refuses(context, bytes(archive)).code == "archive-encrypted"


def test_an_entry_packed_in_an_unknown_way_is_refused(context: FolderContext) -> None:
    archive = bytearray(zip_of({"a": b"1" * 100}))
    archive[archive.index(b"PK\1\2") + 10] = 9
    archive[8] = 9
    assert refuses(context, bytes(archive)).code == "archive-unsupported"


def test_an_archive_that_unpacks_to_too_much_is_refused_and_told_how_to_raise_the_limit(context: FolderContext) -> None:
    failed = refuses(context, zip_of({"a": bytes(900), "b": bytes(200)}), maxSize=1000)
    assert (failed.code, "`maxSize`" in (failed.hint or "")) == ("archive-too-large", True)
    assert "`maxFiles`" in (refuses(FolderContext(context.folder / "2"), zip_of(FILES), maxFiles=2).hint or "")


def test_a_size_may_be_written_with_its_unit(context: FolderContext) -> None:
    assert unpack(context, zip_of(FILES), maxSize="1 MiB") == FILES


@pytest.mark.parametrize("algorithm", ["ZIP", "TAR"])
def test_a_bomb_is_refused_by_its_ratio(context: FolderContext, algorithm: str) -> None:
    zeros = {"zeros": bytes(120 << 20)}
    archive = zip_of(zeros) if algorithm == "ZIP" else gzip.compress(tar_of(zeros), 6)
    failed = refuses(context, archive, algorithm, **({} if algorithm == "ZIP" else {"compression": "GZIP"}))
    assert failed.code == "archive-too-large"
    assert "`maxRatio`" in (failed.hint or "")


def test_an_entry_that_says_it_is_smaller_than_it_is_is_refused(context: FolderContext) -> None:
    archive = bytearray(zip_of({"a": bytes(100_000)}))
    place = archive.index(b"PK\1\2") + 24
    archive[place : place + 4] = (10).to_bytes(4, "little")
    refuses(context, bytes(archive), maxSize=1000)


def test_bytes_hidden_behind_the_end_of_a_tar_count(context: FolderContext) -> None:
    archive = gzip.compress(tar_of({"a": b"a"}) + bytes(1 << 20))
    assert "`maxSize`" in (refuses(context, archive, "TAR", compression="GZIP", maxSize=100_000).hint or "")


def test_a_header_that_claims_to_be_huge_is_refused(context: FolderContext) -> None:
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 8 << 30
    assert refuses(context, info.tobuf(tarfile.GNU_FORMAT) + bytes(2048), "TAR").code == "archive-broken"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(kind=st.sampled_from(["ZIP", "TAR", "GZIP", "XZ", "BZIP2"]), part=st.floats(0, 1, exclude_max=True))
def test_an_archive_cut_off_anywhere_is_refused(
    tmp_path_factory: pytest.TempPathFactory, kind: str, part: float
) -> None:
    tar, packers = tar_of(FILES), {"GZIP": gzip.compress, "XZ": lzma.compress, "BZIP2": bz2.compress}
    if kind in packers:
        whole, algorithm, properties = packers[kind](tar), "TAR", {"compression": kind}
    else:
        whole, algorithm, properties = (zip_of(FILES) if kind == "ZIP" else tar.rstrip(b"\0") + bytes(512)), kind, {}
    cut = whole[: int(part * (len(whole) - (512 if kind == "TAR" else 0)))]
    failed = refuses(FolderContext(tmp_path_factory.mktemp("context")), cut, algorithm, **properties)
    assert failed.code == "archive-broken"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80, deadline=None)
@given(
    kind=st.sampled_from(["ZIP", "TAR"]), places=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=5)
)
def test_a_damaged_archive_gives_its_files_or_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, kind: str, places: list[tuple[float, int]]
) -> None:
    archive = bytearray(zip_of(FILES) if kind == "ZIP" else tar_of(FILES))
    for place, byte in places:
        archive[int(place * (len(archive) - 1))] = byte
    try:
        unpack(FolderContext(tmp_path_factory.mktemp("context")), bytes(archive), kind)
    except TaskFailed as failed:
        assert failed.hint  # noqa: PT017 - either way is right


@pytest.mark.parametrize("content", [b"", b"this is no archive" * 100])
@pytest.mark.parametrize(
    ("algorithm", "properties"),
    [("ZIP", {}), ("TAR", {}), *[("TAR", {"compression": c}) for c in ("GZIP", "BZIP2", "XZ")]],
)
def test_what_is_no_archive_is_refused(
    context: FolderContext, algorithm: str, properties: dict[str, Any], content: bytes
) -> None:
    assert refuses(context, content, algorithm, **properties).code == "archive-broken"


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({"algorithm": "AR"}, "the algorithm AR is not supported here, only ZIP, JAR, TAR"),
        ({"algorithm": "TAR", "compression": "ZSTD"}, "the compression ZSTD is not supported here"),
        ({"algorithm": "RAR"}, "'ZIP', 'JAR' or 'TAR'"),
    ],
)
def test_what_is_not_read_here_is_said(properties: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        ArchiveDecompress.model_validate({"from": "x", **properties})


def test_unpacking_looks_at_every_chunk_whether_to_stop(tmp_path: Path) -> None:
    context = FolderContext(tmp_path, cancel_after=2)
    archive = context.add_file(zip_of({"a": bytes(5 << 20)}), "a.zip")
    with pytest.raises(Cancelled):
        ArchiveDecompress.model_validate({"from": archive, "algorithm": "ZIP"}).run(context)
    assert list((tmp_path / "scratch").iterdir()) == []
