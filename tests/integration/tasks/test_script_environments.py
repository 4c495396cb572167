"""Environments for Python scripts, made by the real uv and pip of packages that the tests build."""

from __future__ import annotations

import shutil
import threading
import zipfile
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from pydantic import ValidationError
from tests.support.task_context import FolderContext

from dalsegno.errors import Cancelled, TaskFailed
from dalsegno.tasks.scripts import environments, python
from dalsegno.tasks.scripts.environments import READY

SCRIPT = "import tiny, sys; print(tiny.VALUE); print(sys.prefix)"


def build_wheel(folder: Path, value: str = "1", name: str = "tiny") -> Path:
    """Build a package with one module."""
    path = folder / f"{name}-1.0-py3-none-any.whl"
    about = f"{name}-1.0.dist-info"
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{name}.py", f"VALUE = {value}")
        wheel.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        wheel.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{about}/RECORD", f"{name}.py,,\n{about}/METADATA,,\n{about}/WHEEL,,\n{about}/RECORD,,\n")
    return path


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("UV_NO_INDEX", "PIP_NO_INDEX"):
        monkeypatch.setenv(name, "1")


def run(context: FolderContext, wheel: Path, script: str = SCRIPT, **properties: Any) -> list[str]:
    properties = {"dependencies": [str(wheel)], **properties}
    python.Script.model_validate({"script": script, **properties}).run(context)
    return [text for name, text in context.lines if name == "stdout"]


def making(context: FolderContext) -> int:
    return sum(1 for _, text in context.lines if text.startswith("making an environment"))


@pytest.mark.parametrize("manager", ["UV", "PIP"])
def test_dependencies_are_there_in_an_environment_that_is_made_once(
    context: FolderContext, tmp_path: Path, manager: str
) -> None:
    wheel = build_wheel(tmp_path / "wheels")
    said = run(context, wheel, packageManager=manager)
    assert said[0] == "1"
    assert Path(said[1]).is_relative_to(context.cache())
    assert run(context, wheel, packageManager=manager)[2:] == said
    assert making(context) == 1


def test_other_dependencies_make_another_environment(context: FolderContext, tmp_path: Path) -> None:
    wheel, other = build_wheel(tmp_path / "wheels"), build_wheel(tmp_path / "wheels", name="other")
    run(context, wheel)
    said = run(context, wheel, "import tiny, other; print(other.VALUE)", dependencies=[str(wheel), str(other)])
    assert said[-1] == "1"
    assert making(context) == 2


def test_a_package_among_the_input_files_counts_by_its_content(context: FolderContext, tmp_path: Path) -> None:
    for value in ("1", "2", "2"):
        uri = context.add_file(build_wheel(tmp_path / value, value).read_bytes(), "tiny-1.0-py3-none-any.whl")
        run(
            context,
            tmp_path,
            "import tiny; print(tiny.VALUE)",
            dependencies=["tiny-1.0-py3-none-any.whl"],
            inputFiles=[uri],
        )
    assert [text for name, text in context.lines if name == "stdout"] == ["1", "2", "2"]
    assert making(context) == 2


def test_commands_find_the_programs_of_the_environment(context: FolderContext, tmp_path: Path) -> None:
    wheel = build_wheel(tmp_path / "wheels")
    task = {"commands": "python -c 'import tiny; print(tiny.VALUE)'; echo $VIRTUAL_ENV", "dependencies": [str(wheel)]}
    python.Commands.model_validate(task).run(context)
    said = [text for name, text in context.lines if name == "stdout"]
    assert said[0] == "1"
    assert (Path(said[1]) / READY).exists()


def test_an_environment_need_not_be_kept(context: FolderContext, tmp_path: Path) -> None:
    said = run(context, build_wheel(tmp_path / "wheels"), dependencyCacheEnabled=False)
    assert said[0] == "1"
    assert list(context.cache().iterdir()) == []


def test_what_was_left_half_made_is_made_anew(context: FolderContext, tmp_path: Path) -> None:
    wheel = build_wheel(tmp_path / "wheels")
    made = Path(run(context, wheel)[1])
    (made / READY).unlink()
    shutil.rmtree(made / "lib")
    assert run(context, wheel)[2] == "1"
    assert (made / READY).exists()


def test_two_that_want_the_same_environment_make_it_once(tmp_path: Path) -> None:
    wheel = build_wheel(tmp_path / "wheels")
    (tmp_path / "cache").mkdir()
    contexts = [FolderContext(tmp_path / name) for name in "abc"]
    for context in contexts:
        (context.folder / "cache").symlink_to(tmp_path / "cache")
    threads = [threading.Thread(target=run, args=(context, wheel)) for context in contexts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [("stdout", "1") in context.lines for context in contexts] == [True] * 3
    assert sum(making(context) for context in contexts) == 1


def test_waiting_for_somebody_who_makes_it_can_be_cancelled(context: FolderContext, tmp_path: Path) -> None:
    wheel = build_wheel(tmp_path / "wheels")
    made = Path(run(context, wheel)[1])
    (made / READY).unlink()
    with FileLock(made.parent / f"{made.name}.lock"):
        threading.Timer(0, context.cancel).start()
        with pytest.raises(Cancelled):
            run(context, wheel)
    assert not (made / READY).exists()


@pytest.mark.parametrize("manager", ["UV", "PIP"])
def test_a_package_that_cannot_be_had_fails_with_words(context: FolderContext, manager: str) -> None:
    with pytest.raises(TaskFailed, match="no-such-package-at-all") as failed:
        run(context, Path("no-such-package-at-all"), packageManager=manager)
    assert failed.value.code == "environment-failed"
    assert "dependencies" in (failed.value.hint or "")
    assert not list(context.cache().rglob(READY))


def test_a_registry_that_cannot_be_reached_is_told(context: FolderContext, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("UV_NO_INDEX", "PIP_NO_INDEX"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_NO_CONFIG", "1")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    with pytest.raises(TaskFailed) as failed:
        run(context, Path("no-such-package-at-all"))
    assert "cannot be reached" in (failed.value.hint or "")


def test_without_uv_pip_makes_the_environment(
    context: FolderContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environments, "find_uv", lambda: None)
    assert run(context, build_wheel(tmp_path / "wheels"))[0] == "1"
    assert any("by pip" in text for _, text in context.lines)


def test_a_version_of_python_that_is_not_there_fails_with_words(context: FolderContext) -> None:
    with pytest.raises(TaskFailed, match=r"no Python 3\.99 on this machine"):
        run(context, Path("x"), dependencies=[], pythonVersion="3.99", packageManager="PIP")


def test_kestras_own_library_is_used_by_who_asks_for_it(context: FolderContext, tmp_path: Path) -> None:
    wheel = build_wheel(tmp_path / "wheels", name="kestra")
    said = run(
        context,
        wheel,
        "import kestra, dalsegno_script; print(kestra.VALUE)",
        dependencies=[f"kestra @ {wheel.as_uri()}"],
    )
    assert said == ["1"]


@pytest.mark.parametrize("text", ["-r requirements.txt", " --index-url=x", " "])
def test_what_names_no_package_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="names no package"):
        python.Script.model_validate({"script": "x", "dependencies": [text]})
