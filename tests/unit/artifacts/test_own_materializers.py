"""Materializers of a user's own: registered, found by the nearest class, declared by an installed package."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from tests.support.kept_values import kept

from dalsegno.artifacts.materializers import (
    Declined,
    Materializer,
    Source,
    Target,
    encode,
    register_materializer,
    registry,
)
from dalsegno.artifacts.port import ArtifactStore
from dalsegno.errors import Refusal, TaskFailed


class Shape:
    def __init__(self, name: str, size: int = 1) -> None:
        self.name = name
        self.size = size


class Circle(Shape): ...


class Ball(Circle): ...


class Shapes(Materializer):
    types = (Shape,)
    kind = "tests.Shape"

    def save(self, value: Any, target: Target) -> None:
        if value.size < 0:
            raise Declined
        target.keep("class", type(value).__name__)
        target.keep("size", value.size)
        with target.open() as file:
            file.write(value.name.encode() * value.size)

    def load(self, source: Source) -> Any:
        size = source.kept("size")
        name = source.read().decode()
        return {"Shape": Shape, "Circle": Circle, "Ball": Ball}[source.kept("class")](name[: len(name) // size], size)

    def summary(self, value: Any) -> Mapping[str, Any]:
        return {"size": value.size}


class Circles(Shapes):
    types = (f"{__name__}:Circle",)
    kind = "tests.Circle"


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(registry, "_registered", {})
    monkeypatch.setattr(registry, "_registered_kinds", {})
    registry._found.clear()
    register_materializer(Shapes)
    yield
    registry._found.clear()


def test_a_value_is_kept_by_the_materializer_of_its_class(store: ArtifactStore) -> None:
    encoded, loaded = kept([Shape("a"), Shape("b" * 10, 1_000)], store)
    assert [(type(one), one.name, one.size) for one in loaded] == [(Shape, "a", 1), (Shape, "b" * 10, 1_000)]
    assert not encoded.unsafe
    assert [blob.kind for blob in encoded.blobs] == ["tests.Shape"]
    assert encode(Shape("a", 3), store).summary == {"type": f"{__name__}.Shape", "size": 3}


def test_the_nearest_class_wins_and_the_last_one_registered(store: ArtifactStore) -> None:
    assert encode(Ball("a"), store).kind == "tests.Shape"
    register_materializer(Circles)
    assert encode(Ball("a"), store).kind == "tests.Circle"
    assert encode(Shape("a"), store).kind == "tests.Shape"
    assert type(kept(Ball("a"), store)[1]) is Ball


def test_what_a_materializer_declines_goes_to_the_next_one(store: ArtifactStore) -> None:
    encoded, loaded = kept(Shape("a", -1), store)
    assert (encoded.kind, loaded.size) == ("pickle", -1)


def test_what_breaks_in_a_materializer_says_whose_it_is(store: ArtifactStore) -> None:
    message = r"`\[0\]` in it is a `.*Shape`, which the materializer `Shapes` could not write: AttributeError: 'int' object has"
    with pytest.raises(TaskFailed, match=message) as broken:
        encode([Shape(3)], store, name="x")  # type: ignore[arg-type]
    assert isinstance(broken.value.__cause__, AttributeError)
    encoded = encode(Shape("a"), store)
    encoded.form["data"]["class"] = "Square"
    with pytest.raises(Refusal, match=r"of the kind `tests\.Shape` cannot be loaded: KeyError: 'Square'"):
        kept_again(encoded.form, store)


def kept_again(form: Any, store: ArtifactStore) -> Any:
    from dalsegno.artifacts.materializers import decode

    return decode(form, store)


def test_a_materializer_is_found_by_its_name_where_it_is_not_registered(
    store: ArtifactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = encode(Shape("a"), store).form
    assert form["by"] == f"{__name__}:Shapes"
    monkeypatch.setattr(registry, "_registered_kinds", {})
    assert kept_again(form, store).name == "a"
    with pytest.raises(Refusal, match="its materializer is missing; `Gone` of the module") as gone:
        kept_again({**form, "by": f"{__name__}:Gone"}, store)
    assert gone.value.code == "class-missing"
    with pytest.raises(Refusal, match="is no materializer"):
        kept_again({**form, "by": f"{__name__}:Shape"}, store)
    with pytest.raises(Refusal, match="it is not registered in this process"):
        kept_again({**form, "by": "__main__:Shapes"}, store)


@pytest.mark.parametrize(
    ("types", "kind", "says"),
    [((), "a.B", "needs `types` and a `kind`"), ((int,), "B", "must hold a dot"),
     ((int,), "numpy.ndarray", "that of another one"), ((int,), "tests.Shape", "that of another one")],
)  # fmt: skip
def test_a_materializer_that_could_not_be_found_again_is_refused(types: Any, kind: str, says: str) -> None:
    with pytest.raises(Refusal, match=says):
        register_materializer(type("Wrong", (Materializer,), {"types": types, "kind": kind}))


def test_a_summary_is_json_whatever_is_in_it(store: ArtifactStore, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = {"shape": (1, 2), "mean": float("nan"), "path": Path("a")}

    def says(_: Any, value: Any) -> Any:
        del value
        return odd

    monkeypatch.setattr(Shapes, "summary", says)
    assert encode(Shape("a"), store).summary == {
        "type": f"{__name__}.Shape", "shape": [1, 2], "mean": "NaN", "path": "a",
    }  # fmt: skip


def test_a_summary_that_fails_does_no_harm(store: ArtifactStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: Any, value: Any) -> Any:
        raise ValueError(value.name)

    monkeypatch.setattr(Shapes, "summary", fails)
    assert encode(Shape("a"), store).summary["summary"] == "failed: a"


# ---- declared by a package

KEEPER = """
from dalsegno import Materializer

class Point(Materializer):
    types = ("geo_shapes.points.Point",)
    kind = "geo_shapes.Point"

    def save(self, value, target):
        target.keep("x", value.x)

    def load(self, source):
        from geo_shapes.points import Point
        return Point(source.kept("x"))
"""
USES = """
import json, sys
from pathlib import Path
from dalsegno.artifacts.local import LocalArtifacts
from dalsegno.artifacts.materializers import decode, encode
store = LocalArtifacts(Path(sys.argv[1]))
class Mine: ...
encode([1, Mine()], store)
before = "geo_keeper" in sys.modules
from geo_shapes.points import Point
encoded = encode([Point(3)], store)
print(json.dumps([before, encoded.unsafe, encoded.form, decode(encoded.form, store)[0].x]))
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    (folder / "geo_shapes").mkdir(parents=True)
    (folder / "geo_shapes" / "points.py").write_text("class Point:\n    def __init__(self, x):\n        self.x = x\n")
    (folder / "geo_keeper.py").write_text(KEEPER)
    facts = folder / "geo_shapes-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: geo-shapes\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[dalsegno.materializers]\ngeo_shapes = geo_keeper:Point\n")
    return folder


def _use(package: Path, store: Path) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONPATH": str(package)}
    return subprocess.run(
        [sys.executable, "-c", dedent(USES), str(store)], capture_output=True, text=True, check=False, env=environ
    )


def test_a_package_declares_its_materializer_which_is_imported_for_its_values_alone(
    package: Path, tmp_path: Path
) -> None:
    done = _use(package, tmp_path / "store")
    assert done.returncode == 0, done.stderr
    form = [{"$type": "geo_shapes.Point", "data": {"x": 3}, "by": "geo_keeper:Point"}]
    assert json.loads(done.stdout) == [False, False, form, 3]


def test_a_declared_materializer_that_cannot_be_imported_names_its_package(package: Path, tmp_path: Path) -> None:
    (package / "geo_keeper.py").unlink()
    done = _use(package, tmp_path / "store")
    assert (
        "the materializer `geo_keeper:Point` that geo-shapes declares cannot be imported: No module named"
        in done.stderr
    )
