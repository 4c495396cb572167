"""What a planner knows of the run that is replayed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from dalsegno.model.run import Result


@dataclass(frozen=True, slots=True)
class Origin:
    """The origin as the planner sees it.

    Parameters
    ----------
    name : the run's name, for messages.
    items : gives, for the id of a mapped step's task run, the digests of what each of its items was made from: by key, and
        there by parameter.
    results : its task runs by address.
    digests : gives, for the id of a task run, the digests of its definition by property.
    gone : gives, for the id of a task run, the names of stored files and values of its result that are missing.
    ran : gives, for the id of a task in the lineage, all addresses at which that is so, each with the run's name.
    tasks : gives the ids of all tasks of its revision, those that never began too.
    damaged : the same for those whose content is not what was stored any more; asked where a request says `verify`.
    ran_in : gives, for an address, the name of a run of the lineage in which it succeeded, or was started and did not end
        in FAILED; `None` if there is none.
    file_changed : gives, for the id of a task run, what it looked up in the files of namespaces and is another by now;
        `None` if nothing is. Asked where a request says `changed`.
    """

    name: str
    results: Mapping[str, Result]
    digests: Callable[[str], Mapping[str, str]]
    gone: Callable[[str], tuple[str, ...]]
    ran_in: Callable[[str], str | None] = lambda _address: None
    ran: Callable[[str], Mapping[str, str]] = lambda _task: {}
    tasks: Callable[[], Collection[str]] = tuple
    damaged: Callable[[str], tuple[str, ...]] = lambda _task_run: ()
    items: Callable[[str], Mapping[str, Mapping[str, str]]] = lambda _task_run: {}
    file_changed: Callable[[str], str | None] = lambda _task_run: None
