"""Worker processes as they are: warm, fresh, parallel, killed, orphaned."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from tests.support.processes import start_python, wait_until_gone

from dalsegno.errors import Cancelled, TaskFailed
from dalsegno.executors import worker_process
from dalsegno.executors.processes import PythonCall, WorkerPool

Call = Callable[..., Any]

STEPS = """
import os, signal, subprocess, sys, time

def pid():
    return os.getpid()

def die(number):
    print("dying")
    os.kill(os.getpid(), number)
    time.sleep(60)

def leave(code):
    os._exit(code)

def echo(value):
    return value

def spin():
    try:
        print("spinning")
        while True:
            pass
    finally:
        print("tidied up")

def deaf():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("deaf")
    while True:
        pass

def with_child():
    child = subprocess.Popen(["sleep", "1000"])
    print(child.pid)
    child.wait()

def cwd():
    return os.getcwd()
"""


class StopError(Exception):
    """What the tests' cancelling raises."""


class Lines(list[tuple[str, str]]):
    """Keeps lines; a test can wait for the first."""

    def __init__(self) -> None:
        super().__init__()
        self.any = threading.Event()

    def add(self, stream: str, text: str) -> None:
        self.append((stream, text))
        self.any.set()

    def stop(self) -> None:
        """Cancel as soon as there is a line."""
        if self:
            raise StopError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    (tmp_path / "steps.py").write_text(STEPS)
    return tmp_path


@pytest.fixture
def pool() -> Iterator[WorkerPool]:
    made = WorkerPool(2)
    yield made
    made.close()


def call_of(folder: Path, function: str, /, **arguments: Any) -> PythonCall:
    return PythonCall(f"steps:{function}", arguments, cwd=folder, path=(str(folder),))


def test_a_worker_is_kept_for_the_next_call(pool: WorkerPool, folder: Path) -> None:
    pids = {pool.call(call_of(folder, "pid")) for _ in range(5)}
    assert len(pids) == 1
    assert os.getpid() not in pids


def test_a_worker_is_kept_after_the_function_raised(pool: WorkerPool, folder: Path) -> None:
    first = pool.call(call_of(folder, "pid"))
    with pytest.raises(TaskFailed, match="TypeError"):
        pool.call(call_of(folder, "leave", code="no number"))
    assert pool.call(call_of(folder, "pid")) == first


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_worker_that_is_killed_in_a_call_fails_it_and_the_next_call_works(
    pool: WorkerPool, folder: Path, number: signal.Signals
) -> None:
    lines = Lines()
    with pytest.raises(TaskFailed, match=f"killed by {number.name} while it ran `steps:die`") as caught:
        pool.call(call_of(folder, "die", number=int(number)), on_line=lines.add)
    assert caught.value.details == {"exit_code": -number, "signal": number.name}
    assert lines == [("stdout", "dying")]
    assert pool.call(call_of(folder, "echo", value=1)) == 1


def test_a_worker_that_ends_itself_fails_the_call(pool: WorkerPool, folder: Path) -> None:
    with pytest.raises(TaskFailed, match="ended with exit code 7 while it ran"):
        pool.call(call_of(folder, "leave", code=7))
    assert pool.call(call_of(folder, "echo", value=1)) == 1


def test_a_worker_that_dies_is_noticed_though_a_child_of_it_lives(pool: WorkerPool, folder: Path) -> None:
    text = """
        import os, time
        def f():
            child = os.fork()
            if child == 0:
                time.sleep(1000)
            print(child)
            os.kill(os.getpid(), 9)
        """
    (folder / "steps.py").write_text(dedent(text))
    lines = Lines()
    with pytest.raises(TaskFailed, match="killed by SIGKILL"):
        pool.call(call_of(folder, "f"), on_line=lines.add)
    wait_until_gone(int(lines[0][1]))


def test_a_worker_that_was_killed_while_idle_is_replaced_without_a_word(pool: WorkerPool, folder: Path) -> None:
    first = pool.call(call_of(folder, "pid"))
    os.kill(first, signal.SIGKILL)
    assert pool.call(call_of(folder, "pid")) != first


def test_cancelling_stops_a_busy_loop_and_lets_it_tidy_up(pool: WorkerPool, folder: Path) -> None:
    lines = Lines()
    with pytest.raises(StopError):
        pool.call(call_of(folder, "spin"), on_line=lines.add, check_cancelled=lines.stop)
    assert lines == [("stdout", "spinning"), ("stdout", "tidied up")]
    assert pool.call(call_of(folder, "echo", value=1)) == 1


def test_a_function_that_is_deaf_to_sigterm_is_killed(
    pool: WorkerPool, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_process, "GRACE", 0.2)
    lines = Lines()
    pid = pool.call(call_of(folder, "pid"))
    with pytest.raises(StopError):
        pool.call(call_of(folder, "deaf"), on_line=lines.add, check_cancelled=lines.stop)
    wait_until_gone(pid)


def test_cancelling_ends_what_the_function_has_started(pool: WorkerPool, folder: Path) -> None:
    lines = Lines()
    with pytest.raises(StopError):
        pool.call(call_of(folder, "with_child"), on_line=lines.add, check_cancelled=lines.stop)
    wait_until_gone(int(lines[0][1]))


def test_a_call_that_takes_too_long_is_stopped(pool: WorkerPool, folder: Path) -> None:
    with pytest.raises(TaskFailed, match=r"`steps:spin` did not end within 0\.3 s") as caught:
        pool.call(call_of(folder, "spin"), timeout=0.3)
    assert caught.value.code == "timeout"
    assert pool.call(call_of(folder, "echo", value=1), timeout=60) == 1


def test_an_error_of_the_listener_to_lines_ends_the_call(pool: WorkerPool, folder: Path) -> None:
    def broken(_stream: str, _text: str) -> None:
        raise LookupError("no place for lines")

    with pytest.raises(LookupError):
        pool.call(call_of(folder, "spin"), on_line=broken)
    assert pool.call(call_of(folder, "echo", value=1)) == 1


def test_an_edit_of_the_same_length_in_the_same_moment_is_seen(pool: WorkerPool, folder: Path) -> None:
    module, seen = folder / "steps.py", list[Any]()
    for number in range(5):
        module.write_text(f"def f():\n    return {number}")
        seen.append(pool.call(call_of(folder, "f")))
    assert seen == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("lazily", [False, True])
def test_an_edit_of_a_module_that_the_module_imports_is_seen(pool: WorkerPool, folder: Path, *, lazily: bool) -> None:
    inside = "def f():\n    import helper\n    return helper.VALUE"
    (folder / "steps.py").write_text(inside if lazily else "import helper\n\ndef f():\n    return helper.VALUE")
    (folder / "helper.py").write_text("VALUE = 1")
    assert pool.call(call_of(folder, "f")) == 1
    (folder / "helper.py").write_text("VALUE = 2")
    assert pool.call(call_of(folder, "f")) == 2


def test_a_module_that_was_removed_is_missing(pool: WorkerPool, folder: Path) -> None:
    pool.call(call_of(folder, "pid"))
    (folder / "steps.py").unlink()
    with pytest.raises(TaskFailed, match="no module `steps`"):
        pool.call(call_of(folder, "pid"))


def test_a_module_that_was_missing_is_found_when_it_is_written(pool: WorkerPool, folder: Path) -> None:
    later = PythonCall("later:f", {}, cwd=folder, path=(str(folder),))
    with pytest.raises(TaskFailed, match="no module `later`"):
        pool.call(later)
    (folder / "later.py").write_text("def f():\n    return 'here'")
    assert pool.call(later) == "here"


def test_no_bytecode_is_left_in_the_users_folder(pool: WorkerPool, folder: Path) -> None:
    pool.call(call_of(folder, "pid"))
    assert [path.name for path in folder.iterdir()] == ["steps.py"]


def test_modules_of_one_name_in_two_folders_are_kept_apart(pool: WorkerPool, tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("a", "b")]
    for folder in folders:
        folder.mkdir()
        (folder / "steps.py").write_text(f"import os\n\ndef f():\n    return [{folder.name!r}, os.getcwd()]")
    for folder in [*folders, *folders]:
        assert pool.call(call_of(folder, "f")) == [folder.name, str(folder)]


def test_what_a_call_does_to_folder_variables_and_streams_is_undone(pool: WorkerPool, folder: Path) -> None:
    text = """
        import os, sys
        def spoil():
            os.chdir("/")
            os.environ["COLOUR"] = "red"
            sys.stdout = open(os.devnull, "w")
            return os.getpid()
        def look():
            print("heard")
            return [os.getpid(), os.getcwd(), os.environ.get("COLOUR")]
        """
    (folder / "steps.py").write_text(dedent(text))
    lines, pid = Lines(), pool.call(call_of(folder, "spoil"))
    assert pool.call(call_of(folder, "look"), on_line=lines.add) == [pid, str(folder), None]
    assert lines == [("stdout", "heard")]


def test_a_module_that_reads_a_variable_when_it_is_imported_never_sees_an_old_one(
    pool: WorkerPool, folder: Path
) -> None:
    (folder / "steps.py").write_text("import os\nCOLOUR = os.environ['COLOUR']\n\ndef f():\n    return COLOUR")
    for colour in ("red", "green", "red"):
        call = PythonCall("steps:f", {}, cwd=folder, path=(str(folder),), environ={"COLOUR": colour})
        assert pool.call(call) == colour


def test_a_missing_working_directory_is_told(pool: WorkerPool, folder: Path) -> None:
    with pytest.raises(TaskFailed, match=r"working directory `.*nowhere` cannot be entered: No such file") as caught:
        pool.call(call_of(folder / "nowhere", "pid"))
    assert caught.value.code == "no-working-directory"


def test_a_file_of_the_user_does_not_replace_a_module_that_the_worker_needs(pool: WorkerPool, folder: Path) -> None:
    for name in ("pickle", "socket", "inspect", "threading", "traceback"):
        (folder / f"{name}.py").write_text("raise RuntimeError('this is not the standard library')")
    assert pool.call(call_of(folder, "echo", value=1)) == 1


def test_calls_run_side_by_side_up_to_the_limit(pool: WorkerPool, folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    text = """
        def put():
            with open("pipe", "w") as pipe:
                pipe.write("met")
        def take():
            with open("pipe") as pipe:
                return pipe.read()
        """
    (folder / "steps.py").write_text(dedent(text))
    with ThreadPoolExecutor(2) as threads:
        ends = [threads.submit(pool.call, call_of(folder, name), timeout=30) for name in ("take", "put")]
        assert [end.result() for end in ends] == ["met", None]


def test_a_call_that_waits_for_a_worker_can_be_cancelled(folder: Path) -> None:
    pool, lines, stop = WorkerPool(1), Lines(), threading.Event()

    def check() -> None:
        if stop.is_set():
            raise StopError

    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(pool.call, call_of(folder, "spin"), on_line=lines.add, check_cancelled=check)
        assert lines.any.wait(30)
        with pytest.raises(StopError):
            pool.call(call_of(folder, "pid"), check_cancelled=lines.stop)
        stop.set()
        assert isinstance(first.exception(30), StopError)
    pool.close()


def test_an_idle_worker_makes_room_for_one_of_other_surroundings(tmp_path: Path) -> None:
    pool, pids = WorkerPool(2), list[int]()
    for name in "abc":
        folder = tmp_path / name
        folder.mkdir()
        (folder / "steps.py").write_text(STEPS)
        pids.append(pool.call(call_of(folder, "pid")))
    wait_until_gone(pids[0])
    assert pool.call(call_of(tmp_path / "b", "pid")) == pids[1]
    pool.close()
    for pid in pids:
        wait_until_gone(pid)


def test_large_values_and_much_output_pass_both_ways(pool: WorkerPool, folder: Path) -> None:
    text = """
        def f(data):
            for number in range(20_000):
                print("line", number)
            return data[::-1]
        """
    (folder / "steps.py").write_text(dedent(text))
    lines, data = Lines(), bytes(range(256)) * 40_000
    assert pool.call(call_of(folder, "f", data=data), on_line=lines.add) == data[::-1]
    assert lines == [("stdout", f"line {number}") for number in range(20_000)]


def test_output_is_cut_into_lines_whatever_it_is(pool: WorkerPool, folder: Path) -> None:
    text = r"""
        import os
        def f():
            os.write(1, b"windows\r\n\nbad \xff byte\n")
            for _ in range(40):
                os.write(1, b"x" * 10_000)
            os.write(1, b"\nlast without an end")
        """
    (folder / "steps.py").write_text(dedent(text))
    lines = Lines()
    pool.call(call_of(folder, "f"), on_line=lines.add)
    texts = [text for _, text in lines]
    assert texts[:3] == ["windows", "", "bad � byte"]
    assert texts[-1] == "last without an end"
    assert "".join(texts[3:-1]) == "x" * 400_000
    assert max(map(len, texts)) < 200_000


def test_values_that_can_be_pickled_pass_both_ways(pool: WorkerPool, folder: Path) -> None:
    offset = 5

    def twice(number: int) -> int:
        return number * 2 + offset

    double = pool.call(call_of(folder, "echo", value=twice))
    assert double(2) == 9
    assert pool.call(call_of(folder, "echo", value={1, (2, None)})) == {1, (2, None)}


def test_a_result_that_cannot_be_pickled_is_a_clear_failure(pool: WorkerPool, folder: Path) -> None:
    (folder / "steps.py").write_text("def f():\n    return (x for x in [])")
    with pytest.raises(TaskFailed, match="result of `steps:f`, of type `generator`, cannot be sent") as caught:
        pool.call(call_of(folder, "f"))
    assert caught.value.code == "result-not-picklable"


def test_arguments_that_cannot_be_pickled_are_a_clear_failure(pool: WorkerPool, folder: Path) -> None:
    with pytest.raises(TaskFailed, match="arguments of `steps:echo` cannot be sent to its process") as caught:
        pool.call(call_of(folder, "echo", value=threading.Lock()))
    assert caught.value.code == "arguments-not-picklable"


def test_a_plain_call_imports_nothing_of_the_users_here(pool: WorkerPool, folder: Path) -> None:
    (folder / "only_there.py").write_text("class Thing(str): ...\n\ndef f():\n    return Thing('t')")
    call = PythonCall("only_there:f", {}, cwd=folder, path=(str(folder),), plain=True)
    assert type(pool.call(call)) is str
    assert "only_there" not in sys.modules


def test_a_child_that_keeps_the_streams_open_does_not_hold_the_call_up(pool: WorkerPool, folder: Path) -> None:
    (folder / "steps.py").write_text(
        "import subprocess\n\ndef f():\n    return subprocess.Popen(['sleep', '1000']).pid"
    )
    child = pool.call(call_of(folder, "f"))
    pool.close()
    wait_until_gone(child)


def test_closing_ends_idle_and_busy_workers_and_refuses_calls(pool: WorkerPool, folder: Path) -> None:
    lines, pids = Lines(), list[int]()
    with ThreadPoolExecutor(1) as threads:
        busy = threads.submit(pool.call, call_of(folder, "spin"), on_line=lines.add)
        assert lines.any.wait(30)
        pids.append(pool.call(call_of(folder, "pid")))
        pool.close()
        assert isinstance(busy.exception(30), Cancelled)
    wait_until_gone(pids[0])
    with pytest.raises(RuntimeError, match="closed"):
        pool.call(call_of(folder, "pid"))


def test_a_limit_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one worker, not 0"):
        WorkerPool(0)


OWNER = """
import pathlib, sys, threading
from dalsegno.executors.processes import PythonCall, WorkerPool

pool, folder = WorkerPool(2), pathlib.Path.cwd()
def call(function):
    return pool.call(PythonCall(f"steps:{function}", {}, cwd=folder, path=(str(folder),)), on_line=print)
"""


def test_workers_end_when_the_process_that_has_the_pool_is_killed(folder: Path) -> None:
    busy = "threading.Thread(target=call, args=('with_child',), daemon=True).start()"
    code = f"{OWNER}\nprint('idle', call('pid'))\nidle = call('pid')\n{busy}\nthreading.Event().wait()"
    with start_python(code, cwd=folder) as owner:
        worker = int(owner.wait_for("idle").split()[1])
        child = int(owner.wait_for("stdout").split()[1])
        owner.kill9()
    wait_until_gone(worker)
    wait_until_gone(child)


def test_an_idle_worker_ends_when_the_process_that_has_the_pool_is_killed(folder: Path) -> None:
    with start_python(f"{OWNER}\nprint('idle', call('pid'))\nthreading.Event().wait()", cwd=folder) as owner:
        worker = int(owner.wait_for("idle").split()[1])
        owner.kill9()
    wait_until_gone(worker)


@pytest.mark.parametrize("busy", [False, True])
def test_workers_have_ended_when_the_process_that_has_the_pool_has(folder: Path, *, busy: bool) -> None:
    work = "threading.Thread(target=call, args=('with_child',), daemon=True).start()\nheard.wait()" if busy else ""
    code = f"{OWNER}\nprint('idle', call('pid'))\n{work}".replace("on_line=print", "on_line=hear")
    hear = "heard = threading.Event()\ndef hear(*line):\n    print(*line)\n    heard.set()"
    with start_python(code.replace("def call", f"{hear}\ndef call"), cwd=folder) as owner:
        worker = int(owner.wait_for("idle").split()[1])
        assert owner.finish()[0] == 0
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)
