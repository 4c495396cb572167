from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from blake3 import blake3

from dalsegno.demo.dataset import COLUMNS, write_csv, write_zip


@pytest.fixture(scope="module")
def trips(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    path = tmp_path_factory.mktemp("data") / "trips.csv"
    write_csv(path, month="202608", rows=30_000)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def test_the_trips_have_the_columns_of_the_flow_and_every_row_is_whole(trips: list[dict[str, str]]) -> None:
    assert len(trips) == 30_000
    assert all(tuple(trip) == COLUMNS and None not in trip.values() for trip in trips)
    assert len({trip["ride_id"] for trip in trips}) == 30_000


def test_the_same_month_is_the_same_bytes_for_ever(tmp_path: Path) -> None:
    write_csv(tmp_path / "a", month="202608", rows=1000)
    assert blake3((tmp_path / "a").read_bytes()).hexdigest()[:16] == "4626f8c672c0c4dc"
    for name in ("b", "c"):
        write_zip(tmp_path / name, month="202608", rows=1000)
    assert (tmp_path / "b").read_bytes() == (tmp_path / "c").read_bytes()


def test_months_seeds_and_lengths_differ_and_a_shorter_one_is_the_beginning_of_a_longer(tmp_path: Path) -> None:
    def content(month: str, rows: int, seed: int = 1) -> bytes:
        write_csv(tmp_path / "x", month=month, rows=rows, seed=seed)
        return (tmp_path / "x").read_bytes()

    assert content("202608", 50) != content("202607", 50)
    assert content("202608", 50) != content("202608", 50, seed=2)
    assert content("202608", 25_000).startswith(content("202608", 20_001))
    assert content("202608", 0) == (",".join(COLUMNS) + "\n").encode()


def test_times_bear_milliseconds_lie_in_the_month_and_follow_each_other(trips: list[dict[str, str]]) -> None:
    for trip in trips:
        started, ended = (datetime.strptime(trip[name], "%Y-%m-%d %H:%M:%S.%f") for name in ("started_at", "ended_at"))  # noqa: DTZ007
        assert len(trip["started_at"]) == len(trip["ended_at"]) == len("2026-08-01 00:00:00.000")
        assert datetime(2026, 8, 1) <= started < ended < datetime(2026, 9, 1)  # noqa: DTZ001


def test_some_ends_are_unknown_and_all_other_values_are_there(trips: list[dict[str, str]]) -> None:
    lost = [trip for trip in trips if not trip["end_lat"]]
    assert 100 < len(lost) < 1000
    assert all(not trip["end_lng"] for trip in lost)
    assert all(value for trip in trips for name, value in trip.items() if name not in ("end_lat", "end_lng"))
    assert all(40 < float(trip["start_lat"]) < 43 and -89 < float(trip["start_lng"]) < -87 for trip in trips)


def test_names_hold_quotes_commas_and_other_letters(trips: list[dict[str, str]]) -> None:
    names = {trip["start_station_name"] for trip in trips} | {trip["end_station_name"] for trip in trips}
    assert all(any(sign in name for name in names) for sign in "\",中ßŁ'")


def test_the_zip_holds_the_csv_under_the_name_of_its_month(tmp_path: Path) -> None:
    write_zip(tmp_path / "x.zip", month="202502", rows=500)
    write_csv(tmp_path / "x.csv", month="202502", rows=500)
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        assert archive.namelist() == ["202502-divvy-tripdata.csv"]
        assert archive.read("202502-divvy-tripdata.csv") == (tmp_path / "x.csv").read_bytes()


@pytest.mark.parametrize("month", ["", "2026-08", "202613", "202600", "20268", "٢٠٢٦٠٨"])
def test_what_is_no_month_is_refused(tmp_path: Path, month: str) -> None:
    with pytest.raises(ValueError, match="is no month"):
        write_csv(tmp_path / "x", month=month)


def days(lines: Iterator[str]) -> set[str]:
    return {line.split(",")[2][:10] for line in lines}


def test_every_day_of_a_short_month_is_there_and_no_other(tmp_path: Path) -> None:
    write_csv(tmp_path / "x", month="202402", rows=5000)
    lines = io.StringIO((tmp_path / "x").read_text(encoding="utf-8"))
    next(lines)
    assert days(lines) == {f"2024-02-{day:02}" for day in range(1, 30)}
