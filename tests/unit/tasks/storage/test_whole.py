from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from tests.support.task_context import FolderContext

from dalsegno.artifacts.port import parse_uri
from dalsegno.errors import Cancelled, TaskFailed
from dalsegno.tasks.base import TaskType
from dalsegno.tasks.storage.whole import Concat, Reverse, Size, Split


@pytest.fixture
def context(tmp_path: Path) -> FolderContext:
    return FolderContext(tmp_path)


def run(context: FolderContext, task_type: type[TaskType], **properties: Any) -> Any:
    return task_type.model_validate(properties).run(context)


def name_of(uri: str) -> str:
    found = parse_uri(uri)
    assert found is not None
    return found[1]


def split(context: FolderContext, content: bytes, **how: Any) -> list[bytes]:
    uris = run(context, Split, **{"from": context.add_file(content, "a.csv"), **how}).uris
    return [context.read_file(uri) for uri in uris]


def reverse(context: FolderContext, content: bytes, **how: Any) -> bytes:
    return context.read_file(run(context, Reverse, **{"from": context.add_file(content, "a.txt"), **how}).uri)


def test_a_file_has_its_size(context: FolderContext) -> None:
    assert run(context, Size, uri=context.add_file(b"12345", "a.txt")).size == 5
    with pytest.raises(TaskFailed):
        run(context, Size, uri="a.txt")


@pytest.mark.parametrize("as_text", [False, True])
def test_files_stand_one_behind_the_other_with_the_separator_behind_each(context: FolderContext, as_text: bool) -> None:
    import json

    files = [context.add_file(text, "a.txt") for text in ("one", "two", "")]
    made = run(context, Concat, files=json.dumps(files) if as_text else files, separator="|", extension=".csv")
    assert context.read_file(made.uri) == b"one|two||"
    assert name_of(made.uri) == "concat.csv"
    assert name_of(run(context, Concat, files=[]).uri) == "concat.tmp"


@pytest.mark.parametrize(
    ("content", "reversed_"),
    [
        (b"1\n2\n3\n", b"3\n2\n1\n"),
        (b"1\n2\n3", b"3\n2\n1\n"),
        (b"1\r\n2\r\n", b"2\n1\n"),
        (b"", b""),
        (b"\n", b"\n"),
        (b"a\n\n\nb\n", b"b\n\n\na\n"),
        ("é\nü".encode(), "ü\né\n".encode()),
    ],
)
def test_the_last_line_comes_first(context: FolderContext, content: bytes, reversed_: bytes) -> None:
    assert reverse(context, content) == reversed_


def test_a_file_of_many_pieces_is_reversed_line_by_line(context: FolderContext) -> None:
    lines = [f"{number} {'x' * (number % 3000)}".encode() for number in range(4000)]
    assert reverse(context, b"\n".join(lines)) == b"".join(line + b"\n" for line in reversed(lines))


def test_a_line_longer_than_a_piece_stays_whole(context: FolderContext) -> None:
    long = b"y" * (5 << 20)
    assert reverse(context, b"a\n" + long + b"\nb\n") == b"b\n" + long + b"\na\n"


@pytest.mark.parametrize("charset", ["UTF-16", "utf-16-le", "utf-8-sig", "latin-1", "cp500"])
def test_text_of_any_encoding_is_reversed(context: FolderContext, charset: str) -> None:
    found = reverse(context, "eins\nzwölf\n".encode(charset), charset=charset, separator="\n")
    assert found.decode(charset) == "zwölf\neins\n"


def test_an_encoding_that_is_none_is_refused() -> None:
    with pytest.raises(ValidationError, match="no encoding `UTF-9`"):
        Reverse.model_validate({"from": "x", "charset": "UTF-9"})


def test_rows_are_split_by_their_number(context: FolderContext) -> None:
    assert split(context, b"1\n2\n3\n4\n5", rows=2) == [b"1\n2\n", b"3\n4\n", b"5\n"]
    assert split(context, b"", rows=2) == []
    assert split(context, b"1\n2\n", rows=1, separator=";") == [b"1;", b"2;"]


def test_rows_are_split_by_bytes_and_stay_whole(context: FolderContext) -> None:
    assert split(context, b"12\n34\n567890123\n1\n", bytes=6) == [b"12\n34\n", b"567890123\n", b"1\n"]
    rows = b"".join(b"%01023d\n" % number for number in range(5))
    assert [len(part) for part in split(context, rows, bytes="2KB")] == [2048, 2048, 1024]


def test_rows_go_round_the_parts_and_empty_ones_are_left_out(context: FolderContext) -> None:
    assert split(context, b"1\n2\n3\n4\n5\n", partitions=3) == [b"1\n4\n", b"2\n5\n", b"3\n"]
    assert split(context, b"1\n2\n", partitions=9) == [b"1\n", b"2\n"]


def test_rows_are_split_by_what_they_say(context: FolderContext) -> None:
    rows = b"[ERROR] a\n[INFO] b\nnothing\n[ERROR] c\n"
    assert split(context, rows, regexPattern=r"\[(\w+)\]") == [b"[ERROR] a\n[ERROR] c\n", b"[INFO] b\n"]


def test_there_may_be_more_parts_than_files_that_can_be_open(context: FolderContext) -> None:
    rows = b"".join(b"%d\n" % (number % 3000) for number in range(6000))
    parts = split(context, rows, regexPattern="([0-9]+)")
    assert len(parts) == 3000
    assert parts[7] == b"7\n7\n"


def test_parts_are_named_after_the_file(context: FolderContext) -> None:
    named = [
        name_of(uri) for uri in run(context, Split, **{"from": context.add_file("1\n2\n", "a.b.csv"), "rows": 1}).uris
    ]
    assert named == ["a.b-1.csv", "a.b-2.csv"]


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({}, "none is given"),
        ({"rows": 1, "bytes": 5}, "`rows` and `bytes` are given"),
        ({"rows": 0}, "rows"),
        ({"bytes": "10 apples"}, "bytes"),
        ({"regexPattern": "a("}, "is no pattern"),
        ({"regexPattern": "a"}, "has no group"),
    ],
)
def test_a_split_says_in_one_way_how(how: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Split.model_validate({"from": "x", **how})


@pytest.mark.parametrize(
    "how", [{"type": Reverse}, {"type": Split, "rows": 1000}, {"type": Split, "partitions": 3}, {"type": Concat}]
)
def test_a_large_file_takes_little_memory(context: FolderContext, how: dict[str, Any]) -> None:
    uri = context.add_file(b"".join(b"%0100d\n" % number for number in range(300_000)), "large.csv")
    properties = {key: value for key, value in how.items() if key != "type"}
    given = {"files": [uri, uri]} if how["type"] is Concat else {"from": uri, **properties}
    tracemalloc.start()
    run(context, how["type"], **given)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 << 20


def test_each_stops_when_it_is_told_to(tmp_path: Path) -> None:
    context = FolderContext(tmp_path, cancel_after=0)
    uri = context.add_file("1\n2\n", "a.txt")
    for task_type, properties in (
        (Size, {"uri": uri}), (Concat, {"files": [uri]}), (Reverse, {"from": uri}), (Split, {"from": uri, "rows": 1}),
    ):  # fmt: skip
        with pytest.raises(Cancelled):
            run(context, task_type, **properties)
    assert len(context.stored) == 1
