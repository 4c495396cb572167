"""Seals the values of SECRET inputs, so that a store holds none in the clear.

The key comes from `DALSEGNO_SECRET_KEY`, else from a file beside the store that only its owner can read. The cipher is
AES-SIV: equal values are sealed alike under one key, and a value that was tampered with is not opened.
"""

from __future__ import annotations

import os
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha512
from pathlib import Path
from typing import TYPE_CHECKING

from dalsegno.errors import Refusal
from dalsegno.model.sealed import SEALED

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV

VARIABLE = "DALSEGNO_SECRET_KEY"
_SHORTEST = 16
_FORM = "1:"


class Sealing:
    """Seals and opens secrets.

    Parameters
    ----------
    file : where the key is kept that is made when none is given; `None` where none may be made.
    environ : the variables that may give the key.
    """

    def __init__(self, file: Path | None = None, environ: Mapping[str, str] | None = None) -> None:
        self._file = file
        self._environ = os.environ if environ is None else environ
        self._cipher: AESSIV | None = None

    def seal(self, text: str) -> dict[str, str]:
        """Give a text in the form in which it is kept.

        Raises
        ------
        Refusal : there is no key that could be used.
        """
        sealed = self._ready().encrypt(text.encode("utf-8", "surrogatepass") + b".", [b"input"])
        return {SEALED: _FORM + urlsafe_b64encode(sealed).decode()}

    def open(self, sealed: str) -> str:
        """Give the text that was sealed.

        Raises
        ------
        Refusal : it was sealed with another key, or there is none.
        """
        from cryptography.exceptions import InvalidTag

        try:
            data = urlsafe_b64decode(sealed.removeprefix(_FORM))
            return self._ready().decrypt(data, [b"input"])[:-1].decode("utf-8", "surrogatepass")
        except (InvalidTag, ValueError):
            message = (
                f"a secret cannot be opened: it was sealed with another key; set {VARIABLE} to the one of then"
                + ("" if self._file is None else f", or put `{self._file}` back")
            )
            raise Refusal(message, code="secret-unreadable") from None

    def _ready(self) -> AESSIV:
        if self._cipher is None:
            from cryptography.hazmat.primitives.ciphers.aead import AESSIV

            self._cipher = AESSIV(sha512(b"dalsegno secrets\0" + self._key().encode()).digest())
        return self._cipher

    def _key(self) -> str:
        given = self._environ.get(VARIABLE)
        if given is not None:
            if len(given) < _SHORTEST:
                message = f"{VARIABLE} is too short: give it {_SHORTEST} characters or more, hard to guess"
                raise Refusal(message, code="bad-setting")
            return given
        if self._file is None:
            message = f"there is no key to seal secrets with: set {VARIABLE}"
            raise Refusal(message, code="bad-setting")
        if not self._file.exists():
            _make_key(self._file)
        if self._file.stat().st_mode & 0o077:
            message = f"others can read the key of secrets: `chmod 600 {self._file}`"
            raise Refusal(message, code="bad-setting", file=str(self._file))
        return self._file.read_text(encoding="ascii").strip()


def _make_key(file: Path) -> None:
    """Make a key. Of several processes that do so at once, one makes it for all."""
    aside = file.with_name(f"{file.name}.{os.getpid()}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as written:
        written.write(secrets.token_urlsafe(48) + "\n")
        written.flush()
        os.fsync(written.fileno())
    try:
        os.link(aside, file)
    except FileExistsError:
        pass
    finally:
        aside.unlink()
