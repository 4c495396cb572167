"""What an artifact looks like, by what it is: text, a table, an array, an image. Nothing is ever unpickled."""

from __future__ import annotations

from codecs import getincrementaldecoder
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dalsegno.model.run import Artifact
from dalsegno.service.arrays import ArraySummary, array_in
from dalsegno.service.table_files import table_in
from dalsegno.service.tables import Table, separator_of, summed_up, table_of_text, with_rows

#: bytes of text in a preview
PREVIEWED = 64 * 1024
#: rows of a table in a preview, unless more are asked for
ROWS = 20

#: the formats of tables, by the end of a file's name
_FORMATS = {
    ".parquet": "parquet", ".arrow": "arrow", ".arrows": "arrow", ".feather": "arrow", ".ipc": "arrow", ".avro": "avro",
    ".ion": "ion", ".jsonl": "jsonl", ".ndjson": "jsonl",
}  # fmt: skip
#: values that are kept as tables of Arrow
_ARROW = frozenset({"pandas.DataFrame", "polars.DataFrame", "pyarrow.Table", "pyarrow.RecordBatch"})
#: how the name of a file with the content of a value ends
_SUFFIXES = {
    "json": ".json", "pandas.DataFrame": ".arrows", "pyarrow.Table": ".arrows", "pyarrow.RecordBatch": ".arrows",
    "polars.DataFrame": ".arrow", "numpy.ndarray": ".npy", "PIL.Image": ".png", "pickle": ".pickle",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Preview:
    """What an artifact looks like.

    Parameters
    ----------
    text : the beginning of it, `None` where it is no text; `complete` where that is all.
    table, array : where it is one.
    image : the media type of a picture that a browser shows.
    """

    artifact: Artifact
    text: str | None
    complete: bool
    table: Table | None = None
    array: ArraySummary | None = None
    image: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Give it as JSON data, without the record."""
        return {
            "text": self.text,
            "complete": self.complete,
            "table": self.table and self.table.as_json(),
            "array": self.array and self.array.as_json(),
            "image": self.image,
        }


def preview_of(artifact: Artifact, content: Path | bytes, rows: int = ROWS) -> Preview:
    """Give what an artifact looks like."""
    head, complete = _head(content)
    text = None if b"\0" in head else _text_of(head, whole=complete)
    image = image_type(head)
    if image is not None:
        return Preview(artifact, None, complete=False, image=image)
    array = array_in(content) if _is_array(artifact) else None
    table = None if array else _table(artifact, content, text, rows, complete=complete)
    return Preview(artifact, text, text is not None and complete, table, array)


def file_name(artifact: Artifact) -> str:
    """Give the name under which an artifact is downloaded: that of a value says how it is kept."""
    suffix = "" if artifact.kind == "file" else _SUFFIXES.get(artifact.kind, "")
    return artifact.name if artifact.name.endswith(suffix) else f"{artifact.name}{suffix}"


def image_type(head: bytes) -> str | None:
    """Give the media type of a picture by how its content begins; of none that may hold scripts."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    return "image/webp" if head.startswith(b"RIFF") and head[8:12] == b"WEBP" else None


def _head(content: Path | bytes) -> tuple[bytes, bool]:
    if isinstance(content, bytes):
        return content[:PREVIEWED], len(content) <= PREVIEWED
    with content.open("rb") as file:
        head = file.read(PREVIEWED)
        return head, not file.read(1)


def _is_array(artifact: Artifact) -> bool:
    return artifact.kind == "numpy.ndarray" or (artifact.kind == "file" and artifact.name.lower().endswith(".npy"))


def _table(artifact: Artifact, content: Path | bytes, text: str | None, rows: int, *, complete: bool) -> Table | None:
    known = summed_up(artifact)
    if artifact.kind in _ARROW:
        read = table_in("arrow", content, rows)
        return (read and with_rows(known, read) if known else read) or known
    if known is not None or artifact.kind != "file":
        return known
    form = _FORMATS.get(Path(artifact.name).suffix.lower())
    if form is not None:
        return table_in(form, content, rows)
    separator = separator_of(artifact)
    return None if separator is None or text is None else table_of_text(text, separator, rows, complete=complete)


def _text_of(head: bytes, *, whole: bool) -> str | None:
    """Read bytes as UTF-8, of which the last character may be cut off unless they are the whole."""
    try:
        return getincrementaldecoder("utf-8")().decode(head, whole)
    except UnicodeDecodeError:
        return None
