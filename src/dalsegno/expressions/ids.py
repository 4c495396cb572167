"""The functions that need chance: ids, random numbers, and encryption."""

from __future__ import annotations

import base64
import uuid as uuids
from datetime import UTC
from typing import Any

from dalsegno.expressions.faults import Fault, describe
from dalsegno.expressions.frame import Frame
from dalsegno.expressions.registry import FUNCTIONS
from dalsegno.expressions.values import to_text

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_NANO_LETTERS = f"{_BASE62}-_"
_LONGEST_NANO = 1000
#: the second from which a KSUID counts
_KSUID_EPOCH = 1_400_000_000
_NONCE = 12


@FUNCTIONS.add("uuid")
def uuid(frame: Frame) -> str:
    """Give a new UUID of version 7: its first half tells the time."""
    millis = int(frame.scope.now().timestamp() * 1000) & (2**48 - 1)
    chance = int.from_bytes(frame.scope.random(10), "big")
    high, low = chance >> 68, chance & (2**62 - 1)
    return str(uuids.UUID(int=millis << 80 | 7 << 76 | (high & 0xFFF) << 64 | 2 << 62 | low))


@FUNCTIONS.add("id")
def short_id(frame: Frame) -> str:
    """Give a new short id, such as those that Kestra gives to executions."""
    return _base62(int.from_bytes(frame.scope.random(16), "big")).lstrip("0")


@FUNCTIONS.add("ksuid")
def ksuid(frame: Frame) -> str:
    """Give a new id of 27 letters that sorts by the second at which it was made."""
    moment = frame.scope.now()
    seconds = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()) - _KSUID_EPOCH
    whole = (seconds & 0xFFFF_FFFF).to_bytes(4, "big") + frame.scope.random(16)
    return _base62(int.from_bytes(whole, "big")).rjust(27, "0")


def _base62(number: int) -> str:
    letters: list[str] = []
    while number:
        number, rest = divmod(number, 62)
        letters.append(_BASE62[rest])
    return "".join(reversed(letters))


@FUNCTIONS.add("nanoId")
def nano_id(frame: Frame, length: Any = 21, alphabet: Any = _NANO_LETTERS) -> str:
    """Give a new id of so many letters out of an alphabet."""
    if not isinstance(length, int) or not 0 <= length <= _LONGEST_NANO:
        raise Fault(f"a length is a whole number from 0 to {_LONGEST_NANO}")
    letters = to_text(alphabet)
    if not 0 < len(letters) <= 256:
        raise Fault("an alphabet has 1 to 256 letters")
    return "".join(letters[_below(frame, len(letters))] for _ in range(length))


@FUNCTIONS.add("randomInt")
def random_int(frame: Frame, lower: Any, upper: Any) -> int:
    """Give a whole number from `lower` up to, but without, `upper`."""
    if type(lower) is not int or type(upper) is not int:
        raise Fault(f"the bounds are whole numbers, not {describe(lower)} and {describe(upper)}")
    if upper < lower:
        raise Fault(f"the upper bound {upper} is less than the lower bound {lower}")
    return lower if upper == lower else lower + _below(frame, upper - lower)


def _below(frame: Frame, end: int) -> int:
    """Give a number below `end`, each as likely as any other."""
    count = (end.bit_length() + 7) // 8
    most = (1 << 8 * count) // end * end
    while True:
        found = int.from_bytes(frame.scope.random(count), "big")
        if found < most:
            return found % end


@FUNCTIONS.add("randomPort")
def random_port(frame: Frame) -> int:
    """Give a port of this machine that nobody listens at."""
    return frame.provide("randomPort")()


@FUNCTIONS.add("encrypt")
def encrypt(frame: Frame, key: Any, plaintext: Any) -> str:
    """Encrypt a text with AES-GCM. The key is 16, 24 or 32 bytes in Base64; so is the result, its nonce first."""
    nonce = frame.scope.random(_NONCE)
    return base64.b64encode(nonce + _cipher(key).encrypt(nonce, to_text(plaintext).encode(), None)).decode()


@FUNCTIONS.add("decrypt")
def decrypt(frame: Frame, key: Any, encrypted: Any) -> str:  # noqa: ARG001 - functions take the frame
    """Give the text that `encrypt` was given."""
    try:
        whole = base64.b64decode(to_text(encrypted), validate=True)
    except ValueError:
        raise Fault("what is to be decrypted is not Base64") from None
    cipher = _cipher(key)
    from cryptography.exceptions import InvalidTag

    try:
        return cipher.decrypt(whole[:_NONCE], whole[_NONCE:], None).decode()
    except (InvalidTag, ValueError):
        raise Fault("the text cannot be decrypted: it was encrypted with another key, or has changed") from None


def _cipher(key: Any) -> Any:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        return AESGCM(base64.b64decode(to_text(key), validate=True))
    except ValueError:
        raise Fault("a key is 16, 24 or 32 bytes in Base64") from None
