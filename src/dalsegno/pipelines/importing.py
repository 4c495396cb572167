"""Refuses to run a pipeline while the module that calls it is being imported."""

from __future__ import annotations

from types import FrameType
from typing import TYPE_CHECKING

from dalsegno.errors import PipelineInvalid
from dalsegno.pipelines.places import shown, users_frame

if TYPE_CHECKING:
    from dalsegno.pipelines.pipeline import Pipeline


def refuse_while_importing(pipeline: Pipeline) -> None:
    """Refuse a call of a pipeline that an import leads to: whoever imports the module, a worker too, would start a run.

    Raises
    ------
    PipelineInvalid : a module is being imported that calls the pipeline (code `called-by-import`).
    """
    frame = _importing(users_frame())
    if frame is None:
        return
    module = str(frame.f_globals.get("__name__"))
    raise PipelineInvalid(
        f"{pipeline.what} is called while the module `{module}` is imported, so that every import of it would start a run; "
        'put the call under `if __name__ == "__main__":`, or into a function',
        code="called-by-import",
        file=shown(frame.f_code.co_filename),
        line=frame.f_lineno,
    )


def _importing(frame: FrameType | None) -> FrameType | None:
    """Give the innermost frame of a module that is being imported."""
    while frame is not None:
        if frame.f_code.co_name == "<module>" and frame.f_globals.get("__name__") != "__main__":
            spec = frame.f_globals.get("__spec__")
            if getattr(spec, "_initializing", False):
                return frame
        frame = frame.f_back
    return None
