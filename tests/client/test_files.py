"""Files of namespaces."""

from __future__ import annotations

from pathlib import Path

import pytest

from dalsegno.client.client import Client
from dalsegno.errors import NotFound, Refusal

SPACE = "company.team"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    for name, text in {"main.py": "print(1)", "lib/a b.txt": "ä", "lib/data.bin": "\0\1", ".git/config": "x"}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def test_a_folder_is_put_and_read(client: Client, project: Path) -> None:
    done = client.put_files(project, namespace=SPACE, path="scripts", exclude=["**/*.bin"])
    assert [file.path for file in done.new] == ["scripts/lib/a b.txt", "scripts/main.py"]
    assert (done.changed, done.unchanged, done.deleted) == ((), (), ())
    assert [(file.path, file.size) for file in client.list_files(SPACE)] == [
        ("scripts/lib/a b.txt", 2), ("scripts/main.py", 8),
    ]  # fmt: skip
    with client.open_file("scripts/lib/a b.txt", namespace=SPACE) as file:
        assert file.read() == "ä".encode()
    assert [file.path for file in client.find_files("scripts/lib", namespace=SPACE)] == ["scripts/lib/a b.txt"]
    assert [file.path for file in client.list_files(prefix="scripts/m")] == ["scripts/main.py"]


def test_what_was_there_before_is_told(client: Client, project: Path) -> None:
    client.put_files(project, namespace=SPACE, path="")
    (project / "main.py").write_text("print(2)")
    (project / "lib" / "data.bin").unlink()
    done = client.put_files(project, namespace=SPACE, path="", delete=True)
    assert [file.path for file in done.changed] == ["main.py"]
    assert [file.path for file in done.unchanged] == ["lib/a b.txt"]
    assert [file.path for file in done.deleted] == ["lib/data.bin"]
    assert done.changed[0].digest == client.find_files("main.py", namespace=SPACE)[0].digest


def test_a_single_file_keeps_its_name_or_gets_another(client: Client, project: Path) -> None:
    source = project / "main.py"
    assert [file.path for file in client.put_files(source, namespace=SPACE).new] == ["main.py"]
    assert [file.path for file in client.put_files(source, namespace=SPACE, path="a/").new] == ["a/main.py"]
    assert [file.path for file in client.put_files(source, namespace=SPACE, path="a/b.py").new] == ["a/b.py"]
    with pytest.raises(Refusal, match="only a folder"):
        client.put_files(source, namespace=SPACE, delete=True)


def test_it_is_all_or_nothing(client: Client, project: Path) -> None:
    client.put_files(project / "main.py", namespace=SPACE, path="lib")
    with pytest.raises(Refusal) as caught:
        client.put_files(project, namespace=SPACE, path="")
    assert caught.value.code == "file-taken"
    assert [file.path for file in client.list_files()] == ["lib"]


def test_what_cannot_be_put_is_refused(client: Client, project: Path) -> None:
    with pytest.raises(Refusal) as caught:
        client.put_files(project / "man.py", namespace=SPACE)
    assert (caught.value.code, caught.value.closest) == ("missing-file", ("main.py",))
    with pytest.raises(Refusal):
        client.put_files(project, namespace="no space")
    with pytest.raises(Refusal) as caught:
        client.put_files(project / "main.py", namespace=SPACE, path="../main.py")
    assert caught.value.code == "bad-path"


def test_files_are_removed(client: Client, project: Path) -> None:
    client.put_files(project, namespace=SPACE, path="")
    with pytest.raises(Refusal) as caught:
        client.delete_files("lib", namespace=SPACE)
    assert caught.value.code == "is-folder"
    assert [file.path for file in client.delete_files("main.py", namespace=SPACE)] == ["main.py"]
    gone = client.delete_files("lib", namespace=SPACE, recursive=True)
    assert [file.path for file in gone] == ["lib/a b.txt", "lib/data.bin"]
    with pytest.raises(NotFound) as caught:
        client.open_file("main.py", namespace=SPACE)
    assert caught.value.code == "unknown-file"


def test_an_empty_file_is_a_file(client: Client, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    client.put_files(tmp_path / "empty", namespace=SPACE)
    with client.open_file("empty", namespace=SPACE) as file:
        assert file.read() == b""
