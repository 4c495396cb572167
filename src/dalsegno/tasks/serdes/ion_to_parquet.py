"""`serdes.parquet.IonToParquet`: an Ion file becomes a Parquet file."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from dalsegno.tasks.base import TaskContext
from dalsegno.tasks.serdes.extras import require
from dalsegno.tasks.serdes.ion_task import IonTask


class CompressionCodec(StrEnum):
    """How the pages of the file are compressed."""

    UNCOMPRESSED = "UNCOMPRESSED"
    SNAPPY = "SNAPPY"
    GZIP = "GZIP"
    ZSTD = "ZSTD"


class ParquetVersion(StrEnum):
    """The version of the format; V2 has more compact encodings."""

    V1 = "V1"
    V2 = "V2"


class IonToParquet(IonTask):
    """Convert an Ion file to Parquet.

    Texts become what the schema asks for: numbers, true and false, dates by the patterns of `dateFormat`, `timeFormat` and
    `datetimeFormat`. The branches of a union are tried in order. A value that does not fit ends the task, or becomes null
    with `onBadLines: WARN` or `SKIP`. Times are in UTC.
    """

    compression_codec: CompressionCodec = CompressionCodec.GZIP
    parquet_version: ParquetVersion = ParquetVersion.V2
    row_group_size: Annotated[int, Field(gt=0, description="bytes of a row group at most, before compression")] = (
        128 << 20
    )
    page_size: Annotated[int, Field(gt=0, description="bytes of a page, about")] = 1 << 20
    dictionary_page_size: Annotated[int, Field(gt=0, description="bytes of a dictionary at most")] = 1 << 20

    def run(self, context: TaskContext) -> Any:
        """Convert the file.

        Raises
        ------
        TaskFailed : a value does not fit the schema; the hint says what would.
        """
        require("serdes.parquet.IonToParquet")
        from dalsegno.tasks.serdes.parquet_write import ParquetSink

        schema = self.avro_type(context)
        sink = ParquetSink(schema, self)
        return self.convert(context, ".parquet", schema=schema, make=sink.make, write=sink.write)
