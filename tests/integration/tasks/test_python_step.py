"""Users' functions called by `python.Step`, in real worker processes."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from pydantic import ValidationError
from tests.support.task_context import FolderContext

from dalsegno.errors import Cancelled, TaskFailed
from dalsegno.tasks.python_step import Step

Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Give a function that writes a module into the working directory."""
    monkeypatch.chdir(tmp_path)

    def write_module(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
        return path

    return write_module


@pytest.fixture
def context(tmp_path_factory: pytest.TempPathFactory) -> FolderContext:
    return FolderContext(tmp_path_factory.mktemp("context"))


def value_of(context: FolderContext, function: str, env: dict[str, Any] | None = None, /, **arguments: Any) -> Any:
    step = Step.model_validate({"function": function, "arguments": arguments, "env": env or {}})
    return step.run(context).value


def failure_of(context: FolderContext, function: str, /, **arguments: Any) -> TaskFailed:
    with pytest.raises(TaskFailed) as caught:
        value_of(context, function, **arguments)
    return caught.value


def test_the_result_of_the_function_is_the_output_value(write: Write, context: FolderContext) -> None:
    write("steps.py", "def add(a, b=10):\n    return {'sum': a + b, 'parts': (a, b)}")
    assert value_of(context, "steps:add", a=1) == {"sum": 11, "parts": [1, 10]}


def test_a_function_of_a_package_or_class_is_found_by_its_qualified_name(write: Write, context: FolderContext) -> None:
    write("pack/__init__.py", "")
    write("pack/inner.py", "class Model:\n    @staticmethod\n    def train():\n        return 'trained'")
    assert value_of(context, "pack.inner:Model.train") == "trained"


def test_an_async_function_is_run_to_its_end(write: Write, context: FolderContext) -> None:
    write("steps.py", "import asyncio\n\nasync def slow(x):\n    await asyncio.sleep(0)\n    return x * 2")
    assert value_of(context, "steps:slow", x=4) == 8


def test_prints_are_logged_in_order_and_per_stream(write: Write, context: FolderContext) -> None:
    text = """
        import os, subprocess, sys
        def talk():
            print("one")
            subprocess.run(["echo", "two"])
            os.write(1, "thr\\u00e9e".encode())
            print("oops", file=sys.stderr)
        """
    write("steps.py", text)
    value_of(context, "steps:talk")
    assert [line for name, line in context.lines if name == "stdout"] == ["one", "two", "thrée"]
    assert [line for name, line in context.lines if name == "stderr"] == ["oops"]


def test_lines_are_logged_while_the_function_still_runs(write: Write, context: FolderContext, tmp_path: Path) -> None:
    text = """
        def wait():
            print("waiting")
            with open("gate") as gate:
                return gate.read()
        """
    write("steps.py", text)
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    stream = context.log.stream

    def open_gate(name: Any, text: str) -> None:
        stream(name, text)
        threading.Thread(target=gate.write_text, args=("open",)).start()

    context.log.stream = open_gate
    assert value_of(context, "steps:wait") == "open"
    assert context.lines == [("stdout", "waiting")]


def test_the_function_sees_the_variables_of_the_task_and_its_env(write: Write, context: FolderContext) -> None:
    write("steps.py", "import os\n\ndef env(*names, **k):\n    return {n: os.environ.get(n) for n in k['names']}")
    names = ["COLOUR", "DALSEGNO_IS_REPLAY", "DALSEGNO_IDEMPOTENCY_KEY"]
    assert value_of(context, "steps:env", {"COLOUR": 7}, names=names) == {
        "COLOUR": "7",
        "DALSEGNO_IS_REPLAY": "false",
        "DALSEGNO_IDEMPOTENCY_KEY": "0123456789abcdef",
    }
    context.is_replay = True
    assert value_of(context, "steps:env", {"COLOUR": 7}, names=["DALSEGNO_IS_REPLAY"]) == {"DALSEGNO_IS_REPLAY": "true"}
    assert value_of(context, "steps:env", names=["COLOUR"]) == {"COLOUR": None}


def test_a_failure_names_type_text_and_place_and_shows_only_the_users_frames(
    write: Write, context: FolderContext
) -> None:
    path = write("steps.py", "def outer():\n    return inner()\n\ndef inner():\n    raise LookupError('no such city')")
    failure = failure_of(context, "steps:outer")
    assert failure.message == "`steps:outer` failed: LookupError: no such city"
    assert failure.hint is not None
    assert f"line 5 of {path}" in failure.hint
    assert failure.details["exception"] == "LookupError"
    assert failure.details["traceback"].count("  File ") == 2
    assert "dalsegno" not in failure.details["traceback"]


def test_the_cause_of_an_error_is_in_its_traceback(write: Write, context: FolderContext) -> None:
    text = """
        def f():
            try:
                1 / 0
            except ZeroDivisionError as error:
                raise ValueError("bad") from error
        """
    write("steps.py", text)
    traceback = failure_of(context, "steps:f").details["traceback"]
    assert traceback.index("ZeroDivisionError") < traceback.index("ValueError: bad")


def test_a_task_failed_of_the_function_keeps_its_message_and_hint(write: Write, context: FolderContext) -> None:
    text = """
        from dalsegno.errors import TaskFailed
        def f():
            raise TaskFailed("the sheet is empty", code="empty", hint="fill it", details={"sheet": 3})
        """
    write("steps.py", text)
    failure = failure_of(context, "steps:f")
    assert (failure.message, failure.code, failure.hint) == ("the sheet is empty", "empty", "fill it")
    assert failure.details["sheet"] == 3


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("raise type('Odd', (Exception,), {'__str__': lambda self: 1 / 0})()", "Odd: (its text cannot be shown)"),
        ("raise ValueError('x' * 100_000)", "(100,000 characters)"),
        ("return f()", "RecursionError"),
    ],
)
def test_whatever_a_function_raises_is_a_failure_that_can_be_read(
    write: Write, context: FolderContext, body: str, words: str
) -> None:
    write("steps.py", f"def f():\n    {body}\n\ndef fine():\n    return 'fine'")
    failure = failure_of(context, "steps:f")
    assert words in failure.message
    assert len(failure.message) < 5000
    assert value_of(context, "steps:fine") == "fine"


def test_a_missing_module_says_where_it_was_looked_for_and_what_is_there(
    write: Write, context: FolderContext, tmp_path: Path
) -> None:
    write("cleaning.py", "")
    failure = failure_of(context, "cleanin:run")
    assert failure.code == "unknown-module"
    assert f"no module `cleanin` in `{tmp_path}`" in failure.message
    assert failure.closest == ("cleaning",)


def test_a_missing_module_of_a_package_is_looked_for_in_the_package(write: Write, context: FolderContext) -> None:
    package = write("pack/__init__.py", "").parent
    write("pack/loading.py", "")
    failure = failure_of(context, "pack.loadin:run")
    assert f"no module `pack.loadin` in `{package}`" in failure.message
    assert failure.closest == ("pack.loading",)


def test_a_missing_function_names_the_closest_ones(write: Write, context: FolderContext) -> None:
    path = write("steps.py", "def train(): ...\ndef test(): ...")
    failure = failure_of(context, "steps:trian")
    assert failure.code == "unknown-function"
    assert str(path) in failure.message
    assert failure.closest[0] == "train"


def test_what_a_module_lacks_is_not_mistaken_for_the_module_itself(write: Write, context: FolderContext) -> None:
    write("steps.py", "import surely_not_installed\ndef f(): ...")
    failure = failure_of(context, "steps:f")
    assert failure.code == "import-failed"
    assert "No module named 'surely_not_installed'" in failure.message
    assert failure.hint is not None
    assert failure.hint.startswith("install `surely_not_installed`")


def test_a_syntax_error_tells_its_line(write: Write, context: FolderContext) -> None:
    path = write("steps.py", "def f():\n    return (1\n")
    failure = failure_of(context, "steps:f")
    assert "SyntaxError" in failure.message
    assert failure.hint is not None
    assert f"line 2 of {path}" in failure.hint


@pytest.mark.parametrize("name", ["steps", "steps:", ":f", "steps.f", "my-steps:f", "steps:f()", ""])
def test_what_names_no_function_is_refused_with_an_example(context: FolderContext, name: str) -> None:
    failure = failure_of(context, name)
    assert failure.code == "bad-function-name"
    assert failure.hint is not None
    assert "my_package.steps:train" in failure.hint


def test_a_value_that_cannot_be_called_is_no_function(write: Write, context: FolderContext) -> None:
    write("steps.py", "RATE = 0.1")
    assert "no function but a value of type `float`" in failure_of(context, "steps:RATE").message


def test_unknown_and_missing_arguments_are_told_before_the_call(write: Write, context: FolderContext) -> None:
    write("steps.py", "def train(data, learning_rate=0.1):\n    print('called')")
    unknown = failure_of(context, "steps:train", data=1, learning_rte=2)
    assert (unknown.code, unknown.closest) == ("unknown-argument", ("learning_rate",))
    missing = failure_of(context, "steps:train", learning_rate=2)
    assert missing.code == "missing-argument"
    assert "`data`" in missing.message
    assert missing.hint == "its signature is `train(data, learning_rate=0.1)`"
    assert context.lines == []


def test_a_function_that_takes_any_argument_gets_all(write: Write, context: FolderContext) -> None:
    write("steps.py", "def f(a, **rest):\n    return [a, rest]")
    assert value_of(context, "steps:f", a=1, function=2, self=3) == [1, {"function": 2, "self": 3}]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("object()", "`f` is of type `object`"),
        ("{'rows': [1, {2}]}", "`f.rows[1]` is of type `set`"),
        ("{1: 'one'}", "`f` has the key 1 of type `int`; keys must be text"),
        ("float('nan')", "`f` is nan"),
        ("(x for x in [])", "`f` is of type `generator`"),
        ("[__import__('decimal').Decimal(1)]", "`f[0]` is of type `decimal.Decimal`"),
        ("(lambda x: x.append(x) or x)([])", "contains itself"),
    ],
)
def test_a_result_that_json_cannot_hold_is_refused_with_its_place(
    write: Write, context: FolderContext, body: str, words: str
) -> None:
    write("steps.py", f"def f():\n    return {body}")
    failure = failure_of(context, "steps:f")
    assert failure.code == "result-not-plain"
    assert words in failure.message
    assert failure.hint is not None
    assert "lists and dicts" in failure.hint


def test_subclasses_of_plain_types_come_back_as_the_plain_types(write: Write, context: FolderContext) -> None:
    text = """
        import collections, enum
        Point = collections.namedtuple("Point", "x y")
        class Level(enum.IntEnum):
            HIGH = 3
        class Name(str):
            pass
        def f():
            return [Point(1, 2.5), Level.HIGH, Name("n"), collections.OrderedDict(a=True), None]
        """
    write("steps.py", text)
    value = value_of(context, "steps:f")
    assert value == [[1, 2.5], 3, "n", {"a": True}, None]
    assert [type(item) for item in value] == [list, int, str, dict, type(None)]


def test_killing_the_task_ends_a_busy_function(write: Write, context: FolderContext) -> None:
    write("steps.py", "def spin():\n    print('spinning')\n    while True: pass\n\ndef fine():\n    return 1")
    stream = context.log.stream

    def cancel_when_it_spins(name: Any, text: str) -> None:
        stream(name, text)
        context.cancel()

    context.log.stream = cancel_when_it_spins
    with pytest.raises(Cancelled):
        value_of(context, "steps:spin")
    assert context.lines == [("stdout", "spinning")]


def test_arguments_and_env_may_come_as_json_text() -> None:
    step = Step.model_validate({"function": "a:b", "arguments": '{"x": [1]}', "env": '{"A": "1"}'})
    assert (step.arguments, step.env) == ({"x": [1]}, {"A": "1"})


def test_an_unknown_property_is_refused() -> None:
    with pytest.raises(ValidationError, match="funktion"):
        Step.model_validate({"funktion": "a:b"})


def test_the_versions_of_the_packages_that_its_process_imported_are_told(write: Write, context: FolderContext) -> None:
    write("own.py", "def plain():\n    import json, own\n    return 1")
    assert value_of(context, "own:plain") == 1
    assert context.packages == {}
    write("steps.py", "import yaml\n\ndef read(text):\n    return yaml.safe_load(text)")
    assert value_of(context, "steps:read", text="{a: 1}") == {"a": 1}
    assert context.packages == {"PyYAML": version("PyYAML")}


def test_they_are_told_of_a_call_that_fails_and_of_one_that_imports_late(write: Write, context: FolderContext) -> None:
    write("late.py", "def late():\n    import anyio\n    raise ValueError('no')")
    assert "no" in failure_of(context, "late:late").message
    assert context.packages.items() >= {"anyio": version("anyio")}.items()
