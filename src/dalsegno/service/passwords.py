"""Passwords and what programs show in their place: what is kept of them, and how they are compared."""

from __future__ import annotations

import secrets
from functools import cache
from hashlib import sha256
from threading import Semaphore
from typing import TYPE_CHECKING

from dalsegno.errors import ExtraMissing, Refusal

if TYPE_CHECKING:
    from argon2 import PasswordHasher

#: how every API token begins, so that one which was left lying somewhere is known for what it is
TOKEN_PREFIX = "dst_"  # noqa: S105 - no token
SHORTEST, LONGEST = 10, 1000
#: how many passwords are worked on at once: each takes 64 MiB
_at_once = Semaphore(2)


@cache
def _hasher() -> PasswordHasher:
    try:
        from argon2 import PasswordHasher
    except ImportError as error:
        message = "passwords need argon2: install the extra `server` (`pip install 'dalsegno[server]'`)"
        raise ExtraMissing(message) from error
    return PasswordHasher()


@cache
def _of_nobody() -> str:
    return _hasher().hash(secrets.token_hex())


def hash_of(password: str) -> str:
    """Give what is kept of a password.

    Raises
    ------
    Refusal : it is too short or too long.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        message = f"a password has {SHORTEST} to {LONGEST} characters, and this one {len(password)}"
        raise Refusal(message, code="bad-password")
    with _at_once:
        return _hasher().hash(_bytes(password))


def fits(password: str, kept: str | None) -> bool:
    """Whether a password is the one of which something is kept; with nothing kept it takes as long to say that it is not."""
    from argon2.exceptions import VerificationError

    known = _of_nobody()
    try:
        with _at_once:
            _hasher().verify(known if kept is None else kept, _bytes(password[: LONGEST + 1]))
    except VerificationError:
        return False
    return kept is not None


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")


def new_secret(prefix: str = "") -> str:
    """Give 32 bytes that nobody can guess, as text."""
    return prefix + secrets.token_urlsafe(32)


def digest_of(secret: str) -> str:
    """Give what is kept of such a secret. It is too long to be guessed, so that a plain hash will do."""
    return sha256(_bytes(secret)).hexdigest()
