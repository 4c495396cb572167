"""What is bound to its process and cannot be kept, and what to return instead."""

from __future__ import annotations

from typing import Any

from dalsegno.artifacts.materializers.errors import CannotKeep, of_class

_CONTENT = "return what was read from it, or `dalsegno.File(path)` for a file and its content"
_ROWS = "return the rows that were read, and what is needed to connect again: the address, not the connection"
_ADDRESS = "return what is needed to connect again: the address, not the connection"
_LOCK = "make it where it is used; a lock means nothing in another process"
_LIST = "it gives its items once and is then empty: return `list(...)` of it"
_AWAIT = "await it in the step, and return the result"
_RESULT = "wait for it in the step, and return its result"
_LAZY = "it reads its sources only when it is collected, whatever they hold by then: return `.collect()` of it"

#: name of a class -> what to do; a class that derives from it counts too
_REFUSED = {
    "builtins.generator": _LIST,
    "builtins.map": _LIST,
    "builtins.filter": _LIST,
    "builtins.zip": _LIST,
    "builtins.enumerate": _LIST,
    "builtins.reversed": _LIST,
    "builtins.dict_keys": "return `list(...)` of it",
    "builtins.dict_values": "return `list(...)` of it",
    "builtins.dict_items": "return `dict(...)` or `list(...)` of it",
    "builtins.coroutine": _AWAIT,
    "builtins.async_generator": "collect its items in the step: `[item async for item in ...]`",
    "builtins.memoryview": "return `bytes(...)` of it",
    "builtins.module": "return a value; a module is imported where it is used",
    "builtins.frame": "return a value",
    "builtins.traceback": "return its text: `traceback.format_exception(...)`",
    "_io._RawIOBase": _CONTENT,
    "_io.BufferedReader": _CONTENT,
    "_io.BufferedWriter": _CONTENT,
    "_io.BufferedRandom": _CONTENT,
    "_io.TextIOWrapper": _CONTENT,
    "mmap.mmap": _CONTENT,
    "zipfile.ZipFile": _CONTENT,
    "tarfile.TarFile": _CONTENT,
    "tempfile._TemporaryFileWrapper": _CONTENT,
    "tempfile.TemporaryDirectory": "it is removed with the object: return `dalsegno.Folder(path)`",
    "_thread.lock": _LOCK,
    "_thread.RLock": _LOCK,
    "threading.Condition": _LOCK,
    "threading.Event": _LOCK,
    "threading.Semaphore": _LOCK,
    "multiprocessing.synchronize.SemLock": _LOCK,
    "threading.Thread": _RESULT,
    "concurrent.futures._base.Future": _RESULT,
    "_asyncio.Future": _RESULT,
    "asyncio.futures.Future": _RESULT,
    "subprocess.Popen": _RESULT,
    "socket.socket": _ADDRESS,
    "_socket.socket": _ADDRESS,
    "ssl.SSLSocket": _ADDRESS,
    "sqlite3.Connection": _ROWS,
    "sqlite3.Cursor": _ROWS,
    "psycopg.Connection": _ROWS,
    "psycopg.Cursor": _ROWS,
    "sqlalchemy.engine.base.Engine": _ADDRESS,
    "sqlalchemy.engine.base.Connection": _ROWS,
    "sqlalchemy.orm.session.Session": _ROWS,
    "_duckdb.DuckDBPyConnection": _ROWS,
    "duckdb.duckdb.DuckDBPyConnection": _ROWS,
    "polars.lazyframe.frame.LazyFrame": _LAZY,
}
_OTHERS = "return plain values, a dataclass, or an object without connections, locks or open files in it"


def refuse_bound(value: Any) -> None:
    """Refuse a value that is bound to its process, also where pickle would write something for it.

    Raises
    ------
    CannotKeep : with what to return instead.
    """
    for cls in type(value).__mro__:
        hint = _REFUSED.get(f"{cls.__module__}.{cls.__qualname__}")
        if hint:
            raise CannotKeep(f"{of_class(value)}, which is bound to the process that made it", hint)


def hint_for(message: str) -> str:
    """Say what to do where pickle has found something inside a value that it cannot write."""
    for name, hint in _REFUSED.items():
        short = name.rpartition(".")[2]
        if f"'{name}'" in message or f"'{short}'" in message:
            return f"{_OTHERS}; for the {short.lstrip('_')}: {hint}"
    return _OTHERS
