"""Which paths read an output."""

from __future__ import annotations

import pytest

from dalsegno.replay.uses import path_of_task, reads


@pytest.mark.parametrize(
    ("path", "address", "output"),
    [
        ("outputs.load.uri", "load", "uri"),
        ("outputs.load", "load", "uri"),
        ("outputs.load.uri.more", "load", "uri"),
        ("outputs.load.paris.uri", "each[paris].load", "uri"),
        ("outputs.load", "each[paris].load", "uri"),
        ("outputs.make.files.trips.csv", "make", "files.trips.csv"),
        ("outputs.load.a b.uri", 'each["a b"].load', "uri"),
        ("outputs.load.anything", "load", None),
    ],
)
def test_a_path_reads_what_it_names_what_holds_it_and_what_is_in_it(path: str, address: str, output: str) -> None:
    assert reads([path], address, output)
    assert path.startswith(path_of_task(address))


@pytest.mark.parametrize(
    ("path", "address", "output"),
    [
        ("outputs.load.size", "load", "uri"),
        ("outputs.loader.uri", "load", "uri"),
        ("outputs.load.rome.uri", "each[paris].load", "uri"),
        ("inputs.load", "load", None),
        ("outputs.make.files.other.csv", "make", "files.trips.csv"),
    ],
)
def test_a_path_that_names_something_beside_it_does_not_read_it(path: str, address: str, output: str) -> None:
    assert not reads([path], address, output)
