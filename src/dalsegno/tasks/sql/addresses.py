"""What names a database: URLs, those of JDBC among them.

sqlite:///data/shop.db          a file, relative to the folder of the process; four slashes for an absolute path
postgresql://user@host:5432/db  parameters of libpq after `?`
duckdb:///data/shop.duckdb      a file; `duckdb://` alone is a database in memory, which ends with the task
jdbc:...                        the same databases, as Kestra's flows name them
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

_KINDS = {"sqlite": "sqlite", "postgresql": "postgresql", "postgres": "postgresql", "duckdb": "duckdb"}
_FORMS = "`sqlite:///file.db`, `postgresql://host/database` or `duckdb:///file.duckdb`"
#: parameters of PostgreSQL's driver for JDBC, by libpq's name for each
_OF_JDBC = {
    "user": "user", "password": "password", "sslmode": "sslmode", "sslrootcert": "sslrootcert", "sslcert": "sslcert",
    "sslkey": "sslkey", "ApplicationName": "application_name", "connectTimeout": "connect_timeout",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Address:
    """Which database.

    Parameters
    ----------
    where : the path of a file, empty for memory; for PostgreSQL a URL.
    """

    kind: Literal["sqlite", "postgresql", "duckdb"]
    where: str

    @property
    def shown(self) -> str:
        """The address as messages show it: without user, password and parameters."""
        if self.kind != "postgresql":
            return f"{self.kind}:{self.where}" if self.where else f"{self.kind} in memory"
        parts = urlsplit(self.where)
        return f"postgresql://{parts.netloc.rpartition('@')[2]}{parts.path}"


def read_address(text: str) -> Address:
    """Read an address.

    Raises
    ------
    ValueError : it names no database that is known; the message says what to write.
    """
    of_jdbc = text.lower().startswith("jdbc:")
    plain = text[5:] if of_jdbc else text
    scheme, colon, rest = plain.partition(":")
    kind = _KINDS.get(scheme.lower())
    if kind is None or not colon:
        raise ValueError(f"names no database of a known kind; write {_FORMS}")
    if kind == "postgresql":
        return Address("postgresql", _postgres(rest, of_jdbc=of_jdbc))
    where = _file(rest, of_jdbc=of_jdbc)
    return Address("sqlite" if kind == "sqlite" else "duckdb", where)


def _file(rest: str, *, of_jdbc: bool) -> str:
    path, mark, parameters = rest.partition("?")
    if mark:
        raise ValueError(f"has parameters (`?{parameters}`), and the address of a file takes none")
    if of_jdbc and not path.startswith("//"):
        return "" if path == ":memory:" else path
    if not path.startswith("//"):
        raise ValueError(f"needs slashes before the path; write {_FORMS}")
    host, slash, file = path[2:].partition("/")
    if host or (slash and not file):
        raise ValueError(f"names a host or no file; write {_FORMS}")
    return unquote(file)


def _postgres(rest: str, *, of_jdbc: bool) -> str:
    if not rest.startswith("//"):
        raise ValueError("needs a host: write `postgresql://host:5432/database`")
    if not of_jdbc:
        return f"postgresql:{rest}"
    base, _, query = rest.partition("?")
    given = parse_qsl(query, keep_blank_values=True)
    unknown = sorted({name for name, _ in given} - set(_OF_JDBC))
    if unknown:
        raise ValueError(
            f"has the parameter `{unknown[0]}` of JDBC, which has no counterpart here; write a URL of PostgreSQL itself, "
            "such as `postgresql://host:5432/database?sslmode=require`"
        )
    known = urlencode([(_OF_JDBC[name], value) for name, value in given], quote_via=quote)
    return f"postgresql:{base}{'?' if known else ''}{known}"
