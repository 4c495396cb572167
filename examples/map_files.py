"""One step for every file of a folder; an item is known by the file's name.

Run it with `dalsegno run map_files.py:count_words`, then replay it with
`dalsegno replay last --from 'count["b.txt"]'`: one file alone, and what reads it.
"""

from pathlib import Path
from typing import Any

from dalsegno import File, pipeline, step

TEXTS = {"a.txt": "to be or not to be", "b.txt": "the rest is silence", "c.txt": "words words words"}


@step
def write_files(folder: str) -> list[dict[str, Any]]:
    """Write some files, and keep each with its run."""
    Path(folder).mkdir(exist_ok=True)
    for name, text in TEXTS.items():
        (Path(folder) / name).write_text(text, encoding="utf-8")
    return [{"name": path.name, "file": File(path)} for path in sorted(Path(folder).glob("*.txt"))]


@step
def count(text: dict[str, Any]) -> int:
    """Count the words of one file."""
    return len(Path(text["file"]).read_text(encoding="utf-8").split())


@step
def total(counts: list[int]) -> int:
    """Sum up."""
    return sum(counts)


@pipeline
def count_words(folder: str = "texts"):
    return total(count.map(write_files(folder), key="name"))
