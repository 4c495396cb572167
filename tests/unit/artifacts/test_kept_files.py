"""Files and folders as values: their content is kept; a path is a path."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.support.kept_values import kept

from dalsegno import File, Folder
from dalsegno.artifacts.materializers import decode, encode, references
from dalsegno.artifacts.port import ArtifactStore
from dalsegno.errors import Refusal, TaskFailed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "model"
    (made / "weights" / "none").mkdir(parents=True)
    (made / "config.json").write_text("{}")
    (made / "weights" / "a.bin").write_bytes(b"a" * 10_000)
    (made / "weights" / "b.bin").write_bytes(b"a" * 10_000)
    (made / "weights" / "latest").symlink_to("b.bin")
    (made / "run.sh").write_text("#!/bin/sh\necho $1\n")
    (made / "run.sh").chmod(0o755)
    return made


def test_a_path_is_kept_as_a_path_and_its_content_is_not(store: ArtifactStore, folder: Path) -> None:
    encoded, loaded = kept(folder / "config.json", store)
    assert (loaded, encoded.blobs) == (folder / "config.json", ())


def test_a_file_is_kept_with_its_content_and_its_name(store: ArtifactStore, folder: Path) -> None:
    encoded, loaded = kept({"file": File(folder / "config.json")}, store)
    (folder / "config.json").write_text("changed")
    assert type(loaded["file"]) is File
    assert loaded["file"].name == loaded["file"].path.name == "config.json"
    with open(loaded["file"], encoding="utf-8") as file:  # noqa: PTH123 - a file can be given to whatever takes a path
        assert file.read() == "{}"
    assert [(blob.kind, blob.size) for blob in encoded.blobs] == [("file", 2)]
    assert list(references(encoded.form)) == [encoded.blobs[0].digest]
    assert encode(File(folder / "config.json"), store).summary == {
        "type": "dalsegno.artifacts.materializers.paths.File", "size": 7, "name": "config.json",
    }  # fmt: skip


def test_what_is_loaded_is_a_copy_that_may_be_changed(store: ArtifactStore, folder: Path) -> None:
    encoded, loaded = kept(File(folder / "weights" / "a.bin"), store)
    loaded.path.write_bytes(b"mine")
    assert decode(encoded.form, store).path.read_bytes() == b"a" * 10_000
    assert store.intact(encoded.form["digest"])


def test_a_file_may_be_called_otherwise_and_can_be_run_if_it_could(store: ArtifactStore, folder: Path) -> None:
    loaded = kept(File(folder / "run.sh", name="start"), store)[1]
    assert loaded.path.name == "start"
    assert os.access(loaded.path, os.X_OK)
    assert not os.access(kept(File(folder / "config.json"), store)[1].path, os.X_OK)
    with pytest.raises(Refusal, match="`a/b` is no name of a file"):
        File(folder / "run.sh", name="a/b")


def test_a_folder_is_kept_with_all_that_is_below_it_and_equal_files_once(store: ArtifactStore, folder: Path) -> None:
    encoded, loaded = kept(Folder(folder), store)
    assert sorted(str(path.relative_to(loaded)) for path in Path(loaded).rglob("*")) == sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*")
    )
    assert loaded.name == loaded.path.name == "model"
    assert (loaded.path / "weights" / "latest").readlink() == Path("b.bin")
    assert (loaded.path / "weights" / "latest").read_bytes() == b"a" * 10_000
    assert os.access(loaded.path / "run.sh", os.X_OK)
    assert len(encoded.blobs) == len(set(references(encoded.form))) == 3
    assert encoded.summary["files"] == 4
    assert encode(Folder(loaded.path), store).digest == encoded.digest
    (folder / "config.json").write_text("[]")
    assert encode(Folder(folder), store).digest != encoded.digest


def test_what_is_not_there_or_leads_out_is_refused(store: ArtifactStore, folder: Path) -> None:
    with pytest.raises(TaskFailed, match=r"it is the file .*nothing, which is not there"):
        encode(File(folder / "nothing"), store)
    with pytest.raises(TaskFailed, match="which is a folder, whose content `Folder` keeps"):
        encode(File(folder), store)
    with pytest.raises(TaskFailed, match="which is a file, whose content `File` keeps"):
        encode(Folder(folder / "config.json"), store)
    (folder / "weights" / "out").symlink_to("../../elsewhere")
    with pytest.raises(TaskFailed, match=r"the link weights/out leads out of it, to ../../elsewhere"):
        encode(Folder(folder), store)


@pytest.mark.parametrize("place", ["../x", "/x", "a/../../x"])
def test_a_stored_name_never_leads_out_of_the_folder(store: ArtifactStore, folder: Path, place: str) -> None:
    form = encode(Folder(folder), store).form
    form["data"]["entries"] = {place: form["data"]["entries"]["config.json"]}
    with pytest.raises(Refusal, match="would lead out of its folder"):
        decode(form, store)
    form["data"]["entries"] = {"link": {"$type": "PurePosixPath", "data": place}}
    with pytest.raises(Refusal, match="would lead out of its folder"):
        decode(form, store)
