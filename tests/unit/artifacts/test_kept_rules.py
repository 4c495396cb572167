"""What stands in the row and what is a blob; digests, escapes, references; what is unsafe, refused or gone."""

from __future__ import annotations

import asyncio
import io
import json
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np
import pytest
from tests.support.kept_types import City, Colour, Customer, Order, Plain, Point, Rows, Text
from tests.support.kept_values import kept, same

from dalsegno.artifacts.local import LocalArtifacts
from dalsegno.artifacts.materializers import decode, encode, references
from dalsegno.artifacts.materializers.forms import LARGEST_IN_ROW, digest_of, opened
from dalsegno.artifacts.port import ArtifactStore, uri_of
from dalsegno.errors import NotFound, Refusal, TaskFailed
from dalsegno.model.forms import content_of

ROOT = Path(__file__).parents[3]
SET = {"paris", "rome", "oslo", "bern", "riga"}


def script(text: str, *arguments: str, seed: int = 0, cwd: Path | None = None) -> str:
    """Run a script in a process of its own, with its own order of sets."""
    environ = {**os.environ, "PYTHONHASHSEED": str(seed), "PYTHONPATH": os.pathsep.join([str(ROOT), str(cwd or ROOT)])}
    done = subprocess.run(
        [sys.executable, "-c", dedent(text), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environ,
        cwd=cwd,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


# ---- what stands in the row


@pytest.mark.parametrize("value", [1, "a", True, None, 1.5, -0.0, [], {}, {"a": [1, {"b": None}]}, "\ud800", 2**80])
def test_what_json_holds_stands_as_it_is(store: ArtifactStore, value: Any) -> None:
    encoded, loaded = kept(value, store)
    assert same(encoded.form, value)
    assert same(loaded, value)
    assert (encoded.kind, encoded.blobs, encoded.unsafe) == ("json", (), False)


def test_up_to_16384_bytes_of_json_stand_in_the_row_and_more_are_one_blob(store: ArtifactStore) -> None:
    fits, not_any_more = "x" * (LARGEST_IN_ROW - 2), "x" * (LARGEST_IN_ROW - 1)
    assert kept(fits, store)[0].form == fits
    encoded, loaded = kept(not_any_more, store)
    assert encoded.form["$type"] == "json"
    assert loaded == not_any_more
    assert [blob.size for blob in encoded.blobs] == [LARGEST_IN_ROW + 1]
    assert json.loads(store.path(encoded.form["digest"]).read_bytes()) == not_any_more
    two_bytes_each = "é" * (LARGEST_IN_ROW // 2)
    assert kept(two_bytes_each, store)[0].form["$type"] == "json"


def test_many_small_things_are_one_blob_that_names_the_blobs_it_needs(store: ArtifactStore) -> None:
    value = {"names": [(at, "x" * 20) for at in range(500)], "numbers": np.arange(3_000)}
    encoded, loaded = kept(value, store)
    assert encoded.form["$type"] == "json"
    assert loaded["names"] == value["names"]
    assert set(references(encoded.form)) == {blob.digest for blob in encoded.blobs}
    assert sorted(blob.kind for blob in encoded.blobs) == ["json", "numpy.ndarray"]
    assert encoded.summary == {
        "type": "dict", "length": 2, "size": 24_128, "first": {"names": "list of 500", "numbers": "numpy.ndarray"},
    }  # fmt: skip


@pytest.mark.parametrize("made", [list, tuple])
def test_a_large_item_of_a_list_is_a_blob_of_its_own_and_small_ones_stand_in_the_lists(
    store: ArtifactStore, made: Callable[[Any], Any]
) -> None:
    long = "x" * LARGEST_IN_ROW
    value = made([1, long, {"text": long}, (long,), np.arange(3_000), "a", long])
    encoded, loaded = kept(value, store)
    assert repr(loaded) == repr(value)
    index = opened(encoded.form, store)
    items = index if made is list else index["data"]
    assert (items[0], items[5]) == (1, "a")
    assert [item["$type"] for item in items if isinstance(item, dict)] == ["json"] * 3 + ["numpy.ndarray", "json"]
    assert items[1] == items[6], "equal items are stored once"
    assert decode(items[2], store) == {"text": long}
    assert set(references(encoded.form)) == {blob.digest for blob in encoded.blobs}
    assert len({blob.digest for blob in encoded.blobs}) == len(encoded.blobs) == 5


def test_a_list_counts_the_same_whether_its_items_are_stored_alone_or_not(store: ArtifactStore) -> None:
    value = ["x" * LARGEST_IN_ROW, {"n": [1, "\ud800"]}]
    encoded = encode(value, store)
    whole = store.put_bytes(
        json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")
    )
    before = {"$type": "json", "digest": whole.digest, "size": whole.size, "needs": []}
    assert decode(before, store) == value
    assert digest_of(encoded.form) == digest_of(before)
    assert content_of(encoded.form) == content_of(before)


def test_maps_keep_their_order_and_count_the_same_in_any(store: ArtifactStore) -> None:
    one, other = {"b": 1, "a": (2,)}, {"a": (2,), "b": 1}
    assert list(kept(one, store)[1]) == ["b", "a"]
    assert encode(one, store).digest == encode(other, store).digest
    assert encode({1: "x", 2: "y"}, store).digest == encode({2: "y", 1: "x"}, store).digest
    large = {str(at): "x" * 90 for at in range(300, 0, -1)}
    assert list(kept(large, store)[1]) == list(large)
    assert encode(large, store).digest == encode(dict(sorted(large.items())), store).digest


def test_values_that_differ_in_type_alone_have_different_digests(store: ArtifactStore) -> None:
    values = [1, 1.0, "1", True, b"1", (1,), [1], {1}, frozenset({1}), {"1": 1}, {1: 1}, np.int64(1), np.float64(1),
              np.array(1), np.array([1]), np.array([1], "int32"), City.PARIS, "paris", Point(1, 2), (1, 2),
              Order(1), Path("1")]  # fmt: skip
    assert len({encode(value, store).digest for value in values}) == len(values)


LOOKS_LIKE = [
    {"$type": "pickle", "bytes": "gA=="}, {"$type": "json", "digest": "0" * 64, "size": 1, "needs": []}, {"$type": 3},
    {"a": {"$type": "tuple", "data": [1]}}, {"$artifact": "x", "digest": "0" * 64}, [{"$type": "map", "data": [["$type", 1]]}],
]  # fmt: skip


@pytest.mark.parametrize("value", LOOKS_LIKE)
def test_a_map_that_looks_like_a_stored_form_is_a_map(store: ArtifactStore, value: Any) -> None:
    encoded, loaded = kept(value, store, allow_unsafe=False)
    assert loaded == value
    assert list(references(encoded.form)) == []


def test_neither_the_form_nor_what_is_loaded_shares_anything_with_the_value(store: ArtifactStore) -> None:
    value: Any = {"list": [1], "order": Order(1, [2]), "array": np.zeros(3)}
    encoded = encode(value, store)
    simple: Any = {"list": [1]}
    form = encode(simple, store).form
    value["list"].append(2)
    value["order"].lines.append(3)
    value["array"][0] = 1
    simple["list"].append(2)
    first, second = decode(encoded.form, store), decode(encoded.form, store)
    first["list"].append(4)
    first["array"][1] = 1
    assert second["list"] == [1]
    assert second["order"].lines == [2]
    assert second["array"].tolist() == [0, 0, 0]
    assert form == {"list": [1]}
    decode(form, store)["list"].append(5)
    assert form == {"list": [1]}


def test_files_that_a_text_names_are_referred_to(store: ArtifactStore) -> None:
    digest = store.put_bytes(b"content").digest
    uri = uri_of(digest, "a.csv")
    assert list(references(encode({"file": [uri]}, store).form)) == [digest]
    large = encode({"file": (uri,), "text": "x" * 20_000}, store)
    assert digest in set(references(large.form))
    assert digest in set(references(encode({"file": uri, "text": "x" * 20_000}, store).form))


# ---- any type


def test_what_holds_itself_is_pickled_whole(store: ArtifactStore) -> None:
    value: Any = {"name": "a", "array": np.arange(50_000)}
    value["self"] = value
    encoded, loaded = kept(value, store)
    assert encoded.unsafe
    assert loaded["self"] is loaded
    assert [blob.kind for blob in encoded.blobs] == ["pickle"]
    assert list(references(encoded.form)) == [encoded.blobs[0].digest]


def test_a_value_nested_hundreds_deep_is_kept_or_refused_and_never_breaks(store: ArtifactStore) -> None:
    value: Any = []
    for _ in range(200):
        value = [value]
    assert kept(value, store)[1] == value
    for _ in range(100_000):
        value = [value]
    with pytest.raises(TaskFailed, match="it is nested too deeply"):
        encode(value, store)
    while value:  # taken apart by hand: the end of such a value is as deep
        value = value.pop()


def test_subclasses_of_plain_types_keep_their_class(store: ArtifactStore) -> None:
    text = Text("a")
    text.note = 1  # type: ignore[attr-defined]
    rows = Rows("title")
    rows.append(1)
    encoded, loaded = kept([text, rows], store)
    assert encoded.unsafe
    assert (type(loaded[0]), loaded[0].note) == (Text, 1)
    assert (type(loaded[1]), list(loaded[1]), loaded[1].title) == (Rows, [1], "title")


def test_a_model_of_pydantic_keeps_what_was_set_and_what_is_private(store: ArtifactStore) -> None:
    customer = Customer(name="ada", extra={"n": (1, 2)})
    customer._seen = 4
    encoded, loaded = kept(customer, store)
    assert not encoded.unsafe
    assert loaded == customer
    assert (loaded.model_fields_set, loaded._seen) == ({"name", "extra"}, 4)


# ---- digests in other processes

DIGESTS = """
import sys
from pathlib import Path
import numpy as np
from dalsegno.artifacts.local import LocalArtifacts
from dalsegno.artifacts.materializers import encode
from tests.support.kept_types import Order, Colour
store = LocalArtifacts(Path(sys.argv[1]))
names = {"paris", "rome", "oslo", "bern", "riga"}
from dataclasses import dataclass
@dataclass
class Mine:
    names: set
class Other:
    def __init__(self): self.at = 3
def local():
    class Local: pass
    return Local()
for value in (names, {"a": frozenset(names), "b": {(name, 1): name for name in sorted(names)}}, Order(1, names), Colour.RED,
              np.arange(2000), Mine(names), Other(), [Mine, Other], local()):
    print(encode(value, store).digest)
"""


def test_digests_are_equal_in_every_process_also_for_classes_of_a_script(tmp_path: Path) -> None:
    found = {script(DIGESTS, str(tmp_path / str(seed)), seed=seed) for seed in (1, 2)}
    assert len(found) == 1
    assert len(set(next(iter(found)).split())) == 9


def test_a_function_is_what_it_does(store: ArtifactStore) -> None:
    one: Any = {"by": lambda x: x + 1}  # pyright: ignore[reportUnknownLambdaType]
    other: Any = {"by": lambda x: x + 2}  # pyright: ignore[reportUnknownLambdaType]
    assert kept(one, store)[1]["by"](1) == 2
    assert encode(one, store).digest == encode(one, store).digest
    assert encode(one, store).digest != encode(other, store).digest


def test_digests_never_change(store: ArtifactStore) -> None:
    golden = {
        "cb6c305d46a3dbebd446e85e223dc1c2799317a6aa9b8a293fe87e6dede12c0a": "a",
        "67fdbd03bbcbe26048b0938fc7fc2c6c9f3889d52f650c71e56187842a186e18": {"b": [1, 1.5, True], "a": "é"},
        "71d2eb117a7126010e692e5884cdb0e9d7c1efeb04e54f6c870b2f0c11e1d506": (1, 2),
        "60b0df9f3eadb852834a596800bbd4eb2686360ec2a54d43a37e23182315c575": {"b", "a"},
        "652363f98867bd0be9abbae75af654ef05d0c3c11bac586e14aed109ccf6917a": Colour.RED,
        "3c074e2b8480c5150efa3b5d7661739617e4644f82efebabd98e982495ca2664": np.arange(3, dtype="int64"),
        "233e7913ccb9509b414d36f9ea3380d7fc9b316159542251c7595306b48db366": b"\x00" * 5000,
    }
    assert {encode(value, store).digest: value for value in golden.values()}.keys() == golden.keys()


# ---- classes


MAKES = """
import sys
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from dalsegno.artifacts.local import LocalArtifacts
from dalsegno.artifacts.materializers import encode
import json
class Kind(Enum):
    BIG = 1
@dataclass
class Mine:
    kind: Kind
    def shout(self): return f"{self.kind.name}!"
encoded = encode([Mine(Kind.BIG), Mine(Kind.BIG)], LocalArtifacts(Path(sys.argv[1])))
print(json.dumps([encoded.form, encoded.unsafe, len(encoded.blobs)]))
"""


def test_an_object_of_a_script_s_class_is_loaded_where_the_script_is_not(tmp_path: Path) -> None:
    form, unsafe, blobs = json.loads(script(MAKES, str(tmp_path)))
    assert (unsafe, blobs) == (True, 2)
    loaded = decode(form, LocalArtifacts(tmp_path))
    assert [one.shout() for one in loaded] == ["BIG!", "BIG!"]
    assert type(loaded[0]) is type(loaded[1])
    with pytest.raises(Refusal, match="DALSEGNO_ALLOW_PICKLE") as refused:
        decode(form, LocalArtifacts(tmp_path), allow_unsafe=False)
    assert refused.value.code == "unsafe-artifact"


def test_the_class_of_the_script_that_runs_now_is_taken_where_it_has_the_name(tmp_path: Path) -> None:
    form = json.dumps(json.loads(script(MAKES, str(tmp_path)))[0])
    shown = script(
        """
        import json, sys
        from dataclasses import dataclass
        from pathlib import Path
        from dalsegno.artifacts.local import LocalArtifacts
        from dalsegno.artifacts.materializers import decode
        @dataclass
        class Mine:
            kind: object
        loaded = decode(json.loads(sys.argv[2]), LocalArtifacts(Path(sys.argv[1])))
        print(isinstance(loaded[0], Mine), loaded[0].kind.name)
        """,
        str(tmp_path), form,
    )  # fmt: skip
    assert shown == "True BIG"


def test_a_class_that_is_gone_is_named(tmp_path: Path) -> None:
    module = tmp_path / "shop_models.py"
    module.write_text(
        "from dataclasses import dataclass\n@dataclass\nclass Item:\n    n: int\nclass Basket:\n    pass\n"
    )
    make = """
        import json, sys
        from pathlib import Path
        from dalsegno.artifacts.local import LocalArtifacts
        from dalsegno.artifacts.materializers import encode
        from shop_models import Basket, Item
        store = LocalArtifacts(Path(sys.argv[1]))
        print(json.dumps([encode(Item(1), store).form, encode(Basket(), store).form]))
    """
    forms = json.loads(script(make, str(tmp_path / "a"), cwd=tmp_path))
    store = LocalArtifacts(tmp_path / "a")
    for form, name in zip(forms, ("Item", "Basket"), strict=True):
        with pytest.raises(Refusal, match=f"`{name}` of the module `shop_models`, which cannot be imported") as gone:
            decode(form, store)
        assert gone.value.code == "class-missing"
    moved = {"$type": "dataclass", "class": "tests.support.kept_types:Moved", "data": {}}
    with pytest.raises(Refusal, match=r"`Moved` of the module `tests\.support\.kept_types`"):
        decode(moved, store)
    with pytest.raises(Refusal, match="what has that name now is no enum"):
        decode({"$type": "enum", "class": "tests.support.kept_types:Plain", "data": "RED"}, store)


# ---- what is unsafe


def test_a_value_that_only_pickle_keeps_is_marked_and_refused_where_the_setting_says_so(store: ArtifactStore) -> None:
    encoded = encode({"a": [Plain(1)]}, store)
    assert encoded.unsafe
    assert decode(encoded.form, store) == {"a": [Plain(1)]}
    with pytest.raises(Refusal, match="DALSEGNO_ALLOW_PICKLE=false rules that out") as loading:
        decode(encoded.form, store, allow_unsafe=False)
    assert loading.value.code == "unsafe-artifact"
    message = (
        r"the output `model` cannot be stored: `a\[0\]` in it is a `tests.support.kept_types.Plain`, which only pickle"
    )
    with pytest.raises(TaskFailed, match=message) as keeping:
        encode({"a": [Plain(1)]}, store, allow_unsafe=False, name="model")
    assert keeping.value.code == "unsafe-artifact"


def test_plain_types_and_objects_by_their_parts_need_no_pickle(store: ArtifactStore) -> None:
    value = [Order(Colour.RED, {City.PARIS}), Point(1), Customer(name="a"), np.arange(9), b"x" * 9000, Path("a")]
    encoded, loaded = kept(value, store, allow_unsafe=False)
    assert not encoded.unsafe
    assert loaded[:3] == value[:3]


def test_a_blob_that_is_gone_says_so(store: ArtifactStore) -> None:
    encoded = encode(np.arange(5000), store)
    store.delete(encoded.form["digest"], stored_before=float("inf"))
    with pytest.raises(NotFound) as gone:
        decode(encoded.form, store)
    assert gone.value.code == "artifact-missing"


# ---- what is refused


def _generator() -> Iterator[int]:
    yield 1


async def _coroutine() -> None: ...


async def _rows() -> Any:
    yield 1


BOUND: dict[str, tuple[Callable[[], Any], str]] = {
    "generator": (_generator, "list("),
    "map": (lambda: map(str, [1]), "list("),
    "zip": (lambda: zip([1], [2], strict=True), "list("),
    "dict_keys": ({"a": 1}.keys, "list("),
    "async_generator": (_rows, "async for"),
    "TextIOWrapper": (lambda: Path(__file__).open(encoding="utf-8"),  # noqa: SIM115
 "dalsegno.File(path)"),
    "BufferedReader": (lambda: Path(__file__).open("rb"),  # noqa: SIM115
 "dalsegno.File(path)"),
    "lock": (threading.Lock, "make it where it is used"),
    "threading.Event": (threading.Event, "make it where it is used"),
    "threading.Thread": (threading.Thread, "wait for it"),
    "concurrent.futures._base.Future": (Future, "wait for it"),
    "socket.socket": (socket.socket, "connect again"),
    "sqlite3.Connection": (lambda: sqlite3.connect(":memory:"), "rows that were read"),
    "memoryview": (lambda: memoryview(b"x"), "bytes("),
    "module": (lambda: sys, "imported where it is used"),
    "tempfile.TemporaryDirectory": (tempfile.TemporaryDirectory, "dalsegno.Folder(path)"),
}  # fmt: skip


@pytest.mark.parametrize("name", BOUND)
def test_what_is_bound_to_its_process_is_refused_with_what_to_return_instead(store: ArtifactStore, name: str) -> None:
    make, advice = BOUND[name]
    value = make()
    try:
        with pytest.raises(
            TaskFailed, match=f"the output `out` cannot be stored: `a` in it is an? `{name}`"
        ) as refused:
            encode({"a": value}, store, name="out")
        assert refused.value.code == "bad-output"
        assert advice in (refused.value.hint or "")
    finally:
        for close in ("close", "cleanup"):
            if hasattr(value, close) and not isinstance(value, dict):
                getattr(value, close)()


def test_a_coroutine_is_refused(store: ArtifactStore) -> None:
    coroutine = _coroutine()
    with pytest.raises(TaskFailed, match="it is a `coroutine`") as refused:
        encode(coroutine, store)
    assert "await it" in (refused.value.hint or "")
    asyncio.run(coroutine)


def test_a_connection_inside_an_object_is_found_and_named(store: ArtifactStore) -> None:
    connection = sqlite3.connect(":memory:")
    with pytest.raises(
        TaskFailed, match=r"`\[0\]` in it is a `tests.support.kept_types.Plain`, which cannot be pickled"
    ) as refused:
        encode([Plain(connection)], store)
    assert "the rows that were read" in (refused.value.hint or "")
    connection.close()


def test_text_and_bytes_in_memory_are_no_open_files(store: ArtifactStore) -> None:
    _, loaded = kept([io.BytesIO(b"a"), io.StringIO("b")], store)
    assert (loaded[0].read(), loaded[1].read()) == (b"a", "b")


# ---- what it costs


def test_a_number_is_kept_without_any_library(tmp_path: Path) -> None:
    loaded = script(
        """
        import sys
        from pathlib import Path
        from dalsegno.artifacts.local import LocalArtifacts
        from dalsegno.artifacts.materializers import decode, encode
        store = LocalArtifacts(Path(sys.argv[1]))
        for value in (1, {"a": (1, {2})}, b"x" * 9000):
            assert decode(encode(value, store).form, store) == value
        heavy = ("numpy", "pandas", "pyarrow", "polars", "PIL", "pydantic", "cloudpickle", "importlib.metadata")
        print(*[name for name in heavy if name in sys.modules])
        """,
        str(tmp_path),
    )
    assert loaded == ""
