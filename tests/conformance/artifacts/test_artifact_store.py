"""What every artifact store does."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from blake3 import blake3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dalsegno.artifacts.port import ArtifactStore, Blob
from dalsegno.errors import NotFound

DATA = b"r\xc3\xa9sum\xc3\xa9\x00" * 1000


def read(store: ArtifactStore, blob: Blob) -> bytes:
    with store.open(blob.digest) as file:
        return file.read()


def blob_of(data: bytes) -> Blob:
    return Blob(blake3(data).hexdigest(), len(data))


def test_bytes_come_back_under_the_digest_of_their_content(store: ArtifactStore) -> None:
    blob = store.put_bytes(DATA)
    assert blob == blob_of(DATA)
    assert read(store, blob) == DATA
    assert store.path(blob.digest).read_bytes() == DATA
    assert store.exists(blob.digest)


def test_an_empty_blob_is_a_blob(store: ArtifactStore, tmp_path: Path) -> None:
    empty = store.scratch() / "empty"
    empty.touch()
    with store.writer() as writer:
        assert writer.finish() == store.put_bytes(b"") == store.adopt(empty) == blob_of(b"")
    assert read(store, blob_of(b"")) == b""


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(pieces=st.lists(st.binary(max_size=3000), max_size=8))
def test_a_writer_stores_all_pieces_in_order(store: ArtifactStore, pieces: list[bytes]) -> None:
    with store.writer() as writer:
        for piece in pieces:
            assert writer.write(piece) == len(piece)
        blob = writer.finish()
    assert blob == blob_of(b"".join(pieces))
    assert read(store, blob) == b"".join(pieces)


@pytest.mark.parametrize("size", [(4 << 20) - 1, 4 << 20, (72 << 20) + 3])
def test_a_large_piece_is_stored_whole_behind_a_small_one(store: ArtifactStore, size: int) -> None:
    data = random.Random(size).randbytes(size)
    with store.writer() as writer:
        writer.write(b"head")
        assert writer.write(memoryview(data)) == size
        writer.write(b"tail")
        blob = writer.finish()
    assert blob == blob_of(b"head" + data + b"tail")
    assert read(store, blob) == b"head" + data + b"tail"
    store.delete(blob.digest, stored_before=float("inf"))


def test_nothing_is_visible_before_finish(store: ArtifactStore) -> None:
    with store.writer() as writer:
        writer.write(DATA)
        assert not store.exists(blob_of(DATA).digest)
        writer.finish()
    assert store.exists(blob_of(DATA).digest)


def test_a_blob_that_is_not_finished_is_thrown_away(store: ArtifactStore, tmp_path: Path) -> None:
    before = set(tmp_path.rglob("*"))
    store.scratch()
    with store.writer() as writer:
        writer.write(DATA)
    assert not store.exists(blob_of(DATA).digest)
    assert list(store.scratch().iterdir()) == []
    assert not [path for path in set(tmp_path.rglob("*")) - before if path.is_file() and path.stat().st_size]


def test_equal_content_is_stored_once_whichever_way_it_comes(store: ArtifactStore, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(DATA)
    made = store.scratch() / "made"
    made.write_bytes(DATA)
    with store.writer() as writer:
        writer.write(DATA)
        first = writer.finish()
    place = store.path(first.digest)
    inode = place.stat().st_ino
    assert store.put_bytes(DATA) == store.put_file(file) == store.adopt(made) == first
    assert store.path(first.digest).stat().st_ino == inode
    assert list(store.scratch().iterdir()) == []


def test_a_stored_file_stays_as_it_is_and_does_not_change_the_blob(store: ArtifactStore, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(DATA)
    mode = file.stat().st_mode
    blob = store.put_file(file)
    assert file.stat().st_mode == mode
    file.write_bytes(b"changed by its owner")
    assert read(store, blob) == DATA


def test_an_adopted_file_is_gone_under_its_old_name(store: ArtifactStore) -> None:
    made = store.scratch() / "made"
    made.write_bytes(DATA)
    blob = store.adopt(made)
    assert not made.exists()
    assert read(store, blob) == DATA


def test_an_adopted_file_with_a_second_name_does_not_change_the_blob(store: ArtifactStore) -> None:
    made, other = store.scratch() / "made", store.scratch() / "other"
    made.write_bytes(DATA)
    other.hardlink_to(made)
    blob = store.adopt(made)
    other.write_bytes(b"changed under the other name")
    assert not made.exists()
    assert read(store, blob) == DATA


def test_an_adopted_link_gives_what_it_points_at(store: ArtifactStore, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(DATA)
    link = store.scratch() / "link"
    link.symlink_to(target)
    assert store.adopt(link) == blob_of(DATA)
    assert target.read_bytes() == DATA
    assert read(store, blob_of(DATA)) == DATA


@pytest.mark.parametrize("digest", ["0" * 64, "", "../../etc/passwd", "A" * 64, "0" * 63])
def test_a_blob_that_is_not_there_is_told(store: ArtifactStore, digest: str) -> None:
    assert not store.exists(digest)
    with pytest.raises(NotFound) as opened:
        store.open(digest)
    with pytest.raises(NotFound) as asked:
        store.path(digest)
    assert opened.value.code == asked.value.code == "artifact-missing"


def test_the_path_of_a_blob_is_read_only(store: ArtifactStore) -> None:
    blob = store.put_bytes(DATA)
    assert store.path(blob.digest).stat().st_mode & 0o222 == 0


def test_many_writers_of_equal_and_different_content_do_not_disturb_each_other(store: ArtifactStore) -> None:
    contents = [bytes([number % 7]) * 50_000 for number in range(42)]

    def put(content: bytes) -> Blob:
        with store.writer() as writer:
            for start in range(0, len(content), 7000):
                writer.write(content[start : start + 7000])
            return writer.finish()

    with ThreadPoolExecutor(8) as pool:
        blobs = list(pool.map(put, contents))
    assert blobs == [blob_of(content) for content in contents]
    assert [read(store, blob) for blob in blobs] == contents


def test_what_one_door_stored_another_door_reads(opens: Callable[[Path], ArtifactStore], tmp_path: Path) -> None:
    blob = opens(tmp_path / "shared").put_bytes(DATA)
    assert read(opens(tmp_path / "shared"), blob) == DATA


LONG_AGO = 1_000_000_000.0


def age(store: ArtifactStore, blob: Blob) -> None:
    """Make a blob one that was stored long ago."""
    os.utime(store.path(blob.digest), (LONG_AGO, LONG_AGO))


def test_all_blobs_are_listed_with_size_and_time(store: ArtifactStore, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"two")
    made = [store.put_bytes(b"one"), store.put_file(source), store.put_bytes(b"")]
    age(store, made[0])
    listed = {blob.digest: blob for blob in store.blobs()}
    assert {(blob.digest, blob.size) for blob in listed.values()} == {(blob.digest, blob.size) for blob in made}
    assert listed[made[0].digest].stored == LONG_AGO < listed[made[1].digest].stored


def test_an_empty_store_lists_nothing(store: ArtifactStore) -> None:
    assert list(store.blobs()) == []


def test_what_is_being_written_is_not_listed(store: ArtifactStore) -> None:
    with store.writer() as writer:
        writer.write(DATA)
        assert list(store.blobs()) == []


def test_a_deleted_blob_is_gone_and_can_be_stored_again(store: ArtifactStore) -> None:
    blob = store.put_bytes(DATA)
    age(store, blob)
    assert store.delete(blob.digest, stored_before=LONG_AGO + 1)
    assert not store.exists(blob.digest)
    assert list(store.blobs()) == []
    assert not store.delete(blob.digest, stored_before=LONG_AGO + 1)
    assert read(store, store.put_bytes(DATA)) == DATA


def test_a_reader_of_a_deleted_blob_reads_on(store: ArtifactStore) -> None:
    blob = store.put_bytes(DATA)
    age(store, blob)
    with store.open(blob.digest) as file:
        assert file.read(4) == DATA[:4]
        assert store.delete(blob.digest, stored_before=LONG_AGO + 1)
        assert file.read() == DATA[4:]


@pytest.mark.parametrize("again", ["bytes", "file", "adopt", "writer"])
def test_a_blob_that_somebody_stores_again_is_as_new(store: ArtifactStore, tmp_path: Path, again: str) -> None:
    blob = store.put_bytes(DATA)
    age(store, blob)
    made = store.scratch() / "made"
    made.write_bytes(DATA)
    if again == "bytes":
        store.put_bytes(DATA)
    elif again == "file":
        store.put_file(made)
    elif again == "adopt":
        store.adopt(made)
    else:
        with store.writer() as writer:
            writer.write(DATA)
            writer.finish()
    assert not store.delete(blob.digest, stored_before=LONG_AGO + 1)
    assert read(store, blob) == DATA


def test_an_adopted_file_counts_from_when_it_is_stored(store: ArtifactStore) -> None:
    made = store.scratch() / "made"
    made.write_bytes(DATA)
    os.utime(made, (LONG_AGO, LONG_AGO))
    blob = store.adopt(made)
    assert not store.delete(blob.digest, stored_before=LONG_AGO + 1)


def test_what_is_stored_while_somebody_deletes_it_is_there_afterwards(store: ArtifactStore) -> None:
    blob = store.put_bytes(DATA)

    with ThreadPoolExecutor(4) as pool:
        for _ in range(100):
            age(store, blob)
            put = [pool.submit(store.put_bytes, DATA)]
            deleted = pool.submit(store.delete, blob.digest, stored_before=LONG_AGO + 1)
            put += [pool.submit(store.put_bytes, DATA) for _ in range(3)]
            deleted.result()
            assert {each.result() for each in put} == {blob}
            assert read(store, blob) == DATA


def test_damaged_content_is_told_apart_and_mended_by_storing_it_again(store: ArtifactStore, tmp_path: Path) -> None:
    blob = store.put_bytes(b"the content")
    assert store.intact(blob.digest)
    source = tmp_path / "source"
    source.write_bytes(b"the content")
    for store_again in (lambda: store.put_bytes(b"the content"), lambda: store.put_file(source)):
        path = store.path(blob.digest)
        path.chmod(0o644)
        path.write_bytes(b"the c0ntent")
        assert store.exists(blob.digest)
        assert not store.intact(blob.digest)
        assert store_again() == blob
        assert store.intact(blob.digest)
    assert not store.intact("0" * 64)
    assert not store.intact("no digest")


def test_what_lies_in_the_cache_stays_there_and_is_no_blob(
    opens: Callable[[Path], ArtifactStore], store: ArtifactStore, tmp_path: Path
) -> None:
    (store.cache() / "made").write_bytes(DATA)
    other = opens(tmp_path / "artifacts")
    other.scratch()
    assert (other.cache() / "made").read_bytes() == DATA
    assert list(other.blobs()) == []
