"""What a bundle holds, what is refused, and what is told of two of them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest
from tests.support.projects import Project

from dalsegno.code import Bundle, CodeDigest, collect, collecting, differences, digest_of, load
from dalsegno.errors import Refusal


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.write({
        "steps.py": "import helpers\ndef train(x):\n    return helpers.clean(x)\nclass Group:\n    @staticmethod\n"
        "    def go(x):\n        return x\n",
        "helpers.py": "def clean(x):\n    return x\n",
    })  # fmt: skip
    return project


def test_a_bundle_survives_its_json(project: Project) -> None:
    with project.imported("steps") as steps:
        bundle = collect(steps.train, options={"retry": 1})
        expected = digest_of(steps.train, options={"retry": 1})
    again = Bundle.from_json(json.loads(json.dumps(bundle.to_json())))
    assert again.to_json() == bundle.to_json()
    assert (again.digest, again.code) == (expected.digest, expected)
    assert again.files() == {}
    assert again.digests() == bundle.digests() == set(bundle.files())
    with load(again, read=lambda digest: bundle.files()[digest]) as function:
        assert function(1) == 1


def test_a_function_inside_of_a_class_is_named_by_its_whole_name(project: Project) -> None:
    with project.imported("steps") as steps:
        bundle = collect(steps.Group.go)
    assert (bundle.entry, bundle.pickled) == ("steps:Group.go", None)
    with load(bundle) as function:
        assert function(3) == 3


STEP = """
class Step:
    def __init__(self, function):
        self.__dalsegno_function__ = function
    def __call__(self, x):
        return ["step", self.__dalsegno_function__(x)]
    def with_options(self):
        return Step(self.__dalsegno_function__)
@Step
def train(x):
    return x + 1
quick = train.with_options()
class Callable:
    def __call__(self, x):
        return x
held = Callable()
"""


@pytest.mark.parametrize(
    ("name", "entry", "result"),
    [
        ("train", "stepped:train", ["step", 2]),
        ("train.__dalsegno_function__", "stepped:train", 2),
        ("quick", "stepped:quick", ["step", 2]),
        ("held", "stepped:held", 1),
        ("Step", "stepped:Step", None),
    ],
)
def test_what_stands_for_a_function_is_loaded_as_it_was_given(
    project: Project, name: str, entry: str, result: Any
) -> None:
    project.write({"stepped.py": STEP})
    with project.imported("stepped") as module:
        bundle = collect(attrgetter(name)(module))
    assert (bundle.entry, bundle.pickled) == (entry, None)
    with load(bundle) as function:
        assert result is None or function(1) == result


def test_a_function_of_a_library_needs_no_modules() -> None:
    bundle = collect(json.dumps)
    assert (bundle.entry, dict(bundle.modules), bundle.pickled) == ("json:dumps", {}, None)
    with load(bundle) as function:
        assert function is json.dumps


def test_a_closure_that_cannot_be_pickled_is_refused() -> None:
    lock = threading.Lock()

    def guarded() -> bool:
        return lock.locked()

    with pytest.raises(Refusal) as refused:
        collect(guarded)
    assert refused.value.code == "code-not-storable"
    assert "guarded` cannot be stored: cannot pickle '_thread.lock' object; " in refused.value.message
    assert refused.value.message.endswith("make what it uses inside of the function, or pass it as an argument")


def test_code_that_is_too_large_is_refused(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "_MOST_SOURCE", 50)
    with (
        project.imported("steps") as steps,
        pytest.raises(Refusal, match="modules that are imported are larger") as refused,
    ):
        collect(steps.train)
    assert refused.value.code == "code-too-large"
    data = b"x" * 1000

    def reading() -> bytes:
        return data

    monkeypatch.setattr(collecting, "_MOST_PICKLED", 900)
    with pytest.raises(Refusal, match="pass large values as arguments"):
        collect(reading)


def test_a_module_that_changed_on_disk_since_it_was_loaded_is_told(project: Project) -> None:
    with project.imported("steps") as steps:
        project.write({"helpers.py": "def clean(x):\n    return x + 1\n"})
        bundle = collect(steps.train)
    told = (
        f"`{project.folder}/helpers.py` has changed since it was loaded: what is stored of `helpers` is not what runs"
    )
    assert told in bundle.code.uncertain


def test_what_is_pickled_by_another_python_is_refused_with_what_to_do(project: Project) -> None:
    made: Callable[[], int] = lambda: 1  # noqa: E731 (a lambda is what is tested)
    stored: dict[str, Any] = {**collect(made).to_json(), "python": "3.7"}
    with pytest.raises(Exception, match=r"pickled by Python 3\.7") as failed:
        load(Bundle.from_json(stored), read=lambda digest: collect(made).files()[digest])
    assert getattr(failed.value, "code", None) == "import-failed"


def test_differences_name_what_changed_came_and_went() -> None:
    old = CodeDigest("1", {"steps:train": "a", "helpers:clean": "b", "helpers:old": "c"})
    new = CodeDigest("2", {"steps:train": "a", "helpers:clean": "x", "helpers:fresh": "d"})
    assert differences(old, new) == (
        "code of `helpers.clean` changed",
        "`helpers.fresh` is used now",
        "`helpers.old` is not used any more",
    )
    assert differences(old, old) == ()
    assert differences(old, CodeDigest("3", old.parts)) == ("the code that it reaches changed",)
