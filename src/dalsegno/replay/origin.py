"""What a planner knows of the run that is replayed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dalsegno.model.run import Result


@dataclass(frozen=True, slots=True)
class Origin:
    """The origin as the planner sees it.

    Parameters
    ----------
    name : the run's name, for messages.
    results : its task runs by address.
    digests : gives, for the id of a task run, the digests of its definition by property.
    gone : gives, for the id of a task run, the names of stored files and values of its result that are missing.
    """

    name: str
    results: Mapping[str, Result]
    digests: Callable[[str], Mapping[str, str]]
    gone: Callable[[str], tuple[str, ...]]
