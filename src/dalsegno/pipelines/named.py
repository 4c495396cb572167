"""Finds a pipeline by the name that a command line has for it: `my_module:training_pipeline`, `train.py:training_pipeline`."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dalsegno.errors import DalSegnoError, NotFound, Refusal, closest, did_you_mean

if TYPE_CHECKING:
    from dalsegno.pipelines.pipeline import Pipeline


def is_named(text: str) -> bool:
    """Whether a text names a pipeline in a module or a file, rather than a flow or a file in YAML."""
    module, colon, name = text.rpartition(":")
    return bool(colon) and name.isidentifier() and bool(module) and not module.endswith((".yaml", ".yml"))


def find_pipeline(text: str) -> Pipeline:
    """Import the module, or the file, and give the pipeline in it.

    Raises
    ------
    NotFound : there is no such module, file or pipeline; with the closest names.
    Refusal : it cannot be imported; the message has the user's line.
    """
    from dalsegno.pipelines.pipeline import Pipeline

    where, _, name = text.rpartition(":")
    module = _module(where)
    found = getattr(module, name, None)
    if isinstance(found, Pipeline):
        return found
    known = [known for known, value in vars(module).items() if isinstance(value, Pipeline)]
    near = closest(name, known)
    if found is not None:
        message = f"`{name}` in `{where}` is no pipeline: put `@pipeline` before it"
    else:
        hint = did_you_mean(near) or f"; it has {', '.join(f'`{one}`' for one in known) or 'none'}"
        message = f"there is no pipeline `{name}` in `{where}`{hint}"
    raise NotFound(message, code="unknown-pipeline", closest=near)


def _module(where: str) -> Any:
    path = Path(where)
    folder, name = (path.absolute().parent, path.stem) if where.endswith(".py") else (Path.cwd(), where)
    if where.endswith(".py") and not path.is_file():
        near = closest(path.name, [one.name for one in folder.glob("*.py")] if folder.is_dir() else [])
        raise NotFound(f"there is no file `{where}`{did_you_mean(near)}", code="unknown-file", closest=near)
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    try:
        return importlib.import_module(name)
    except DalSegnoError:
        raise
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            near = closest(name, [one.stem for one in folder.glob("*.py")])
            message = f"there is no module `{error.name}` in `{folder}`{did_you_mean(near)}"
            raise NotFound(message, code="unknown-module", closest=near) from None
        message = f"`{where}` cannot be imported: it needs the package `{error.name}`"
        raise Refusal(f"{message}; install it in the environment of `dalsegno`", code="missing-package") from error
    except Exception as error:
        from dalsegno.executors.user_errors import describe

        told = describe(error, f"`{where}` cannot be imported")
        line = told.details.get("line")
        raise Refusal(told.message, code="import-failed", file=told.details.get("file"), line=line) from error


def arguments_of(pipeline: Pipeline, given: Mapping[str, str]) -> dict[str, Any]:
    """Read the texts of a command line as the pipeline's parameters take them: by their annotations, else as JSON or text.

    Raises
    ------
    DalSegnoError : a parameter is unknown or cannot take the text.
    """
    return {name: _argument(pipeline, name, text) for name, text in given.items()}


def _argument(pipeline: Pipeline, name: str, text: str) -> Any:
    try:
        read = json.loads(text)
    except ValueError:
        read = text
    if name not in pipeline.signature.defaults:
        return read
    if name not in pipeline.signature.annotations:
        return read
    if pipeline.signature.annotations[name] is str:
        return text
    try:
        return pipeline.signature.convert(name, read)
    except DalSegnoError:
        return pipeline.signature.convert(name, text)
