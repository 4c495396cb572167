"""Values of libraries: kept with their dtypes, their index, their mode; by pickle only where nothing else is exact."""

from __future__ import annotations

import datetime as dt
import decimal
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pandas.testing import assert_frame_equal, assert_index_equal, assert_series_equal
from PIL import Image
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tests.support.kept_values import kept

from dalsegno.artifacts.materializers import decode, encode, references
from dalsegno.artifacts.port import ArtifactStore
from dalsegno.errors import ExtraMissing, TaskFailed

_shared_store = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
_DTYPES = st.one_of(
    hnp.scalar_dtypes(), hnp.nested_dtypes(max_itemsize=200), hnp.datetime64_dtypes(), hnp.timedelta64_dtypes(),
    hnp.complex_number_dtypes(), hnp.unicode_string_dtypes(), hnp.byte_string_dtypes(), st.just(np.dtype("g")),
)  # fmt: skip


def equal_arrays(one: Any, other: Any) -> bool:
    return (
        type(one) is type(other) and one.dtype == other.dtype and one.shape == other.shape
        and one.tobytes() == other.tobytes()
    )  # fmt: skip


@pytest.mark.parametrize("array", [
    np.arange(6.0).reshape(2, 3), np.asfortranarray(np.arange(6.0).reshape(2, 3)), np.arange(6.0).repeat(2)[::2],
], ids=["c", "fortran", "strided"])  # fmt: skip
def test_the_summary_of_an_array_has_its_first_numbers_in_whatever_layout(array: Any, store: ArtifactStore) -> None:
    assert encode(array, store).summary["first"] == ["0.0", "1.0", "2.0"]


@_shared_store
@given(array=hnp.arrays(_DTYPES, hnp.array_shapes(min_dims=0, min_side=0, max_side=4)))
def test_any_array_comes_back_with_dtype_shape_and_bytes(store: ArtifactStore, array: Any) -> None:
    encoded, loaded = kept(array, store)
    assert encoded.kind == "numpy.ndarray"
    assert not encoded.unsafe
    assert equal_arrays(loaded, array)


@_shared_store
@given(scalar=_DTYPES.flatmap(lambda dtype: hnp.arrays(dtype, ())).map(lambda array: array[()]))
def test_any_number_of_numpy_comes_back_with_its_type(store: ArtifactStore, scalar: Any) -> None:
    encoded, loaded = kept(scalar, store)
    assert encoded.kind == "numpy.scalar"
    assert type(loaded) is type(scalar)
    assert equal_arrays(np.asarray(loaded), np.asarray(scalar))


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("cut", [np.s_[:], np.s_[::2], np.s_[:, 5:], np.s_[::-1]])
def test_a_large_array_is_mapped_into_memory_and_may_be_changed(store: ArtifactStore, order: Any, cut: Any) -> None:
    array = np.asarray(np.arange(10_000.0).reshape(100, 100), order=order)[cut]
    encoded, loaded = kept(array, store)
    assert equal_arrays(loaded, array)
    assert (encoded.blobs[0].kind, encoded.blobs[0].suffix) == ("numpy.ndarray", ".npy")
    assert store.path(encoded.form["digest"]).read_bytes()[:6] == b"\x93NUMPY"
    assert isinstance(loaded.base, np.memmap) or isinstance(loaded.base.base, np.memmap)
    loaded[0] = -1
    assert equal_arrays(kept(array, store)[1], array)
    assert store.intact(encoded.form["digest"])


def test_an_array_of_objects_a_matrix_and_a_masked_array_are_pickled(store: ArtifactStore) -> None:
    masked = np.ma.array([1, 2], mask=[True, False])
    objects = np.array([{"a": 1}, None])
    encoded, loaded = kept([masked, objects, np.rec.fromrecords([(1, 2.0)])], store)
    assert encoded.unsafe
    assert type(loaded[0]) is type(masked)
    assert loaded[0].mask.tolist() == [True, False]
    assert loaded[1].tolist() == objects.tolist()
    assert type(loaded[2]) is np.recarray


def test_large_arrays_inside_pickled_objects_are_mapped_and_may_be_changed(store: ArtifactStore) -> None:
    value = {"model": np.ma.array(np.arange(100_000.0), mask=False)}
    encoded, loaded = kept(value, store)
    assert encoded.unsafe
    loaded["model"][0] = 7
    assert kept(value, store)[1]["model"][0] == 0


STAMPS = pd.date_range("2024-01-01", periods=3, freq="D")
TWO_INDEXES = pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["x", None])
FRAMES: dict[str, Callable[[], Any]] = {
    "numbers": lambda: pd.DataFrame({"i": [1, 2, 3], "f": [0.5, np.nan, -0.0], "b": [True, False, True]}),
    "small": lambda: pd.DataFrame({"i": np.array([1, 2, 3], "int8"), "f": np.array([1, 2, 3], "float32")}),
    "half": lambda: pd.DataFrame({"f": np.array([1, 2, 3], "float16")}),
    "text": lambda: pd.DataFrame({"s": ["a", None, "c"]}),
    "objects": lambda: pd.DataFrame({"s": pd.Series(["a", None, "c"], dtype=object)}),
    "bytes": lambda: pd.DataFrame({"s": pd.Series([b"a", b"\x00", b"c"], dtype=object)}),
    "dates": lambda: pd.DataFrame({"d": pd.Series([dt.date(2024, 1, 1)] * 3, dtype=object)}),
    "nullable": lambda: pd.DataFrame({"i": pd.array([1, None, 3], "Int32"), "b": pd.array([True, None, False], "boolean")}),
    "stamps": lambda: pd.DataFrame({"t": STAMPS, "z": STAMPS.tz_localize("Europe/Paris"), "d": STAMPS - STAMPS[0]}),
    "nanoseconds": lambda: pd.DataFrame({"t": STAMPS.astype("datetime64[ns]")}),
    "category": lambda: pd.DataFrame({"c": pd.Categorical(["b", "a", None], ["b", "a", "z"], ordered=True)}),
    "numbered categories": lambda: pd.DataFrame({"c": pd.Categorical([3, 1, 3])}),
    "arrow numbers": lambda: pd.DataFrame({"l": pd.array([1, None], dtype="int64[pyarrow]")}),
    "by date": lambda: pd.DataFrame({"f": [1.0, 2, 3]}, index=STAMPS),
    "named index": lambda: pd.DataFrame({"f": [1.0, 2, 3]}, index=pd.Index([3, 1, 2], name="key")),
    "range index": lambda: pd.DataFrame({"f": [1.0, 2, 3]}, index=pd.RangeIndex(10, 16, 2, name="r")),
    "two indexes": lambda: pd.DataFrame({"f": [1.0, 2]}, index=TWO_INDEXES),
    "numbered columns": lambda: pd.DataFrame(np.eye(3)),
    "two headers": lambda: pd.DataFrame(np.eye(2), columns=pd.MultiIndex.from_tuples([("a", 1), ("a", 2)])),
    "empty": lambda: pd.DataFrame({"a": pd.Series([], dtype="float32")}),
    "nothing": pd.DataFrame,
    "no columns": lambda: pd.DataFrame(index=[1, 2]),
    "same names": lambda: pd.DataFrame([[1, 2]], columns=["a", "a"]),
    "mixed names": lambda: pd.DataFrame([[1, 2]], columns=["a", 1]),
    "mixed index": lambda: pd.DataFrame({"f": [1, 2]}, index=["a", 1]),
    "periods": lambda: pd.DataFrame({"p": pd.period_range("2024-01", periods=3, freq="M")}),
    "intervals": lambda: pd.DataFrame({"p": pd.interval_range(0, 3)}),
}  # fmt: skip
PICKLED: dict[str, Callable[[], Any]] = {
    "mixed objects": lambda: pd.DataFrame({"s": pd.Series(["a", 1, None], dtype=object)}),
    "missing as nan": lambda: pd.DataFrame({"s": pd.Series(["a", np.nan], dtype=object)}),
    "lists": lambda: pd.DataFrame({"s": [[1], [2]]}),
    "decimals": lambda: pd.DataFrame({"s": [decimal.Decimal("1.0"), decimal.Decimal("1.00")]}),
    "arrow": lambda: pd.DataFrame({"l": pd.array([[1], None, [2, 3]], dtype=pd.ArrowDtype(pa.list_(pa.int64())))}),
    "complex": lambda: pd.DataFrame({"c": [1j, 2j]}),
    "sparse": lambda: pd.DataFrame({"s": pd.arrays.SparseArray([0, 0, 1])}),
    "datetimes": lambda: pd.DataFrame({"d": pd.Series([dt.datetime(2024, 1, 1), None], dtype=object)}),  # noqa: DTZ001
}


@pytest.mark.parametrize("name", [*FRAMES, *PICKLED])
def test_a_frame_of_pandas_comes_back_with_dtypes_index_and_columns(store: ArtifactStore, name: str) -> None:
    frame = {**FRAMES, **PICKLED}[name]()
    encoded, loaded = kept(frame, store)
    assert encoded.kind == ("pandas.DataFrame" if name in FRAMES else "pickle")
    assert_frame_equal(loaded, frame, check_exact=True, check_freq=True, check_column_type=True, check_index_type=True)
    for column in range(frame.shape[1]):
        if str(frame.dtypes.iloc[column]) == "object":
            ours, theirs = loaded.iloc[:, column], frame.iloc[:, column]
            assert [type(value) for value in ours] == [type(value) for value in theirs]
    if loaded.size and name not in ("sparse", "arrow"):
        loaded.iloc[0, 0] = loaded.iloc[-1, 0]
    assert encode(frame, store).digest == encoded.digest


def test_a_frame_with_attributes_or_of_another_class_is_pickled(store: ArtifactStore) -> None:
    frame = pd.DataFrame({"a": [1]})
    frame.attrs["source"] = {"x": (1, 2)}
    encoded, loaded = kept(frame, store)
    assert encoded.kind == "pickle"
    assert loaded.attrs == {"source": {"x": (1, 2)}}


@pytest.mark.parametrize("name", ["a", None, 3, ("x", 1)])
def test_a_series_keeps_its_name(store: ArtifactStore, name: Any) -> None:
    series = pd.Series([1.5, 2.5], index=["x", "y"], name=name)
    encoded, loaded = kept(series, store)
    assert encoded.kind == "pandas.Series"
    assert_series_equal(loaded, series)
    assert type(loaded.name) is type(name)


@pytest.mark.parametrize(
    "index", [pd.RangeIndex(5), STAMPS, pd.Index(["a", "b"], name="n"), pd.MultiIndex.from_product([[1, 2], ["a"]])]
)
def test_an_index_is_kept_by_itself(store: ArtifactStore, index: Any) -> None:
    encoded, loaded = kept(index, store)
    assert encoded.kind == "pandas.Index"
    assert_index_equal(loaded, index, exact=True)
    assert getattr(loaded, "freq", None) == getattr(index, "freq", None)


def test_without_pyarrow_a_frame_is_pickled(store: ArtifactStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    frame = pd.DataFrame(np.eye(2), index=[3, 4])
    encoded, loaded = kept(frame, store)
    assert encoded.kind == "pickle"
    assert_frame_equal(loaded, frame)


@pytest.mark.parametrize(
    "value", [pa.array([1, 2]), pl.Series([1]), pd.DataFrame({"a": [1]})], ids=["pyarrow", "polars", "arrow"]
)
def test_where_a_library_is_missing_the_error_names_it(
    store: ArtifactStore, monkeypatch: pytest.MonkeyPatch, value: Any
) -> None:
    form = encode([value], store).form
    for name in ("arrow", "polars_frames"):
        monkeypatch.delitem(sys.modules, f"dalsegno.artifacts.materializers.{name}", raising=False)
    library = "polars" if isinstance(value, pl.Series) else "pyarrow"
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ExtraMissing, match=f"needs `{library}` to be loaded, which is not installed here"):
        decode(form, store)


STAMP = pd.Timestamp("2024-10-27 00:30:00.123456789", tz="UTC").tz_convert("Europe/Paris")


@pytest.mark.parametrize(
    "value", [STAMP, pd.Timestamp("2024-01-01"), STAMP + pd.Timedelta("1h"), pd.Timedelta(3, "s"), pd.NaT, pd.NA]
)
def test_single_values_of_pandas_need_no_pickle(store: ArtifactStore, value: Any) -> None:
    encoded, loaded = kept([value], store)
    assert not encoded.unsafe
    assert type(loaded[0]) is type(value)
    assert (repr(loaded[0]), getattr(loaded[0], "unit", None)) == (repr(value), getattr(value, "unit", None))
    assert getattr(loaded[0], "fold", 0) == getattr(value, "fold", 0)


def test_a_large_frame_is_an_arrow_stream_and_tells_what_is_in_it(store: ArtifactStore) -> None:
    frame = pd.DataFrame({"n": np.arange(50_000), "city": ["paris", "rome"] * 25_000})
    encoded, loaded = kept(frame, store)
    assert_frame_equal(loaded, frame)
    assert not encoded.unsafe
    assert {name: encoded.summary[name] for name in ("type", "rows", "columns")} == {
        "type": "pandas.DataFrame", "rows": 50_000, "columns": 2,
    }  # fmt: skip
    assert encoded.summary["schema"] == {"n": "int64", "city": "str"}
    assert "paris" in encoded.summary["first"]
    assert encoded.summary["size"] == encoded.blobs[0].size
    assert list(references([encoded.form])) == [encoded.blobs[0].digest]


def polars_frame() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "i": pl.Series([1, None, 3], dtype=pl.Int8), "s": ["a", None, "ä"], "l": [[1], [], None], "b": [b"\x00", None, b""],
            "e": pl.Series(["x", "y", None], dtype=pl.Enum(["x", "y", "z"])),
            "c": pl.Series(["p", "q", "p"], dtype=pl.Categorical),
            "t": [dt.datetime(2024, 1, 1, tzinfo=dt.UTC)] * 3, "d": [dt.date(2024, 1, 1)] * 3, "m": [dt.time(1, 2)] * 3,
            "u": [dt.timedelta(1)] * 3, "r": [{"a": 1, "b": "x"}] * 3, "n": [None] * 3,
            "x": pl.Series([decimal.Decimal("1.20")] * 3, dtype=pl.Decimal(10, 2)),
            "y": pl.Series([[1, 2]] * 3, dtype=pl.Array(pl.Int64, 2)), "h": pl.Series([1, 2, 3], dtype=pl.Int128),
        }
    )  # fmt: skip


@pytest.mark.parametrize("times", [1, 2_000])
def test_tables_of_polars_keep_their_types(store: ArtifactStore, times: int) -> None:
    frame = pl.concat([polars_frame()] * times).rechunk()
    encoded, loaded = kept(frame, store)
    assert encoded.kind == "polars.DataFrame"
    assert loaded.schema == frame.schema
    assert loaded.equals(frame)
    series, again = kept(frame["t"], store)
    assert series.kind == "polars.Series"
    assert again.equals(frame["t"], check_dtypes=True, check_names=True)


def test_a_frame_of_polars_that_holds_objects_is_refused_for_polars_itself_cannot_write_it(
    store: ArtifactStore,
) -> None:
    with pytest.raises(TaskFailed, match="which cannot be pickled: serializing data of type Object is not supported"):
        encode(pl.DataFrame({"o": pl.Series([{1}, {2}], dtype=pl.Object)}), store)


def test_a_lazy_frame_is_refused_with_what_to_do(store: ArtifactStore) -> None:
    with pytest.raises(TaskFailed, match="LazyFrame") as refused:
        encode({"lazy": pl.DataFrame({"a": [1]}).lazy()}, store)
    assert ".collect()" in (refused.value.hint or "")


@pytest.mark.parametrize("times", [1, 5_000])
def test_values_of_pyarrow_keep_type_metadata_and_pieces(store: ArtifactStore, times: int) -> None:
    table = pa.table(
        {"i": pa.chunked_array([[1, None], [3]]), "d": pa.chunked_array([pa.array(["a", "b"]).dictionary_encode(),
                                                                        pa.array(["c"]).dictionary_encode()])},
        metadata={"source": "x"},
    )  # fmt: skip
    table = pa.concat_tables([table] * times)
    for value in (table, table["i"], table["d"], table.to_batches()[0], table["i"].combine_chunks(), table.slice(1, 1)):
        encoded, loaded = kept(value, store)
        assert not encoded.unsafe
        assert type(loaded) is type(value)
        assert loaded.equals(value)
        assert getattr(loaded, "schema", None) == getattr(value, "schema", None)
    assert kept(table, store)[1].schema.metadata == {b"source": b"x"}
    assert kept(table, store)[1]["i"].num_chunks == table["i"].num_chunks


@pytest.mark.parametrize("values", [[], [None], ["a"], [{"a": 1}], [[1, 2]], [dt.datetime(2024, 1, 1)]])  # noqa: DTZ001
def test_arrays_of_pyarrow_of_any_type(store: ArtifactStore, values: Any) -> None:
    array = pa.array(values)
    loaded = kept(array, store)[1]
    assert type(loaded) is type(array)
    assert loaded.equals(array)


MODES = [
    "1",
    "L",
    "LA",
    "P",
    "PA",
    "RGB",
    "RGBA",
    "CMYK",
    "YCbCr",
    "HSV",
    "LAB",
    "I",
    "F",
    "I;16",
    "RGBX",
    "RGBa",
    "La",
]


@pytest.mark.parametrize("mode", MODES)
def test_images_keep_mode_pixels_and_palette(store: ArtifactStore, mode: str) -> None:
    gradient = Image.linear_gradient("L").resize((9, 7))
    image = (
        Image.frombytes(mode, (9, 7), Image.new(mode, (9, 7)).tobytes())
        if mode not in ("L", "RGB", "P")
        else gradient.convert(mode)
    )
    if mode == "P":
        image.putpalette(bytes(range(48)), "RGB")
        image.info["transparency"] = 3
    image.info["dpi"] = (72, 72)
    encoded, loaded = kept(image, store)
    assert not encoded.unsafe
    assert (type(loaded), loaded.mode, loaded.size, loaded.info) == (Image.Image, mode, (9, 7), image.info)
    assert loaded.tobytes() == image.tobytes()
    assert loaded.getpalette() == image.getpalette()
    assert encoded.summary["mode"] == mode


def test_models_of_scikit_learn_are_marked_and_tell_their_parameters(store: ArtifactStore) -> None:
    x = np.arange(20.0).reshape(10, 2)
    model = make_pipeline(StandardScaler(), LinearRegression(fit_intercept=False)).fit(x, x[:, 0])
    encoded, loaded = kept(model, store)
    assert (encoded.kind, encoded.unsafe) == ("sklearn", True)
    assert np.array_equal(loaded.predict(x), model.predict(x))
    assert encoded.summary["type"] == "sklearn.pipeline.Pipeline"
    assert "steps" in encoded.summary["parameters"]
    assert encoded.summary["library"].startswith("scikit-learn 1.")


def test_tensors_of_torch_need_no_pickle_and_modules_do(store: ArtifactStore) -> None:
    torch = pytest.importorskip("torch")
    for dtype in (torch.float32, torch.bfloat16, torch.int64, torch.bool, torch.complex64):
        tensor = torch.ones(3, 4).to(dtype).t()
        encoded, loaded = kept(tensor, store)
        assert encoded.kind == "torch.Tensor"
        assert loaded.dtype == dtype
        assert torch.equal(loaded, tensor)
    module = torch.nn.Linear(2, 3)
    encoded, loaded = kept({"module": module, "state": module.state_dict()}, store)
    assert encoded.unsafe
    assert torch.equal(loaded["module"].weight, module.weight)
    assert torch.equal(loaded["state"]["weight"], module.weight)
