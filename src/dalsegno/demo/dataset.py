"""A month of bike-share trips, made from a seed: the same trips for the same month, rows and seed, on any machine.

Whatever can be is made once and put together for each trip: a station is a piece of text, a minute of the day another.
The random numbers come from `Random.random` and `getrandbits` alone, whose sequences are promised to stay as they are.
A ZIP is the same byte for byte where the same zlib packs it.
"""

from __future__ import annotations

import calendar
import itertools
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random

COLUMNS = (
    "ride_id",
    "rideable_type",
    "started_at",
    "ended_at",
    "start_station_name",
    "start_station_id",
    "end_station_name",
    "end_station_id",
    "start_lat",
    "start_lng",
    "end_lat",
    "end_lng",
    "member_casual",
)
ROWS = 300_000
SEED = 1887

_CHUNK = 20_000
#: in milliseconds
_HOUR = 3_600_000
_DAY = 24 * _HOUR
_STREETS = (
    "Clark St", "Wells St", "Halsted St", "Damen Ave", "Kedzie Ave", "Ashland Ave", "Larrabee St", "Michigan Ave",
    "Sheffield Ave", "Racine Ave", "Morgan St", "Paulina St", "Leavitt St", "Campbell Ave", "California Ave",
)  # fmt: skip
_CROSSINGS = (
    "Lake St", "Elm St", "Division St", "North Ave", "Fullerton Ave", "Belmont Ave", "Addison St", "Irving Park Rd",
    "Roosevelt Rd", "18th St", "Cermak Rd", "35th St", "51st St", "Armitage Ave",
)  # fmt: skip
#: names as people give them: with quotes, commas, and letters of other languages
_SPECIAL = (
    'Theater on the Lake "East"', 'The "Loop", Adams/Wabash', "Museum Campus, South", "Café Zürich, Straße 12",
    "Plaza José Martí & Peña Ave", "Ogrodowa/Łódź Pkwy", "中国城 Chinatown Gate", "Παλιά Αγορά", 'O\'Hare, "Terminal 5"',
    'Señor Ñuñez Park, "North" Gate', "Bahnhof Süd, Gleis 3", "Île-de-la-Cité",
)  # fmt: skip
_KINDS = ("classic_bike", "classic_bike", "electric_bike", "electric_bike", "electric_bike", "electric_scooter")
_RIDERS = ("member", "member", "member", "casual", "casual")


def write_csv(path: Path, *, month: str, rows: int = ROWS, seed: int = SEED) -> None:
    """Write the trips of a month (such as `202608`) as CSV."""
    with path.open("wb") as file:
        for chunk in _chunks(month, rows, seed):
            file.write(chunk)


def write_zip(path: Path, *, month: str, rows: int = ROWS, seed: int = SEED) -> None:
    """Write the trips of a month as a ZIP that holds `<month>-divvy-tripdata.csv`."""
    info = zipfile.ZipInfo(f"{month}-divvy-tripdata.csv", date_time=(2020, 1, 1, 0, 0, 0))
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    # else the system that writes it is on record
    info.create_system = 3
    with zipfile.ZipFile(path, "w", compresslevel=1) as archive, archive.open(info, "w", force_zip64=False) as entry:
        for chunk in _chunks(month, rows, seed):
            entry.write(chunk)


def is_month(text: str) -> bool:
    """Whether this is a month as the data set names it: year and month in six digits."""
    return len(text) == 6 and text.isascii() and text.isdigit() and text[:4] >= "1970" and "01" <= text[4:] <= "12"


def _chunks(month: str, rows: int, seed: int) -> Iterator[bytes]:
    """Give the file piece by piece."""
    if not is_month(month):
        raise ValueError(f"`{month}` is no month; write year and month in six digits, such as `202608`")
    yield (",".join(COLUMNS) + "\n").encode()
    trips = _trips(month, seed)
    for start in range(0, rows, _CHUNK):
        yield "".join(itertools.islice(trips, min(_CHUNK, rows - start))).encode()


def _trips(month: str, seed: int) -> Iterator[str]:
    """Give the lines of the trips, without an end."""
    random = Random(f"{seed}/{month}")  # noqa: S311 - it is made to be repeated
    stations = _stations(random)
    days = _days(month)
    minutes, millis = _minutes(), _millis()
    fraction, bits = random.random, random.getrandbits
    names, near, count = [place for place, _ in stations], [where for _, where in stations], len(stations)
    for number in itertools.count():
        dice = bits(64)
        start = int(fraction() * fraction() * count)
        end = dice % count
        began = int(fraction() * (len(days) * _DAY - 2 * _HOUR))
        ended = began + 60_000 + (dice >> 10) % 7_000_000
        kind = _KINDS[(dice >> 33) % 6]
        rider = _RIDERS[(dice >> 36) % 5]
        lost = (dice >> 40) & 127 == 0
        yield (
            f"{dice ^ number:016X},{kind},"
            f"{days[began // _DAY]}{minutes[began % _DAY // 60_000]}{millis[began % 60_000]},"
            f"{days[ended // _DAY]}{minutes[ended % _DAY // 60_000]}{millis[ended % 60_000]},"
            f"{names[start]},{names[end]},{near[start][dice >> 48 & 7]},{',' if lost else near[end][dice >> 51 & 7]},{rider}\n"
        )


@cache
def _minutes() -> list[str]:
    """Give ` HH:MM:` for each minute of a day."""
    return [f" {minute // 60:02}:{minute % 60:02}:" for minute in range(1440)]


@cache
def _millis() -> list[str]:
    """Give `SS.mmm` for each millisecond of a minute."""
    return [f"{milli // 1000:02}.{milli % 1000:03}" for milli in range(60_000)]


def _days(month: str) -> list[str]:
    year, number = int(month[:4]), int(month[4:])
    return [f"{year:04}-{number:02}-{day:02}" for day in range(1, calendar.monthrange(year, number)[1] + 1)]


def _stations(random: Random) -> list[tuple[str, list[str]]]:
    """Give, for each station, `name,id` as CSV and eight `lat,lng` around it."""
    names = [*_SPECIAL, *(f"{street} & {crossing}" for street in _STREETS for crossing in _CROSSINGS)]
    stations: list[tuple[str, list[str]]] = []
    for number, name in enumerate(names):
        lat, lng = 41.65 + random.random() * 0.4, -87.83 + random.random() * 0.3
        places = [f"{lat + random.random() / 2000:.6f},{lng + random.random() / 2000:.6f}" for _ in range(8)]
        stations.append((f"{_quoted(name)},{_station_id(number)}", places))
    return stations


def _station_id(number: int) -> str:
    return f"TA13{number:08}" if number % 3 else f"{13_000 + number}"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if "," in text or '"' in text else text
