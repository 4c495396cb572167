"""Says what differs between two digests of code."""

from __future__ import annotations

from dalsegno.code.graph import CodeDigest


def differences(old: CodeDigest, new: CodeDigest) -> tuple[str, ...]:
    """Say which pieces of code differ, as sentences; nothing where the digests are equal."""
    if old.digest == new.digest:
        return ()
    changed = [name for name in new.parts if name in old.parts and new.parts[name] != old.parts[name]]
    told = [f"code of `{_plain(name)}` changed" for name in changed]
    told += [f"`{_plain(name)}` is used now" for name in new.parts if name not in old.parts]
    told += [f"`{_plain(name)}` is not used any more" for name in old.parts if name not in new.parts]
    return tuple(told) or ("the code that it reaches changed",)


def _plain(name: str) -> str:
    return name.replace(":", ".")
