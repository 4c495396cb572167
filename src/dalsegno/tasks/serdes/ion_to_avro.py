"""`serdes.avro.IonToAvro`: an Ion file becomes an Avro object container file."""

from __future__ import annotations

from typing import Any

from dalsegno.tasks.base import TaskContext
from dalsegno.tasks.serdes.extras import require
from dalsegno.tasks.serdes.ion_task import IonTask


class IonToAvro(IonTask):
    """Convert an Ion file to Avro.

    Texts become what the schema asks for: numbers, true and false, dates by the patterns of `dateFormat`, `timeFormat` and
    `datetimeFormat`. The branches of a union are tried in order. A value that does not fit ends the task, or becomes null
    with `onBadLines: WARN` or `SKIP`.
    """

    def run(self, context: TaskContext) -> Any:
        """Convert the file.

        Raises
        ------
        TaskFailed : a value does not fit the schema; the hint says what would.
        """
        require("serdes.avro.IonToAvro")
        from dalsegno.tasks.serdes.avro_write import AvroSink

        schema = self.avro_type(context)
        sink = AvroSink(schema)
        return self.convert(context, ".avro", schema=schema, make=sink.make, write=sink.write)
